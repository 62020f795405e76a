//! An acceptor, and what it is asked with.

use crate::clock::Moment;
use crate::entropy::SystemEntropy;
use crate::negotiate::{
    Acceptor, ChannelBinding, Circumstances, Exchange, Identity, Kerberos, Keytab, NegotiateError, NtHash,
    Ntlm, Principal, Step, UnverifiedUser,
};
use crate::secret::Secret;
use std::time::Duration;

pub const SERVICE: &str = "HTTP/vcsso.lab.test@LAB.TEST";
pub const SERVICE_KEY: [u8; 32] = [0x5e; 32];
pub const SERVICE_KEY_128: [u8; 16] = [0x5d; 16];
pub const KVNO: u32 = 3;
pub const TOLERANCE: Duration = Duration::from_mins(10);
pub const KEYTAB_HEADER: &[u8] = &[5, 2];
pub const PASSWORD: &str = "Secret!23";

pub fn now() -> Moment {
    Moment::parse("2026-11-24T08:00:00Z").unwrap()
}

/// Kerberos and NTLM, both on.
pub fn acceptor() -> Acceptor {
    let keytab = [
        KEYTAB_HEADER,
        &keytab_entry(SERVICE, KVNO, 18, &SERVICE_KEY),
        &keytab_entry(SERVICE, KVNO, 17, &SERVICE_KEY_128),
        &keytab_entry(SERVICE, KVNO - 1, 18, &[0x0d; 32]),
        &keytab_entry("HTTP/other.lab.test@LAB.TEST", KVNO, 18, &SERVICE_KEY),
    ];
    let kerberos = Kerberos {
        keytab: Keytab::read(&keytab.concat()).unwrap(),
        services: vec![Principal::parse(SERVICE).unwrap()],
        realms: vec!["LAB.TEST".to_owned(), "FRIENDS.TEST".to_owned()],
    };
    let ntlm = Ntlm {
        computer: "VCSSO".to_owned(),
        domain: "LAB".to_owned(),
        dns_computer: "vcsso.lab.test".to_owned(),
        dns_domain: "lab.test".to_owned(),
        require_mic: true,
    };
    Acceptor { kerberos: Some(kerberos), ntlm: Some(ntlm), binding_required: false }
}

/// Entry of a keytab file.
pub fn keytab_entry(principal: &str, version: u32, kind: u16, key: &[u8]) -> Vec<u8> {
    let principal = Principal::parse(principal).unwrap();
    let counted = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let mut entry = u16::try_from(principal.components.len()).unwrap().to_be_bytes().to_vec();
    entry.extend(counted(principal.realm.as_bytes()));
    entry.extend(principal.components.iter().flat_map(|component| counted(component.as_bytes())));
    entry.extend([0, 0, 0, 1, 0, 0, 0, 0, version.to_be_bytes()[3]]);
    entry.extend(kind.to_be_bytes());
    entry.extend(counted(key));
    entry.extend(version.to_be_bytes());
    [&u32::try_from(entry.len()).unwrap().to_be_bytes()[..], &entry].concat()
}

/// Alice has an NT hash and so has the account without a password; nobody else has one.
pub fn nt_hash(user: &UnverifiedUser) -> Option<NtHash> {
    match user.user.to_lowercase().as_str() {
        "alice" => Some(NtHash::of_password(&Secret::new(PASSWORD))),
        "guest" => Some(NtHash::of_password(&Secret::new(""))),
        _ => None,
    }
}

/// One client at one acceptor.
pub struct Talk<'a> {
    pub acceptor: &'a Acceptor,
    pub exchange: Exchange,
    pub now: Moment,
    pub channel: Option<ChannelBinding>,
}

impl<'a> Talk<'a> {
    pub fn with(acceptor: &'a Acceptor) -> Self {
        Self { acceptor, exchange: Exchange::new(now()), now: now(), channel: None }
    }

    pub fn say(&mut self, token: &[u8]) -> Result<Step, NegotiateError> {
        let circumstances = Circumstances {
            now: self.now,
            tolerance: TOLERANCE,
            entropy: &SystemEntropy,
            channel: self.channel.as_ref(),
            nt_hash: &nt_hash,
        };
        self.acceptor.step(&mut self.exchange, token, &circumstances)
    }

    /// Says something that the acceptor answers with another question.
    pub fn ask(&mut self, token: &[u8]) -> Vec<u8> {
        match self.say(token) {
            Ok(Step::Continue(answer)) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// Says the last word, and believes the proof.
    pub fn prove(&mut self, token: &[u8]) -> (Option<Vec<u8>>, Identity) {
        match self.say(token) {
            Ok(Step::Done { token, unclaimed }) => (token, unclaimed.claimed(true).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// Says something that ends the exchange; and after that nothing is heard any more.
    pub fn refused(&mut self, token: &[u8]) -> NegotiateError {
        let error = self.say(token).unwrap_err();
        assert_eq!(self.say(b"NTLMSSP\0").unwrap_err(), NegotiateError::Ended);
        error
    }
}
