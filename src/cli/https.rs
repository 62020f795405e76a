//! One POST over HTTPS to an STS, or to what stands beside it: a connection for each, every length bounded. It follows
//! nothing and keeps nothing.

use std::io::{self, Read, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Uri;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned,
};

use super::Problem;
use crate::pki::Certificate;

/// Where an STS is.
#[derive(Clone)]
pub(super) struct Place {
    host: String,
    port: u16,
    path: String,
}

/// Whom an STS must show to be.
pub(super) enum Trust {
    /// Somebody whose certificate one of these signed, for the name in the URL.
    Authorities(Vec<Certificate>),
    /// Nobody in particular.
    Anybody,
}

/// What came back.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) status: u16,
    /// `Date`.
    pub(super) date: Option<String>,
    /// `Set-Cookie`, without its attributes.
    pub(super) cookie: Option<String>,
    /// What the server showed in TLS, its own certificate first.
    pub(super) shown: Vec<Certificate>,
    /// `X-Vcsso-Trace`, where the STS is this service.
    pub(super) trace: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Place {
    /// Reads a URL; `path` serves where it has none.
    pub(super) fn parse(url: &str, path: &str) -> Result<Self, Problem> {
        let wrong = || Problem::Usage(format!("--url is {url:?}, wanted https://HOST[:PORT][/PATH]"));
        let parsed: Uri = url.parse().map_err(|_| wrong())?;
        let authority = parsed.authority().ok_or_else(wrong)?;
        if parsed.scheme_str() != Some("https")
            || parsed.query().is_some()
            || authority.as_str().contains('@')
        {
            return Err(wrong());
        }
        let path = if parsed.path() == "/" { path } else { parsed.path() };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        Ok(Self { host: host.to_owned(), port: authority.port_u16().unwrap_or(443), path: path.to_owned() })
    }

    /// Another path of the same server.
    pub(super) fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// The name in the URL, or the address.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// As people write it.
    pub(super) fn url(&self) -> String {
        format!("https://{}{}", self.authority(), self.path)
    }

    /// Sends a message.
    pub(super) fn post(&self, trust: &Trust, action: &str, message: &str) -> Result<Received, Problem> {
        self.post_with(trust, action, None, message)
    }

    /// Sends a message with a cookie.
    pub(super) fn post_with(
        &self,
        trust: &Trust,
        action: &str,
        cookie: Option<&str>,
        message: &str,
    ) -> Result<Received, Problem> {
        let tls = config(trust).map_err(|why| Problem::Usage(format!("--ca: {why}")))?;
        self.exchange(tls, &self.request(action, cookie, message))
            .map_err(|why| Problem::Unreachable(format!("{}: {why}", self.url())))
    }

    fn exchange(&self, tls: ClientConfig, request: &str) -> io::Result<Received> {
        let name = ServerName::try_from(self.host.clone()).map_err(|_| invalid("no name of a server"))?;
        let mut last = invalid("the name has no address");
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE_TO_CONNECT) {
                Ok(socket) => {
                    socket.set_read_timeout(Some(PATIENCE))?;
                    socket.set_write_timeout(Some(PATIENCE))?;
                    let session = ClientConnection::new(Arc::new(tls), name).map_err(io::Error::other)?;
                    let mut stream = StreamOwned::new(session, socket);
                    stream.write_all(request.as_bytes())?;
                    stream.flush()?;
                    let received = receive(&mut stream)?;
                    let shown = stream.conn.peer_certificates().unwrap_or_default();
                    let shown = shown.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
                    return Ok(Received { shown, ..received });
                }
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    fn request(&self, action: &str, cookie: Option<&str>, message: &str) -> String {
        let cookie = cookie.map_or_else(String::new, |cookie| format!("Cookie: {cookie}\r\n"));
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: vcsso/{}\r\nContent-Type: text/xml; charset=utf-8\r\n\
             SOAPAction: \"{action}\"\r\n{cookie}Connection: close\r\nContent-Length: {}\r\n\r\n{message}",
            self.path,
            self.authority(),
            env!("CARGO_PKG_VERSION"),
            message.len()
        )
    }

    fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == 443 { host } else { format!("{host}:{}", self.port) }
    }
}

/// Reads until the answer is whole, or its sender has nothing more to say.
fn receive(stream: &mut impl Read) -> io::Result<Received> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 16_384]);
    loop {
        let ended = match stream.read(&mut piece) {
            Ok(length) => {
                bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
                length == 0
            }
            // Who closes without saying so in TLS may have said everything all the same: the lengths tell.
            Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => true,
            Err(why) => return Err(why),
        };
        if let Some(received) = whole(&bytes, ended)? {
            return Ok(received);
        }
        if ended || bytes.len() > MOST_BYTES {
            return Err(invalid(if ended { "the answer breaks off" } else { "the answer is too long" }));
        }
    }
}

/// The answer, if all of it is here.
fn whole(bytes: &[u8], ended: bool) -> io::Result<Option<Received>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let length = match head.parse(bytes).map_err(|_| invalid("the answer is not HTTP"))? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let rest = bytes.get(length..).unwrap_or_default();
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok().map(str::trim)
    };
    let body = if header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        chunks(rest)?
    } else if let Some(length) = header("content-length") {
        let length: usize = length.parse().map_err(|_| invalid("the length of the answer is no number"))?;
        rest.get(..length).map(<[u8]>::to_vec)
    } else {
        ended.then(|| rest.to_vec())
    };
    let cookie = header("set-cookie").and_then(|cookie| cookie.split(';').next());
    let received = Received {
        status: head.code.unwrap_or_default(),
        date: header("date").map(str::to_owned),
        cookie: cookie.map(str::to_owned),
        trace: header("x-vcsso-trace").map(str::to_owned),
        ..Received::default()
    };
    Ok(body.map(|body| Received { body, ..received }))
}

fn chunks(mut rest: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let size = httparse::parse_chunk_size(rest).map_err(|_| invalid("a chunk without its size"))?;
        let httparse::Status::Complete((start, size)) = size else { return Ok(None) };
        if size == 0 {
            return Ok(Some(body));
        }
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
        let end = end.filter(|end| *end <= MOST_BYTES).ok_or_else(|| invalid("a chunk is too long"))?;
        let (Some(chunk), Some(after)) = (rest.get(start..end), rest.get(end + CRLF..)) else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        rest = after;
    }
}

fn config(trust: &Trust) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    Ok(match trust {
        Trust::Anybody => {
            let verifier = Arc::new(Unasked(provider));
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        Trust::Authorities(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in authorities {
                roots.add(CertificateDer::from(authority.der().to_vec()))?;
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    })
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Asks nobody who they are; the key must be that of the certificate all the same.
#[derive(Debug)]
struct Unasked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unasked {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
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

/// A host that is there answers at once.
const PATIENCE_TO_CONNECT: Duration = Duration::from_secs(10);
/// vCenter asks a directory for a password: that may take a while.
const PATIENCE: Duration = Duration::from_mins(1);
/// A token with thousands of groups has some hundred kilobytes.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// A vCenter behind its proxy sends a dozen.
const MOST_HEADERS: usize = 96;
/// The end of a chunk.
const CRLF: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_host_a_port_and_a_path() {
        let read = |url| {
            Place::parse(url, "/sts/STSService").map(|place| (place.host.clone(), place.port, place.url()))
        };
        for (url, host, port, written) in [
            ("https://vc.example", "vc.example", 443, "https://vc.example/sts/STSService"),
            ("https://127.0.0.1:8443/", "127.0.0.1", 8443, "https://127.0.0.1:8443/sts/STSService"),
            ("https://[::1]:8443/STS/x", "::1", 8443, "https://[::1]:8443/STS/x"),
        ] {
            assert_eq!(read(url).unwrap(), (host.to_owned(), port, written.to_owned()));
        }
        for wrong in [
            "",
            "vc.example",
            "http://vc.example",
            "https://a@vc.example",
            "https://vc.example/?a=b",
            "https://",
        ] {
            assert!(matches!(read(wrong), Err(Problem::Usage(_))), "{wrong}");
        }
    }

    /// Comes in pieces of three bytes, and then ends.
    fn received(text: &str) -> io::Result<Received> {
        struct Slowly<'a>(&'a [u8]);
        impl Read for Slowly<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                let length = self.0.len().min(3);
                into[..length].copy_from_slice(&self.0[..length]);
                self.0 = &self.0[length..];
                Ok(length)
            }
        }
        receive(&mut Slowly(text.as_bytes()))
    }

    #[test]
    fn an_answer_is_whole_by_its_length_its_chunks_or_its_end() {
        let body =
            |text: &str| received(text).map(|received| String::from_utf8(received.body).unwrap()).unwrap();
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, more"), "hello");
        assert_eq!(
            body("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n2;x\r\n!!\r\n0\r\n\r\n"),
            "hello!!"
        );
        assert_eq!(body("HTTP/1.1 200 OK\r\n\r\nall of it"), "all of it");
        let traced =
            received("HTTP/1.1 404 Not Found\r\nX-Vcsso-Trace: abc\r\nContent-Length: 0\r\n\r\n").unwrap();
        assert_eq!(traced, Received { status: 404, trace: Some("abc".into()), ..Received::default() });
    }

    #[test]
    fn an_answer_that_breaks_off_or_is_none_is_an_error() {
        for text in [
            "",
            "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffe\r\n",
        ] {
            assert!(received(text).is_err(), "{text}");
        }
    }
}
