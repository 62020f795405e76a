//! The tunnel of extensions: one way, to one place, with limits.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use vcsso::http::tunnel::Tunnel;
use vcsso::pki::make;

use crate::harness::wire::ESTABLISHED;
use crate::harness::{House, Place, Request, now};

fn open(house: &House) -> (Tunnel, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, https) = (listener.local_addr().unwrap(), house.address);
    (house.run(|_| async move { Tunnel::open(listener, https).unwrap() }), address)
}

/// Everything that comes back for these bytes, until the other end closes.
fn answered(address: SocketAddr, sent: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = socket.write_all(sent);
    let mut read = Vec::new();
    let _ = socket.read_to_end(&mut read);
    String::from_utf8(read).unwrap()
}

#[test]
fn a_client_certificate_arrives_through_the_tunnel() {
    let place = Place::sqlite();
    let house = House::open(&place);
    let (_tunnel, address) = open(&house);
    let made = make::authority("ext", now()).unwrap();
    let mut alice = house.logged_in("alice");
    let description = "<description><label/><summary/></description>";
    let rest = "<version/><lastHeartbeatTime>2026-11-24T08:00:00Z</lastHeartbeatTime>";
    let extension = format!("<extension>{description}<key>com.example</key>{rest}</extension>");
    assert_eq!(alice.call("RegisterExtension", "ExtensionManager", &extension).status, 200);
    alice.wire = house.wire_as(&made).through(address);
    let key = "<extensionKey>com.example</extensionKey>";
    assert_eq!(alice.call("SetExtensionCertificate", "ExtensionManager", key).status, 200);
    let mut client = house.client();
    client.wire = house.wire_as(&made).through(address);
    let opened = client.call("LoginExtensionByCertificate", "SessionManager", key);
    assert_eq!((opened.status, opened.inside("userName")), (200, Some("com.example")), "{}", opened.body);
    // The cookie is good on the port that everybody uses.
    client.wire = house.wire();
    assert_eq!(client.current_session().inside("userName"), Some("com.example"));
    let mut plain = house.wire().through(address);
    assert_eq!(plain.send(&Request::get("/ca.pem").header("Host", "sdkTunnel:8089")).status, 200);
}

#[test]
fn nothing_else_is_behind_the_tunnel() {
    let place = Place::sqlite();
    let house = House::open(&place);
    let (_tunnel, address) = open(&house);
    for (sent, status) in [
        ("GET /sdk HTTP/1.1\r\nHost: sdkTunnel:8089\r\n\r\n", "405"),
        ("POST http://sdkTunnel:8089/sdk HTTP/1.1\r\n\r\n", "405"),
        ("CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n", "403"),
        ("CONNECT sdkTunnel:22 HTTP/1.1\r\n\r\n", "403"),
    ] {
        let answer = answered(address, sent.as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.0 {status} ")) && answer.ends_with("\r\n\r\n"),
            "{sent}: {answer}"
        );
        assert_eq!(answer.contains("Allow: CONNECT"), status == "405", "{answer}");
    }
}

#[test]
fn a_head_has_a_length_and_breaks_off_at_the_end_of_what_is_sent() {
    let place = Place::sqlite();
    let house = House::open(&place);
    let (_tunnel, address) = open(&house);
    let padded =
        |padding: usize| format!("CONNECT sdkTunnel:8089 HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(padding));
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(padded(8_000).as_bytes()).unwrap();
    let mut answer = [0; ESTABLISHED.len()];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(answer, *ESTABLISHED);
    let long = answered(address, padded(16 * 1024).as_bytes());
    assert!(long.is_empty() || long.starts_with("HTTP/1.0 400 "), "{long}");
    let mut half = TcpStream::connect(address).unwrap();
    half.write_all(b"CONNECT sdkTunnel:8089").unwrap();
    half.shutdown(Shutdown::Write).unwrap();
    let mut read = String::new();
    half.read_to_string(&mut read).unwrap();
    assert!(read.starts_with("HTTP/1.0 400 "), "{read}");
}

#[test]
fn a_closed_tunnel_takes_nobody_in() {
    let place = Place::sqlite();
    let house = House::open(&place);
    let (tunnel, address) = open(&house);
    assert_eq!(house.wire().through(address).send(&Request::get("/ca.pem")).status, 200);
    house.run(|_| async move { tunnel.close().await });
    let refused = TcpStream::connect(address).and_then(|mut socket| {
        socket.write_all(b"CONNECT sdkTunnel:8089 HTTP/1.1\r\n\r\n")?;
        let mut read = Vec::new();
        socket.read_to_end(&mut read)?;
        Ok(read)
    });
    assert!(refused.is_err() || refused.is_ok_and(|read| read.is_empty()));
}
