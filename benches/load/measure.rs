//! Figures: medians of batches. Every batch stands beside one of raw RSA and one of every other server, taken within the
//! same half second: a machine that speeds up or slows down moves them together, and ratios are those of such pairs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use vcsso::pki::{Hash, SigningKey};

use super::client::{Connections, Request};
use super::process::{Process, family_time, on_server_core};

/// Requests of one batch.
const BATCH: usize = 128;
/// Batches that count; one more goes before them.
const BATCHES: usize = 24;
/// Requests of one case.
pub const REQUESTS: usize = BATCH * (BATCHES + 1);

/// The RSA-2048 operation under everything, in the library that the service uses.
pub struct Raw {
    key: SigningKey,
    signature: Vec<u8>,
}

/// A server under load.
pub struct Server {
    /// How the tables call it.
    pub name: &'static str,
    /// Its process.
    pub process: Process,
    /// The first process of its database, if that is another program.
    pub database: Option<u32>,
}

/// What one kind of request costs one server.
pub struct Measured {
    /// Microseconds of the server's processor time, one figure a batch.
    pub costs: Vec<f64>,
    /// The same of the database beside it.
    beside: Vec<f64>,
    /// Microseconds of one raw signature, taken before each batch.
    signs: Vec<f64>,
}

impl Raw {
    /// With a new key.
    pub fn new() -> Self {
        let key = SigningKey::generate().unwrap();
        let signature = key.sign(Hash::Sha256, MESSAGE).unwrap();
        Self { key, signature }
    }

    /// One signature.
    pub fn sign(&self) {
        drop(black_box(self.key.sign(Hash::Sha256, MESSAGE).unwrap()));
    }

    /// Microseconds of something else on the servers' core, at the speed at which one signature takes `sign`.
    pub fn compare(&self, sign: f64, work: impl Fn() + Sync) -> f64 {
        let pair = |_| on_server_core(|| batch(&work) / batch(|| self.sign()));
        sign * middle((0..9).map(pair).collect())
    }

    /// Microseconds of checking one signature, at the same speed.
    pub fn verify(&self, sign: f64) -> f64 {
        let public = self.key.public().unwrap();
        self.compare(sign, || assert!(public.verifies(Hash::Sha256, MESSAGE, &self.signature)))
    }
}

impl Measured {
    /// The median.
    pub fn median(&self) -> f64 {
        middle(self.costs.clone())
    }

    /// Over all batches: work that comes seldom is in it.
    pub fn mean(&self) -> f64 {
        self.costs.iter().sum::<f64>() / count(self.costs.len())
    }

    /// The database's own share.
    pub fn beside(&self) -> f64 {
        middle(self.beside.clone())
    }

    /// Raw signatures in the same time.
    pub fn sign(&self) -> f64 {
        middle(self.signs.clone())
    }

    /// Raw sign : request.
    pub fn ratio(&self) -> f64 {
        pairwise(&self.signs, &self.costs)
    }

    /// This : the other, where both were measured together.
    pub fn beside_that(&self, other: &Self) -> f64 {
        pairwise(&self.costs, &other.costs)
    }
}

/// Sends the same kind of request to several servers in turns; what it cost each, and its answers.
pub fn measure(raw: &Raw, lanes: &[(&Server, &[Request])]) -> Vec<(Measured, Vec<String>)> {
    let mut lanes: Vec<_> = lanes.iter().map(|(server, requests)| Lane::warm(server, requests)).collect();
    for _ in 0..BATCHES {
        let sign = on_server_core(|| batch(|| raw.sign()));
        for lane in &mut lanes {
            lane.run(sign);
        }
    }
    lanes.into_iter().map(|lane| (lane.measured, lane.answers)).collect()
}

struct Lane<'a> {
    server: &'a Server,
    connections: Connections,
    rest: std::slice::Chunks<'a, Request>,
    measured: Measured,
    answers: Vec<String>,
}

impl<'a> Lane<'a> {
    /// The first request goes alone: the others then find the password remembered.
    fn warm(server: &'a Server, requests: &'a [Request]) -> Self {
        let mut connections = Connections::open(server.process.address);
        let (first, rest) = requests.split_at(BATCH);
        let mut answers = connections.run(&first[..1]);
        answers.extend(connections.run(&first[1..]));
        let measured = Measured { costs: Vec::new(), beside: Vec::new(), signs: Vec::new() };
        Self { server, connections, rest: rest.chunks(BATCH), measured, answers }
    }

    fn run(&mut self, sign: f64) {
        let requests = self.rest.next().unwrap();
        let times = || (self.server.process.processor_time(), self.server.database.map_or(0.0, family_time));
        let before = times();
        self.answers.extend(self.connections.run(requests));
        let after = times();
        self.measured.signs.push(sign);
        self.measured.costs.push((after.0 - before.0) / count(requests.len()));
        self.measured.beside.push((after.1 - before.1) / count(requests.len()));
    }
}

/// Microseconds of this thread's processor time for one run, over a batch of about twenty milliseconds.
fn batch(work: impl Fn()) -> f64 {
    // A core that rested, and a key that a new thread has not used, are slow at first.
    (0..8).for_each(|_| work());
    let (begin, start, mut runs) = (Instant::now(), thread_time(), 0);
    while begin.elapsed() < Duration::from_millis(20) {
        for _ in 0..8 {
            work();
        }
        runs += 8;
    }
    (thread_time() - start) / count(runs)
}

/// The one in the middle.
pub fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn pairwise(above: &[f64], below: &[f64]) -> f64 {
    middle(above.iter().zip(below).map(|(above, below)| above / below).collect())
}

fn thread_time() -> f64 {
    // The account of a running thread is brought up to date when it lets go of the core, and else every few milliseconds.
    std::thread::sleep(Duration::from_nanos(1));
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    account.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e3
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

const MESSAGE: &[u8] = &[7; 32];
