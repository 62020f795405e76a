//! The doors: bytes in, an act, bytes out. Every route stands in [`mount`].

pub mod admin;
pub mod bearer;
pub mod cookie;
pub mod guard;
pub mod health;
pub mod limits;
pub mod metadata;
pub mod lookup_service;
pub mod nothing_here;
pub mod observe;
pub mod openid;
pub mod sdk;
pub mod server;
pub mod site;
pub mod sso_admin;
pub mod sts;
pub mod tunnel;
pub mod vapi;
pub mod well_known;

use actix_web::web::{self, ServiceConfig};

pub use bearer::bearer;
pub use site::Site;

use crate::vim::wsdl::File;

/// Every route of the HTTPS listener.
///
/// Each path is a resource of its own, and what has a tail is a scope: actix makes regular expressions of lists and of
/// patterns, and tries them on every request.
pub fn mount(config: &mut ServiceConfig) {
    for path in ["/sdk", "/sdk/", "/sdk/vimService"] {
        config.service(web::resource(path).post(sdk::post));
    }
    config.service(web::scope("/sdk/vim25").default_service(web::to(sdk::json::any)));
    for path in ["/sts/STSService", "/STS/STSService"] {
        config.service(web::scope(path).default_service(web::to(sts::any)));
    }
    config.service(web::resource("/sts/system-STSService/sdk").to(sts::any));
    for path in ["/lookupservice/sdk", "/lookupservice/sdk/"] {
        config.service(web::resource(path).post(lookup_service::post));
    }
    config.service(web::scope("/sso-adminserver/sdk").default_service(web::to(sso_admin::any)));
    config.service(web::resource("/sso-adminserver/system-sdk").to(sso_admin::any));
    config
        .service(web::resource("/sdk/vimServiceVersions.xml").get(well_known::service_versions))
        .service(web::resource("/ca.pem").get(well_known::authority));
    for file in File::ALL {
        let answer = move |request, site| std::future::ready(well_known::description(file, &request, &site));
        config.service(web::resource(format!("/sdk/{}", file.name())).get(answer));
    }
    config
        .service(web::resource("/api").post(vapi::rpc))
        .service(web::resource("/api/session").to(|r, p, a, s| vapi::session(vapi::Style::Api, r, p, a, s)))
        .service(
            web::resource("/rest/com/vmware/cis/session")
                .to(|r, p, a, s| vapi::session(vapi::Style::Rest, r, p, a, s)),
        );
    config
        .service(
            web::resource("/api/vcenter/tokenservice/token-exchange")
                .to(|r, p, a| vapi::token_exchange(vapi::Exchange::Api, r, p, a)),
        )
        .service(
            web::resource("/rest/vcenter/tokenservice/token-exchange")
                .to(|r, p, a| vapi::token_exchange(vapi::Exchange::Rest, r, p, a)),
        )
        .service(
            web::resource(vapi::AUTHENTICATION_TOKEN)
                .to(|r, p, a| vapi::token_exchange(vapi::Exchange::Form, r, p, a)),
        );
    config
        .service(web::scope("/openidconnect").default_service(web::to(openid::any)))
        .service(web::scope("/websso/SAML2/Metadata").default_service(web::to(metadata::any)));
    config.service(web::scope(admin::ROOT).default_service(web::to(admin::any)));
    config.default_service(web::to(nothing_here::nothing_here));
}

/// Every route of the plain health listener.
pub fn mount_health(config: &mut ServiceConfig) {
    config
        .service(web::resource("/livez").get(health::live))
        .service(web::resource("/readyz").get(health::ready))
        .service(web::resource("/metrics").get(health::metrics));
}
