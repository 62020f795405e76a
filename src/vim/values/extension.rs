//! An extension as it registers itself: the data object `Extension` with everything in it, in the order of the API
//! (`session-manager.md` §2.5).

use serde_json::json;

use crate::clock::Moment;
use crate::vim::schema::data_type;
use crate::vim::values::arguments::{Owner, Problem};
use crate::vim::values::brought::{of_json, read, to_json};
use crate::vim::values::{Record, Value};
use crate::xml::Element;

/// An extension, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension(Record);

impl Extension {
    /// Reads the data object.
    pub(in crate::vim) fn read(element: Element<'_>) -> Result<Self, Problem> {
        // The table has it; were it not there, no element would be one.
        let missing =
            Problem::Malformed { name: EXTENSION, owner: Owner::Data(EXTENSION), wanted: "a known type" };
        read(data_type(EXTENSION).ok_or(missing)?, element).map(Self)
    }

    /// One that says no more about itself than it must.
    #[must_use]
    pub fn minimal(key: &str, subject_name: Option<&str>, at: Moment) -> Self {
        let description = json!({ "_typeName": "Description", "label": key, "summary": key });
        let mut kept = json!({
            "_typeName": EXTENSION, "description": description, "key": key, "version": "1.0",
            "lastHeartbeatTime": at.micros_text().as_str(),
        });
        if let (Some(kept), Some(subject_name)) = (kept.as_object_mut(), subject_name) {
            kept.insert("subjectName".into(), subject_name.into());
        }
        Self::of_kept(&kept).unwrap_or_else(|| Self(Record::new(EXTENSION, Vec::new())))
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
        serde_json::from_str(kept).ok().and_then(|kept| Self::of_kept(&kept))
    }

    fn of_kept(kept: &serde_json::Value) -> Option<Self> {
        of_json(data_type(EXTENSION)?, kept).map(Self)
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

const EXTENSION: &str = "Extension";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::ApiVersion;
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
        let old = written(&read, ApiVersion::new([4, 0, 0, 0]));
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
