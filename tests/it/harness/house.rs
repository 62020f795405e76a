//! A running house: its app and its listener, in a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use tokio::runtime::Handle;
use vcsso::app::keys::{FolderError, KeyFolder};
use vcsso::app::local_tickets::LocalTickets;
use vcsso::app::negotiation::{Accounts, Negotiation};
use vcsso::app::nt_hashes::NtHashes;
use vcsso::app::users::{Person, add_person};
use vcsso::app::{App, Peer, Policies, Settings, explain, housekeeping, start};
use vcsso::clock::{Frozen, Moment};
use vcsso::entropy::SystemEntropy;
use vcsso::http::{Site, server};
use vcsso::identity::Domain;
use vcsso::negotiate::{Acceptor, ChannelBinding};
use vcsso::pki::make::{self, MadePem};
use vcsso::pki::{Certificate, SigningKey, TokenSigner, pem};
use vcsso::secret::Secret;
use vcsso::store::{KeyStatus, NewSigningKey, Profile, Store, Target};

use super::requests::now;
use super::wire::{Answer, Request, Wire};
use super::{Place, people};

pub const ISSUER: &str = "https://vc.example/websso/SAML2/Metadata/vsphere.local";

/// What opens the admin API of every house.
pub const OPERATOR_TOKEN: &str = "operator-token-of-the-tests";

/// What a house is built with.
#[derive(Clone)]
pub struct Plan {
    /// It is an `ESXi` host, not a vCenter.
    pub host: bool,
    pub settings: Settings,
    pub policies: Policies,
    pub advertise: Option<String>,
    /// Its key folder; a second replica shares it.
    pub keys: Arc<KeyRing>,
    /// What is accepted beside passwords and tokens; NT hashes are kept then.
    pub sspi: Option<fn() -> (Acceptor, Accounts)>,
}

/// A house with an open door.
pub struct House {
    pub app: Arc<App>,
    pub clock: Arc<Frozen>,
    pub address: SocketAddr,
    runtime: Handle,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Default for Plan {
    fn default() -> Self {
        let settings = Settings { domain: Domain::new("vsphere.local").unwrap(), issuer: ISSUER.into() };
        let policies = Policies::default();
        Self { host: false, settings, policies, advertise: None, keys: Arc::default(), sspi: None }
    }
}

impl Plan {
    pub fn with(change: impl FnOnce(&mut Policies)) -> Self {
        let mut plan = Self::default();
        change(&mut plan.policies);
        plan
    }
}

/// The keys of all houses of this process, as a first start makes them.
struct Keys {
    authority: MadePem,
    signer: MadePem,
    tls: MadePem,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let authority = make::authority("CA of the tests", now()).unwrap();
    let signer = make::token_signer(&authority, now()).unwrap();
    let tls = make::tls_leaf(&authority, &["localhost".to_owned()], now()).unwrap();
    Keys { authority, signer, tls }
});

/// The signer of all houses, until they rotate.
pub fn signer() -> TokenSigner {
    signer_of(&KEYS.signer)
}

fn signer_of(made: &MadePem) -> TokenSigner {
    let key = SigningKey::from_pkcs8(&pem::private_key(&made.key).unwrap()).unwrap();
    TokenSigner::new(key, pem::certificates(&made.certificate).unwrap()).unwrap()
}

/// A key folder in memory.
pub struct KeyRing(Mutex<Vec<MadePem>>);

impl Default for KeyRing {
    fn default() -> Self {
        let MadePem { certificate, key } = &KEYS.signer;
        Self(Mutex::new(vec![MadePem { certificate: certificate.clone(), key: key.clone() }]))
    }
}

impl KeyRing {
    /// With a key that was made then, and no other.
    pub fn made_at(at: Moment) -> Self {
        Self(Mutex::new(vec![make::token_signer(&KEYS.authority, at).unwrap()]))
    }

    /// A key of this folder.
    pub fn signer(&self, sha256: &str) -> TokenSigner {
        self.find(sha256).unwrap().unwrap()
    }

    /// What a start finds in it.
    pub fn signers(&self) -> Vec<TokenSigner> {
        self.0.lock().unwrap().iter().map(signer_of).collect()
    }

    /// Takes a key away, as a folder that is not shared yet; give it back with [`Self::put`].
    pub fn take(&self, sha256: &str) -> MadePem {
        let mut keys = self.0.lock().unwrap();
        let place = keys.iter().position(|made| signer_of(made).certificate().fingerprint() == sha256);
        keys.remove(place.unwrap())
    }

    pub fn put(&self, made: MadePem) {
        self.0.lock().unwrap().push(made);
    }
}

impl KeyFolder for KeyRing {
    fn find(&self, sha256: &str) -> Result<Option<TokenSigner>, FolderError> {
        Ok(self.signers().into_iter().find(|signer| signer.certificate().fingerprint() == sha256))
    }

    fn make(&self, now: Moment) -> Result<TokenSigner, FolderError> {
        let made = make::token_signer(&KEYS.authority, now)?;
        let signer = signer_of(&made);
        self.put(made);
        Ok(signer)
    }
}

/// The CA of all houses, which signs clients too.
pub fn authority() -> &'static MadePem {
    &KEYS.authority
}

fn tls() -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = pem::certificates(&KEYS.tls.certificate).unwrap();
    let chain = chain.iter().map(|link| link.der().to_vec().into()).collect();
    (chain, PrivateKeyDer::try_from(pem::private_key(&KEYS.tls.key).unwrap()).unwrap())
}

impl House {
    pub fn open(place: &Place) -> Self {
        Self::built(place, Plan::default())
    }

    /// With the personality of an `ESXi` host.
    pub fn as_host(place: &Place) -> Self {
        Self::built(place, Plan { host: true, ..Plan::default() })
    }

    /// An administrator more.
    pub fn move_in(&self, person: &'static str) {
        self.run(move |app| async move {
            let groups = vec!["Administrators".to_owned()];
            let profile = Profile::default();
            let person = Person { name: people::name(person), password: None, profile, groups, ntlm: false };
            add_person(&app, person, &Peer::default()).await.unwrap();
        });
    }

    pub fn built(place: &Place, plan: Plan) -> Self {
        let clock = Arc::new(Frozen::new(now()));
        Self::with_clock(place, plan, clock)
    }

    pub fn with_clock(place: &Place, plan: Plan, clock: Arc<Frozen>) -> Self {
        let (sender, receiver) = channel();
        let (target, frozen) = (place.target(), Arc::clone(&clock));
        let thread = std::thread::spawn(move || System::new().block_on(run(target, plan, frozen, sender)));
        let Ok((app, address, runtime, server)) = receiver.recv() else {
            panic!("the house could not be opened: {:?}", thread.join())
        };
        Self { app, clock, address, runtime, server, thread: Some(thread) }
    }

    /// What the listener shows, DER.
    #[expect(clippy::unused_self, reason = "whose certificate it is")]
    pub fn tls_certificate(&self) -> Vec<u8> {
        tls().0.remove(0).to_vec()
    }

    /// Does something in the house's own runtime.
    pub fn run<T, F>(&self, work: impl FnOnce(Arc<App>) -> F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (sender, receiver) = channel();
        let work = work(Arc::clone(&self.app));
        self.runtime.spawn(async move { drop(sender.send(work.await)) });
        receiver.recv().expect("the work panicked")
    }

    pub fn wire(&self) -> Wire {
        Wire::new(self.address, tls().0.remove(0), None)
    }

    /// With a client certificate.
    pub fn wire_as(&self, made: &MadePem) -> Wire {
        let certificate = pem::certificates(&made.certificate).unwrap().remove(0).der().to_vec();
        let key = pem::private_key(&made.key).unwrap();
        Wire::new(self.address, tls().0.remove(0), Some((certificate, key)))
    }

    /// One request on a connection of its own.
    pub fn send(&self, request: &Request) -> Answer {
        self.wire().send(request)
    }

    /// Everything the audit has about an answer.
    pub fn explain(&self, answer: &Answer) -> Vec<Value> {
        let trace = answer.trace().to_owned();
        self.run(|app| async move {
            app.store.drained().await.unwrap();
            explain::explain(&app, &trace).await.unwrap()
        })
    }

    /// The step that refused this answer, as the operator finds it by the trace.
    pub fn refusal(&self, answer: &Answer) -> String {
        let rows = self.explain(answer);
        assert_eq!(rows.len(), 1, "one row for one refusal: {rows:?} for {}", answer.body);
        let row = &rows[0];
        assert_ne!(row["outcome"], "accepted", "{row}");
        let reason = row["reason"].as_str().unwrap();
        assert_eq!(row["detail"]["refusal"].as_str(), Some(reason), "{row}");
        reason.to_owned()
    }

    /// The key of the other anchors: a second signer whose tokens are believed.
    pub fn also_trust(&self, made: &Certificate) {
        let chain_pem = pem::encode("CERTIFICATE", made.der());
        let key = NewSigningKey {
            sha256: made.fingerprint(),
            chain_pem,
            status: KeyStatus::Previous,
            not_before: made.not_before(),
            not_on_or_after: made.not_after(),
        };
        self.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            unit.add_signing_key(&key, now()).await.unwrap();
            unit.commit().await.unwrap();
            housekeeping::readiness(&app).await.unwrap();
        });
    }
}

async fn run(
    target: Target,
    plan: Plan,
    clock: Arc<Frozen>,
    opened: Sender<(Arc<App>, SocketAddr, Handle, ServerHandle)>,
) {
    let (chain, key) = tls();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let tls = server::tls(chain, key).unwrap();
    let shown = pem::certificates(&KEYS.tls.certificate).unwrap().remove(0);
    let authority_pem = KEYS.authority.certificate.clone();
    let site = Site::new(address.to_string(), shown.clone(), authority_pem, &plan.settings.domain);
    let site = site.advertised(plan.advertise);
    let store = Store::open(&target).await.unwrap();
    let signers = plan.keys.signers();
    let app = App::new(clock, Arc::new(SystemEntropy), store.clone(), plan.settings, plan.policies, signers);
    let app = app.with_key_folder(plan.keys).operated_by(&Secret::new(OPERATOR_TOKEN));
    let app = app.with_authority(pem::certificates(&KEYS.authority.certificate).unwrap().remove(0));
    let sspi = plan.sspi.map(|accepted| accepted());
    let nt_hashes = sspi.as_ref().and_then(|_| NtHashes::new(&[7; 32], false));
    let channel = ChannelBinding::of_server(&shown);
    let negotiation = sspi.map(|(acceptor, accounts)| Negotiation::new(acceptor, accounts, channel));
    let app = app.keeping(nt_hashes).accepting(negotiation);
    let app = Arc::new(if plan.host {
        app.with_local_tickets(LocalTickets::open(&SystemEntropy).unwrap())
    } else {
        app
    });
    people::furnish(&app).await;
    start::started(&app).await.unwrap();
    let running = server::https(listener, tls, Arc::clone(&app), site).unwrap();
    opened.send((app, address, Handle::current(), running.handle())).unwrap();
    running.await.unwrap();
    store.close().await.unwrap();
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.server.stop(false));
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking(), "the house fell down");
    }
}
