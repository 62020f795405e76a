//! A call of the lookup service.

use super::NAMESPACE;
use super::fault::Fault;
use super::registration::Filter;
use crate::soap::Envelope;
use crate::vim::values::Reference;
use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::xml::Element;

/// A call whose object is there and has the method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is to be done.
    pub method: Method,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Where everything begins.
    RetrieveServiceContent,
    /// The services that fit.
    List(Box<Filter>),
    /// One service, by its identifier.
    Get(String),
    /// The site of this server.
    GetSiteId,
    /// The language of the texts.
    GetLocale,
    /// Another language; there is one.
    SetLocale,
    /// What would change a registration, or tell what only another node may know.
    Unsupported(&'static str),
}

impl Call {
    /// Reads the call in the body of a message.
    ///
    /// # Errors
    /// [`Fault::InvalidRequest`], [`Fault::ManagedObjectNotFound`].
    pub fn read(envelope: &Envelope) -> Result<Self, Fault> {
        let invalid = |problem: Problem| Fault::InvalidRequest(problem.to_string());
        let element = envelope.request().ok_or_else(|| invalid(Problem::NotACall))?;
        let known = METHODS.iter().find(|method| element.is(NAMESPACE, method.wire));
        let facts = known.ok_or_else(|| {
            let short = |name: &str| name.chars().take(64).collect();
            invalid(Problem::UnknownMethod {
                name: short(element.local()),
                namespace: short(element.namespace()),
            })
        })?;
        let arguments = Arguments::of(element, Owner::Call(facts.wire), facts.parameters).map_err(invalid)?;
        let this = arguments.reference("_this").map_err(invalid)?;
        if this != Reference::new(facts.receiver.0, facts.receiver.1) {
            return Err(Fault::ManagedObjectNotFound(this));
        }
        let method = (facts.read)(facts.wire, &arguments).map_err(invalid)?;
        Ok(Self { method })
    }
}

impl Method {
    /// Its name on the wire.
    #[must_use]
    pub const fn wire(&self) -> &'static str {
        match self {
            Self::RetrieveServiceContent => "RetrieveServiceContent",
            Self::List(_) => "List",
            Self::Get(_) => "Get",
            Self::GetSiteId => "GetSiteId",
            Self::GetLocale => "GetLocale",
            Self::SetLocale => "SetLocale",
            Self::Unsupported(wire) => wire,
        }
    }
}

/// What is known of a method before it is called.
struct Facts {
    wire: &'static str,
    /// Type and identifier of the one object that has it.
    receiver: (&'static str, &'static str),
    parameters: &'static [&'static str],
    read: fn(&'static str, &Arguments<'_>) -> Result<Method, Problem>,
}

const INSTANCE: (&str, &str) = ("LookupServiceInstance", "ServiceInstance");
const REGISTRATION: (&str, &str) = ("LookupServiceRegistration", "ServiceRegistration");
const LANGUAGE: (&str, &str) = ("LookupL10n", "l10n");

const METHODS: [Facts; 10] = [
    method("RetrieveServiceContent", INSTANCE, &[], |_, _| Ok(Method::RetrieveServiceContent)),
    method("List", REGISTRATION, &["filterCriteria"], |_, arguments| {
        let filter = arguments.optional("filterCriteria")?.map(filter).transpose()?;
        Ok(Method::List(Box::new(filter.unwrap_or_default())))
    }),
    method("Get", REGISTRATION, &["serviceId"], |_, arguments| {
        Ok(Method::Get(arguments.owned("serviceId")?))
    }),
    method("GetSiteId", REGISTRATION, &[], |_, _| Ok(Method::GetSiteId)),
    method("GetLocale", LANGUAGE, &[], |_, _| Ok(Method::GetLocale)),
    method("SetLocale", LANGUAGE, &["locale"], |_, arguments| {
        arguments.text("locale").map(|_| Method::SetLocale)
    }),
    method("Create", REGISTRATION, &["serviceId", "createSpec"], unsupported),
    method("Set", REGISTRATION, &["serviceId", "serviceSpec"], unsupported),
    method("Delete", REGISTRATION, &["serviceId"], unsupported),
    method("RetrieveHaBackupConfiguration", INSTANCE, &[], unsupported),
];

const fn method(
    wire: &'static str,
    receiver: (&'static str, &'static str),
    parameters: &'static [&'static str],
    read: fn(&'static str, &Arguments<'_>) -> Result<Method, Problem>,
) -> Facts {
    Facts { wire, receiver, parameters, read }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands among those that can fail")]
fn unsupported(wire: &'static str, _: &Arguments<'_>) -> Result<Method, Problem> {
    Ok(Method::Unsupported(wire))
}

fn filter(element: Element<'_>) -> Result<Filter, Problem> {
    let fields = ["siteId", "nodeId", "serviceType", "endpointType"];
    let criteria = Arguments::of(element, Owner::Data("LookupServiceRegistrationFilter"), &fields)?;
    let pair = |name, owner, fields: &[&'static str; 2]| -> Result<_, Problem> {
        let Some(element) = criteria.optional(name)? else { return Ok((None, None)) };
        let pair = Arguments::of(element, Owner::Data(owner), fields)?;
        let [first, second] = fields;
        Ok((pair.optional_owned(first)?, pair.optional_owned(second)?))
    };
    let (product, kind) = pair("serviceType", "LookupServiceRegistrationServiceType", &["product", "type"])?;
    let (endpoint_protocol, endpoint_kind) =
        pair("endpointType", "LookupServiceRegistrationEndpointType", &["protocol", "type"])?;
    Ok(Filter {
        site_id: criteria.optional_owned("siteId")?,
        node_id: criteria.optional_owned("nodeId")?,
        product,
        kind,
        endpoint_protocol,
        endpoint_kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Method, Fault> {
        let message = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{body}</s:Body></s:Envelope>"
        );
        Call::read(&Envelope::parse(message.into_bytes()).unwrap()).map(|call| call.method)
    }

    fn on_registration(method: &str, parameters: &str) -> Result<Method, Fault> {
        read(&format!(
            "<{method} xmlns=\"urn:lookup\"><_this type=\"LookupServiceRegistration\">ServiceRegistration</_this>{parameters}</{method}>"
        ))
    }

    #[test]
    fn a_filter_is_read_as_govmomi_sends_it() {
        let filter = "<filterCriteria><serviceType><product>com.vmware.cis</product><type>cs.identity</type></serviceType>\
            <endpointType><protocol>wsTrust</protocol><type>com.vmware.cis.cs.identity.sso</type></endpointType></filterCriteria>";
        let wanted = Filter {
            product: Some("com.vmware.cis".into()),
            kind: Some("cs.identity".into()),
            endpoint_protocol: Some("wsTrust".into()),
            endpoint_kind: Some("com.vmware.cis.cs.identity.sso".into()),
            ..Filter::default()
        };
        assert_eq!(on_registration("List", filter), Ok(Method::List(Box::new(wanted))));
        assert_eq!(on_registration("List", "<filterCriteria/>"), Ok(Method::List(Box::default())));
        assert_eq!(on_registration("List", ""), Ok(Method::List(Box::default())));
    }

    #[test]
    fn what_is_no_call_is_refused() {
        for (method, parameters) in [
            ("List", "<unknown/>"),
            ("List", "<filterCriteria><x/></filterCriteria>"),
            ("Get", ""),
            ("Lost", ""),
        ] {
            let refused = on_registration(method, parameters);
            assert!(matches!(refused, Err(Fault::InvalidRequest(_))), "{method}: {refused:?}");
        }
        let foreign = "<List xmlns=\"urn:vim25\"><_this type=\"LookupServiceRegistration\">ServiceRegistration</_this></List>";
        assert!(matches!(read(foreign), Err(Fault::InvalidRequest(_))));
        let elsewhere =
            "<List xmlns=\"urn:lookup\"><_this type=\"LookupServiceInstance\">ServiceInstance</_this></List>";
        assert!(matches!(read(elsewhere), Err(Fault::ManagedObjectNotFound(_))));
    }

    #[test]
    fn what_would_change_a_registration_is_known_and_not_supported() {
        for (method, parameters) in [
            ("Create", "<serviceId>x</serviceId><createSpec/>"),
            ("Set", "<serviceId>x</serviceId><serviceSpec/>"),
            ("Delete", "<serviceId>x</serviceId>"),
        ] {
            assert_eq!(on_registration(method, parameters), Ok(Method::Unsupported(method)));
        }
    }
}
