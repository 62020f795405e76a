//! Reads SAML metadata on standard input with samael: `judge ENTITY [CERTIFICATE.der…]`, exit 0 when the document is of that
//! entity and names exactly these certificates for signing.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samael::metadata::{EntityDescriptor, KeyDescriptor};

fn main() -> ExitCode {
    match judge(std::env::args().skip(1)) {
        Ok(count) => {
            println!("{count} certificates");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn judge(mut arguments: impl Iterator<Item = String>) -> Result<usize, Box<dyn std::error::Error>> {
    let entity = arguments.next().ok_or("usage: judge ENTITY [CERTIFICATE.der…]")?;
    let wanted = arguments.map(std::fs::read).collect::<Result<BTreeSet<_>, _>>()?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let document: EntityDescriptor = text.parse()?;
    if document.entity_id.as_deref() != Some(entity.as_str()) {
        return Err(format!("the entity is {:?}, wanted {entity}", document.entity_id).into());
    }
    let roles = document.idp_sso_descriptors.unwrap_or_default();
    let keys = roles.into_iter().flat_map(|role| role.key_descriptors);
    let signing = keys.filter(KeyDescriptor::is_signing);
    let mut found = BTreeSet::new();
    for certificate in
        signing.flat_map(|key| key.key_info.x509_data.map_or_else(Vec::new, |data| data.certificates))
    {
        found.insert(STANDARD.decode(certificate)?);
    }
    if found != wanted || found.is_empty() {
        return Err(format!("{} certificates, wanted others: {}", found.len(), wanted.len()).into());
    }
    Ok(found.len())
}
