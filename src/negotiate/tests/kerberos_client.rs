//! A KDC and a client of Kerberos on `picky-krb`, cryptography included: another implementation than the acceptor's.

use picky_asn1::bit_string::BitString;
use picky_asn1::date::Date;
use picky_asn1::restricted_string::Ia5String;
use picky_asn1::wrapper::{
    Asn1SequenceOf, BitStringAsn1, ExplicitContextTag0, ExplicitContextTag1, ExplicitContextTag2,
    ExplicitContextTag3, ExplicitContextTag4, ExplicitContextTag5, ExplicitContextTag6, ExplicitContextTag7,
    ExplicitContextTag8, ExplicitContextTag10, GeneralStringAsn1, GeneralizedTimeAsn1, IntegerAsn1,
    OctetStringAsn1, Optional,
};
use picky_krb::crypto::CipherSuite;
use picky_krb::data_types::{
    Authenticator, AuthenticatorInner, AuthorizationData, AuthorizationDataInner, Checksum, EncApRepPart,
    EncTicketPart, EncTicketPartInner, EncryptedData, EncryptionKey, PrincipalName, Ticket, TicketInner,
    TransitedEncoding,
};
use picky_krb::messages::{ApRep, ApReq, ApReqInner};

use super::fixtures;
use crate::negotiate::Principal;

/// A client with a ticket, and what may be wrong with either.
#[derive(Clone)]
pub struct Client {
    pub service: &'static str,
    pub service_key: Vec<u8>,
    pub kind: u8,
    pub kvno: Option<u8>,
    pub name: Vec<&'static str>,
    pub name_type: u8,
    pub realm: &'static str,
    /// Another name in the authenticator.
    pub says: Option<Vec<&'static str>>,
    pub ticket_flags: u32,
    pub session_key: Vec<u8>,
    pub session_kind: u8,
    pub transited: &'static [u8],
    pub begins: i64,
    pub ends: i64,
    pub ad_type: Option<u8>,
    pub says_ad_type: Option<u8>,
    /// Seconds and microseconds from now.
    pub at: (i64, u32),
    pub checksum_type: Option<Vec<u8>>,
    pub gss_flags: u32,
    pub binding: [u8; 16],
    pub subkey: Option<Vec<u8>>,
    pub sequence: Vec<u8>,
    pub ap_options: u8,
    pub version: u8,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            service: fixtures::SERVICE,
            service_key: fixtures::SERVICE_KEY.to_vec(),
            kind: 18,
            kvno: Some(3),
            name: vec!["alice"],
            name_type: 1,
            realm: "LAB.TEST",
            says: None,
            ticket_flags: 0x4080_0000,
            session_key: vec![0x33; 32],
            session_kind: 18,
            transited: b"",
            begins: -60,
            ends: 3_600,
            ad_type: Some(1),
            says_ad_type: Some(1),
            at: (0, 123_456),
            checksum_type: Some(vec![0, 0x80, 3]),
            gss_flags: 0x3e,
            binding: [0; 16],
            subkey: Some(vec![0x44; 32]),
            sequence: vec![0x12, 0x34, 0x56, 0x78],
            ap_options: 0x20,
            version: 5,
        }
    }
}

impl Client {
    /// The first token, framed.
    pub fn token(&self) -> Vec<u8> {
        frame(1, &self.request())
    }

    /// A token whose sealed parts were changed before they were sealed.
    pub fn token_of_changed_parts(&self, mut change: impl FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
        frame(1, &self.request_of(&change(&self.ticket_part()), &change(&self.authenticator())))
    }

    pub fn request(&self) -> Vec<u8> {
        self.request_of(&self.ticket_part(), &self.authenticator())
    }

    fn request_of(&self, ticket_part: &[u8], authenticator: &[u8]) -> Vec<u8> {
        let service = Principal::parse(self.service).unwrap();
        let names: Vec<&str> = service.components.iter().map(String::as_str).collect();
        let sealed_ticket = sealed(self.kind, &self.service_key, 2, ticket_part);
        let ticket = TicketInner {
            tkt_vno: ExplicitContextTag0::from(number(self.version)),
            realm: ExplicitContextTag1::from(text(&service.realm)),
            sname: ExplicitContextTag2::from(principal(2, &names)),
            enc_part: ExplicitContextTag3::from(EncryptedData {
                kvno: Optional::from(self.kvno.map(|kvno| ExplicitContextTag1::from(number(kvno)))),
                ..sealed_ticket
            }),
        };
        let authenticator = sealed(self.session_kind, &self.session_key, 11, authenticator);
        let request = ApReqInner {
            pvno: ExplicitContextTag0::from(number(5)),
            msg_type: ExplicitContextTag1::from(number(14)),
            ap_options: ExplicitContextTag2::from(bits(u32::from(self.ap_options) << 24)),
            ticket: ExplicitContextTag3::from(Ticket::from(ticket)),
            authenticator: ExplicitContextTag4::from(authenticator),
        };
        picky_asn1_der::to_vec(&ApReq::from(request)).unwrap()
    }

    /// Opens the answer, and gives the acceptor's sequence number.
    pub fn accepts(&self, token: &[u8]) -> u32 {
        let reply = token.windows(4).position(|bytes| bytes == [2, 2, 2, 0]).unwrap() + 4;
        let reply: ApRep = picky_asn1_der::from_bytes(&token[reply..]).unwrap();
        let sealed = reply.0.enc_part.0;
        let opened = cipher(self.session_kind).decrypt(&self.session_key, 12, &sealed.cipher.0.0).unwrap();
        let part: EncApRepPart = picky_asn1_der::from_bytes(&opened).unwrap();
        assert_eq!(part.0.ctime.0, time(self.at.0));
        assert_eq!(part.0.cusec.0, micros(self.at.1));
        let sequence = part.0.seq_number.0.unwrap().0;
        sequence.0.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
    }

    /// A GSS signature (RFC 4121 §4.2.6.1).
    pub fn mic(&self, by_acceptor: bool, sequence: u32, message: &[u8]) -> Vec<u8> {
        let mut token = vec![4, 4, u8::from(by_acceptor), 0xff, 0xff, 0xff, 0xff, 0xff];
        token.extend(u64::from(sequence).to_be_bytes());
        let key = self.subkey.as_ref().unwrap_or(&self.session_key);
        let usage = if by_acceptor { 23 } else { 25 };
        let hasher = cipher(if key.len() == 16 { 17 } else { 18 }).checksum_type().hasher();
        token.extend(hasher.checksum(key, usage, &[message, &token].concat()).unwrap());
        token
    }

    fn ticket_part(&self) -> Vec<u8> {
        let part = EncTicketPartInner {
            flags: ExplicitContextTag0::from(bits(self.ticket_flags)),
            key: ExplicitContextTag1::from(key(self.session_kind, &self.session_key)),
            crealm: ExplicitContextTag2::from(text(self.realm)),
            cname: ExplicitContextTag3::from(principal(self.name_type, &self.name)),
            transited: ExplicitContextTag4::from(TransitedEncoding {
                tr_type: ExplicitContextTag0::from(number(1)),
                contents: ExplicitContextTag1::from(OctetStringAsn1::from(self.transited.to_vec())),
            }),
            auth_time: ExplicitContextTag5::from(time(self.begins)),
            starttime: Optional::from(Some(ExplicitContextTag6::from(time(self.begins)))),
            endtime: ExplicitContextTag7::from(time(self.ends)),
            renew_till: Optional::from(None),
            caddr: Optional::from(None),
            authorization_data: Optional::from(
                self.ad_type.map(|kind| ExplicitContextTag10::from(authorization(kind))),
            ),
        };
        picky_asn1_der::to_vec(&EncTicketPart::from(part)).unwrap()
    }

    fn authenticator(&self) -> Vec<u8> {
        let sum = [&[16, 0, 0, 0][..], &self.binding, &self.gss_flags.to_le_bytes()].concat();
        let checksum = self.checksum_type.as_ref().map(|kind| {
            ExplicitContextTag3::from(Checksum {
                cksumtype: ExplicitContextTag0::from(IntegerAsn1::from(kind.clone())),
                checksum: ExplicitContextTag1::from(OctetStringAsn1::from(sum)),
            })
        });
        let subkey = self
            .subkey
            .as_ref()
            .map(|bytes| ExplicitContextTag6::from(key(if bytes.len() == 16 { 17 } else { 18 }, bytes)));
        let statement = AuthenticatorInner {
            authenticator_vno: ExplicitContextTag0::from(number(5)),
            crealm: ExplicitContextTag1::from(text(self.realm)),
            cname: ExplicitContextTag2::from(principal(1, self.says.as_ref().unwrap_or(&self.name))),
            cksum: Optional::from(checksum),
            cusec: ExplicitContextTag4::from(micros(self.at.1)),
            ctime: ExplicitContextTag5::from(time(self.at.0)),
            subkey: Optional::from(subkey),
            seq_number: Optional::from(Some(ExplicitContextTag7::from(IntegerAsn1::from(
                self.sequence.clone(),
            )))),
            authorization_data: Optional::from(
                self.says_ad_type.map(|kind| ExplicitContextTag8::from(authorization(kind))),
            ),
        };
        picky_asn1_der::to_vec(&Authenticator::from(statement)).unwrap()
    }
}

pub fn frame(kind: u8, message: &[u8]) -> Vec<u8> {
    let mut inside = vec![6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, kind, 0];
    inside.extend(message);
    let [.., high, low] = inside.len().to_be_bytes();
    [&[0x60, 0x82, high, low][..], &inside].concat()
}

fn cipher(kind: u8) -> Box<dyn picky_krb::crypto::Cipher> {
    CipherSuite::try_from(usize::from(kind)).unwrap().cipher()
}

fn number(number: u8) -> IntegerAsn1 {
    IntegerAsn1::from(vec![number])
}

fn micros(micros: u32) -> IntegerAsn1 {
    IntegerAsn1::from(micros.to_be_bytes()[1..].to_vec())
}

fn bits(bits: u32) -> BitStringAsn1 {
    BitStringAsn1::from(BitString::with_bytes(bits.to_be_bytes().to_vec()))
}

fn text(text: &str) -> GeneralStringAsn1 {
    GeneralStringAsn1::from(Ia5String::from_string(text.to_owned()).unwrap())
}

fn principal(kind: u8, components: &[&str]) -> PrincipalName {
    let components: Vec<_> = components.iter().map(|component| text(component)).collect();
    PrincipalName {
        name_type: ExplicitContextTag0::from(number(kind)),
        name_string: ExplicitContextTag1::from(Asn1SequenceOf::from(components)),
    }
}

fn key(kind: u8, bytes: &[u8]) -> EncryptionKey {
    EncryptionKey {
        key_type: ExplicitContextTag0::from(number(kind)),
        key_value: ExplicitContextTag1::from(OctetStringAsn1::from(bytes.to_vec())),
    }
}

fn authorization(kind: u8) -> AuthorizationData {
    Asn1SequenceOf::from(vec![AuthorizationDataInner {
        ad_type: ExplicitContextTag0::from(number(kind)),
        ad_data: ExplicitContextTag1::from(OctetStringAsn1::from(vec![0x30, 0])),
    }])
}

/// So many seconds from now.
fn time(offset: i64) -> GeneralizedTimeAsn1 {
    let at = fixtures::now().micros() + offset * 1_000_000;
    let text = crate::clock::Moment::from_micros(at).to_string();
    let part = |range: std::ops::Range<usize>| text[range].parse::<u8>().unwrap();
    let year = text[0..4].parse().unwrap();
    let date = Date::new(year, part(5..7), part(8..10), part(11..13), part(14..16), part(17..19));
    GeneralizedTimeAsn1::from(date.unwrap())
}

/// Encrypted where the key is one; as it is where it is none.
fn sealed(kind: u8, key: &[u8], usage: i32, message: &[u8]) -> EncryptedData {
    let sealed = if matches!(kind, 17 | 18) && key.len() == usize::from(kind - 16) * 16 {
        cipher(kind).encrypt(key, usage, message).unwrap()
    } else {
        message.to_vec()
    };
    EncryptedData {
        etype: ExplicitContextTag0::from(number(kind)),
        kvno: Optional::from(None),
        cipher: ExplicitContextTag2::from(OctetStringAsn1::from(sealed)),
    }
}
