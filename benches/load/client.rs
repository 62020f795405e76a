//! The load: so many TLS connections that stay open, each with one request on its way.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

/// How many connections at once.
pub const CONNECTIONS: usize = 32;

/// A request that is ready to be sent.
pub struct Request {
    /// Where to.
    pub path: &'static str,
    /// The SOAP action.
    pub action: &'static str,
    /// The message; empty = GET.
    pub body: String,
}

/// Open connections to one server.
pub struct Connections(Vec<Connection>);

struct Connection {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    host: String,
}

impl Connections {
    /// Opens them.
    pub fn open(address: SocketAddr) -> Self {
        let config = Arc::new(config());
        Self((0..CONNECTIONS).map(|_| Connection::open(address, Arc::clone(&config))).collect())
    }

    /// Sends every request once and gives the bodies of the answers, in the order of the requests.
    ///
    /// An answer that is not 2xx ends the bench: what is measured is work that was done.
    pub fn run(&mut self, requests: &[Request]) -> Vec<String> {
        let next = AtomicUsize::new(0);
        let mut answers: Vec<(usize, String)> = std::thread::scope(|scope| {
            let each = |connection| scope.spawn(|| take_turns(connection, requests, &next));
            let threads: Vec<_> = self.0.iter_mut().map(each).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(answers.len(), requests.len());
        answers.sort_unstable_by_key(|(index, _)| *index);
        answers.into_iter().map(|(_, body)| body).collect()
    }
}

fn take_turns(connection: &mut Connection, requests: &[Request], next: &AtomicUsize) -> Vec<(usize, String)> {
    let turns = std::iter::from_fn(|| {
        let index = next.fetch_add(1, Ordering::Relaxed);
        requests.get(index).map(|request| (index, connection.exchange(request)))
    });
    turns.collect()
}

impl Connection {
    fn open(address: SocketAddr, config: Arc<ClientConfig>) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        let session = ClientConnection::new(config, ServerName::from(address.ip())).unwrap();
        Self { stream: BufReader::new(StreamOwned::new(session, socket)), host: address.to_string() }
    }

    fn exchange(&mut self, request: &Request) -> String {
        let Request { path, action, body } = request;
        let method = if body.is_empty() { "GET" } else { "POST" };
        let message = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: vcsso-bench\r\nContent-Type: text/xml; charset=utf-8\r\n\
             SOAPAction: {action}\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.get_mut().write_all(message.as_bytes()).unwrap();
        let (status, length) = self.head();
        let body = match length {
            Some(length) => self.bytes(length),
            None => self.chunks(),
        };
        let body = String::from_utf8(body).unwrap();
        assert!((200..300).contains(&status), "{path} was answered {status}: {body}");
        body
    }

    fn head(&mut self) -> (u16, Option<usize>) {
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let (mut length, mut line) = (None, self.line());
        while !line.is_empty() {
            if let Some((name, value)) = line.split_once(": ")
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.parse().unwrap());
            }
            line = self.line();
        }
        (status, length)
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line(), 16).unwrap();
            body.extend(self.bytes(length));
            self.line();
            if length == 0 {
                return body;
            }
        }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        body
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.stream.read_line(&mut line).unwrap() > 0, "the server closed the connection");
        line.trim_end().to_owned()
    }
}

fn config() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder =
        builder.unwrap().dangerous().with_custom_certificate_verifier(Arc::new(AnyServer(provider)));
    builder.with_no_client_auth()
}

/// The servers are our own, on loopback; vcsim's certificate names nobody.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
