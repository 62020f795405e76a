//! The servers under load: started on their core, and what the kernel says they used.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that has said `READY`. Killed when dropped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the program to the line.
    pub ready_after: Duration,
}

impl Process {
    /// Starts a program and waits for its line `READY url=https://…`. What it logs is written, and thrown away.
    pub fn start(command: &mut Command) -> Self {
        let begin = Instant::now();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("READY url=https://")?.split(' ').next().map(str::to_owned)
        });
        let ready_after = begin.elapsed();
        let address = url.unwrap_or_else(|| panic!("{command:?} ended before it was ready")).parse().unwrap();
        Self { child, address, ready_after }
    }

    /// See [`processor_time`].
    pub fn processor_time(&self) -> f64 {
        processor_time(self.child.id())
    }

    /// Resident memory, MiB.
    pub fn resident(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that is pinned to the servers' core.
pub fn pinned(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(server_core()).arg(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VCSSO_")) {
        command.env_remove(name);
    }
    command
}

/// Runs something on the servers' core: what it costs there is what it costs them.
pub fn on_server_core<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let pinned = scope.spawn(|| {
            let thread = fs::read_link("/proc/thread-self").unwrap();
            let arguments = ["-cp", &server_core()].map(str::to_owned);
            let taskset = Command::new("taskset").args(arguments).arg(thread.file_name().unwrap()).output();
            assert!(taskset.unwrap().status.success(), "taskset cannot pin a thread");
            work()
        });
        pinned.join().unwrap()
    })
}

/// Microseconds of processor time of a process, all its threads together, by the scheduler's own account.
pub fn processor_time(process: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let times = threads.filter_map(|thread| {
        // A thread may end between the two looks.
        let account = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        account.split(' ').next()?.parse::<f64>().ok()
    });
    times.sum::<f64>() / 1e3
}

/// The same of a process and its children: Postgres has one for each connection.
pub fn family_time(parent: u32) -> f64 {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let children =
        processes.filter(|process: &u32| *process == parent || parent_of(*process) == Some(parent));
    children
        .map(|child| {
            if fs::exists(format!("/proc/{child}/task")).unwrap_or(false) {
                processor_time(child)
            } else {
                0.0
            }
        })
        .sum()
}

fn parent_of(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

fn server_core() -> String {
    std::env::var("VCSSO_BENCH_CORE").unwrap_or_else(|_| "0".into())
}
