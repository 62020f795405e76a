//! Sentences about calls; the bodies are those real clients were recorded with (govc, pyVmomi 9.1).

use super::*;
use crate::secret::Secret;
use crate::vim::Owner;
use crate::vim::property::FilterSpec;
use crate::vim::property::spec::{ObjectSpec, PropertySpec};
use crate::xml::names::SOAP;

/// As govmomi writes a message: a default namespace and no prefix anywhere.
fn govmomi(body: &str) -> Result<Call, CallError> {
    read(&format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Envelope xmlns=\"{SOAP}\"><Body>{body}</Body></Envelope>"
    ))
}

/// As pyVmomi writes one.
fn pyvmomi(header: &str, body: &str) -> Result<Call, CallError> {
    read(&format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <soapenv:Envelope xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" xmlns:soapenv=\"{SOAP}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\n\
         {header}<soapenv:Body>{body}</soapenv:Body>\n</soapenv:Envelope>"
    ))
}

fn read(message: &str) -> Result<Call, CallError> {
    Call::read(&Envelope::parse(message.as_bytes().to_vec()).unwrap())
}

#[expect(clippy::unnecessary_wraps, reason = "compared with what reading gives")]
fn session_manager(method: Method) -> Result<Call, CallError> {
    Ok(Call { this: Reference::new("SessionManager", "SessionManager"), method })
}

#[expect(clippy::unnecessary_wraps, reason = "compared with what reading gives")]
fn service(method: Method) -> Result<Call, CallError> {
    Ok(Call { this: Reference::new("ServiceInstance", "ServiceInstance"), method })
}

fn problem(body: &str) -> Problem {
    govmomi(body).unwrap_err().problem
}

fn text(body: &str) -> String {
    govmomi(body).unwrap_err().fault().text()
}

fn login(parameters: &str) -> String {
    format!(
        "<Login xmlns=\"urn:vim25\"><_this type=\"SessionManager\">SessionManager</_this>{parameters}</Login>"
    )
}

const SECURITY: &str = "<soapenv:Header><wsse:Security xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/\
    oasis-200401-wss-wssecurity-secext-1.0.xsd\"> <a:Assertion xmlns:a=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
    ID=\"_x\"/> </wsse:Security></soapenv:Header>\n";

const EXTENSION: &str = "<description><label/><summary/></description><key/><version/>\
    <lastHeartbeatTime>2026-11-24T08:00:00Z</lastHeartbeatTime>";

#[test]
fn what_govc_was_recorded_with_is_read() {
    let body = "<RetrieveServiceContent xmlns=\"urn:vim25\"><_this type=\"ServiceInstance\">ServiceInstance</_this>\
                </RetrieveServiceContent>";
    assert_eq!(govmomi(body), service(Method::Service(ServiceCall::RetrieveServiceContent)));
    let body = "<QueryOptions xmlns=\"urn:vim25\"><_this type=\"OptionManager\">VpxSettings</_this>\
                <name>config.vpxd.sso.sts.uri</name></QueryOptions>";
    let name = Some("config.vpxd.sso.sts.uri".to_owned());
    let wanted = Call {
        this: Reference::new("OptionManager", "VpxSettings"),
        method: Method::Options(OptionCall::Query { name }),
    };
    assert_eq!(govmomi(body), Ok(wanted));
    let body = "<Logout xmlns=\"urn:vim25\"><_this type=\"SessionManager\">SessionManager</_this></Logout>";
    assert_eq!(govmomi(body), session_manager(Method::Session(SessionCall::Logout)));
}

#[test]
fn govmomis_login_by_token_is_read_in_the_namespace_and_in_none() {
    let fields = "<_this type=\"SessionManager\">SessionManager</_this><locale>en_US</locale>";
    let wanted =
        || session_manager(Method::Session(SessionCall::LoginByToken { locale: Some("en_US".into()) }));
    assert_eq!(govmomi(&format!("<LoginByToken xmlns=\"urn:vim25\">{fields}</LoginByToken>")), wanted());
    // With a certificate: a prefixed envelope, a signed body, and the call in no namespace.
    let signed = format!(
        "<soap:Envelope xmlns:soap=\"{SOAP}\"><soap:Header/><soap:Body xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/\
         oasis-200401-wss-wssecurity-utility-1.0.xsd\" wsu:Id=\"_b\"><LoginByToken>{fields}</LoginByToken></soap:Body>\
         </soap:Envelope>"
    );
    assert_eq!(read(&signed), wanted());
}

#[test]
fn what_pyvmomi_was_recorded_with_is_read() {
    let call = |method: &str, this: &str, rest: &str| {
        let this = format!("<_this versionId=\"8.0.2.0\" type=\"{this}\">{this}</_this>");
        format!("<{method} xmlns=\"urn:vim25\">{this}{rest}</{method}>")
    };
    let body = call("RetrieveServiceContent", "ServiceInstance", "");
    assert_eq!(pyvmomi("", &body), service(Method::Service(ServiceCall::RetrieveServiceContent)));
    assert_eq!(pyvmomi(SECURITY, &body), service(Method::Service(ServiceCall::RetrieveServiceContent)));
    assert_eq!(
        pyvmomi(SECURITY, &call("CurrentTime", "ServiceInstance", "")),
        service(Method::Service(ServiceCall::CurrentTime))
    );
    let by_token = session_manager(Method::Session(SessionCall::LoginByToken { locale: None }));
    assert_eq!(pyvmomi(SECURITY, &call("LoginByToken", "SessionManager", "")), by_token);
    let body = call("Fetch", "ServiceInstance", "<prop versionId=\"8.0.2.0\">content</prop>");
    assert_eq!(pyvmomi("", &body), service(Method::Fetch { property: "content".into() }));
    let fields = "<userName versionId=\"8.0.2.0\">x</userName><password versionId=\"8.0.2.0\">y</password>";
    let (user_name, password) = ("x".to_owned(), Secret::new("y"));
    let wanted = session_manager(Method::Session(SessionCall::Login { user_name, password, locale: None }));
    assert_eq!(pyvmomi("", &call("Login", "SessionManager", fields)), wanted);
}

#[test]
fn govmomis_probe_for_a_session_is_read() {
    let body = "<RetrievePropertiesEx xmlns=\"urn:vim25\"><_this type=\"PropertyCollector\">propertyCollector</_this>\
                <specSet><propSet><type>SessionManager</type><pathSet>currentSession</pathSet></propSet><objectSet>\
                <obj type=\"SessionManager\">SessionManager</obj><skip>false</skip></objectSet></specSet>\
                <options></options></RetrievePropertiesEx>";
    let paths = vec!["currentSession".to_owned()];
    let object = Reference::new("SessionManager", "SessionManager");
    let spec = FilterSpec {
        properties: vec![PropertySpec { kind: "SessionManager".into(), all: false, paths }],
        objects: vec![ObjectSpec { object, skip: false, select: vec![] }],
        report_missing: false,
    };
    let method = Method::Properties(PropertyCall::RetrieveEx { specs: vec![spec], max_objects: None });
    assert_eq!(govmomi(body).map(|call| call.method), Ok(method));
}

#[test]
fn parameters_may_come_in_any_order_and_passwords_keep_their_spaces() {
    let password = " p&amp;w d\t";
    let body = format!("<locale>en_US</locale><password>{password}</password><userName> u </userName>");
    let method = Method::Session(SessionCall::Login {
        user_name: " u ".into(),
        password: Secret::new(" p&w d\t"),
        locale: Some("en_US".into()),
    });
    assert_eq!(govmomi(&login(&body)), session_manager(method));
    let this_last = "<Logout xmlns=\"urn:internalvim25\"><_this>SessionManager</_this></Logout>";
    assert_eq!(govmomi(this_last), session_manager(Method::Session(SessionCall::Logout)));
}

#[test]
fn a_method_that_is_not_answered_is_told_in_the_words_of_a_real_server() {
    let body =
        "<PowerOnVM_Task xmlns=\"urn:vim25\"><_this type=\"VirtualMachine\">vm-1</_this></PowerOnVM_Task>";
    assert!(matches!(problem(body), Problem::UnknownMethod { name, .. } if name == "PowerOnVM_Task"));
    let text = text(body);
    assert!(
        text.starts_with(
            "Unable to resolve WSDL method name PowerOnVM_Task for namespace urn:vim25\n\nwhile parsing SOAP body\nat line 1, column "
        ),
        "{text}"
    );
    assert!(
        text.ends_with("\n\nwhile parsing HTTP request before method was determined\nat line 1, column 0"),
        "{text}"
    );
}

#[test]
fn a_known_name_in_a_strange_namespace_is_another_method() {
    assert!(
        matches!(problem("<Logout xmlns='urn:other'/>"), Problem::UnknownMethod { namespace, .. } if namespace == "urn:other")
    );
    assert!(matches!(problem("<logout xmlns='urn:vim25'/>"), Problem::UnknownMethod { .. }));
    assert_eq!(problem(""), Problem::NotACall);
}

#[test]
fn a_missing_parameter_is_named_with_method_and_object() {
    let body = login("<userName>u</userName>");
    assert_eq!(problem(&body), Problem::Missing { name: "password", owner: Owner::Call("Login") });
    let text = text(&body);
    assert!(
        text.starts_with("\nRequired parameter password is missing\n\nwhile parsing call information for method Login\nat line 1, column "),
        "{text}"
    );
    assert!(
        text.ends_with("while parsing HTTP request for method login\non object of type vim.SessionManager\nat line 1, column 0"),
        "{text}"
    );
    assert_eq!(
        problem("<Logout xmlns=''/>"),
        Problem::Missing { name: "_this", owner: Owner::Call("Logout") }
    );
}

#[test]
fn a_missing_property_is_named_with_its_data_object() {
    let body = "<RetrieveProperties xmlns='urn:vim25'><_this type='PropertyCollector'>propertyCollector</_this>\
                <specSet><objectSet/></specSet></RetrieveProperties>";
    assert!(text(body).starts_with(
        "\nRequired property obj is missing from data object of type ObjectSpec\n\nwhile parsing "
    ));
    let body = "<RetrieveProperties xmlns='urn:vim25'><_this>propertyCollector</_this></RetrieveProperties>";
    assert_eq!(problem(body), Problem::Missing { name: "specSet", owner: Owner::Call("RetrieveProperties") });
}

#[test]
fn a_parameter_that_is_unknown_or_doubled_is_refused() {
    let full = "<userName>u</userName><password>p</password>";
    assert!(govmomi(&login(full)).is_ok());
    assert!(
        matches!(problem(&login(&format!("{full}<realm>x</realm>"))), Problem::Unknown { name, .. } if name == "realm")
    );
    assert!(matches!(problem(&login(&format!("{full}{full}"))), Problem::Repeated { name: "userName", .. }));
}

#[test]
fn no_error_repeats_a_password() {
    let error = govmomi(&login("<userName>u</userName><password>geheim<x/></password>")).unwrap_err();
    assert!(!format!("{error} {error:?} {:?}", error.fault()).contains("geheim"));
    let call = govmomi(&login("<userName>u</userName><password>geheim</password>")).unwrap();
    assert!(!format!("{call:?}").contains("geheim"));
}

#[test]
fn a_page_holds_at_least_one_object() {
    let body = |options: &str| {
        let spec = "<_this>propertyCollector</_this><specSet/>";
        format!("<RetrievePropertiesEx xmlns='urn:vim25'>{spec}{options}</RetrievePropertiesEx>")
    };
    let pages = |options: &str| match govmomi(&body(options)).unwrap().method {
        Method::Properties(PropertyCall::RetrieveEx { max_objects, .. }) => max_objects,
        other => panic!("{other:?}"),
    };
    assert_eq!(pages(""), None);
    assert_eq!(pages("<options/>"), None);
    assert_eq!(pages("<options><maxObjects> 1 </maxObjects></options>"), Some(1));
    for count in ["0", "-1"] {
        let error =
            govmomi(&body(&format!("<options><maxObjects>{count}</maxObjects></options>"))).unwrap_err();
        assert_eq!(error.fault(), Fault::InvalidArgument { property: Some("options.maxObjects".into()) });
    }
}

#[test]
fn a_method_is_asked_of_an_object_that_has_it() {
    let ask = |this: &str| {
        govmomi(&format!("<Logout xmlns=''><_this>{this}</_this></Logout>")).unwrap().check_receiver()
    };
    assert_eq!(ask("SessionManager"), Ok(()));
    let receiver = Reference::root();
    assert_eq!(ask("group-d1"), Err(Fault::MethodNotFound { receiver, method: "Logout" }));
    let fetch = govmomi("<Fetch xmlns=''><_this>group-d1</_this><prop>name</prop></Fetch>").unwrap();
    assert_eq!(fetch.check_receiver(), Ok(()));
}

#[test]
fn every_method_in_the_table_can_be_called_and_calls_itself() {
    for name in MethodName::ALL {
        let field = |parameter: &table::Parameter| match parameter.kind {
            "int" => "1",
            "boolean" => "false",
            "ManagedObjectReference" => "group-d1",
            "Permission" => {
                "<principal>x</principal><group>false</group><roleId>1</roleId><propagate>1</propagate>"
            }
            "OptionValue" => "<key>k</key><value>v</value>",
            "Extension" => EXTENSION,
            _ => "",
        };
        let parameters: String = name
            .facts()
            .parameters
            .iter()
            .map(|parameter| format!("<{0}>{1}</{0}>", parameter.name, field(parameter)))
            .collect();
        let body = format!("<{0} xmlns=''><_this>x</_this>{parameters}</{0}>", name.facts().wire);
        assert_eq!(govmomi(&body).map(|call| call.method.name()), Ok(*name));
    }
}
