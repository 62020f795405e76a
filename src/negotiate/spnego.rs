//! SPNEGO's tokens (RFC 4178 §4.2): the client's `NegTokenInit` and `NegTokenResp` read, our `NegTokenResp` written.

use super::der::{DerError, ENUMERATED, OBJECT_IDENTIFIER, OCTETS, Reader, SEQUENCE, element};

/// `NegTokenInit`: the mechanisms a client offers, the one it likes best first.
pub(super) struct Init<'a> {
    /// Object identifiers, without tag and length.
    pub mechanisms: Vec<&'a [u8]>,
    /// Their list as sent: `mechListMIC` is made over these bytes.
    pub list: &'a [u8],
    /// A token of the first mechanism.
    pub token: Option<&'a [u8]>,
    pub mic: Option<&'a [u8]>,
}

/// `NegTokenResp`, as a client sends it: the second and later tokens. Its `negState` may be missing.
pub(super) struct Response<'a> {
    pub rejected: bool,
    pub token: Option<&'a [u8]>,
    pub mic: Option<&'a [u8]>,
}

/// `NegTokenResp`, as it is sent.
#[derive(Default)]
pub(super) struct Answer<'a> {
    pub state: State,
    /// The chosen mechanism, in the first answer only.
    pub mechanism: Option<&'a [u8]>,
    pub token: Option<&'a [u8]>,
    pub mic: Option<&'a [u8]>,
}

/// `negState`, what a server says of an exchange that goes on or has succeeded.
#[derive(Clone, Copy, Default)]
pub(super) enum State {
    Completed,
    #[default]
    Incomplete,
    RequestMic,
}

impl<'a> Init<'a> {
    /// Reads what stands after the object identifier of SPNEGO.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, DerError> {
        let mut fields = Reader::new(Reader::only(Reader::only(bytes, INIT)?, SEQUENCE)?);
        let list = fields.element(context(0))?;
        fields.optional(context(1))?; // reqFlags: not protected, and of no use (RFC 4178 §4.2.1)
        let token = octets(&mut fields, context(2))?;
        let mic = octets(&mut fields, context(3))?;
        fields.end()?;
        Ok(Self { mechanisms: identifiers(list)?, list, token, mic })
    }
}

impl<'a> Response<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, DerError> {
        let mut fields = Reader::new(Reader::only(Reader::only(bytes, RESPONSE)?, SEQUENCE)?);
        let state = fields.optional(context(0))?;
        let state = state.map(|field| Reader::only(field, ENUMERATED)).transpose()?;
        fields.optional(context(1))?; // supportedMech: chosen by the server, once
        let token = octets(&mut fields, context(2))?;
        let mic = octets(&mut fields, context(3))?;
        fields.end()?;
        Ok(Self { rejected: state == Some(&[2]), token, mic })
    }
}

impl Answer<'_> {
    pub(super) fn write(&self) -> Vec<u8> {
        let state = match self.state {
            State::Completed => 0,
            State::Incomplete => 1,
            State::RequestMic => 3,
        };
        let mut fields = element(context(0), &element(ENUMERATED, &[state]));
        let optional =
            [(1, OBJECT_IDENTIFIER, self.mechanism), (2, OCTETS, self.token), (3, OCTETS, self.mic)];
        for (field, tag, contents) in optional {
            fields.extend(
                contents.map_or_else(Vec::new, |found| element(context(field), &element(tag, found))),
            );
        }
        element(RESPONSE, &element(SEQUENCE, &fields))
    }
}

fn identifiers(list: &[u8]) -> Result<Vec<&[u8]>, DerError> {
    let mut reader = Reader::new(Reader::only(list, SEQUENCE)?);
    let mut found = Vec::new();
    while !reader.is_empty() && found.len() < MOST_MECHANISMS {
        found.push(reader.element(OBJECT_IDENTIFIER)?);
    }
    reader.end()?;
    Ok(found)
}

fn octets<'a>(fields: &mut Reader<'a>, tag: u8) -> Result<Option<&'a [u8]>, DerError> {
    fields.optional(tag)?.map(|field| Reader::only(field, OCTETS)).transpose()
}

const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// The choice of `NegotiationToken`.
const INIT: u8 = context(0);
const RESPONSE: u8 = context(1);
/// Windows offers four.
const MOST_MECHANISMS: usize = 16;

/// 1.3.6.1.5.5.2.
pub(super) const SPNEGO: &[u8] = &[0x2b, 6, 1, 5, 5, 2];
/// 1.2.840.113554.1.2.2.
pub(super) const KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
/// 1.2.840.48018.1.2.2: the same with a bit lost, which Windows offers beside it (MS-SPNG §3.1.1.2).
pub(super) const MICROSOFT_KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2];
/// 1.3.6.1.4.1.311.2.2.10.
pub(super) const NTLM: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 0x0a];
