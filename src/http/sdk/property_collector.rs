//! Reading properties of many objects, in pages (`session-manager.md` §2.3).

use super::Answer;
use super::calls::{Asked, Reply, unavailable};
use crate::entropy::uuid;
use crate::vim::method::PropertyCall;
use crate::vim::property::{ObjectContent, RetrieveResult, page, retrieve};
use crate::vim::values::Record;
use crate::vim::{Fault, Value};

pub(super) fn answer(asked: &Asked<'_>, call: PropertyCall) -> Result<Reply, Answer> {
    let version = asked.exchange.version;
    match call {
        PropertyCall::Retrieve { specs } => {
            let objects = retrieve(&specs, asked.inventory, version)?;
            Ok(Reply::of(Value::records("ObjectContent", objects)))
        }
        PropertyCall::RetrieveEx { specs, max_objects } => {
            let objects = retrieve(&specs, asked.inventory, version)?;
            Ok(first_page(asked, objects, max_objects)?.into())
        }
        PropertyCall::Continue { token } => {
            let objects = take(asked, &token)?;
            Ok(Reply::of(Record::from(RetrieveResult { token: None, objects })))
        }
        PropertyCall::Cancel { token } => {
            take(asked, &token)?;
            Ok(Reply::NOTHING)
        }
    }
}

fn first_page(
    asked: &Asked<'_>,
    objects: Vec<ObjectContent>,
    most: Option<usize>,
) -> Result<Option<Value>, Answer> {
    let Asked { exchange, caller, .. } = asked;
    // A stranger cannot come back for more, so everything is handed out at once.
    let (objects, rest) = page(objects, most.filter(|_| caller.session().is_some()));
    if objects.is_empty() {
        return Ok(None);
    }
    let token = match (rest.is_empty(), caller.session()) {
        (false, Some(caller)) => {
            let token = uuid(&*exchange.app.entropy).map_err(|error| unavailable(&error.into()))?;
            exchange.pages.keep(&caller.session.key, token.clone(), rest);
            Some(token)
        }
        _ => None,
    };
    Ok(Some(Value::Record(Record::from(RetrieveResult { token, objects }))))
}

fn take(asked: &Asked<'_>, token: &str) -> Result<Vec<ObjectContent>, Answer> {
    let Asked { exchange, caller, .. } = asked;
    let rest = caller.session().and_then(|caller| exchange.pages.take(&caller.session.key, token));
    rest.ok_or_else(|| Fault::InvalidArgument { property: Some("token".into()) }.into())
}
