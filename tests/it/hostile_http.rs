//! HTTP that nobody should send: two ways to read one request, too much of it, the wrong method, headers that claim what the
//! connection does not show. The rows N of `attacks.md`, each beside what is good; those of the guard are in `guards`.

use vcsso::client::rpc;

use crate::harness::requests::{STS, call, envelope};
use crate::harness::{House, PASSWORD, Request};

/// A call that anybody may make, framed like this, and a second request behind it.
fn framed(framing: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /sdk HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{framing}\r\n\r\n{body}\
         GET /ca.pem HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .into_bytes()
}

fn question() -> String {
    envelope(&call("RetrieveServiceContent", "ServiceInstance", ""))
}

fn statuses(house: &House, bytes: &[u8]) -> Vec<u16> {
    house.wire().raw(bytes).iter().map(|answer| answer.status).collect()
}

/// Paths of every kind of door.
const PATHS: [&str; 8] = [
    "/sdk",
    STS,
    "/lookupservice/sdk",
    "/api",
    "/api/session",
    "/rest/com/vmware/cis/session",
    "/sdk/vimServiceVersions.xml",
    "/ca.pem",
];

on_both! {
    /// `attacks.md` N04.
    fn a_request_that_can_be_read_in_two_ways_is_not_read(place) {
        let house = House::open(place);
        let body = question();
        let (length, chunked) = (body.len(), format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()));
        assert_eq!(statuses(&house, &framed(&format!("Content-Length: {length}"), &body)), [200, 200]);
        assert_eq!(statuses(&house, &framed("Transfer-Encoding: chunked", &chunked)), [200, 200]);
        for framing in [
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
            format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
            format!("Content-Length: {length}\r\nContent-Length: 0"),
            format!("Content-Length: +{length}"),
            format!("Content-Length: {length}, 0"),
            "Content-Length: -1".to_owned(),
            "Content-Length: 99999999999999999999".to_owned(),
            "Transfer-Encoding: chunked, identity".to_owned(),
            "Transfer-Encoding: xchunked".to_owned(),
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked".to_owned(),
            format!("Content-Length : {length}"),
            "X: a\r\n folded: b".to_owned(),
        ] {
            let body = if framing.starts_with("Content-Length: ") { &body } else { &chunked };
            let found = statuses(&house, &framed(&framing, body));
            assert!(matches!(found.as_slice(), [400] | []), "{framing}: {found:?}");
        }
        for chunks in ["g\r\nx\r\n0\r\n\r\n", "fffffffffffffffff\r\nx\r\n0\r\n\r\n", "-1\r\nx\r\n0\r\n\r\n"] {
            let found = statuses(&house, &framed("Transfer-Encoding: chunked", chunks));
            assert!(matches!(found.as_slice(), [400] | []), "{chunks}: {found:?}");
        }
        assert_eq!(house.send(&Request::get("/ca.pem")).status, 200);
    }

    /// `attacks.md` N06: what is not spoken cannot be abused.
    fn nobody_speaks_http_2(place) {
        let house = House::open(place);
        assert_eq!(house.wire().spoken(&["h2", "http/1.1"]).as_deref(), Some("http/1.1"));
        assert_eq!(house.wire().spoken(&[]).as_deref(), Some(""));
        let found = statuses(&house, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert!(matches!(found.as_slice(), [400] | []), "{found:?}");
    }

    /// `attacks.md` N10.
    fn an_old_tls_is_turned_away_in_the_handshake(place) {
        use std::io::{Read as _, Write as _};
        let house = House::open(place);
        let hello = |version: u8| {
            let ciphers = [0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x13];
            let groups = [0, 0x0a, 0, 4, 0, 2, 0, 0x17];
            let points = [0, 0x0b, 0, 2, 1, 0];
            let signatures = [0, 0x0d, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1];
            let extensions = [&groups[..], &points, &signatures].concat();
            let body = [&[3, version][..], &[7; 32], &[0, 0, 6], &ciphers, &[1, 0, 0, 26], &extensions].concat();
            let length = u8::try_from(body.len()).unwrap();
            let record = [&[0x16, 3, 1, 0, length + 4, 1, 0, 0, length][..], &body].concat();
            let mut socket = std::net::TcpStream::connect(house.address).unwrap();
            socket.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
            socket.write_all(&record).unwrap();
            let mut answer = [0; 7];
            socket.read_exact(&mut answer).unwrap();
            answer
        };
        for old in [0, 1, 2] {
            let answer = hello(old);
            assert_eq!((answer[0], answer[5], answer[6]), (0x15, 2, 70), "a fatal alert: protocol_version");
        }
        assert_eq!(hello(3)[0], 0x16, "TLS 1.2 is no old version: a ServerHello");
        assert_eq!(house.send(&Request::get("/ca.pem")).status, 200);
    }

    /// `attacks.md` N07.
    fn a_head_has_an_end(place) {
        let house = House::open(place);
        let with = |count: usize, length: usize| {
            let mut request = Request::post("/sdk", question());
            let value = "a".repeat(length);
            while request.headers.len() < count {
                request.headers.push((format!("X-{}", request.headers.len()), value.clone()));
            }
            // One more says how long the body is.
            let found = house.wire().raw(&[request.head(), request.body.clone()].concat());
            found.iter().map(|answer| answer.status).collect::<Vec<_>>()
        };
        assert_eq!(with(94, 1), [200]);
        assert!(matches!(with(97, 1).as_slice(), [400 | 431] | []));
        assert_eq!(with(20, 5_000), [200]);
        assert!(matches!(with(20, 10_000).as_slice(), [400 | 431] | []), "200 kB");
        assert_eq!(house.send(&Request::get("/ca.pem")).status, 200);
    }

    /// `attacks.md` N08, N14.
    fn a_door_has_its_methods_and_a_path_leads_nowhere_else(place) {
        let house = House::open(place);
        for path in PATHS {
            for method in ["TRACE", "OPTIONS", "PATCH", "CONNECT"] {
                let status = house.send(&Request { method, ..Request::get(path) }).status;
                assert!(matches!(status, 400 | 404 | 405), "{method} {path}: {status}");
            }
        }
        let good = house.send(&Request::get("/sdk/vimService.wsdl"));
        assert!(good.status == 200 && good.body.contains("definitions"));
        for path in [
            "/sdk/..%2f..%2fetc%2fpasswd", "/sdk/%2e%2e/ca.pem", "/sdk/../ca.pem", "/sdk/vimService.wsdl%00", "/ca.pem/..",
            "/ca.pem%00.txt", "//ca.pem", "/sdk/..;/ca.pem", "/%63a.pem/", "/keys/ca.key", "/state/operator-token",
        ] {
            let answer = house.send(&Request::get(path));
            assert!(matches!(answer.status, 400 | 404 | 405), "{path}: {}", answer.status);
            assert!(!answer.body.contains("PRIVATE") && !answer.body.contains("root:"), "{path}");
        }
    }

    /// `attacks.md` N11, N12: who is at the other end, the connection says, and no header.
    fn a_header_is_no_certificate_and_no_address(place) {
        let house = House::open(place);
        let login = Request::post("/api", rpc::call("create", &rpc::password("carol", "wrong")).to_string());
        let login = login.header("Content-Type", "application/json");
        let claimed = [("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=203.0.113.9"), ("X-Real-IP", "203.0.113.9")];
        let answer = house.send(&claimed.iter().fold(login, |request, (name, value)| request.header(name, value)));
        assert_eq!(house.refusal(&answer), "credential.password");
        assert_eq!(house.explain(&answer)[0]["source"], "127.0.0.1");
        let parameters = "<extensionKey>com.example.ext</extensionKey>";
        let by_certificate = envelope(&call("LoginExtensionByCertificate", "SessionManager", parameters));
        let mut request = Request::post("/sdk", by_certificate);
        let pem = vcsso::pki::pem::encode("CERTIFICATE", crate::harness::ROBOT.certificate.der()).replace('\n', "%0A");
        for name in ["X-Client-Cert", "X-SSL-Client-Cert", "X-Forwarded-Client-Cert", "SSL_CLIENT_CERT"] {
            request = request.header(name, &pem);
        }
        let answer = house.send(&request);
        assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("NoClientCertificate", "extension.client-certificate"));
    }

    /// `attacks.md` N13, N15.
    fn nothing_that_was_sent_becomes_a_header_and_no_answer_tells_of_the_inside(place) {
        let house = House::open(place);
        let evil = "x%0d%0aSet-Cookie:%20evil=1";
        let requests = [
            Request::post(&format!("/sts/STSService/{evil}"), "<a/>"),
            Request::post("/sdk", question()).header("SOAPAction", "urn:vim25/8.0\tSet-Cookie: evil=1"),
            Request::post("/sdk", question()).header("Cookie", "vmware_soap_session=\"%0d%0aevil=1\""),
            Request::post("/sdk", "<a"),
            Request::post("/lookupservice/sdk", "<a"),
            Request::post("/api", "{").header("Content-Type", "application/json"),
            Request::post("/api/session", "").header("Authorization", &format!("Basic {evil}")),
            Request::post(&format!("/sdk/vim25/8.0.2.0/{evil}/x/Login"), "{}"),
            Request::get(&format!("/{evil}")),
        ];
        for request in requests {
            let answer = house.send(&request);
            assert!(!answer.headers.iter().any(|(name, value)| name == "set-cookie" || value.contains("evil")), "{answer:?}");
            for inside in ["panicked", ".rs:", "src/", "sqlx", "rustls", "actix", "SELECT", "backtrace", "/home/", "/root/"] {
                assert!(!answer.body.contains(inside), "{inside} in {}", answer.body);
            }
            assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none());
        }
        let answer = house.send(&Request::post("/sdk", envelope(&call("Login", "SessionManager", &crate::harness::requests::login_parameters("alice", PASSWORD)))));
        assert!(answer.status == 200 && answer.cookie().is_some(), "{}", answer.body);
    }
}
