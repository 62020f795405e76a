//! The lookup service's door, for everybody: what this server offers, at the host by which it was asked
//! (`clients.md` §1.3, §1.4).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::site::named_uuid;
use super::{Site, limits, observe};
use crate::app::audit::{Action, bad_call, unreadable};
use crate::app::{App, Peer};
use crate::lookup::{Call, Endpoint, Fault, Method, Registration, answer};
use crate::soap::Envelope;
use crate::vim::ApiVersion;

/// Its name in reports.
const DOOR: &str = "lookup";

/// `POST`: one call, one answer.
pub async fn post(request: HttpRequest, payload: Payload, app: Data<App>, site: Data<Site>) -> HttpResponse {
    let peer = observe::peer(&request);
    let bytes = match limits::body(request.headers(), payload).await {
        Ok(bytes) => bytes,
        Err(answer) => return answer,
    };
    let (status, message) = match answered(bytes, &Server::of(&app, &site, &request), &app, &peer).await {
        Ok(message) => (StatusCode::OK, message),
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, fault.write()),
    };
    HttpResponse::build(status).content_type("text/xml; charset=utf-8").body(message)
}

async fn answered(bytes: Vec<u8>, server: &Server, app: &App, peer: &Peer) -> Result<String, Fault> {
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(error) => {
            unreadable(app, Action::Call, &error, DOOR, peer).await;
            return Err(Fault::InvalidRequest("The message is not a SOAP 1.1 envelope".to_owned()));
        }
    };
    let call = match Call::read(&envelope) {
        Ok(call) => call,
        Err(fault) => {
            if let Fault::InvalidRequest(problem) = &fault {
                bad_call(app, DOOR, problem, peer).await;
            }
            return Err(fault);
        }
    };
    let returned = match &call.method {
        Method::RetrieveServiceContent => answer::service_content(),
        Method::List(filter) => answer::registrations(&filter.apply(server.registrations())),
        Method::Get(id) => {
            let mut all = server.registrations();
            all.retain(|service| service.service_id == *id);
            let found = all.first().ok_or_else(|| Fault::EntryNotFound(id.chars().take(256).collect()))?;
            answer::registration(found)
        }
        Method::GetSiteId => SITE.into(),
        Method::GetLocale | Method::SetLocale => "en_US".into(),
        Method::Unsupported(_) => return Err(Fault::NotSupported),
    };
    Ok(answer::write(&call.method, &returned))
}

/// What there is to know of this server.
struct Server {
    /// `https://host[:port]`, as this client knows it.
    base: String,
    domain: String,
    issuer: String,
    instance_name: String,
    ssl_trust: String,
}

impl Server {
    fn of(app: &App, site: &Site, request: &HttpRequest) -> Self {
        let host = site.host(request);
        Self {
            base: format!("https://{host}"),
            domain: site.domain.clone(),
            issuer: app.settings.issuer.clone(),
            instance_name: host.to_owned(),
            ssl_trust: site.ssl_trust(),
        }
    }

    /// Everything that is served, and only that. `PowerCLI` asks by the names of before 6.0, too.
    fn registrations(&self) -> Vec<Registration> {
        let sts = || {
            self.endpoint(
                "wsTrust",
                "com.vmware.cis.cs.identity.sso",
                &format!("/sts/STSService/{}", self.domain),
            )
        };
        let admin = || {
            let path = format!("/sso-adminserver/sdk/{}", self.domain);
            self.endpoint("vmomi", "com.vmware.cis.cs.identity.admin", &path)
        };
        let sdk = self.endpoint("vmomi", "com.vmware.vim", "/sdk");
        let vapi = self.endpoint("vapi.json.https.public", "com.vmware.vapi.endpoint", "/api");
        let names = vec![
            ("com.vmware.cis.cm.GroupInternalId", "com.vmware.vim.vcenter".to_owned()),
            ("com.vmware.vim.vcenter.instanceName", self.instance_name.clone()),
            ("com.vmware.cis.cm.HostId", self.node_id()),
        ];
        vec![
            self.service("cs.identity", IDENTITY, vec![sts(), admin()], vec![]),
            self.service("sso:sts", IDENTITY, vec![sts()], vec![]),
            self.service("sso:admin", IDENTITY, vec![admin()], vec![]),
            self.service("cs.vapi", IDENTITY, vec![vapi], vec![]),
            Registration {
                service_id: named_uuid(&self.issuer),
                ..self.service("vcenterserver", ApiVersion::NEWEST_TEXT, vec![sdk], names)
            },
        ]
    }

    fn service(
        &self,
        kind: &'static str,
        version: &'static str,
        endpoints: Vec<Endpoint>,
        attributes: Vec<(&'static str, String)>,
    ) -> Registration {
        Registration {
            service_id: format!("{SITE}:{}", named_uuid(&format!("{} {kind}", self.issuer))),
            site_id: SITE.to_owned(),
            node_id: self.node_id(),
            owner_id: format!("Administrator@{}", self.domain),
            product: "com.vmware.cis",
            kind,
            version,
            endpoints,
            attributes,
        }
    }

    fn endpoint(&self, protocol: &'static str, kind: &'static str, path: &str) -> Endpoint {
        Endpoint { url: self.base.clone() + path, protocol, kind, ssl_trust: self.ssl_trust.clone() }
    }

    fn node_id(&self) -> String {
        named_uuid(&format!("{} node", self.issuer))
    }
}

/// The version of the interfaces of identity, and of vAPI.
const IDENTITY: &str = "2.0";
/// A lab is one site; so an installation without sites of its own calls it.
const SITE: &str = "default-first-site";
