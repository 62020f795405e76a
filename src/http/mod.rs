//! The doors: bytes in, an act, bytes out. Every route stands in [`mount`].

pub mod guard;
pub mod health;
pub mod limits;
pub mod observe;
pub mod sdk;
pub mod server;
pub mod site;
pub mod sts;
pub mod well_known;

use actix_web::web::{self, ServiceConfig};

pub use site::Site;

/// Every route of the HTTPS listener.
pub fn mount(config: &mut ServiceConfig) {
    config
        .service(web::resource(["/sts/STSService", "/STS/STSService"]).post(sts::post))
        .service(
            web::resource(["/sts/STSService/{tenant:.*}", "/STS/STSService/{tenant:.*}"]).post(sts::post),
        )
        .service(web::resource("/sts/system-STSService/sdk").post(sts::post))
        .service(web::resource(["/sdk", "/sdk/", "/sdk/vimService"]).post(sdk::post))
        .service(web::resource("/sdk/vimServiceVersions.xml").get(well_known::service_versions))
        .service(web::resource("/ca.pem").get(well_known::authority))
        .default_service(web::to(well_known::nothing_here));
}

/// Every route of the plain health listener.
pub fn mount_health(config: &mut ServiceConfig) {
    config
        .service(web::resource("/livez").get(health::live))
        .service(web::resource("/readyz").get(health::ready))
        .service(web::resource("/metrics").get(health::metrics));
}
