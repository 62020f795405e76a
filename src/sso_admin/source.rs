//! Where users come from, as data objects: identity sources, and the external domains of before there were any
//! (`sts.md` §7.3).

use super::policy::long;
use crate::secret::Secret;
use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::vim::values::{Field, Record, Value};
use crate::xml::Element;

/// A directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What sort it is.
    pub server_type: String,
    /// The domain of its users.
    pub name: String,
    /// A shorter name of the domain.
    pub alias: Option<String>,
    /// Where it is.
    pub details: Details,
    /// How it would be asked.
    pub authentication: Authentication,
}

/// Where a directory is, and what is looked for in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// For people.
    pub friendly_name: String,
    /// Where users are.
    pub user_base_dn: Option<String>,
    /// Where groups are.
    pub group_base_dn: Option<String>,
    /// Its address.
    pub primary_url: String,
    /// Another.
    pub failover_url: Option<String>,
    /// How long a search may take; zero = as long as it likes.
    pub search_timeout_seconds: i64,
}

/// How a directory would be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// In which way.
    pub kind: String,
    /// As whom.
    pub user_name: Option<String>,
}

/// A name and a password to ask a directory with.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name.
    pub user_name: String,
    /// The password.
    pub password: Secret,
}

const NAMES: &[&str] =
    &["friendlyName", "userBaseDn", "groupBaseDn", "primaryUrl", "failoverUrl", "searchTimeoutSeconds"];

impl Details {
    pub(super) fn of(arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let element = arguments.required("details")?;
        let fields = Arguments::of(element, Owner::Data("LdapIdentitySourceDetails"), NAMES)?;
        let timeout = fields.optional("searchTimeoutSeconds")?.map(|_| long(&fields, "searchTimeoutSeconds"));
        Ok(Self {
            friendly_name: fields.optional_owned("friendlyName")?.unwrap_or_default(),
            user_base_dn: set(&fields, "userBaseDn")?,
            group_base_dn: set(&fields, "groupBaseDn")?,
            primary_url: fields.owned("primaryUrl")?.trim().to_owned(),
            failover_url: set(&fields, "failoverUrl")?,
            search_timeout_seconds: timeout.transpose()?.unwrap_or(0),
        })
    }
}

impl Source {
    pub(super) fn of(arguments: &Arguments<'_>) -> Result<(Self, Option<Credentials>), Problem> {
        let credentials = credentials(arguments)?;
        let user_name = credentials.as_ref().map(|credentials| credentials.user_name.clone());
        let source = Self {
            server_type: arguments.owned("serverType")?,
            name: arguments.owned("domainName")?,
            alias: set(arguments, "domainAlias")?,
            details: Details::of(arguments)?,
            authentication: Authentication { kind: arguments.owned("authenticationType")?, user_name },
        };
        Ok((source, credentials))
    }
}

/// The name and password in a call, if there are any.
pub(super) fn credentials(arguments: &Arguments<'_>) -> Result<Option<Credentials>, Problem> {
    let read = |element: Element<'_>| {
        let kind = "SsoAdminIdentitySourceManagementServiceAuthenticationCredentails";
        let fields = Arguments::of(element, Owner::Data(kind), &["username", "password"])?;
        Ok(Credentials {
            user_name: fields.owned("username")?,
            password: Secret::new(fields.text("password")?),
        })
    };
    arguments.optional("authnCredentials")?.map(read).transpose()
}

/// A text that says nothing is none.
fn set(fields: &Arguments<'_>, name: &'static str) -> Result<Option<String>, Problem> {
    Ok(fields.optional_owned(name)?.filter(|text| !text.is_empty()))
}

/// Everything that users come from: this house's domain, and the directories. Nobody has an account in an operating
/// system here, and the machine is in no domain of Windows.
#[must_use]
pub fn all(system: &str, sources: &[Source]) -> Value {
    let own = plain(system, None);
    let mut every = vec![own.clone()];
    every.extend(sources.iter().map(|source| plain(&source.name, source.alias.as_deref())));
    Record::new(
        "IdentitySources",
        vec![
            Field::new("all", Value::records("IdentitySource", every)),
            Field::new("system", own),
            Field::new("ldaps", Value::records("LdapIdentitySource", sources.iter().map(ldap))),
        ],
    )
    .into()
}

/// The same as domains.
#[must_use]
pub fn domains(system: &str, sources: &[Source]) -> Value {
    let external = Value::records("AdminExternalDomain", sources);
    let fields = vec![Field::new("externalDomains", external), Field::new("systemDomainName", system)];
    Record::new("AdminDomains", fields).into()
}

fn plain(name: &str, alias: Option<&str>) -> Record {
    Record::new("IdentitySource", named(name, alias))
}

fn named(name: &str, alias: Option<&str>) -> Vec<Field> {
    let domain = Record::new("Domain", vec![Field::new("name", name), Field::optional("alias", alias)]);
    vec![Field::new("name", name), Field::new("domains", Value::records("Domain", [domain]))]
}

fn ldap(source: &Source) -> Record {
    let mut fields = named(&source.name, source.alias.as_deref());
    fields.push(Field::new("type", source.server_type.as_str()));
    fields.push(Field::new("details", details("LdapIdentitySourceDetails", &source.details, None)));
    fields.push(Field::new("authenticationDetails", authentication("AuthenticationDetails", source)));
    Record::new("LdapIdentitySource", fields)
}

impl From<&Source> for Record {
    /// An external domain.
    fn from(source: &Source) -> Self {
        // The wire has an int there, and nothing larger is let in.
        let timeout = i32::try_from(source.details.search_timeout_seconds).unwrap_or(i32::MAX);
        Self::new(
            "AdminExternalDomain",
            vec![
                Field::new("type", source.server_type.as_str()),
                Field::new("name", source.name.as_str()),
                Field::optional("alias", source.alias.as_deref()),
                Field::new("details", details("AdminExternalDomainDetails", &source.details, Some(timeout))),
                Field::new(
                    "authenticationDetails",
                    authentication("AdminExternalDomainAuthenticationDetails", source),
                ),
            ],
        )
    }
}

fn details(kind: &'static str, details: &Details, timeout: Option<i32>) -> Record {
    Record::new(
        kind,
        vec![
            Field::new("friendlyName", details.friendly_name.as_str()),
            Field::optional("userBaseDn", details.user_base_dn.as_deref()),
            Field::optional("groupBaseDn", details.group_base_dn.as_deref()),
            Field::new("primaryUrl", details.primary_url.as_str()),
            Field::optional("failoverUrl", details.failover_url.as_deref()),
            Field::optional("searchTimeoutSeconds", timeout),
        ],
    )
}

fn authentication(kind: &'static str, source: &Source) -> Record {
    let Authentication { kind: way, user_name } = &source.authentication;
    Record::new(
        kind,
        vec![
            Field::new("authenticationType", way.as_str()),
            Field::optional("username", user_name.as_deref()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soap::Envelope;
    use crate::sso_admin::method::{Call, Method, SourceCall};
    use crate::vim::values::{ApiVersion, wire};

    fn source() -> Source {
        Source {
            server_type: "ActiveDirectory".into(),
            name: "corp.example".into(),
            alias: None,
            details: Details {
                friendly_name: "theirs".into(),
                user_base_dn: None,
                group_base_dn: None,
                primary_url: "ldap://dc".into(),
                failover_url: None,
                search_timeout_seconds: 0,
            },
            authentication: Authentication { kind: "password".into(), user_name: Some("cn=reader".into()) },
        }
    }

    #[test]
    fn sources_are_written_as_govmomi_reads_them() {
        let mut out = String::new();
        wire::element(&mut out, "returnval", &all("vsphere.local", &[source()]), ApiVersion::NEWEST);
        assert_eq!(
            out,
            "<returnval><all><name>vsphere.local</name><domains><name>vsphere.local</name></domains></all>\
             <all><name>corp.example</name><domains><name>corp.example</name></domains></all>\
             <system><name>vsphere.local</name><domains><name>vsphere.local</name></domains></system>\
             <ldaps><name>corp.example</name><domains><name>corp.example</name></domains><type>ActiveDirectory</type>\
             <details><friendlyName>theirs</friendlyName><primaryUrl>ldap://dc</primaryUrl></details>\
             <authenticationDetails><authenticationType>password</authenticationType><username>cn=reader</username>\
             </authenticationDetails></ldaps></returnval>"
        );
    }

    #[test]
    fn a_registration_is_read_as_govmomi_sends_it_and_its_password_is_shown_to_nobody() {
        let message = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><RegisterLdap xmlns=\"urn:sso\">\
            <_this type=\"SsoAdminIdentitySourceManagementService\">identitySourceManagementService</_this>\
            <serverType>ActiveDirectory</serverType><domainName>corp.example</domainName>\
            <details><friendlyName>theirs</friendlyName><primaryUrl>ldap://dc</primaryUrl></details>\
            <authenticationType>password</authenticationType>\
            <authnCredentials><username>cn=reader</username><password>Geheim!23</password></authnCredentials></RegisterLdap></s:Body></s:Envelope>";
        let call = Call::read(&Envelope::parse(message.into()).unwrap()).unwrap();
        assert!(!format!("{call:?}").contains("Geheim"));
        let Method::Source(SourceCall::Register(read, Some(credentials))) = call.method else { panic!() };
        assert_eq!((*read, credentials.password.expose()), (source(), "Geheim!23"));
    }
}
