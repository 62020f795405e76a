//! What a call gives, as values of the vendor's notation.

use super::NAMESPACE;
use super::call::Method;
use super::registration::{Endpoint, Registration};
use crate::vim::values::{ApiVersion, Field, Record, Reference, Value, message};

/// The whole message.
#[must_use]
pub fn write(method: &Method, returned: &Value) -> String {
    message::answer(NAMESPACE, method.wire(), Some(returned), ApiVersion::NEWEST)
}

/// Where everything begins.
#[must_use]
pub fn service_content() -> Value {
    let object = |field, kind: &str, value: &str| Field::new(field, Reference::new(kind, value));
    Record::new(
        "LookupServiceContent",
        vec![
            object("lookupService", "LookupLookupService", "lookupService"),
            object("serviceRegistration", "LookupServiceRegistration", "ServiceRegistration"),
            object(
                "deploymentInformationService",
                "LookupDeploymentInformationService",
                "deploymentInformationService",
            ),
            object("l10n", "LookupL10n", "l10n"),
        ],
    )
    .into()
}

/// A service.
#[must_use]
pub fn registration(service: &Registration) -> Value {
    Record::from(service).into()
}

/// Services.
#[must_use]
pub fn registrations(found: &[Registration]) -> Value {
    Value::records("LookupServiceRegistrationInfo", found)
}

impl From<&Registration> for Record {
    fn from(service: &Registration) -> Self {
        let service_type = vec![Field::new("product", service.product), Field::new("type", service.kind)];
        let attributes = service.attributes.iter().map(|(key, value)| {
            let pair = vec![Field::new("key", *key), Field::new("value", value.as_str())];
            Self::new("LookupServiceRegistrationAttribute", pair)
        });
        Self::new(
            "LookupServiceRegistrationInfo",
            vec![
                Field::new("serviceVersion", service.version),
                Field::new(
                    "serviceEndpoints",
                    Value::records("LookupServiceRegistrationEndpoint", &service.endpoints),
                ),
                Field::new(
                    "serviceAttributes",
                    Value::records("LookupServiceRegistrationAttribute", attributes),
                ),
                Field::new("ownerId", service.owner_id.as_str()),
                Field::new("serviceType", Self::new("LookupServiceRegistrationServiceType", service_type)),
                Field::new("nodeId", service.node_id.as_str()),
                Field::new("serviceId", service.service_id.as_str()),
                Field::new("siteId", service.site_id.as_str()),
            ],
        )
    }
}

impl From<&Endpoint> for Record {
    fn from(endpoint: &Endpoint) -> Self {
        let kind = vec![Field::new("protocol", endpoint.protocol), Field::new("type", endpoint.kind)];
        Self::new(
            "LookupServiceRegistrationEndpoint",
            vec![
                Field::new("url", endpoint.url.as_str()),
                Field::new("endpointType", Self::new("LookupServiceRegistrationEndpointType", kind)),
                Field::new("sslTrust", Value::texts([endpoint.ssl_trust.as_str()])),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::registration::tests::service;
    use crate::soap::Envelope;

    #[test]
    fn a_registration_is_written_as_govmomi_reads_it() {
        let found = [service("cs.identity", &[("wsTrust", "sso")])];
        let message = write(&Method::List(Box::default()), &registrations(&found));
        let envelope = Envelope::parse(message.into_bytes()).unwrap();
        assert_eq!(
            envelope.request().unwrap().raw(),
            "<ListResponse xmlns=\"urn:lookup\"><returnval><serviceVersion>2.0</serviceVersion>\
             <serviceEndpoints><url>https://vc/sso</url><endpointType><protocol>wsTrust</protocol><type>sso</type>\
             </endpointType><sslTrust>TUlJ</sslTrust></serviceEndpoints>\
             <serviceAttributes><key>instance</key><value>one</value></serviceAttributes>\
             <ownerId>Administrator@vsphere.local</ownerId>\
             <serviceType><product>com.vmware.cis</product><type>cs.identity</type></serviceType>\
             <nodeId>node</nodeId><serviceId>site:cs.identity</serviceId><siteId>site</siteId></returnval></ListResponse>"
        );
        assert!(
            write(&Method::List(Box::default()), &registrations(&[]))
                .contains("<ListResponse xmlns=\"urn:lookup\"></ListResponse>")
        );
    }

    #[test]
    fn the_content_names_the_registrations() {
        let message = write(&Method::RetrieveServiceContent, &service_content());
        assert!(message.contains(
            "<serviceRegistration type=\"LookupServiceRegistration\">ServiceRegistration</serviceRegistration>"
        ));
    }
}
