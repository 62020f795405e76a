//! `vcsso serve`: from configuration to two listeners, and back down in order when it is told to stop.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::flags::SettingFlags;
use super::{Exit, World, world};
use crate::app::local_tickets::LocalTickets;
use crate::app::negotiation::Negotiation;
use crate::app::users::Password;
use crate::app::{App, housekeeping, passwords, seed, start};
use crate::clock::Clock as _;
use crate::config::seed::Seed;
use crate::config::sspi::Missing;
use crate::config::state::{Ephemeral, StateFolder, new_password};
use crate::config::{Configuration, KeyFiles, Settings, address, load};
use crate::entropy::SystemEntropy;
use crate::http::health::Numbers;
use crate::http::tunnel::Tunnel;
use crate::http::{Site, server};
use crate::identity::{AccountName, well_known};
use crate::lab::LabClock;
use crate::telemetry::Telemetry;

/// Run the service.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// The settings.
    #[command(flatten)]
    pub flags: SettingFlags,
}

impl Serve {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        run(load(&self.flags.given(), world.environment)?)
    }
}

/// Runs the service until it is told to stop.
///
/// # Errors
/// Why it could not start, or stopped.
pub fn run(configuration: Configuration) -> anyhow::Result<Exit> {
    let Configuration { mut settings, seed } = configuration;
    let telemetry = Telemetry::start(settings.start.log.as_deref())?;
    // Dropped last, also when something below fails.
    let ephemeral = settings.ephemeral.then(|| Ephemeral::new(&SystemEntropy)).transpose()?;
    if let Some(folder) = &ephemeral {
        settings = settings.moved_to(folder);
    }
    let listener = bind("--listen", settings.listen)?;
    let health = bind("--health", settings.health)?;
    let tunnel = settings.tunnel.map(|address| bind("--tunnel", address)).transpose()?;
    let bound = (listener.local_addr()?, health.local_addr()?);
    let clock = Arc::new(LabClock::default());
    let state = StateFolder::open(&settings.state)?;
    let names =
        address::certificate_names(settings.advertise.as_ref(), bound.0, address::host_name().as_deref());
    let keys = KeyFiles::open(&settings.keys, &names, clock.now())?;
    let tls = server::tls(keys.tls.chain.clone(), keys.tls.key.clone_key())?;
    let listen = host_of(&address::base_url(None, bound.0));
    let advertise = settings.advertise.as_ref();
    let advertised = advertise.map(|_| host_of(&address::base_url(advertise, bound.0)));
    let certificate = keys.tls.certificate.clone();
    let site = Site::new(listen, certificate, keys.ca_pem.clone(), &settings.domain).advertised(advertised);
    let negotiation = world::negotiation(&settings, &keys.tls.certificate)?;
    let service = Service { settings, negotiation, seed, state, clock, keys, site, telemetry, tunnel };
    actix_web::rt::System::new().block_on(service.serve((listener, health), bound, tls))
}

/// Everything that is known before the store is open.
struct Service {
    settings: Settings,
    negotiation: Option<Negotiation>,
    seed: Seed,
    state: StateFolder,
    clock: Arc<LabClock>,
    keys: KeyFiles,
    site: Site,
    telemetry: Telemetry,
    tunnel: Option<TcpListener>,
}

impl Service {
    async fn serve(
        self,
        (listener, health): (TcpListener, TcpListener),
        bound: (SocketAddr, SocketAddr),
        tls: rustls::ServerConfig,
    ) -> anyhow::Result<Exit> {
        let Self { settings, negotiation, seed, state, clock, keys, site, telemetry, tunnel } = self;
        let issuer = address::issuer(settings.advertise.as_ref(), bound.0, &settings.domain);
        let store = world::open_store(&settings).await?;
        housekeeping::agree_on_time(&store, &clock).await?;
        let nt_hashes = world::nt_hashes(&settings, Missing::Make(&SystemEntropy))?;
        let app = world::app(&settings, issuer, Arc::clone(&clock), store, keys.signers);
        let mut app = app.with_authority(keys.ca).keeping(nt_hashes).accepting(negotiation);
        if settings.personality.host {
            let tickets = LocalTickets::open(&SystemEntropy);
            app = app.with_local_tickets(tickets.context("the folder of local tickets cannot be made")?);
        }
        let app = Arc::new(app.operated_by(&state.operator_token(&SystemEntropy)?));
        prepare(&app, &settings, &seed, &state).await?;
        start::started(&app).await?;
        let url = address::base_url(settings.advertise.as_ref(), bound.0);
        state.write_url(&url)?;
        let https = server::https(listener, tls, Arc::clone(&app), site)?;
        let plain = server::health(health, Arc::clone(&app), Numbers(Box::new(move || telemetry.render())))?;
        let house = tokio::spawn(housekeeping::keep_house(Arc::clone(&app), clock));
        let tunnelled = tunnel.as_ref().map(TcpListener::local_addr).transpose()?;
        let tunnel = tunnel.map(|listener| Tunnel::open(listener, bound.0)).transpose()?;
        banner(&settings, &state, &url, &app);
        tunnel_banner(tunnelled);
        if let Err(reason) = housekeeping::readiness(&app).await {
            tracing::error!(reason, "the service runs and is not ready: see /readyz");
        }
        ready(&address::base_url(None, bound.0), bound.1)?;
        let (handle, health_handle) = (https.handle(), plain.handle());
        let running = tokio::spawn(https);
        let healthy = tokio::spawn(plain);
        stop_signal().await?;
        tracing::info!("stopping: what is in flight may finish");
        // Both at once: what is in the tunnel ends when the HTTPS listener ends it.
        let tunnel = tunnel.map(|tunnel| tokio::spawn(tunnel.close()));
        app.changes.close();
        handle.stop(true).await;
        running.await??;
        if let Some(tunnel) = tunnel {
            tunnel.await?;
        }
        house.abort();
        housekeeping::write_uses(&app)
            .await
            .context("the last uses of sessions could not be written down")?;
        app.store.close().await.context("the last audit rows could not be written")?;
        health_handle.stop(false).await;
        healthy.await??;
        state.forget_url()?;
        Ok(Exit::Ok)
    }
}

/// First start, keys and seed.
async fn prepare(app: &App, settings: &Settings, seed: &Seed, state: &StateFolder) -> anyhow::Result<()> {
    let fresh = start::needs_administrator(app).await?;
    let password = if fresh { Some(administrator_password(app, settings, state).await?) } else { None };
    start::prepare(app, password).await?;
    let applied =
        seed::apply(app, world::items(seed, settings)?).await.context("the seed cannot be applied")?;
    if applied > 0 {
        tracing::info!(entries = applied, "seed applied");
    }
    Ok(())
}

/// The variable's, or the one a first start that was cut off has written down already, or a new one.
async fn administrator_password(
    app: &App,
    settings: &Settings,
    state: &StateFolder,
) -> anyhow::Result<Password> {
    let password = match (&settings.start.administrator_password, state.administrator_password()?) {
        (Some(given), _) => {
            let name = AccountName::new(well_known::ADMINISTRATOR)?;
            passwords::judge(app, &name, given).await.context("VCSSO_ADMIN_PASSWORD cannot be used")?;
            given.clone()
        }
        (None, Some(kept)) => kept,
        (None, None) => new_password(&SystemEntropy)?,
    };
    state.keep_administrator_password(&password)?;
    Ok(Password::Plain(password))
}

fn bind(flag: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address);
    bound.with_context(|| format!("cannot listen on {address} ({flag}; port 0 picks a free one)"))
}

fn host_of(url: &str) -> String {
    url.trim_start_matches("https://").to_owned()
}

/// The line that scripts wait for.
fn ready(url: &str, health: SocketAddr) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "READY url={url} health=http://{health}")?;
    Ok(out.flush()?)
}

/// What a person wants to paste next.
fn banner(settings: &Settings, state: &StateFolder, url: &str, app: &App) {
    use std::io::Write as _;
    let absolute = |path: std::path::PathBuf| std::path::absolute(&path).unwrap_or(path);
    let ca = absolute(settings.keys.join("ca.crt"));
    let kept = absolute(state.path().join("administrator-password"));
    let user = format!("{}@{}", well_known::ADMINISTRATOR, settings.domain.as_str());
    let password = match (state.administrator_password(), settings.start.administrator_password.is_some()) {
        (Ok(Some(_)), true) => "as VCSSO_ADMIN_PASSWORD says".to_owned(),
        (Ok(Some(password)), false) => password.expose().to_owned(),
        (Ok(None) | Err(_), _) => "as it was set at the first start".to_owned(),
    };
    let text = format!(
        "\nvcsso serves {url}\n  issuer    {issuer}\n  lab CA    {ca}   (also {url}/ca.pem)\n  {user}   {password}\n\n\
         # govc\nexport GOVC_URL='{url}' GOVC_USERNAME='{user}' GOVC_PASSWORD=\"$(cat '{kept}')\" GOVC_TLS_CA_CERTS='{ca}'\n\
         govc about && govc session.login -issue\n\n\
         # pyVmomi\npython3 - <<'EOF'\nimport ssl\nfrom pyVim.connect import Disconnect, SmartConnect\n\
         from pyVim.sso import SsoAuthenticator\n\
         tls = ssl.create_default_context(cafile='{ca}')\n\
         token = SsoAuthenticator('{url}/sts/STSService').get_bearer_saml_assertion(\n    \
         '{user}', open('{kept}').read().strip(), delegatable=True, ssl_context=tls)\n\
         si = SmartConnect(host='{host}', port={port}, token=token, tokenType='saml', sslContext=tls)\n\
         print(si.content.sessionManager.currentSession.userName)\nDisconnect(si)\nEOF\n\n",
        issuer = app.settings.issuer,
        ca = ca.display(),
        kept = kept.display(),
        host = host_and_port(url).0,
        port = host_and_port(url).1,
    );
    // A closed stderr is nobody's fault.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Where extensions log in, if there is a tunnel.
fn tunnel_banner(address: Option<SocketAddr>) {
    use std::io::Write as _;
    let Some(address) = address else { return };
    let text = format!(
        "# extensions log in through the tunnel\nexport GOVMOMI_TUNNEL_PROXY_PORT={}   # {address}\n\n",
        address.port()
    );
    // A closed stderr is nobody's fault.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn host_and_port(url: &str) -> (String, u16) {
    let host = host_of(url);
    match host.rsplit_once(':').map(|(name, port)| (name, port.parse())) {
        Some((name, Ok(port))) => (name.to_owned(), port),
        _ => (host, 443),
    }
}

async fn stop_signal() -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let terminated = terminate.recv();
    let interrupted = interrupt.recv();
    either(terminated, interrupted).await;
    Ok(())
}

/// Whichever comes first.
async fn either(first: impl Future<Output = Option<()>>, second: impl Future<Output = Option<()>>) {
    let (mut first, mut second) = (std::pin::pin!(first), std::pin::pin!(second));
    std::future::poll_fn(|context| {
        let done = first.as_mut().poll(context).is_ready() || second.as_mut().poll(context).is_ready();
        if done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
