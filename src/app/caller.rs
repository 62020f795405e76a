//! Who is asking, and from where.

use std::sync::Arc;

use crate::identity::Standing;
use crate::session::Session;

/// The other end of a request, as the door saw it.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// Identifier of this exchange: in the answer's header, the log and the audit.
    pub trace: String,
    /// Address without port.
    pub ip_address: String,
    /// `User-Agent`, printable.
    pub user_agent: String,
    /// The client certificate of the TLS connection, DER; nobody has compared it with anything.
    pub client_certificate: Option<Arc<[u8]>>,
}

/// Somebody who changes things, as the audit names them, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// Their name.
    pub name: &'a str,
    /// The other end.
    pub peer: &'a Peer,
}

/// The name of whoever holds the keys of the house and needs no account.
pub const OPERATOR: &str = "operator";

/// The operator.
impl<'a> From<&'a Peer> for Actor<'a> {
    fn from(peer: &'a Peer) -> Self {
        Self { name: OPERATOR, peer }
    }
}

/// Somebody with a name.
impl<'a> From<(&'a str, &'a Peer)> for Actor<'a> {
    fn from((name, peer): (&'a str, &'a Peer)) -> Self {
        Self { name, peer }
    }
}

/// Who calls a method.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody who is logged in.
    Anonymous,
    /// The holder of a live session.
    Session(Box<SessionCaller>),
}

/// A live session and the standing of its subject at this moment.
#[derive(Clone, Debug)]
pub struct SessionCaller {
    /// The session.
    pub session: Session,
    /// Its subject.
    pub standing: Arc<Standing>,
}

impl Caller {
    /// The session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<&SessionCaller> {
        match self {
            Self::Anonymous => None,
            Self::Session(caller) => Some(caller),
        }
    }
}
