//! The service over a store that answers every append at once and writes nothing: what a request costs without its
//! commit. A process of its own, this program with the argument `stub` and a folder; everything else in it is real.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use vcsso::app::Peer;
use vcsso::app::users::{Machine, Password, Person, add_machine, add_person};
use vcsso::app::{App, Policies, Settings, housekeeping, start};
use vcsso::clock::Clock as _;
use vcsso::config::{KeyFiles, address};
use vcsso::entropy::SystemEntropy;
use vcsso::http::{Site, server};
use vcsso::identity::{AccountName, Domain, well_known};
use vcsso::lab::LabClock;
use vcsso::pki::pem;
use vcsso::secret::Secret;
use vcsso::store::{Profile, Store, Target};
use vcsso::telemetry::Telemetry;

use super::messages::{ALICE, DOMAIN};

/// Serves until it is killed.
pub fn serve(folder: &Path) {
    let _telemetry = Telemetry::start(None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let bound = listener.local_addr().unwrap();
    let clock = Arc::new(LabClock::default());
    let names = address::certificate_names(None, bound, address::host_name().as_deref());
    let keys = KeyFiles::open(&folder.join("keys"), &names, clock.now()).unwrap();
    let tls = server::tls(keys.tls.chain.clone(), keys.tls.key.clone_key()).unwrap();
    let domain = Domain::new(DOMAIN).unwrap();
    let site = Site::new(bound.to_string(), keys.tls.certificate.clone(), keys.ca_pem.clone(), &domain);
    actix_web::rt::System::new().block_on(async {
        let store = Store::open(&Target::file(folder.join("stub.db")).ephemeral()).await.unwrap();
        let settings = Settings { issuer: address::issuer(None, bound, &domain), domain };
        // The defaults, without a limit of sessions.
        let mut policies = Policies::default();
        policies.session.max_sessions = 0;
        let time = Arc::<LabClock>::clone(&clock);
        let app = Arc::new(App::new(time, Arc::new(SystemEntropy), store, settings, policies, keys.signers));
        people(&app, &folder.join("robot.crt")).await;
        app.store.leave_appends_unwritten();
        let server = server::https(listener, tls, Arc::clone(&app), site).unwrap();
        tokio::spawn(housekeeping::keep_house(app, clock));
        println!("READY url=https://{bound}");
        server.await.unwrap();
    });
}

async fn people(app: &App, robot: &Path) {
    let password = || Some(Password::Plain(Secret::new(ALICE.1)));
    start::prepare(app, password()).await.unwrap();
    let groups = vec![well_known::ADMINISTRATORS.to_owned()];
    let name = AccountName::new(ALICE.0).unwrap();
    let alice = Person { name, password: password(), profile: Profile::default(), groups, ntlm: false };
    add_person(app, alice, &Peer::default()).await.unwrap();
    let certificate = pem::certificates(&std::fs::read_to_string(robot).unwrap()).unwrap().remove(0);
    let groups = vec![well_known::ADMINISTRATORS.to_owned(), well_known::ACT_AS_USERS.to_owned()];
    let robot = Machine { name: AccountName::new("robot").unwrap(), certificate, groups };
    add_machine(app, robot, &Peer::default()).await.unwrap();
}
