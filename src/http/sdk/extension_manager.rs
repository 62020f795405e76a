//! Extensions (`session-manager.md` §2.5).

use super::Answer;
use super::calls::{Asked, Reply, unavailable};
use crate::app::extensions::{self, Editor, ExtensionError};
use crate::vim::method::ExtensionCall;
use crate::vim::values::Record;
use crate::vim::{Fault, Value};

pub(super) async fn answer(asked: &Asked<'_>, call: ExtensionCall) -> Result<Reply, Answer> {
    let app = asked.exchange.app;
    let done = match call {
        ExtensionCall::Find { key } => {
            let found = extensions::find(app, &key).await.map_err(|failure| unavailable(&failure))?;
            return Ok(found.map(Value::from).into());
        }
        ExtensionCall::PublicKey => {
            let key = extensions::public_key(app).await.map_err(|failure| unavailable(&failure))?;
            return Ok(Reply::of(key));
        }
        // There is no inventory, so nothing in it is managed, and nothing has an address.
        ExtensionCall::ManagedBy { .. } => return Ok(Reply::of(Value::references([]))),
        ExtensionCall::IpAllocationUsage { .. } => {
            return Ok(Reply::of(Value::records::<Record>("ExtensionManagerIpAllocationUsage", [])));
        }
        ExtensionCall::Register { extension } => editor(asked)?.register(&extension, None).await,
        ExtensionCall::Update { extension } => editor(asked)?.update(&extension).await,
        ExtensionCall::Unregister { key } => editor(asked)?.unregister(&key).await,
        ExtensionCall::SetPublicKey { key, public_key } => {
            editor(asked)?.set_public_key(&key, &public_key).await.map_err(|why| named(why, "publicKey"))?;
            return Ok(Reply::NOTHING);
        }
        ExtensionCall::SetCertificate { key, certificate } => {
            editor(asked)?.set_certificate(&key, certificate.as_deref()).await
        }
        ExtensionCall::SetServiceAccount { key, account } => {
            editor(asked)?.set_service_account(&key, &account).await
        }
    };
    done.map_err(|why| named(why, "extension"))?;
    Ok(Reply::NOTHING)
}

/// The table of methods has let nobody through who is not logged in.
fn editor<'a>(asked: &'a Asked<'_>) -> Result<Editor<'a>, Answer> {
    let caller = asked.caller.session().ok_or_else(Fault::not_authenticated)?;
    let name = &caller.session.user_name;
    Ok(Editor { app: asked.exchange.app, name, peer: asked.exchange.peer })
}

/// The fault; `large` is the parameter that can be too large.
fn named(error: ExtensionError, large: &str) -> Answer {
    let wrong = |property: &str| Fault::InvalidArgument { property: Some(property.to_owned()) };
    Answer::Fault(match error {
        ExtensionError::Key => wrong("extension.key"),
        ExtensionError::Size { .. } => wrong(large),
        ExtensionError::Certificate(_) => wrong("certificatePem"),
        ExtensionError::Account => wrong("serviceAccount"),
        ExtensionError::NotFound => Fault::NotFound,
        ExtensionError::NoClientCertificate => Fault::NoClientCertificate,
        ExtensionError::Failure(failure) => return unavailable(&failure),
    })
}
