//! The two listeners: HTTPS for everything, plain HTTP for health. TLS 1.2 and 1.3, HTTP/1.1 only; a client certificate
//! is asked for and never required: what it is worth, the acts decide (`stack.md` §3).

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use actix_web::{App as Router, HttpServer};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

use super::health::Numbers;
use super::observe::{ClientCertificate, observe};
use super::sts::PendingExchange;
use super::{Site, guard, mount, mount_health, sdk};
use crate::app::App;

/// A listener could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The certificate or key for TLS.
    #[error("the TLS certificate and key cannot be used: {0}")]
    Tls(String),
    /// The socket.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
}

/// The HTTPS listener on a socket that is bound already.
///
/// # Errors
/// [`ServerError`].
pub fn https(
    listener: TcpListener,
    tls: ServerConfig,
    app: Arc<App>,
    site: Site,
) -> Result<Server, ServerError> {
    let (app, site, pages) = (Data::from(app), Data::new(site), Data::new(sdk::Pages::default()));
    let belongings = Data::new(sdk::Belongings::default());
    let ended = belongings.clone().into_inner();
    app.changes.on_session_end(move |session| ended.forget(session));
    let server = HttpServer::new(move || {
        Router::new()
            .app_data(app.clone())
            .app_data(belongings.clone())
            .app_data(site.clone())
            .app_data(pages.clone())
            .wrap(from_fn(guard::guard))
            .wrap(from_fn(observe))
            .configure(mount)
    })
    .on_connect(|io, extensions| {
        extensions.insert(PendingExchange::default());
        let stream = io.downcast_ref::<TlsStream<TcpStream>>();
        let leaf = stream.and_then(|stream| stream.get_ref().1.peer_certificates()?.first());
        if let Some(leaf) = leaf {
            extensions.insert(ClientCertificate(leaf.as_ref().into()));
        }
    })
    .client_request_timeout(HEAD_TIME)
    .keep_alive(KEEP_ALIVE)
    .tls_handshake_timeout(HANDSHAKE_TIME)
    .max_connections(MAX_CONNECTIONS)
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals()
    .listen_rustls_0_23(listener, tls)?;
    Ok(server.run())
}

/// The health listener.
///
/// # Errors
/// [`ServerError`].
pub fn health(listener: TcpListener, app: Arc<App>, numbers: Numbers) -> Result<Server, ServerError> {
    let (app, numbers) = (Data::from(app), Data::new(numbers));
    let server = HttpServer::new(move || {
        Router::new().app_data(app.clone()).app_data(numbers.clone()).configure(mount_health)
    })
    .workers(1)
    .client_request_timeout(HEAD_TIME)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

/// TLS with this certificate chain and key.
///
/// # Errors
/// [`ServerError::Tls`].
pub fn tls(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, ServerError> {
    let refused = |error: &dyn std::fmt::Display| ServerError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Arc::new(AnyCertificate::new(&provider));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12, &rustls::version::TLS13])
        .map_err(|error| refused(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|error| refused(&error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(|error| refused(&error))?;
    config.send_tls13_tickets = 1;
    Ok(config)
}

/// Takes every client certificate whose key the client holds: self-signed and expired ones are legal for extensions and
/// solution users, and trusting them is not the handshake's business.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl AnyCertificate {
    fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// `attacks.md` §4-13: a slow head, a handshake that does not come, and idle sockets must not hold a worker.
const HEAD_TIME: Duration = Duration::from_secs(5);
const HANDSHAKE_TIME: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const MAX_CONNECTIONS: usize = 2_000;
/// What is in flight may finish; container runtimes kill after ten seconds.
const DRAIN_SECONDS: u64 = 8;
