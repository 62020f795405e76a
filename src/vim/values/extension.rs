//! An extension as it registers itself: the data object `Extension` with everything in it, in the order of the API
//! (`session-manager.md` §2.5).

use crate::clock::Moment;
use crate::vim::ApiVersion;
use crate::vim::arguments::Problem;
use crate::vim::method::table::Occurs::{self, Many, Maybe, One};
use crate::vim::values::schema::Kind::{Boolean, Data, DateTime, Reference, Text};
use crate::vim::values::schema::{Kind, Member, Schema, to_json};
use crate::vim::values::{Field, Record, Value};
use crate::xml::Element;

/// An extension, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension(Record);

impl Extension {
    /// Reads the data object.
    pub(in crate::vim) fn read(element: Element<'_>) -> Result<Self, Problem> {
        EXTENSION.read(element).map(Self)
    }

    /// One that says no more about itself than it must.
    #[must_use]
    pub fn minimal(key: &str, subject_name: Option<&str>, at: Moment) -> Self {
        let description =
            Record::new("Description", vec![Field::new("label", key), Field::new("summary", key)]);
        let value = |name: &str| match name {
            "description" => Some(Value::from(description.clone())),
            "key" => Some(Value::from(key)),
            "version" => Some(Value::from("1.0")),
            "subjectName" => subject_name.map(Value::from),
            "lastHeartbeatTime" => Some(Value::from(at)),
            _ => None,
        };
        let field = |member: &Member| Field::optional(member.name, value(member.name)).since(member.since);
        Self(Record::new(EXTENSION.name, EXTENSION.members.iter().map(field).collect()))
    }

    /// Its key, by which everybody knows it.
    #[must_use]
    pub fn key(&self) -> &str {
        self.text("key").unwrap_or_default()
    }

    /// The subject of the certificate it logs in with.
    #[must_use]
    pub fn subject_name(&self) -> Option<&str> {
        self.text("subjectName")
    }

    /// The same with another subject.
    #[must_use]
    pub fn with_subject_name(mut self, subject_name: Option<&str>) -> Self {
        for field in self.0.fields.iter_mut().filter(|field| field.name == "subjectName") {
            field.value = subject_name.map(Value::from);
        }
        self
    }

    /// As it is kept.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(&self.0).to_string()
    }

    /// As it was kept; nothing when that is no extension.
    #[must_use]
    pub fn of_json(kept: &str) -> Option<Self> {
        serde_json::from_str(kept).ok().and_then(|kept| EXTENSION.of_json(&kept)).map(Self)
    }

    fn text(&self, name: &str) -> Option<&str> {
        let field = self.0.fields.iter().find(|field| field.name == name)?;
        if let Some(Value::Text(text)) = &field.value { Some(text) } else { None }
    }
}

impl From<Extension> for Record {
    fn from(extension: Extension) -> Self {
        extension.0
    }
}

const fn member(name: &'static str, occurs: Occurs, kind: Kind) -> Member {
    Member { name, occurs, kind, since: ApiVersion::FIRST }
}

const fn since(version: [u16; 4], mut member: Member) -> Member {
    member.since = ApiVersion::new(version);
    member
}

const V4_0: [u16; 4] = [4, 0, 0, 0];
const V4_1: [u16; 4] = [4, 1, 0, 0];
const V5_0: [u16; 4] = [5, 0, 0, 0];
const V5_1: [u16; 4] = [5, 1, 0, 0];
const V8_0_2: [u16; 4] = [8, 0, 2, 0];

/// The type and its versions by the API's type tables.
static EXTENSION: Schema = Schema {
    name: "Extension",
    members: &[
        member("description", One, Data(&DESCRIPTION)),
        member("key", One, Text),
        since(V4_0, member("company", Maybe, Text)),
        since(V4_0, member("type", Maybe, Text)),
        member("version", One, Text),
        member("subjectName", Maybe, Text),
        member("server", Many, Data(&SERVER)),
        member("client", Many, Data(&CLIENT)),
        member("taskList", Many, Data(&TASK)),
        member("eventList", Many, Data(&EVENT)),
        member("faultList", Many, Data(&FAULT)),
        member("privilegeList", Many, Data(&PRIVILEGE)),
        member("resourceList", Many, Data(&RESOURCE)),
        member("lastHeartbeatTime", One, DateTime),
        since(V4_0, member("healthInfo", Maybe, Data(&HEALTH))),
        since(V5_0, member("ovfConsumerInfo", Maybe, Data(&OVF_CONSUMER))),
        since(V5_0, member("extendedProductInfo", Maybe, Data(&PRODUCT))),
        since(V5_0, member("managedEntityInfo", Many, Data(&MANAGED_ENTITY))),
        since(V5_0, member("shownInSolutionManager", Maybe, Boolean)),
        since(V5_0, member("solutionManagerInfo", Maybe, Data(&SOLUTION_MANAGER))),
    ],
};

static DESCRIPTION: Schema =
    Schema { name: "Description", members: &[member("label", One, Text), member("summary", One, Text)] };

static SERVER: Schema = Schema {
    name: "ExtensionServerInfo",
    members: &[
        member("url", One, Text),
        member("description", One, Data(&DESCRIPTION)),
        member("company", One, Text),
        member("type", One, Text),
        member("adminEmail", Many, Text),
        since(V4_1, member("serverThumbprint", Maybe, Text)),
        since(V8_0_2, member("serverCertificate", Maybe, Text)),
    ],
};

static CLIENT: Schema = Schema {
    name: "ExtensionClientInfo",
    members: &[
        member("version", One, Text),
        member("description", One, Data(&DESCRIPTION)),
        member("company", One, Text),
        member("type", One, Text),
        member("url", One, Text),
    ],
};

static TASK: Schema = Schema { name: "ExtensionTaskTypeInfo", members: &[member("taskID", One, Text)] };

static EVENT: Schema = Schema {
    name: "ExtensionEventTypeInfo",
    members: &[member("eventID", One, Text), since(V4_0, member("eventTypeSchema", Maybe, Text))],
};

static FAULT: Schema = Schema { name: "ExtensionFaultTypeInfo", members: &[member("faultID", One, Text)] };

static PRIVILEGE: Schema = Schema {
    name: "ExtensionPrivilegeInfo",
    members: &[member("privID", One, Text), member("privGroupName", One, Text)],
};

static RESOURCE: Schema = Schema {
    name: "ExtensionResourceInfo",
    members: &[
        member("locale", One, Text),
        member("module", One, Text),
        member("data", Many, Data(&KEY_VALUE)),
    ],
};

static KEY_VALUE: Schema =
    Schema { name: "KeyValue", members: &[member("key", One, Text), member("value", One, Text)] };

static HEALTH: Schema = Schema { name: "ExtensionHealthInfo", members: &[member("url", One, Text)] };

static OVF_CONSUMER: Schema = Schema {
    name: "ExtensionOvfConsumerInfo",
    members: &[member("callbackUrl", One, Text), member("sectionType", Many, Text)],
};

static PRODUCT: Schema = Schema {
    name: "ExtExtendedProductInfo",
    members: &[
        member("companyUrl", Maybe, Text),
        member("productUrl", Maybe, Text),
        member("managementUrl", Maybe, Text),
        member("self", Maybe, Reference),
    ],
};

static MANAGED_ENTITY: Schema = Schema {
    name: "ExtManagedEntityInfo",
    members: &[
        member("type", One, Text),
        member("smallIconUrl", Maybe, Text),
        since(V5_1, member("iconUrl", Maybe, Text)),
        member("description", Maybe, Text),
    ],
};

static SOLUTION_MANAGER: Schema = Schema {
    name: "ExtSolutionManagerInfo",
    members: &[member("tab", Many, Data(&TAB)), member("smallIconUrl", Maybe, Text)],
};

static TAB: Schema = Schema {
    name: "ExtSolutionManagerInfoTabInfo",
    members: &[member("label", One, Text), member("url", One, Text)],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::Owner;
    use crate::vim::values::wire;
    use crate::xml::names::XSI;
    use crate::xml::{Document, Limits};

    /// Every field, those of every type inside it too.
    const WHOLE: &str = "<description><label>L</label><summary>S</summary></description><key>com.example</key>\
        <company>C</company><type>T</type><version>1</version><subjectName>CN=x</subjectName>\
        <server><url>u</url><description><label>a</label><summary>b</summary></description><company>c</company>\
        <type>t</type><adminEmail>e</adminEmail><adminEmail>f</adminEmail><serverThumbprint>00</serverThumbprint>\
        <serverCertificate>M</serverCertificate></server>\
        <client><version>1</version><description><label>a</label><summary>b</summary></description>\
        <company>c</company><type>t</type><url>u</url></client>\
        <taskList><taskID>1</taskID></taskList><taskList><taskID>2</taskID></taskList>\
        <eventList><eventID>e</eventID><eventTypeSchema>s</eventTypeSchema></eventList>\
        <faultList><faultID>f</faultID></faultList>\
        <privilegeList><privID>p</privID><privGroupName>g</privGroupName></privilegeList>\
        <resourceList><locale>en</locale><module>event</module><data><key>k</key><value>&lt;v&gt; </value></data></resourceList>\
        <lastHeartbeatTime>2026-11-24T08:00:00.000000Z</lastHeartbeatTime><healthInfo><url>h</url></healthInfo>\
        <ovfConsumerInfo><callbackUrl>o</callbackUrl><sectionType>s</sectionType></ovfConsumerInfo>\
        <extendedProductInfo><companyUrl>c</companyUrl><productUrl>p</productUrl><managementUrl>m</managementUrl>\
        <self type=\"VirtualMachine\">vm-1</self></extendedProductInfo>\
        <managedEntityInfo><type>t</type><smallIconUrl>s</smallIconUrl><iconUrl>i</iconUrl><description>d</description></managedEntityInfo>\
        <shownInSolutionManager>false</shownInSolutionManager>\
        <solutionManagerInfo><tab><label>l</label><url>u</url></tab><smallIconUrl>s</smallIconUrl></solutionManagerInfo>";

    fn read(inner: &str) -> Result<Extension, Problem> {
        let text = format!("<extension xmlns='urn:vim25' xmlns:xsi='{XSI}'>{inner}</extension>");
        let document = Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap();
        Extension::read(document.root())
    }

    fn written(extension: &Extension, version: ApiVersion) -> String {
        let mut out = String::new();
        wire::fields(&mut out, &Record::from(extension.clone()), version);
        out
    }

    #[test]
    fn an_extension_is_given_back_as_it_came() {
        let read = read(WHOLE).unwrap();
        assert_eq!((read.key(), read.subject_name()), ("com.example", Some("CN=x")));
        assert_eq!(written(&read, ApiVersion::NEWEST), WHOLE);
        let kept = Extension::of_json(&read.to_json()).unwrap();
        assert_eq!((written(&kept, ApiVersion::NEWEST).as_str(), &kept), (WHOLE, &read));
    }

    #[test]
    fn its_kept_form_is_that_of_vi_json() {
        let minimal = Extension::minimal("k", Some("CN=x"), Moment::EPOCH);
        let wanted = "{\"_typeName\":\"Extension\",\"description\":{\"_typeName\":\"Description\",\"label\":\"k\",\
                      \"summary\":\"k\"},\"key\":\"k\",\"lastHeartbeatTime\":\"1970-01-01T00:00:00.000000Z\",\
                      \"subjectName\":\"CN=x\",\"version\":\"1.0\"}";
        let json: serde_json::Value = serde_json::from_str(&minimal.to_json()).unwrap();
        assert_eq!(json, serde_json::from_str::<serde_json::Value>(wanted).unwrap());
        assert_eq!(Extension::of_json(wanted), Some(minimal));
        for other in ["", "{}", "[]", "{\"_typeName\":\"KeyValue\"}", &wanted.replace("\"1.0\"", "1")] {
            assert_eq!(Extension::of_json(other), None, "{other}");
        }
    }

    #[test]
    fn an_old_client_is_not_shown_what_is_younger_than_it() {
        let read = read(WHOLE).unwrap();
        let old = written(&read, ApiVersion::new(V4_0));
        for young in ["ovfConsumerInfo", "serverThumbprint", "serverCertificate", "solutionManagerInfo"] {
            assert!(!old.contains(young), "{young}");
        }
        assert!(old.contains("<company>C</company>") && old.contains("healthInfo"));
    }

    #[test]
    fn what_is_missing_doubled_unknown_or_of_another_type_is_refused() {
        let owner = Owner::Data("Extension");
        let without = |element: &str| {
            let start = WHOLE.find(&format!("<{element}>")).unwrap();
            let end = WHOLE.find(&format!("</{element}>")).unwrap() + element.len() + 3;
            read(&[&WHOLE[..start], &WHOLE[end..]].concat())
        };
        for name in ["key", "lastHeartbeatTime"] {
            assert_eq!(without(name), Err(Problem::Missing { name, owner }));
        }
        assert!(without("healthInfo").is_ok());
        let label = without("label").unwrap_err();
        assert_eq!(label, Problem::Missing { name: "label", owner: Owner::Data("Description") });
        assert_eq!(
            read(&format!("{WHOLE}<company>D</company>")),
            Err(Problem::Repeated { name: "company", owner })
        );
        assert!(matches!(read(&format!("{WHOLE}<secret/>")), Err(Problem::Unknown { .. })));
        let change = |from: &str, to: &str| read(&WHOLE.replacen(from, to, 1));
        assert!(matches!(
            change("false", "no"),
            Err(Problem::Malformed { name: "shownInSolutionManager", .. })
        ));
        assert!(matches!(
            change("08:00:00", "25:00:00"),
            Err(Problem::Malformed { name: "lastHeartbeatTime", .. })
        ));
        assert!(change("<description>", "<description xsi:type=\"Description\">").is_ok());
        let derived = change("<description>", "<description xsi:type=\"TypeDescription\">");
        assert!(matches!(derived, Err(Problem::Malformed { name: "Description", .. })));
    }
}
