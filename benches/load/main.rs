//! What a request costs the running service: TLS on loopback, connections that stay open, processor time of the server
//! process for each 2xx answer. Beside it raw RSA, govmomi's vcsim, memory and start.
//!
//! The server has one core, everything else the other. Logs are written at the default level, and thrown away. Requests
//! are distinct and signed beforehand; sessions have no limit. `scripts/bench` starts it and says what is missing:
//! `VCSSO_BENCH_BINARY` (the release build), `VCSSO_BENCH_VCSIM`, `VCSSO_BENCH_POSTGRES` with `…_POSTGRES_PID`,
//! `VCSSO_BENCH_CORE` (of the servers, 0), `VCSSO_BENCH_REST_SECONDS` (between 1,000 logins and the look at memory, 60).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench ends where it cannot measure"
)]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

mod client;
mod measure;
mod messages;
mod process;
mod stages;
mod stub;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use vcsso::config::state::Ephemeral;
use vcsso::entropy::SystemEntropy;
use vcsso::pki::make::Made;
use vcsso::pki::{make, pem};

use client::{Connections, Request};
use measure::{Measured, REQUESTS, Raw, Server, measure, middle};
use messages::{ALICE, now, token_of};
use process::{Process, pinned};
use stages::Kind;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, _stub, folder] = &arguments[..] {
        stub::serve(Path::new(folder));
        return;
    }
    let bench = Bench::new();
    bench.start_and_memory_then(Bench::load);
}

/// What all measurements share.
struct Bench {
    folder: Ephemeral,
    raw: Raw,
    robot: Made,
    issue_by_password: Vec<Request>,
    issue_by_certificate: Vec<Request>,
}

impl Bench {
    fn new() -> Self {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let robot = make::self_signed("robot", now()).unwrap();
        let bench = Self {
            folder,
            raw: Raw::new(),
            issue_by_password: (0..REQUESTS).map(|_| messages::issue_by_password(now())).collect(),
            issue_by_certificate: (0..REQUESTS)
                .map(|_| messages::issue_by_certificate(&robot, now()))
                .collect(),
            robot,
        };
        let write = |name: &str, text: &str| std::fs::write(bench.path(name), text).unwrap();
        write("robot.crt", &pem::encode("CERTIFICATE", bench.robot.certificate.der()));
        write("vcsso.toml", "[policy.session]\nmax_sessions = 0\n");
        write("seed.toml", &seed());
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The release build over a database; keys are made by the first one that starts.
    fn serve(&self, mut command: Command, state: &str, database: Option<&str>) -> Process {
        command.arg("serve").args(["--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"]);
        let folders =
            [("--state", state), ("--keys", "keys"), ("--config", "vcsso.toml"), ("--seed", "seed.toml")];
        for (flag, name) in folders {
            command.arg(flag).arg(self.path(name));
        }
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        Process::start(&mut command)
    }

    /// Acceptance 8. The server rests while the others are measured.
    fn start_and_memory_then(&self, measure: impl FnOnce(&Self)) {
        let binary = binary();
        drop(self.serve(pinned(&binary), "rest", None));
        let starts =
            (0..5).map(|_| self.serve(pinned(&binary), "rest", None).ready_after.as_secs_f64() * 1e3);
        let ready = middle(starts.collect());
        let mut both_cores = Command::new(&binary);
        both_cores.env_clear();
        let server = self.serve(both_cores, "rest", None);
        std::thread::sleep(Duration::from_secs(5));
        let fresh = server.resident();
        let mut connections = Connections::open(server.address);
        let answers = connections.run(&self.issue_by_password[..1_000]);
        let logins: Vec<_> = answers.iter().map(|answer| messages::login_bearer(token_of(answer))).collect();
        connections.run(&logins);
        drop(connections);
        let rest = Duration::from_secs(number("VCSSO_BENCH_REST_SECONDS", 60));
        let (since, busy) = (Instant::now(), server.resident());
        measure(self);
        std::thread::sleep(rest.saturating_sub(since.elapsed()));
        let rested = server.resident();
        let size = std::fs::metadata(&binary).unwrap().len();
        let mib = f64::from(u32::try_from(size / 1024).unwrap()) / 1024.0;
        println!("\n{:<78} {:>9} {:>9}", "start and size", "seen", "wanted");
        limit("READY with keys there, ms, median of 5 starts, SQLite", ready, 300.0);
        limit("resident 5 s after READY, MiB", fresh, 40.0);
        println!("{:<78} {busy:>9.1}", "resident after 1,000 tokens issued and 1,000 LoginByToken, MiB");
        let seconds = since.elapsed().as_secs();
        limit(&format!("resident {seconds} s after that, MiB"), rested, 100.0);
        limit("release build, MiB", mib, 40.0);
    }

    /// Acceptance 7.
    fn load(&self) {
        println!(
            "\nover TLS on loopback, {} connections kept open, {REQUESTS} distinct requests a case; µs of the server's \
             processor time for each 2xx answer, one core for the server, log at info",
            client::CONNECTIONS
        );
        println!(
            "{:<46} {:>9} {:>9} {:>9} {:>9} {:>7} {:>7}",
            "", "median", "mean", "database", "raw sign", "ratio", "wanted"
        );
        let servers = self.servers();
        let vcsim = Self::vcsim();
        let password: Vec<_> = servers.iter().map(|server| (server, &self.issue_by_password[..])).collect();
        let (password, bearers) = self.case(Kind::IssueByPassword, &password);
        let certificate: Vec<_> =
            servers.iter().map(|server| (server, &self.issue_by_certificate[..])).collect();
        let (certificate, holders) = self.case(Kind::IssueByCertificate, &certificate);
        let acting = requests(&bearers, |token| messages::act_as(&self.robot, token, now()));
        let renewing = requests(&holders, |token| messages::renew(&self.robot, token, now()));
        let validating = requests(&bearers, |token| messages::validate(token, now()));
        let act_as = self.case(Kind::ActAs, &lanes(&servers, None, &acting)).0;
        let renew = self.case(Kind::Renew, &lanes(&servers, None, &renewing)).0;
        let validate = self.case(Kind::Validate, &lanes(&servers, None, &validating)).0;
        let bearers = requests(&bearers, messages::login_bearer);
        let holders = requests(&holders, |token| messages::login_holder_of_key(&self.robot, token, now()));
        let bearer = self.case(Kind::LoginBearer, &lanes(&servers, vcsim.as_ref(), &bearers)).0;
        let holder = self.case(Kind::LoginHolderOfKey, &lanes(&servers, vcsim.as_ref(), &holders)).0;
        if vcsim.is_some() {
            Self::against(&servers, &bearer);
        }
        let samples = [
            &self.issue_by_password[0],
            &self.issue_by_certificate[0],
            &acting[0][0],
            &renewing[0][0],
            &validating[0][0],
            &bearers[0][0],
            &holders[0][0],
        ];
        let floor = self.floor(&servers[0]);
        let costs = [password, certificate, act_as, renew, validate, bearer, holder];
        stages::print(&self.raw, samples, &self.path("keys"), &servers, &costs, &floor);
    }

    /// The service over each store that there is.
    fn servers(&self) -> Vec<Server> {
        let sqlite = self.serve(pinned(binary()), "sqlite", None);
        let mut servers = vec![Server { name: SQLITE, process: sqlite, database: None }];
        match variable("VCSSO_BENCH_POSTGRES") {
            Some(url) => {
                let database = Some(u32::try_from(number("VCSSO_BENCH_POSTGRES_PID", 0)).unwrap());
                let process = self.serve(pinned(binary()), "postgres", Some(&url));
                servers.push(Server { name: POSTGRES, process, database });
            }
            None => println!("Postgres is skipped: VCSSO_BENCH_POSTGRES is not set"),
        }
        let mut command = pinned(std::env::current_exe().unwrap());
        let process = Process::start(command.arg("stub").arg(self.folder.path()));
        servers.push(Server { name: STUBBED, process, database: None });
        servers
    }

    fn vcsim() -> Option<Server> {
        let Some(program) = variable("VCSSO_BENCH_VCSIM") else {
            println!("vcsim is skipped: VCSSO_BENCH_VCSIM is not set");
            return None;
        };
        let process = Process::start(pinned(program).env("GOMAXPROCS", "1"));
        Some(Server { name: VCSIM, process, database: None })
    }

    fn case(&self, kind: Kind, lanes: &[(&Server, &[Request])]) -> (Vec<Measured>, Vec<Vec<String>>) {
        let measured = measure(&self.raw, lanes);
        for ((server, _), (measured, _)) in lanes.iter().zip(&measured) {
            row(kind, server.name, measured);
        }
        measured.into_iter().unzip()
    }

    /// A GET of a document in memory, over TLS, with its log line: what every request costs, whatever it asks.
    fn floor(&self, server: &Server) -> Measured {
        let get = |_| Request { path: "/ca.pem", action: "\"\"", body: String::new() };
        let gets: Vec<_> = (0..REQUESTS).map(get).collect();
        measure(&self.raw, &[(server, &gets)]).remove(0).0
    }

    fn against(servers: &[Server], bearer: &[Measured]) {
        let theirs = bearer.last().unwrap();
        println!();
        for (server, ours) in servers.iter().zip(bearer).filter(|(server, _)| server.name != STUBBED) {
            let ratio = ours.beside_that(theirs);
            println!(
                "bearer LoginByToken, verified and committed, {}: {:.2} of vcsim's {}",
                server.name,
                ratio,
                if ratio < 1.0 { "" } else { "  <- more than vcsim" }
            );
        }
    }
}

/// To each server what it gave the tokens for. vcsim reads the name in any token, and verifies nothing.
fn lanes<'a>(
    servers: &'a [Server],
    vcsim: Option<&'a Server>,
    requests: &'a [Vec<Request>],
) -> Vec<(&'a Server, &'a [Request])> {
    let each = requests.iter().chain(requests.first()).map(Vec::as_slice);
    servers.iter().chain(vcsim).zip(each).collect()
}

/// The tokens in the answers of each server, each in a message.
fn requests(answers: &[Vec<String>], message: impl Fn(&str) -> Request) -> Vec<Vec<Request>> {
    answers.iter().map(|answers| answers.iter().map(|answer| message(token_of(answer))).collect()).collect()
}

/// Acceptance 7.
fn wanted(kind: Kind, server: &str) -> Option<f64> {
    match (kind, server) {
        (Kind::IssueByPassword, STUBBED) => Some(0.85),
        (Kind::IssueByCertificate, SQLITE) => Some(0.50),
        (Kind::IssueByCertificate, POSTGRES) => Some(0.60),
        _ => None,
    }
}

fn row(kind: Kind, server: &str, measured: &Measured) {
    let (wanted, ratio) = (wanted(kind, server), measured.ratio());
    let wanted_text = wanted.map_or_else(String::new, |wanted| format!("{wanted:.2}"));
    let verdict = if wanted.is_some_and(|wanted| ratio < wanted) { "  <- too slow" } else { "" };
    println!(
        "{:<46} {:>9.1} {:>9.1} {:>9.1} {:>9.1} {ratio:>7.3} {wanted_text:>7}{verdict}",
        format!("{}, {server}", kind.name()),
        measured.median(),
        measured.mean(),
        measured.beside(),
        measured.sign()
    );
}

fn limit(name: &str, seen: f64, wanted: f64) {
    let verdict = if seen < wanted { "" } else { "  <- too much" };
    println!("{name:<78} {seen:>9.1} {:>9}{verdict}", format!("< {wanted}"));
}

fn seed() -> String {
    format!(
        "[[user]]\nname = \"{}\"\npassword = \"{}\"\ngroups = [\"Administrators\"]\n\n\
         [[solution_user]]\nname = \"robot\"\ncertificate_file = \"robot.crt\"\ngroups = [\"Administrators\", \"ActAsUsers\"]\n",
        ALICE.0, ALICE.1
    )
}

fn binary() -> String {
    variable("VCSSO_BENCH_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_vcsso").to_owned())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(name: &str, default: u64) -> u64 {
    variable(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

const SQLITE: &str = "SQLite, FULL";
const POSTGRES: &str = "Postgres";
const STUBBED: &str = "store stubbed";
const VCSIM: &str = "vcsim, nothing verified";
