//! HTTP and TLS as nobody should speak them: answered once, in a few words, and the next honest request works.
//!
//! The database does not matter to what is refused before it is asked: these run on `SQLite` alone.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::harness::requests::{STS, call, envelope};
use crate::harness::{Act, Credential, House, PASSWORD, Place, Request};

const VERSIONS: &str = "/sdk/vimServiceVersions.xml";

fn content() -> Request {
    Request::post("/sdk", envelope(&call("RetrieveServiceContent", "ServiceInstance", "")))
}

fn is_served(house: &House) {
    assert_eq!(house.send(&content()).status, 200);
}

/// A request behind another one, which nobody must see as a request.
fn smuggled(head: &str, body: &str) -> Vec<u8> {
    format!("POST /sdk HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{head}\r\n{body}")
        .into_bytes()
}

/// `attacks.md` N04.
#[test]
fn where_a_request_ends_is_not_a_matter_of_opinion() {
    let house = House::open(&Place::sqlite());
    let inner = format!("GET {VERSIONS} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let chunked = format!("0\r\n\r\n{inner}");
    for (what, head, body) in [
        ("both lengths", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", &chunked),
        ("both, the other way round", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", &chunked),
        ("an encoding nobody knows", "Transfer-Encoding: xchunked\r\n", &chunked),
        ("a space before the colon", "Transfer-Encoding : chunked\r\n", &chunked),
        ("two encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", &chunked),
        ("two lengths", "Content-Length: 0\r\nContent-Length: 5\r\n", &inner),
        ("two lengths in one", "Content-Length: 0, 0\r\n", &inner),
        ("a signed length", "Content-Length: +0\r\n", &inner),
        ("a length in hexadecimal", "Content-Length: 0x0\r\n", &inner),
        ("a folded header", "X: a\r\n Transfer-Encoding: chunked\r\n", &inner),
        ("a chunk that is no number", "Transfer-Encoding: chunked\r\n", &format!("zz\r\n{chunked}")),
        (
            "a chunk longer than any",
            "Transfer-Encoding: chunked\r\n",
            &format!("{}\r\n{inner}", "f".repeat(17)),
        ),
        (
            "an extension over two lines",
            "Transfer-Encoding: chunked\r\n",
            &format!("0;x=\"\n\r\n\r\n{inner}"),
        ),
    ] {
        let answers = house.wire().raw(&smuggled(head, body));
        assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [400], "{what}");
        is_served(&house);
    }
    // Two requests behind each other are two, in their order.
    let close = inner.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let answers = house.wire().raw(&[content().bytes(), close.into_bytes()].concat());
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200]);
}

/// `attacks.md` N06.
#[test]
fn http_2_is_not_spoken() {
    let house = House::open(&Place::sqlite());
    let answers = house.wire().raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert!(answers.iter().all(|answer| answer.status == 400), "{answers:?}");
    is_served(&house);
}

/// `attacks.md` N07.
#[test]
fn a_head_has_so_many_fields_and_so_many_bytes() {
    let house = House::open(&Place::sqlite());
    let mut many = content();
    many.headers.extend((0..90).map(|number| (format!("X-{number}"), "x".to_owned())));
    assert_eq!(house.send(&many).status, 200);
    many.headers.extend((90..120).map(|number| (format!("X-{number}"), "x".to_owned())));
    assert_eq!(house.send(&many).status, 431);
    assert_eq!(house.send(&content().header("X-Long", &"x".repeat(60_000))).status, 200);
    let answers = house.wire().raw(&content().header("X-Long", &"x".repeat(1 << 18)).bytes());
    assert!(answers.iter().all(|answer| matches!(answer.status, 400 | 431)), "{answers:?}");
    is_served(&house);
}

/// `attacks.md` N08.
#[test]
fn a_method_that_a_path_does_not_have_is_not_allowed() {
    let house = House::open(&Place::sqlite());
    for (path, takes) in PATHS {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"] {
            let answer = house.send(&Request { method, ..Request::get(path) });
            let is_taken = takes.contains(&method);
            assert_eq!(answer.status == 405, !is_taken, "{method} {path}: {}", answer.status);
            assert!(!answer.body.contains(method), "{method} {path} is sent back: {}", answer.body);
        }
    }
    assert_eq!(house.send(&Request::get("/nowhere")).status, 404);
    is_served(&house);
}

/// What is served, and how it may be asked for.
const PATHS: &[(&str, &[&str])] = &[
    ("/sdk", &["POST"]),
    ("/sdk/vimService", &["POST"]),
    (VERSIONS, &["GET"]),
    ("/sdk/vimService.wsdl", &["GET"]),
    ("/sts/STSService?wsdl", &["GET", "POST"]),
    ("/lookupservice/sdk", &["POST"]),
    ("/ca.pem", &["GET"]),
    ("/api/session", &["GET", "POST", "DELETE"]),
    ("/rest/com/vmware/cis/session", &["GET", "POST", "DELETE"]),
];

/// `attacks.md` N10.
#[test]
fn nothing_older_than_tls_1_2_is_spoken_and_no_name_is_another_house() {
    let house = House::open(&Place::sqlite());
    for (version, wanted) in [([3_u8, 0], ALERT), ([3, 1], ALERT), ([3, 2], ALERT), ([3, 3], SERVER_HELLO)] {
        let mut socket = TcpStream::connect(house.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        socket.write_all(&client_hello(version)).unwrap();
        let mut answer = [0; 7];
        socket.read_exact(&mut answer).unwrap();
        assert!(answer[0] == wanted[0] && answer[5..].starts_with(&wanted[1..]), "{version:?}: {answer:?}");
    }
    is_served(&house);
}

/// Fatal, and about the version of the protocol.
const ALERT: &[u8] = &[21, 2, 70];
/// The handshake goes on.
const SERVER_HELLO: &[u8] = &[22, 2];

/// A first message of TLS as it was before 1.3: with a cipher of 1.2, and those that were usual before.
fn client_hello(version: [u8; 2]) -> Vec<u8> {
    let ciphers = [0xc0_u8, 0x2b, 0xc0, 0x2f, 0xc0, 0x13, 0xc0, 0x14, 0x00, 0x2f, 0x00, 0x35, 0x00, 0x05];
    // Elliptic curves, point formats, signature algorithms, extended master secret.
    let extensions =
        [0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 6, 0, 4, 4, 3, 4, 1, 0, 23, 0, 0_u8];
    let mut hello = version.to_vec();
    hello.extend([7; 32]);
    hello.push(0);
    hello.extend([0, u8::try_from(ciphers.len()).unwrap()]);
    hello.extend(ciphers);
    hello.extend([1, 0]);
    hello.extend([0, u8::try_from(extensions.len()).unwrap()]);
    hello.extend(extensions);
    let length = u8::try_from(hello.len()).unwrap();
    let handshake = [vec![1, 0, 0, length], hello].concat();
    [vec![22, 3, 1, 0, u8::try_from(handshake.len()).unwrap()], handshake].concat()
}

/// `attacks.md` N13, N15: what a client says is not said back in a head, and nothing in an answer is about the inside.
#[test]
fn nothing_of_a_request_comes_back_in_the_head_of_its_answer() {
    let house = House::open(&Place::sqlite());
    let evil = "%0d%0aSet-Cookie:%20evil=1";
    let tenant = Act::new(Credential::Password("alice", PASSWORD)).write();
    for request in [
        Request::post(&format!("{STS}/{evil}"), tenant.clone()),
        Request::post("/sdk", content().body)
            .header("SOAPAction", "\"urn:vim25/x\u{e9}\\r\\nSet-Cookie: evil=1\""),
        Request::post("/sdk", content().body).header("Cookie", "vmware_soap_session=\"evil=1; vcsso\""),
        Request::get(&format!("/api/session?{evil}")),
        Request::get(&format!("/{evil}")),
    ] {
        let answer = house.send(&request);
        for (name, value) in &answer.headers {
            assert!(!value.contains("evil") && !name.contains("evil"), "{}: {name}: {value}", request.path);
        }
        for inside in [".rs:", "panicked", "sqlx", "SELECT", "actix", "rustls", "thread '"] {
            assert!(!answer.body.contains(inside), "{}: {}", request.path, answer.body);
        }
    }
    is_served(&house);
}

/// `attacks.md` N14.
#[test]
fn a_path_is_a_name_in_a_list_and_opens_no_file() {
    let house = House::open(&Place::sqlite());
    for path in [
        "/sdk/../../etc/passwd",
        "/sdk/..%2f..%2fetc%2fpasswd",
        "/sdk/%2e%2e/%2e%2e/etc/passwd",
        "/sdk/vimService.wsdl%00.txt",
        "/sdk/vimService.wsdl/",
        "//etc/passwd",
        "/ca.pem/../keys/sts.key",
        "/sdk/..\\keys",
    ] {
        assert_eq!(house.send(&Request::get(path)).status, 404, "{path}");
    }
    assert_eq!(house.send(&Request::get("/sdk/vimService.wsdl")).status, 200);
}

/// `attacks.md` N05: a socket without handshake is closed, and nobody else waits for it.
#[test]
fn who_connects_and_says_nothing_is_left_behind() {
    let house = House::open(&Place::sqlite());
    let silent: Vec<_> = (0..64).map(|_| TcpStream::connect(house.address).unwrap()).collect();
    is_served(&house);
    for mut socket in silent {
        socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        assert_eq!(socket.read(&mut [0; 1]).unwrap_or(0), 0, "it is closed and was told nothing");
    }
    is_served(&house);
}

/// `attacks.md` N03: a head that does not end and a body that does not come are not waited for.
#[test]
fn who_is_slow_is_told_so_and_holds_up_nobody() {
    let house = House::open(&Place::sqlite());
    let whole = content().bytes();
    let head_ends = whole.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let slow: Vec<_> = [head_ends, head_ends + 10]
        .map(|sent| {
            let (wire, part) = (house.wire(), whole[..sent].to_vec());
            std::thread::spawn(move || wire.raw(&part))
        })
        .into();
    is_served(&house);
    for slow in slow {
        let answers = slow.join().unwrap();
        assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [408]);
    }
    is_served(&house);
}

/// `attacks.md` H24.
#[test]
fn a_password_is_taken_through_tls_and_from_a_body_alone() {
    let house = House::open(&Place::sqlite());
    let login = Request::post(STS, Act::new(Credential::Password("alice", PASSWORD)).write());
    assert_eq!(house.send(&login).status, 200);
    let mut plain = TcpStream::connect(house.address).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    plain.write_all(&login.bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.windows(4).any(|four| four == b"HTTP"), "{answer:?}");
    let in_url = format!("{STS}?username=alice%40vsphere.local&password={PASSWORD}");
    assert_eq!(house.send(&Request::get(&in_url)).status, 405);
    assert_eq!(house.send(&Request { path: in_url, body: Vec::new(), ..login }).status, 500);
}
