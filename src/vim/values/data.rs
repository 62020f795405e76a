//! The data objects of a login, as plain structs: what they hold, in which order it is written, and since
//! when (`session-manager.md` §1.2, §2.1; versions from the API's type tables).

use crate::clock::Moment;
use crate::vim::ApiVersion;
use crate::vim::object::PUBLISHED;
use crate::vim::values::{Field, Record, Value};

/// A session as its owner, and whoever may end it, sees it. The cookie is not part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSession {
    /// The public identifier.
    pub key: String,
    /// `DOMAIN\name`.
    pub user_name: String,
    /// "Given Surname", or the user name.
    pub full_name: String,
    /// When it began.
    pub login_time: Moment,
    /// When it was last used.
    pub last_active_time: Moment,
    /// The effective locale.
    pub locale: String,
    /// The locale whose messages are used.
    pub message_locale: String,
    /// Opened by an extension.
    pub extension_session: bool,
    /// The peer's address without port.
    pub ip_address: String,
    /// The latest `User-Agent`.
    pub user_agent: String,
    /// Calls since the login.
    pub call_count: i64,
}

/// The server introduces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutInfo {
    /// The product's short name.
    pub name: String,
    /// The product's name with version and build.
    pub full_name: String,
    /// Whose API it is.
    pub vendor: String,
    /// The product's version, three numbers.
    pub version: String,
    /// The level of patches.
    pub patch_level: Option<String>,
    /// The number of the build.
    pub build: String,
    /// The system it runs on.
    pub os_type: String,
    /// `vpx`: vCenter.
    pub product_line_id: String,
    /// `VirtualCenter`: vCenter.
    pub api_type: String,
    /// The newest version it speaks.
    pub api_version: String,
    /// Identifies this installation.
    pub instance_uuid: Option<String>,
    /// What a licence is for.
    pub license_product_name: Option<String>,
    /// What a licence is for.
    pub license_product_version: Option<String>,
}

/// Where everything begins: the server's introduction and the references to all published objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceContent {
    /// The introduction.
    pub about: AboutInfo,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionValue {
    /// Its name, dotted.
    pub key: String,
    /// Its value.
    pub value: Value,
}

impl AboutInfo {
    /// A vCenter of our newest version, which names vcsso behind its own name. Clients choose by `api_type`,
    /// `product_line_id` and `api_version`; people read the rest.
    #[must_use]
    pub fn of_this_house(instance_uuid: impl Into<String>) -> Self {
        let (version, build) = ("8.0.2", "22385739");
        let house = concat!("vcsso ", env!("CARGO_PKG_VERSION"));
        Self {
            name: "VMware vCenter Server".into(),
            full_name: format!("VMware vCenter Server {version} build-{build} ({house})"),
            vendor: "VMware, Inc.".into(),
            version: version.into(),
            patch_level: None,
            build: build.into(),
            os_type: "linux-x64".into(),
            product_line_id: "vpx".into(),
            api_type: "VirtualCenter".into(),
            api_version: ApiVersion::NEWEST_TEXT.into(),
            instance_uuid: Some(instance_uuid.into()),
            license_product_name: Some("VMware VirtualCenter Server".into()),
            license_product_version: Some("8.0".into()),
        }
    }
}

impl From<UserSession> for Record {
    fn from(session: UserSession) -> Self {
        let fields = vec![
            Field::new("key", session.key),
            Field::new("userName", session.user_name),
            Field::new("fullName", session.full_name),
            Field::new("loginTime", session.login_time),
            Field::new("lastActiveTime", session.last_active_time),
            Field::new("locale", session.locale),
            Field::new("messageLocale", session.message_locale),
            Field::new("extensionSession", session.extension_session).since(V5_0),
            Field::new("ipAddress", session.ip_address).since(V5_1),
            Field::new("userAgent", session.user_agent).since(V5_1),
            Field::new("callCount", session.call_count).since(V5_1),
        ];
        Self::new("UserSession", fields)
    }
}

impl From<AboutInfo> for Record {
    fn from(about: AboutInfo) -> Self {
        let fields = vec![
            Field::new("name", about.name),
            Field::new("fullName", about.full_name),
            Field::new("vendor", about.vendor),
            Field::new("version", about.version),
            Field::optional("patchLevel", about.patch_level).since(V7_0_2_0),
            Field::new("build", about.build),
            // What real servers of every language send.
            Field::new("localeVersion", "INTL"),
            Field::new("localeBuild", "000"),
            Field::new("osType", about.os_type),
            Field::new("productLineId", about.product_line_id),
            Field::new("apiType", about.api_type),
            Field::new("apiVersion", about.api_version),
            Field::optional("instanceUuid", about.instance_uuid).since(V4_0),
            Field::optional("licenseProductName", about.license_product_name).since(V4_0),
            Field::optional("licenseProductVersion", about.license_product_version).since(V4_0),
        ];
        Self::new("AboutInfo", fields)
    }
}

impl From<ServiceContent> for Record {
    fn from(content: ServiceContent) -> Self {
        let mut fields = Vec::with_capacity(PUBLISHED.len() + 1);
        let mut about = Some(content.about);
        for object in PUBLISHED {
            let Some(member) = object.member else { continue };
            // The introduction stands between the view manager and the settings.
            if member == "setting" {
                fields.extend(about.take().map(|about| Field::new("about", about)));
            }
            fields.push(Field::new(member, object.reference()).since(object.since));
        }
        Self::new("ServiceContent", fields)
    }
}

impl From<OptionValue> for Record {
    fn from(option: OptionValue) -> Self {
        Self::new("OptionValue", vec![Field::new("key", option.key), Field::new("value", option.value.any())])
    }
}

const V4_0: ApiVersion = ApiVersion::new([4, 0, 0, 0]);
const V5_0: ApiVersion = ApiVersion::new([5, 0, 0, 0]);
const V5_1: ApiVersion = ApiVersion::new([5, 1, 0, 0]);
const V7_0_2_0: ApiVersion = ApiVersion::new([7, 0, 2, 0]);

#[cfg(test)]
pub(in crate::vim) mod tests {
    use super::*;
    use crate::vim::values::wire;

    /// A session for every test that needs one.
    pub(in crate::vim) fn session() -> UserSession {
        let at = Moment::parse("2025-01-01T00:00:00.000001Z").unwrap();
        UserSession {
            key: "52aa".into(),
            user_name: "VSPHERE.LOCAL\\lab".into(),
            full_name: "lab vsphere.local".into(),
            login_time: at,
            last_active_time: at,
            locale: "en_US".into(),
            message_locale: "en".into(),
            extension_session: false,
            ip_address: "10.0.0.9".into(),
            user_agent: "agent".into(),
            call_count: 0,
        }
    }

    fn written(value: impl Into<Value>, version: [u16; 4]) -> String {
        let mut out = String::new();
        wire::element(&mut out, "returnval", &value.into(), ApiVersion::new(version));
        out
    }

    fn names(record: &Record, version: [u16; 4]) -> Vec<&str> {
        let version = ApiVersion::new(version);
        record
            .fields
            .iter()
            .filter(|field| field.since <= version && field.value.is_some())
            .map(|f| f.name)
            .collect()
    }

    #[test]
    fn a_session_is_written_field_by_field() {
        assert_eq!(
            written(session(), [5, 1, 0, 0]),
            "<returnval><key>52aa</key><userName>VSPHERE.LOCAL\\lab</userName><fullName>lab vsphere.local</fullName>\
             <loginTime>2025-01-01T00:00:00.000001Z</loginTime><lastActiveTime>2025-01-01T00:00:00.000001Z</lastActiveTime>\
             <locale>en_US</locale><messageLocale>en</messageLocale><extensionSession>false</extensionSession>\
             <ipAddress>10.0.0.9</ipAddress><userAgent>agent</userAgent><callCount>0</callCount></returnval>"
        );
    }

    #[test]
    fn an_old_client_does_not_see_the_young_fields_of_a_session() {
        let record = Record::from(session());
        assert_eq!(names(&record, [4, 1, 0, 0]).last(), Some(&"messageLocale"));
        assert_eq!(names(&record, [5, 0, 0, 0]).last(), Some(&"extensionSession"));
        assert_eq!(names(&record, [5, 1, 0, 0]).last(), Some(&"callCount"));
        assert!(written(session(), [4, 1, 0, 0]).ends_with("<messageLocale>en</messageLocale></returnval>"));
    }

    #[test]
    fn a_session_without_user_agent_still_has_the_element() {
        let silent = UserSession { user_agent: String::new(), ..session() };
        assert!(written(silent, [8, 0, 2, 0]).contains("<userAgent></userAgent>"));
    }

    #[test]
    fn the_content_of_the_service_is_in_the_order_of_the_schema() {
        let record = Record::from(ServiceContent { about: AboutInfo::of_this_house("u") });
        let newest = names(&record, [8, 0, 2, 0]);
        assert_eq!(newest[..5], ["rootFolder", "propertyCollector", "viewManager", "about", "setting"]);
        assert!(newest.contains(&"sessionManager") && newest.contains(&"extensionManager"));
        let oldest = names(&record, [2, 0, 0, 0]);
        assert_eq!(oldest[..4], ["rootFolder", "propertyCollector", "about", "setting"]);
        assert!(!oldest.contains(&"extensionManager"));
    }

    #[test]
    fn the_level_of_patches_is_told_to_those_who_know_it() {
        let about = AboutInfo { patch_level: Some("00100".into()), ..AboutInfo::of_this_house("u") };
        assert!(written(about.clone(), [7, 0, 2, 0]).contains("<patchLevel>00100</patchLevel><build>"));
        assert!(!written(about, [7, 0, 1, 1]).contains("patchLevel"));
    }

    #[test]
    fn a_setting_names_the_type_of_its_value() {
        let option = OptionValue { key: "config.a".into(), value: Value::Int(30) };
        assert_eq!(
            written(option, [8, 0, 2, 0]),
            "<returnval><key>config.a</key><value xsi:type=\"xsd:int\">30</value></returnval>"
        );
    }
}
