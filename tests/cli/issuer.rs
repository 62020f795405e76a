//! `vcsso issuer`, and `[[external_issuer]]` of a seed.

use serde_json::Value;
use vcsso::pki::{make, pem};

use super::World;

fn list(world: &World) -> Vec<Value> {
    let run = world.run(&["issuer", "list", "--output", "json"]);
    assert_eq!(run.code, 0, "{}", run.error);
    serde_json::from_str::<Value>(&run.out).unwrap().as_array().unwrap().clone()
}

#[test]
fn an_issuer_is_added_listed_and_removed() {
    let world = World::new();
    std::fs::create_dir(world.path("state")).unwrap();
    let authority = make::authority("other", world.now).unwrap();
    let signer = make::token_signer(&authority, world.now).unwrap().certificate;
    let fingerprint = pem::certificates(&signer).unwrap()[0].fingerprint();
    let chain = world.file("chain.crt", &[signer.as_str(), &authority.certificate].concat());
    assert!(list(&world).is_empty());
    let add = |more: &[&str]| {
        world.run(&[&["issuer", "add", "https://a", "vc2.lab", "--certificate", &chain], more].concat())
    };
    let run = add(&[]);
    assert_eq!(run.code, 0, "{}", run.error);
    let listed = list(&world);
    let of = |name: &str| listed[0][name].as_str().unwrap();
    assert_eq!((of("issuer"), of("domain"), of("groups")), ("https://a", "vc2.lab", ""));
    assert_eq!(of("certificates_sha256"), fingerprint, "the leaf alone");
    // Said again it is changed; a group must be there.
    assert_eq!(add(&["--group", "Operators"]).code, 1);
    assert_eq!(world.run(&["group", "add", "Operators"]).code, 0);
    assert_eq!(add(&["--group", "Operators"]).code, 0);
    assert_eq!(list(&world)[0]["groups"], "Operators");
    // Nobody else speaks for our domain.
    let own = world.run(&["issuer", "add", "https://a", "VSPHERE.local", "--certificate", &chain]);
    assert_eq!(own.code, 2, "{}", own.error);
    assert!(own.error.contains("another issuer cannot speak for it"), "{}", own.error);
    assert_eq!(world.run(&["issuer", "remove", "https://a"]).code, 0);
    assert_eq!(world.run(&["issuer", "remove", "https://a"]).code, 1);
    assert!(list(&world).is_empty());
}

#[test]
fn a_seed_with_an_external_issuer_is_checked() {
    let world = World::new();
    let signer = make::self_signed("ssoserverSign", world.now).unwrap().certificate;
    world.file("other.crt", &pem::encode("CERTIFICATE", signer.der()));
    let seed = "[[external_issuer]]\nissuer = \"https://a\"\ndomain = \"vc2.lab\"\ncertificate_file = \"other.crt\"\n";
    world.file("seed.toml", seed);
    let check = |domain: &str| world.run(&["config", "validate", "--seed", "seed.toml", "--domain", domain]);
    let run = check("vsphere.local");
    assert!(run.code == 0 && run.out.contains("1 external issuers"), "{}{}", run.out, run.error);
    let run = check("vc2.lab");
    assert!(run.code == 2 && run.error.contains("external issuer https://a"), "{}", run.error);
}
