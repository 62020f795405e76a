//! `vcsso healthcheck`: asks `/readyz` of the health listener, without needing a shell or curl in the container.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::flags::flag;
use super::output::{Output, print, print_json};
use super::{Exit, Problem, World};
use crate::config::{Setting, load_settings};

/// Ask the running service whether it is ready.
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::doc_markdown,
    reason = "the lines on the fields are the help of the program, printed as they are"
)]
pub struct Healthcheck {
    /// The health listener, as URL or ADDR:PORT [env: VCSSO_HEALTH] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    pub health: Option<String>,
    /// The configuration of the service [env: VCSSO_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
}

impl Healthcheck {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let authority = self.authority(world)?;
        let status = ask(&authority)
            .map_err(|why| Problem::Unreachable(format!("http://{authority}/readyz: {why}")))?;
        let ready = status == 200;
        match world.output {
            Output::Text => print(&format!("{} ({status})", if ready { "ready" } else { "not ready" }))?,
            Output::Json => print_json(&json!({ "ready": ready, "status": status }))?,
        }
        Ok(if ready { Exit::Ok } else { Exit::Unreachable })
    }

    /// `host:port` of the listener.
    fn authority(&self, world: &World<'_>) -> anyhow::Result<String> {
        if let Some(url) = &self.health {
            let rest = url.strip_prefix("http://").unwrap_or(url);
            let authority = rest.split('/').next().unwrap_or_default();
            if rest.contains("://") || !authority.contains(':') {
                anyhow::bail!(Problem::Usage(format!(
                    "--health is {url:?}, wanted http://HOST:PORT or HOST:PORT"
                )));
            }
            return Ok(authority.to_owned());
        }
        let given: Vec<_> = flag(Setting::Config, self.config.as_ref()).into_iter().collect();
        let address = load_settings(&given, world.environment)?.health;
        if address.port() == 0 {
            anyhow::bail!(Problem::Usage(
                "the health listener picks a free port: give --health with the one it picked".into()
            ));
        }
        Ok(reachable(address).to_string())
    }
}

/// Nobody can connect to "any address"; the loopback stands for it.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}

/// The status of the answer.
fn ask(authority: &str) -> std::io::Result<u16> {
    let invalid = |why| std::io::Error::new(std::io::ErrorKind::InvalidData, why);
    let address = authority.to_socket_addrs()?.next().ok_or_else(|| invalid("no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // In one piece: a listener that answers the first line and hangs up must not find half a request unread.
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_LINE)).read_line(&mut line)?;
    let mut words = line.split(' ');
    let is_http = words.next().is_some_and(|version| version.starts_with("HTTP/1."));
    let status = words.next().filter(|_| is_http).and_then(|status| status.parse().ok());
    status.ok_or_else(|| invalid("the answer is not HTTP"))
}

/// A service that is well answers at once; orchestrators ask again anyway.
const PATIENCE: Duration = Duration::from_secs(2);
/// `HTTP/1.1 200 OK` and some room.
const LONGEST_LINE: u64 = 256;
