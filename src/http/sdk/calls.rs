//! The way of every call: the object exists, it has the method, the caller may; then its object answers. One file for
//! each object that has methods.

use super::objects::{Inventory, Sources};
use super::{Answer, Exchange, Returned, holds};
use super::{
    authorization_manager, extension_manager, option_manager, property_collector, session_manager,
    user_directory,
};
use crate::app::Caller;
use crate::app::error::Failure;
use crate::secret::Secret;
use crate::vim::access::Access;
use crate::vim::method::{PropertyCall, ServiceCall};
use crate::vim::property::{Objects as _, fetch};
use crate::vim::{Call, Fault, Method, Value};

/// A call that may be made, with what is needed to answer it.
pub(super) struct Asked<'a> {
    pub(super) exchange: &'a Exchange<'a>,
    pub(super) caller: &'a Caller,
    pub(super) inventory: &'a Inventory<'a>,
}

/// What an object answers.
#[derive(Default)]
pub(super) struct Reply {
    pub(super) value: Option<Value>,
    /// A session that was just opened.
    pub(super) cookie: Option<Secret>,
}

impl Reply {
    /// A method that returns nothing.
    pub(super) const NOTHING: Self = Self { value: None, cookie: None };

    pub(super) fn of(value: impl Into<Value>) -> Self {
        Self { value: Some(value.into()), cookie: None }
    }
}

impl From<Option<Value>> for Reply {
    fn from(value: Option<Value>) -> Self {
        Self { value, cookie: None }
    }
}

/// Answers a call.
pub(super) async fn answer(exchange: &Exchange<'_>, caller: &Caller, call: Call) -> Result<Returned, Answer> {
    let name = call.method.name();
    let inventory = Inventory::read(exchange, caller, sources(&call)).await?;
    if !inventory.exists(&call.this) {
        return Err(Fault::ManagedObjectNotFound { object: call.this }.into());
    }
    call.check_receiver()?;
    if let Access::Privilege(privilege) = name.facts().access
        && !holds(caller, privilege)
    {
        let fault = match caller.session() {
            Some(_) => Fault::no_permission(privilege),
            None => Fault::not_authenticated(),
        };
        return Err(fault.into());
    }
    let Call { this, method } = call;
    let asked = Asked { exchange, caller, inventory: &inventory };
    let Reply { value, cookie } = match method {
        Method::Service(ServiceCall::RetrieveServiceContent) => Reply::of(inventory.content()),
        Method::Service(ServiceCall::CurrentTime) => Reply::of(inventory.now),
        Method::Fetch { property } => {
            fetch(&this, &property, &inventory, exchange.version)?.map(Value::any).into()
        }
        Method::Properties(call) => property_collector::answer(&asked, call)?,
        Method::Options(call) => option_manager::answer(&asked, call).await?,
        Method::Directory(call) => user_directory::answer(&asked, call).await?,
        Method::Authorization(call) => authorization_manager::answer(&asked, call).await?,
        Method::Session(call) => session_manager::answer(&asked, call).await?,
        Method::Extensions(call) => extension_manager::answer(&asked, call).await?,
    };
    Ok(Returned { method: name, value, cookie })
}

/// What the store must be asked for before the call can be answered.
fn sources(call: &Call) -> Sources {
    match &call.method {
        Method::Fetch { property } => Sources::of_path(&call.this.kind, property),
        Method::Properties(PropertyCall::Retrieve { specs } | PropertyCall::RetrieveEx { specs, .. }) => {
            Sources::of_specs(specs)
        }
        Method::Service(_)
        | Method::Properties(_)
        | Method::Options(_)
        | Method::Directory(_)
        | Method::Authorization(_)
        | Method::Session(_)
        | Method::Extensions(_) => Sources::default(),
    }
}

/// Something of ours failed: the client may come back.
pub(super) fn unavailable(failure: &Failure) -> Answer {
    tracing::error!(error = %failure, "a call could not be answered");
    Answer::Status(actix_web::http::StatusCode::SERVICE_UNAVAILABLE)
}
