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
