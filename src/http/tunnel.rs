//! The way of extensions past whatever ends TLS before the service: a plain listener that answers `CONNECT
//! sdkTunnel:8089` and copies bytes to the HTTPS port, so that a client certificate arrives (`session-manager.md` §1.14,
//! `decisions.md` §31). Nothing else is reached through it, and it reads nothing of what it copies.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// A tunnel that is open.
pub struct Tunnel {
    accepting: JoinHandle<()>,
    places: Arc<Semaphore>,
}

impl Tunnel {
    /// Opens it on a socket that is bound already, to the HTTPS listener at `https`.
    ///
    /// # Errors
    /// What the socket says.
    pub fn open(listener: std::net::TcpListener, https: SocketAddr) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let accepting = tokio::spawn(accept(listener, reachable(https), Arc::clone(&places)));
        Ok(Self { accepting, places })
    }

    /// Takes nobody in any more, and waits until what is open has ended, but not for ever. The HTTPS listener is told to
    /// stop at the same time: it ends the connections.
    pub async fn close(self) {
        self.accepting.abort();
        let all = u32::try_from(MOST_CONNECTIONS).unwrap_or(u32::MAX);
        drop(tokio::time::timeout(DRAIN, self.places.acquire_many(all)).await);
    }
}

async fn accept(listener: TcpListener, https: SocketAddr, places: Arc<Semaphore>) {
    loop {
        // Whoever comes when it is full waits in the queue of the socket.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((client, _)) => {
                tokio::spawn(async move {
                    if let Err(error) = serve(client, https).await {
                        tracing::debug!(%error, "a tunnel broke off");
                    }
                    drop(place);
                });
            }
            // No descriptors left, say: there will be some when others are gone.
            Err(error) => {
                tracing::warn!(%error, "the tunnel could not take a connection");
                tokio::time::sleep(PATIENCE).await;
            }
        }
    }
}

async fn serve(mut client: TcpStream, https: SocketAddr) -> std::io::Result<()> {
    let head = tokio::time::timeout(HEAD_TIME, read_head(&mut client)).await;
    let Some((head, early)) = head.unwrap_or(Ok(None))? else {
        return refuse(&mut client, "400 Bad Request").await;
    };
    match target(&head) {
        Target::Sdk => {}
        Target::Other => return refuse(&mut client, "403 Forbidden").await,
        Target::None => return refuse(&mut client, "405 Method Not Allowed\r\nAllow: CONNECT").await,
    }
    let Ok(mut inside) = TcpStream::connect(https).await else {
        return refuse(&mut client, "502 Bad Gateway").await;
    };
    client.set_nodelay(true)?;
    inside.set_nodelay(true)?;
    client.write_all(b"HTTP/1.0 200 Connection established\r\n\r\n").await?;
    inside.write_all(&early).await?;
    copy_bidirectional(&mut client, &mut inside).await?;
    Ok(())
}

async fn refuse(client: &mut TcpStream, status: &str) -> std::io::Result<()> {
    let answer = format!("HTTP/1.0 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}

/// The head, and what has come after it already. Nothing when it is too long or breaks off.
async fn read_head(client: &mut TcpStream) -> std::io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut read = Vec::with_capacity(512);
    loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let early = read.split_off(end + 4);
            return Ok(Some((read, early)));
        }
        if read.len() >= MOST_HEAD || client.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    }
}

/// What a head asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// The SDK behind the tunnel.
    Sdk,
    /// A way to somewhere else.
    Other,
    /// No way at all.
    None,
}

fn target(head: &[u8]) -> Target {
    let line = head.split(|byte| *byte == b'\r').next().and_then(|line| std::str::from_utf8(line).ok());
    let words: Vec<&str> = line.unwrap_or_default().split(' ').collect();
    match words[..] {
        ["CONNECT", to, "HTTP/1.0" | "HTTP/1.1"] if to.eq_ignore_ascii_case(SDK_TUNNEL) => Target::Sdk,
        ["CONNECT", _, "HTTP/1.0" | "HTTP/1.1"] => Target::Other,
        _ => Target::None,
    }
}

/// A listener on every address is reached on the loopback.
fn reachable(https: SocketAddr) -> SocketAddr {
    match https {
        SocketAddr::V4(address) if address.ip().is_unspecified() => {
            (Ipv4Addr::LOCALHOST, address.port()).into()
        }
        SocketAddr::V6(address) if address.ip().is_unspecified() => {
            (Ipv6Addr::LOCALHOST, address.port()).into()
        }
        address => address,
    }
}

/// What every client calls the SDK behind the tunnel, and then sends as its Host.
pub const SDK_TUNNEL: &str = "sdkTunnel:8089";
/// govmomi's head has 80 bytes, Python's 60; proxies add a few headers.
const MOST_HEAD: usize = 8 * 1024;
/// As for a head on the HTTPS listener. Behind it, that listener's own limits hold: its handshake time, its idle time.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// An extension logs in once and goes on without the tunnel: this many at once are a crowd.
const MOST_CONNECTIONS: usize = 256;
/// As for the HTTPS listener.
const DRAIN: Duration = Duration::from_secs(8);
const PATIENCE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sdk_is_behind_the_tunnel() {
        for head in
            ["CONNECT sdkTunnel:8089 HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT SDKTUNNEL:8089 HTTP/1.0\r\n\r\n"]
        {
            assert_eq!(target(head.as_bytes()), Target::Sdk, "{head}");
        }
        for head in [
            "CONNECT sdkTunnel:443 HTTP/1.1\r\n\r\n",
            "CONNECT 127.0.0.1:5432 HTTP/1.1\r\n\r\n",
            "CONNECT sdkTunnel:8089.evil HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(target(head.as_bytes()), Target::Other, "{head}");
        }
        for head in [
            "GET /sdk HTTP/1.1\r\n\r\n",
            "connect sdkTunnel:8089 HTTP/1.1\r\n\r\n",
            "CONNECT sdkTunnel:8089 HTTP/2\r\n\r\n",
            "CONNECT  sdkTunnel:8089 HTTP/1.1\r\n\r\n",
            "\u{0}\r\n\r\n",
            "",
        ] {
            assert_eq!(target(head.as_bytes()), Target::None, "{head}");
        }
        assert_eq!(target(b"\xff\xff\r\n\r\n"), Target::None);
    }

    #[test]
    fn a_listener_on_every_address_is_reached_on_the_loopback() {
        for (bound, reached) in
            [("0.0.0.0:8443", "127.0.0.1:8443"), ("[::]:8443", "[::1]:8443"), ("10.0.0.9:1", "10.0.0.9:1")]
        {
            assert_eq!(reachable(bound.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
