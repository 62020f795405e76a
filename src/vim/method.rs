//! The methods of vim25 that are answered here, in one table, and the reading of a call to one
//! (`session-manager.md` §1, §2, §3.1). A new method is a line in the table and a variant of [`Method`];
//! whatever does not answer it then does not compile.

mod error;

pub use error::CallError;

use crate::secret::Secret;
use crate::soap::Envelope;
use crate::vim::arguments::{Arguments, Owner, Problem, is_ours, short};
use crate::vim::object;
use crate::vim::property::FilterSpec;
use crate::vim::{Fault, Reference};
use crate::xml::Element;

/// A message that asks something of an object. What it says is not believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The object, which need not exist.
    pub this: Reference,
    /// What is asked of it.
    pub method: Method,
}

/// A method with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// The references to everything else.
    RetrieveServiceContent,
    /// The server's time; also "am I logged in?".
    CurrentTime,
    /// One property of any object; pyVmomi's way to read (§2.3).
    Fetch {
        /// The property, or a path into it.
        property: String,
    },
    /// Properties of objects, all at once.
    RetrieveProperties {
        /// Which ones.
        specs: Vec<FilterSpec>,
    },
    /// Properties of objects, in pages.
    RetrievePropertiesEx {
        /// Which ones.
        specs: Vec<FilterSpec>,
        /// Objects per page; never zero.
        max_objects: Option<usize>,
    },
    /// The next page.
    ContinueRetrievePropertiesEx {
        /// What the page before named.
        token: String,
    },
    /// No further page is wanted.
    CancelRetrievePropertiesEx {
        /// What the last page named.
        token: String,
    },
    /// Settings.
    QueryOptions {
        /// One name, or with a dot at the end all names below; absent = all.
        name: Option<String>,
    },
    /// Opens a session by a password.
    Login {
        /// As typed: `user@domain`, `DOMAIN\user` or `user`.
        user_name: String,
        /// As typed, spaces included.
        password: Secret,
        /// For [`super::locale::Locale::resolve`].
        locale: Option<String>,
    },
    /// Opens a session by the token in the message's header.
    LoginByToken {
        /// For [`super::locale::Locale::resolve`].
        locale: Option<String>,
    },
    /// Ends the session.
    Logout,
}

macro_rules! methods {
    ($($name:ident on $receiver:literal [$($parameter:literal)*])*) => {
        /// The name of a method that is answered here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum MethodName {
            $(#[doc = concat!("`", stringify!($name), "` of `", $receiver, "`.")] $name,)*
        }

        impl MethodName {
            /// Every method.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The element's name on the wire.
            #[must_use]
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The type of object that has it.
            #[must_use]
            pub const fn receiver(self) -> &'static str {
                match self { $(Self::$name => $receiver,)* }
            }

            /// The names of its parameters, `_this` not among them.
            #[must_use]
            pub const fn parameters(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($parameter),*],)* }
            }
        }
    };
}

methods! {
    RetrieveServiceContent on "ServiceInstance" []
    CurrentTime on "ServiceInstance" []
    Fetch on "ManagedObject" ["prop"]
    RetrieveProperties on "PropertyCollector" ["specSet"]
    RetrievePropertiesEx on "PropertyCollector" ["specSet" "options"]
    ContinueRetrievePropertiesEx on "PropertyCollector" ["token"]
    CancelRetrievePropertiesEx on "PropertyCollector" ["token"]
    QueryOptions on "OptionManager" ["name"]
    Login on "SessionManager" ["userName" "password" "locale"]
    LoginByToken on "SessionManager" ["locale"]
    Logout on "SessionManager" []
}

impl Call {
    /// Reads the call in the body of a message.
    ///
    /// # Errors
    /// [`CallError`] when there is none, when it is unknown, or when its parameters are not those of the
    /// schema.
    pub fn read(envelope: &Envelope) -> Result<Self, CallError> {
        let element = envelope.request().ok_or_else(|| CallError::without_call(envelope))?;
        let name =
            MethodName::of(element).map_err(|problem| CallError::at(envelope, element, None, problem))?;
        Self::read_as(element, name).map_err(|problem| CallError::at(envelope, element, Some(name), problem))
    }

    /// Whether the object, as far as its type is known, has no such method. To be asked once the object is
    /// known to exist.
    ///
    /// # Errors
    /// [`Fault::MethodNotFound`].
    pub fn check_receiver(&self) -> Result<(), Fault> {
        let name = self.method.name();
        if object::is_a(&self.this.kind, name.receiver()) {
            return Ok(());
        }
        Err(Fault::MethodNotFound { receiver: self.this.clone(), method: name.wire() })
    }

    fn read_as(element: Element<'_>, name: MethodName) -> Result<Self, Problem> {
        let arguments = Arguments::of(element, Owner::Call(name.wire()), name.parameters())?;
        Ok(Self { this: arguments.reference("_this")?, method: Method::read(name, &arguments)? })
    }
}

impl MethodName {
    /// The method an element calls, by local name; its namespace must be ours or none.
    fn of(element: Element<'_>) -> Result<Self, Problem> {
        let known = Self::ALL.iter().find(|name| name.wire() == element.local());
        let ours = known.filter(|_| is_ours(element.namespace()));
        ours.copied().ok_or_else(|| Problem::UnknownMethod {
            name: short(element.local()),
            namespace: short(element.namespace()),
        })
    }
}

impl Method {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> MethodName {
        match self {
            Self::RetrieveServiceContent => MethodName::RetrieveServiceContent,
            Self::CurrentTime => MethodName::CurrentTime,
            Self::Fetch { .. } => MethodName::Fetch,
            Self::RetrieveProperties { .. } => MethodName::RetrieveProperties,
            Self::RetrievePropertiesEx { .. } => MethodName::RetrievePropertiesEx,
            Self::ContinueRetrievePropertiesEx { .. } => MethodName::ContinueRetrievePropertiesEx,
            Self::CancelRetrievePropertiesEx { .. } => MethodName::CancelRetrievePropertiesEx,
            Self::QueryOptions { .. } => MethodName::QueryOptions,
            Self::Login { .. } => MethodName::Login,
            Self::LoginByToken { .. } => MethodName::LoginByToken,
            Self::Logout => MethodName::Logout,
        }
    }

    fn read(name: MethodName, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let optional = |name| arguments.optional_text(name).map(|text| text.map(str::to_owned));
        Ok(match name {
            MethodName::RetrieveServiceContent => Self::RetrieveServiceContent,
            MethodName::CurrentTime => Self::CurrentTime,
            MethodName::Fetch => Self::Fetch { property: arguments.text("prop")?.to_owned() },
            MethodName::RetrieveProperties => Self::RetrieveProperties { specs: specs(arguments)? },
            MethodName::RetrievePropertiesEx => {
                Self::RetrievePropertiesEx { specs: specs(arguments)?, max_objects: max_objects(arguments)? }
            }
            MethodName::ContinueRetrievePropertiesEx => {
                Self::ContinueRetrievePropertiesEx { token: arguments.text("token")?.to_owned() }
            }
            MethodName::CancelRetrievePropertiesEx => {
                Self::CancelRetrievePropertiesEx { token: arguments.text("token")?.to_owned() }
            }
            MethodName::QueryOptions => Self::QueryOptions { name: optional("name")? },
            MethodName::Login => Self::Login {
                user_name: arguments.text("userName")?.to_owned(),
                password: Secret::new(arguments.text("password")?),
                locale: optional("locale")?,
            },
            MethodName::LoginByToken => Self::LoginByToken { locale: optional("locale")? },
            MethodName::Logout => Self::Logout,
        })
    }
}

fn specs(arguments: &Arguments<'_>) -> Result<Vec<FilterSpec>, Problem> {
    arguments.required_data("specSet", FilterSpec::read)
}

/// `options` is required by the schema; a client that leaves it out sets nothing in it.
fn max_objects(arguments: &Arguments<'_>) -> Result<Option<usize>, Problem> {
    let Some(options) = arguments.optional("options")? else { return Ok(None) };
    let options = Arguments::of(options, Owner::Data("RetrieveOptions"), &["maxObjects"])?;
    let Some(seen) = options.integer("maxObjects")? else { return Ok(None) };
    let allowed = usize::try_from(seen).ok().filter(|count| *count > 0);
    allowed.map(Some).ok_or(Problem::NotAllowed { path: "options.maxObjects", seen, wanted: "at least 1" })
}

#[cfg(test)]
mod tests;
