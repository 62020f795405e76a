//! What no door takes: refused with a bare status before anything is read, and the process lives.

use vcsso::pki::make;

use crate::harness::requests::{STS, call, envelope};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, Request, now};

const DOORS: [&str; 4] = [STS, "/sdk", JSON, LOOKUP];
const LOOKUP: &str = "/lookupservice/sdk";
const JSON: &str = "/sdk/vim25/8.0.2.0/ServiceInstance/ServiceInstance/RetrieveServiceContent";
const MIB: usize = 1 << 20;

/// A request that this door answers with 200.
fn good(door: &str) -> Request {
    match door {
        STS => Request::post(STS, Act::new(Credential::Password("alice", PASSWORD)).write()),
        JSON => Request::post(JSON, "{}"),
        LOOKUP => Request::post(LOOKUP, vcsso::client::lookup::list_sts()),
        _ => Request::post("/sdk", envelope(&call("RetrieveServiceContent", "ServiceInstance", ""))),
    }
}

fn is_bare(answer: &Answer, status: u16, what: &str) {
    assert_eq!((answer.status, answer.cookie()), (status, None), "{what}");
    // The reason in words, and nothing of the request.
    assert!(
        answer.body.is_empty() || answer.body.starts_with(&format!("{status} ")),
        "{what}: {}",
        answer.body
    );
    assert!(answer.body.len() < 64, "{what}: {}", answer.body);
    assert_eq!(
        (answer.trace().len(), answer.header("x-content-type-options")),
        (16, Some("nosniff")),
        "{what}"
    );
}

/// The message, made longer by white space behind it.
fn padded(door: &str, length: usize) -> Request {
    let mut request = good(door);
    request.body.resize(length, b' ');
    request
}

on_both! {
    /// `attacks.md` S19, N01, N08.
    fn a_guarded_request_is_answered_with_a_bare_status_and_leaves_nothing(place) {
        let house = House::open(place);
        let before = (place.rows(), place.count("audit"));
        for door in DOORS {
            for (name, value, status) in [
                ("Content-Encoding", "gzip", 415), ("Content-Encoding", "br", 415), ("Content-Encoding", "identity, deflate", 415),
                ("Content-Type", "application/x-www-form-urlencoded", 415), ("Content-Type", "multipart/form-data; boundary=x", 415),
                ("Content-Type", "text/plain; charset=utf-8", 415), ("Origin", "https://evil.example", 403), ("Origin", "null", 403), ("Host", "a/b", 421),
            ] {
                is_bare(&house.send(&good(door).header(name, value)), status, &format!("{door} {name}: {value}"));
            }
        }
        assert_eq!((place.rows(), place.count("audit")), before);
        for door in DOORS {
            for (name, value) in [("Content-Encoding", "identity"), ("Origin", "https://localhost"), ("Content-Type", "application/soap+xml"), ("Accept-Encoding", "gzip, br")] {
                let answer = house.send(&good(door).header(name, value));
                assert_eq!((answer.status, answer.header("content-encoding")), (200, None), "{door} {name}: {value}");
            }
            let mut bare = good(door);
            bare.headers.retain(|(name, _)| name != "Content-Type");
            assert_eq!(house.send(&bare).status, 200, "{door} without content type");
        }
    }

    /// `attacks.md` N02.
    fn a_body_of_one_mebibyte_is_read_and_one_byte_more_is_not(place) {
        let house = House::open(place);
        for door in DOORS {
            assert_eq!(house.send(&padded(door, MIB)).status, 200, "{door}");
            assert_eq!(house.send(&padded(door, MIB).chunked()).status, 200, "{door}");
            let before = place.rows();
            is_bare(&house.send(&padded(door, MIB + 1)), 413, door);
            is_bare(&house.send(&padded(door, MIB + 1).chunked()), 413, door);
            is_bare(&house.send(&padded(door, 3 * MIB).chunked()), 413, door);
            // What is announced is not waited for.
            let mut announced = good(door).announcing(1 << 40);
            announced.body.clear();
            is_bare(&house.send(&announced), 413, door);
            assert_eq!(place.rows(), before);
            assert_eq!(house.send(&good(door)).status, 200, "{door}");
        }
    }

    /// `attacks.md` N09.
    fn where_a_name_is_advertised_no_other_host_is_served(place) {
        let plan = Plan { advertise: Some("vc.example".into()), ..Plan::default() };
        let house = House::built(place, plan);
        for door in DOORS {
            is_bare(&house.send(&good(door)), 421, door);
            is_bare(&house.send(&good(door).header("Host", "evil.example")), 421, door);
            for host in ["vc.example", "VC.EXAMPLE", &house.address.to_string()] {
                assert_eq!(house.send(&good(door).header("Host", host)).status, 200, "{door} {host}");
            }
        }
        let ask = call("QueryOptions", "VpxSettings", "<name>config.vpxd.sso.sts.uri</name>");
        let answer = house.send(&Request::post("/sdk", envelope(&ask)).header("Host", &house.address.to_string()));
        assert!(answer.body.contains(">https://vc.example/sts/STSService/vsphere.local<"), "{}", answer.body);
    }

    fn a_client_certificate_is_taken_whoever_signed_it_and_changes_nothing(place) {
        let house = House::open(place);
        let authority = make::authority("somebody else's", now()).unwrap();
        let made = make::token_signer(&authority, now()).unwrap();
        let mut wire = house.wire_as(&made);
        for door in DOORS {
            assert_eq!(wire.send(&good(door)).status, 200);
        }
    }

    /// `attacks.md` N04, N18; the whole list of framings is in `hostile_http`.
    fn a_head_that_is_no_http_ends_its_connection_and_nobody_elses(place) {
        let house = House::open(place);
        let mut broken = good("/sdk");
        broken.headers.push(("Bad Name\u{1}".into(), "x".into()));
        assert_eq!(house.send(&broken).status, 400);
        let mut twice = good("/sdk");
        twice.headers.push(("Content-Length".into(), "1".into()));
        assert_eq!(house.send(&twice).status, 400);
        let mut smuggled = good("/sdk").chunked();
        smuggled.headers.push(("Content-Length".into(), "1".into()));
        assert_ne!(house.send(&smuggled).status, 200);
        assert_eq!(house.send(&good("/sdk")).status, 200);
    }
}
