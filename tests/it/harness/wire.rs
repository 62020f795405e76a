//! A small HTTPS client: raw HTTP/1.1 over TLS, so that a case says every byte that it sends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use vcsso::soap::Envelope;

/// What opens a tunnel.
pub const ESTABLISHED: &[u8; 39] = b"HTTP/1.0 200 Connection established\r\n\r\n";

/// A way to one listener. Its connection is used again while the server keeps it open.
pub struct Wire {
    address: SocketAddr,
    config: Arc<ClientConfig>,
    tunnel: Option<SocketAddr>,
    open: Option<BufReader<StreamOwned<ClientConnection, TcpStream>>>,
}

/// A request, header by header.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// In chunks, without saying how long it is.
    pub chunked: bool,
    /// Says this length, whatever it sends.
    pub announced: Option<usize>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// A fault, read back.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The code without its prefix.
    pub code: String,
    pub namespace: String,
    pub text: String,
    /// `xsi:type` of the detail, where there is one.
    pub kind: String,
}

impl Wire {
    /// To a listener that must show exactly this certificate, with a client certificate or without.
    pub fn new(
        address: SocketAddr,
        leaf: CertificateDer<'static>,
        client: Option<(Vec<u8>, Vec<u8>)>,
    ) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap().dangerous();
        let builder = builder.with_custom_certificate_verifier(Arc::new(Exactly { leaf, provider }));
        let config = match client {
            Some((certificate, key)) => {
                let key = PrivateKeyDer::try_from(key).unwrap();
                builder.with_client_auth_cert(vec![certificate.into()], key).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        Self { address, config: Arc::new(config), tunnel: None, open: None }
    }

    pub fn send(&mut self, request: &Request) -> Answer {
        let reused = self.open.is_some();
        match self.attempt(request) {
            Some(answer) => answer,
            // The server may close an idle connection at any time; a new one must answer.
            None if reused => self.attempt(request).unwrap(),
            None => panic!("no answer to {} {}", request.method, request.path),
        }
    }

    fn attempt(&mut self, request: &Request) -> Option<Answer> {
        let mut stream = self.open.take().unwrap_or_else(|| self.connect());
        // A server that has answered early does not read the rest.
        let _ = stream.get_mut().write_all(&request.bytes()).and_then(|()| stream.get_mut().flush());
        let answer = Answer::read(&mut stream)?;
        if answer.header("connection") != Some("close") {
            self.open = Some(stream);
        }
        Some(answer)
    }

    /// Every answer to these very bytes, on a connection of its own, until the server ends it.
    pub fn raw(&self, bytes: &[u8]) -> Vec<Answer> {
        let mut stream = self.connect();
        // Who refuses the first bytes may not want the last.
        let _ = stream.get_mut().write_all(bytes).and_then(|()| stream.get_mut().flush());
        std::iter::from_fn(|| Answer::read(&mut stream)).collect()
    }

    /// The protocol that both sides speak, where the client has these.
    pub fn spoken(mut self, protocols: &[&str]) -> Option<String> {
        let offered = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Arc::make_mut(&mut self.config).alpn_protocols = offered;
        let mut stream = self.connect();
        let begun = stream.get_mut().write_all(b"GET /ca.pem HTTP/1.1\r\nHost: localhost\r\n\r\n");
        begun.and_then(|()| stream.get_mut().flush()).ok()?;
        Answer::read(&mut stream)?;
        let protocol = stream.get_ref().conn.alpn_protocol().unwrap_or_default().to_vec();
        String::from_utf8(protocol).ok()
    }

    /// Through a tunnel at this address.
    pub fn through(self, tunnel: SocketAddr) -> Self {
        Self { tunnel: Some(tunnel), ..self }
    }

    fn connect(&self) -> BufReader<StreamOwned<ClientConnection, TcpStream>> {
        let mut socket = TcpStream::connect(self.tunnel.unwrap_or(self.address)).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        if self.tunnel.is_some() {
            socket.write_all(b"CONNECT sdkTunnel:8089 HTTP/1.1\r\nHost: sdkTunnel:8089\r\n\r\n").unwrap();
            let mut answer = [0; ESTABLISHED.len()];
            socket.read_exact(&mut answer).unwrap();
            assert_eq!(answer, *ESTABLISHED);
        }
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        BufReader::new(StreamOwned::new(connection, socket))
    }
}

impl Request {
    pub fn get(path: &str) -> Self {
        Self {
            method: "GET",
            path: path.to_owned(),
            headers: vec![("Host".into(), "localhost".into())],
            body: Vec::new(),
            chunked: false,
            announced: None,
        }
    }

    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let request = Self { method: "POST", body: body.into(), ..Self::get(path) };
        request.header("Content-Type", "text/xml; charset=utf-8")
    }

    /// Sets a header, in place of an earlier one of this name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn chunked(self) -> Self {
        Self { chunked: true, ..self }
    }

    /// Says a length without sending so much.
    pub fn announcing(self, length: usize) -> Self {
        Self { announced: Some(length), ..self }
    }

    /// Everything before the body, of a request whose connection ends with it.
    pub fn head(&self) -> Vec<u8> {
        let mut bytes = self.clone().header("Connection", "close").bytes();
        bytes.truncate(bytes.len() - self.body.len());
        bytes
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        for (name, value) in &self.headers {
            out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if self.chunked {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            for chunk in self.body.chunks(60_000) {
                out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                out.extend_from_slice(chunk);
                out.extend_from_slice(b"\r\n");
            }
            out.extend_from_slice(b"0\r\n\r\n");
        } else {
            let length = self.announced.unwrap_or(self.body.len());
            out.extend_from_slice(format!("Content-Length: {length}\r\n\r\n").as_bytes());
            out.extend_from_slice(&self.body);
        }
        out
    }
}

impl Answer {
    fn read(stream: &mut BufReader<StreamOwned<ClientConnection, TcpStream>>) -> Option<Self> {
        let mut line = || {
            let mut line = String::new();
            stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
            Some(line.trim_end_matches(['\r', '\n']).to_owned())
        };
        let status = line()?.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let line = line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim_start().to_owned()));
        }
        let mut answer = Self { status, headers, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        answer.body = String::from_utf8(body).unwrap();
        Some(answer)
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn trace(&self) -> &str {
        self.header("x-vcsso-trace").expect("every answer has a trace")
    }

    /// What a client sends back: the whole `name="value"`.
    pub fn cookie(&self) -> Option<String> {
        let set: Vec<_> = self.headers.iter().filter(|(name, _)| name == "set-cookie").collect();
        assert!(set.len() <= 1, "several cookies: {set:?}");
        set.first().map(|(_, value)| value.split(';').next().unwrap().to_owned())
    }

    /// The element of this name, without its tags.
    pub fn inside(&self, name: &str) -> Option<&str> {
        let open = self.body.find(&format!("<{name}>")).map(|at| at + name.len() + 2);
        let start = open.or_else(|| {
            let at = self.body.find(&format!("<{name} "))?;
            Some(at + self.body[at..].find('>')? + 1)
        })?;
        let length = self.body[start..].find(&format!("</{name}>"))?;
        Some(&self.body[start..start + length])
    }

    /// The fault that this answer is.
    pub fn fault(&self) -> Fault {
        assert_eq!(self.status, 500, "{}", self.body);
        let envelope = Envelope::parse(self.body.clone().into_bytes()).unwrap();
        let fault = envelope.request().unwrap();
        assert_eq!(fault.local(), "Fault", "{}", self.body);
        let said = |name| fault.child("", name).unwrap();
        let code = said("faultcode").text().unwrap();
        let (prefix, code) = code.split_once(':').unwrap_or(("", code));
        let namespace = if prefix.is_empty() { "" } else { fault.resolve(prefix).unwrap() };
        let detail = fault.child("", "detail").and_then(vcsso::xml::Element::first_child);
        let kind = detail.and_then(|detail| detail.attribute_in(vcsso::xml::names::XSI, "type"));
        Fault {
            code: code.to_owned(),
            namespace: namespace.to_owned(),
            text: said("faultstring").text().unwrap().to_owned(),
            kind: kind.unwrap_or_default().to_owned(),
        }
    }

    /// The text nodes of the whole document, as pyVmomi counts them.
    pub fn texts(&self) -> usize {
        self.body
            .split('<')
            .filter_map(|part| part.split_once('>'))
            .filter(|(_, text)| !text.is_empty())
            .count()
    }
}

/// Trusts one certificate, whatever the time is, and the key that belongs to it.
#[derive(Debug)]
struct Exactly {
    leaf: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Exactly {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.leaf {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("another certificate than the one that was made".into()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
