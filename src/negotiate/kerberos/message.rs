//! Kerberos messages (RFC 4120 §5): `picky-krb`'s, turned into what the judgement needs, and our AP-REP.
//!
//! Every message is one element of DER with nothing after it. Names are ASCII, as `picky-asn1` reads them.

use picky_asn1::wrapper::{
    ExplicitContextTag0, ExplicitContextTag1, ExplicitContextTag2, ExplicitContextTag3, GeneralizedTimeAsn1,
    IntegerAsn1, OctetStringAsn1, Optional,
};
use picky_asn1_der::application_tag::ApplicationTag;
use picky_krb::data_types::{
    Authenticator, AuthorizationData, EncApRepPart, EncApRepPartInner, EncTicketPart, EncryptedData,
    EncryptionKey, PrincipalName,
};
use picky_krb::messages::{ApRep, ApRepInner, ApReq};
use serde::de::DeserializeOwned;

use super::KerberosError;
use super::encryption::{EncryptionType, Key};
use crate::clock::Moment;
use crate::negotiate::der::Reader;
use crate::negotiate::keytab::Principal;

/// AP-REQ, in which only the sealed parts are worth anything.
pub(super) struct Request {
    pub user_to_user: bool,
    pub service: Principal,
    pub ticket: Sealed,
    pub authenticator: Sealed,
}

/// `EncryptedData`.
pub(super) struct Sealed {
    pub kind: i64,
    pub version: Option<u32>,
    pub cipher: Vec<u8>,
}

/// `EncTicketPart`: what the KDC says.
pub(super) struct Ticket {
    pub flags: Flags,
    pub key: Key,
    pub client: Client,
    /// Realms on the way from the client's to ours.
    pub transited: bool,
    pub begins: Moment,
    pub ends: Moment,
    pub critical: Option<i64>,
}

/// Ticket flags.
pub(super) struct Flags {
    pub invalid: bool,
    pub transited_policy_checked: bool,
    pub anonymous: bool,
}

/// Who a ticket or an authenticator is about.
#[derive(PartialEq, Eq)]
pub(super) struct Client {
    pub name_type: i64,
    pub principal: Principal,
}

/// Authenticator: what the client says.
pub(super) struct Statement {
    pub client: Client,
    /// Type and bytes.
    pub checksum: Option<(i64, Vec<u8>)>,
    pub at: Moment,
    pub subkey: Option<Key>,
    pub sequence: u32,
    pub critical: Option<i64>,
    time: GeneralizedTimeAsn1,
    microseconds: IntegerAsn1,
}

impl Request {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, KerberosError> {
        let request = message::<ApReq>(bytes, AP_REQ)?.0;
        let ticket = request.ticket.0.0;
        numbers(&[
            (&request.pvno.0, VERSION),
            (&request.msg_type.0, AP_REQ_NUMBER),
            (&ticket.tkt_vno.0, VERSION),
        ])?;
        Ok(Self {
            user_to_user: bit(request.ap_options.0.0.payload_view(), 1),
            service: named(&ticket.sname.0, ticket.realm.0.0.as_utf8())?.principal,
            ticket: Sealed::read(&ticket.enc_part.0)?,
            authenticator: Sealed::read(&request.authenticator.0)?,
        })
    }
}

impl Sealed {
    fn read(data: &EncryptedData) -> Result<Self, KerberosError> {
        let version = data.kvno.0.as_ref().map(|version| integer(&version.0)).transpose()?;
        Ok(Self {
            kind: integer(&data.etype.0)?,
            version: version.map(|version| u32::try_from(version & U32).unwrap_or_default()),
            cipher: data.cipher.0.0.clone(),
        })
    }
}

impl Ticket {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, KerberosError> {
        let ticket = message::<EncTicketPart>(bytes, ENC_TICKET_PART)?.0;
        let flags = ticket.flags.0.0.payload_view();
        let begins = ticket.starttime.0.as_ref().map_or(&ticket.auth_time.0, |time| &time.0);
        Ok(Self {
            flags: Flags {
                invalid: bit(flags, 7),
                transited_policy_checked: bit(flags, 12),
                anonymous: bit(flags, 16),
            },
            key: key(&ticket.key.0)?,
            client: named(&ticket.cname.0, ticket.crealm.0.0.as_utf8())?,
            transited: !ticket.transited.0.contents.0.0.is_empty(),
            begins: moment(begins)?,
            ends: moment(&ticket.endtime.0)?,
            critical: critical(ticket.authorization_data.0.as_ref().map(|data| &data.0))?,
        })
    }
}

impl Statement {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, KerberosError> {
        let statement = message::<Authenticator>(bytes, AUTHENTICATOR)?.0;
        numbers(&[(&statement.authenticator_vno.0, VERSION)])?;
        let checksum = statement.cksum.0.map(|checksum| {
            Ok::<_, KerberosError>((integer(&checksum.0.cksumtype.0)?, checksum.0.checksum.0.0))
        });
        let microseconds = integer(&statement.cusec.0)?;
        if !(0..1_000_000).contains(&microseconds) {
            return Err(KerberosError::Malformed);
        }
        let sequence = statement.seq_number.0.map_or(Ok(0), |number| integer(&number.0))?;
        Ok(Self {
            client: named(&statement.cname.0, statement.crealm.0.0.as_utf8())?,
            checksum: checksum.transpose()?,
            at: Moment::from_micros(moment(&statement.ctime.0)?.micros() + microseconds),
            subkey: statement.subkey.0.map(|subkey| key(&subkey.0)).transpose()?,
            // Old clients write it as a negative number.
            sequence: u32::try_from(sequence & U32).unwrap_or_default(),
            critical: critical(statement.authorization_data.0.as_ref().map(|data| &data.0))?,
            time: statement.ctime.0,
            microseconds: statement.cusec.0,
        })
    }

    /// `EncAPRepPart`, which proves to the client that this end could read its time.
    pub(super) fn answer(&self, sequence: u32) -> Result<Vec<u8>, KerberosError> {
        let part = EncApRepPartInner {
            ctime: ExplicitContextTag0::from(self.time.clone()),
            cusec: ExplicitContextTag1::from(self.microseconds.clone()),
            subkey: Optional::from(None),
            seq_number: Optional::from(Some(ExplicitContextTag3::from(unsigned(sequence)))),
        };
        encoded(&EncApRepPart::from(part))
    }
}

/// AP-REP.
pub(super) fn reply(kind: EncryptionType, cipher: Vec<u8>) -> Result<Vec<u8>, KerberosError> {
    let sealed = EncryptedData {
        etype: ExplicitContextTag0::from(IntegerAsn1::from(vec![kind.number()])),
        kvno: Optional::from(None),
        cipher: ExplicitContextTag2::from(OctetStringAsn1::from(cipher)),
    };
    let reply = ApRepInner {
        pvno: ExplicitContextTag0::from(IntegerAsn1::from(vec![5])),
        msg_type: ExplicitContextTag1::from(IntegerAsn1::from(vec![15])),
        enc_part: ExplicitContextTag2::from(sealed),
    };
    encoded(&ApRep::from(reply))
}

fn message<T: DeserializeOwned>(bytes: &[u8], tag: u8) -> Result<T, KerberosError> {
    Reader::only(bytes, tag)?;
    picky_asn1_der::from_bytes(bytes).map_err(|_| KerberosError::Malformed)
}

fn encoded<T, const TAG: u8>(message: &ApplicationTag<T, TAG>) -> Result<Vec<u8>, KerberosError>
where
    T: serde::Serialize + std::fmt::Debug + PartialEq + Clone,
{
    picky_asn1_der::to_vec(message).map_err(|_| KerberosError::Malformed)
}

fn numbers(checks: &[(&IntegerAsn1, i64)]) -> Result<(), KerberosError> {
    for (number, wanted) in checks {
        match integer(number)? {
            seen if seen == *wanted => {}
            seen => return Err(KerberosError::Version { seen, wanted: *wanted }),
        }
    }
    Ok(())
}

fn named(name: &PrincipalName, realm: &str) -> Result<Client, KerberosError> {
    // Each component counts one more, as none is free.
    let length: usize = name.name_string.0.0.iter().map(|component| component.0.as_bytes().len() + 1).sum();
    if length.max(realm.len()) > MAX_NAME {
        return Err(KerberosError::NameLength(length.max(realm.len())));
    }
    let components = name.name_string.0.0.iter().map(|component| component.0.as_utf8().to_owned());
    let principal = Principal { components: components.collect(), realm: realm.to_owned() };
    Ok(Client { name_type: integer(&name.name_type.0)?, principal })
}

fn key(key: &EncryptionKey) -> Result<Key, KerberosError> {
    let number = integer(&key.key_type.0)?;
    let kind = EncryptionType::from_number(number).ok_or(KerberosError::EncryptionType(number))?;
    let bytes = &key.key_value.0.0;
    Key::new(kind, bytes).ok_or(KerberosError::KeyLength { seen: bytes.len(), wanted: kind.key_length() })
}

/// The first element that must be understood and is not: all but those in AD-IF-RELEVANT (RFC 4120 §5.2.6).
fn critical(data: Option<&AuthorizationData>) -> Result<Option<i64>, KerberosError> {
    for element in data.map(|data| data.0.as_slice()).unwrap_or_default() {
        match integer(&element.ad_type.0)? {
            AD_IF_RELEVANT => {}
            other => return Ok(Some(other)),
        }
    }
    Ok(None)
}

fn integer(number: &IntegerAsn1) -> Result<i64, KerberosError> {
    let bytes = &number.0;
    let (Some(first), 1..=8) = (bytes.first(), bytes.len()) else {
        return Err(KerberosError::Malformed);
    };
    let sign = if first & 0x80 == 0 { 0 } else { -1 };
    Ok(bytes.iter().fold(sign, |sum, byte| (sum << 8) | i64::from(*byte)))
}

fn unsigned(number: u32) -> IntegerAsn1 {
    let bytes = u64::from(number).to_be_bytes();
    let start = bytes.windows(2).take_while(|pair| matches!(pair, [0, 0..0x80])).count();
    IntegerAsn1::from(bytes.get(start..).unwrap_or_default().to_vec())
}

fn moment(time: &GeneralizedTimeAsn1) -> Result<Moment, KerberosError> {
    let at = &time.0;
    let (month, day) = (at.month(), at.day());
    let text = format!(
        "{:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    );
    Moment::parse(&text).map_err(|_| KerberosError::Malformed)
}

/// Bit `number`, counted from the first.
fn bit(bytes: &[u8], number: usize) -> bool {
    bytes.get(number / 8).is_some_and(|byte| byte & (0x80 >> (number % 8)) != 0)
}

/// Tags: `[APPLICATION 14]`, 3 and 2.
const AP_REQ: u8 = 0x6e;
const ENC_TICKET_PART: u8 = 0x63;
const AUTHENTICATOR: u8 = 0x62;

/// A name is written to logs whole, so a stranger may not make it as long as a token.
pub(super) const MAX_NAME: usize = 1024;
const VERSION: i64 = 5;
const AP_REQ_NUMBER: i64 = 14;
const AD_IF_RELEVANT: i64 = 1;
const U32: i64 = 0xffff_ffff;
