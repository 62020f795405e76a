//! Services and their endpoints, and the filter of `List`.

/// A service, as it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its identifier.
    pub service_id: String,
    /// The identifier of the site it belongs to.
    pub site_id: String,
    /// The identifier of the node it runs on.
    pub node_id: String,
    /// The account it runs as, `name@domain`.
    pub owner_id: String,
    /// Whose product it is.
    pub product: &'static str,
    /// What it is: `cs.identity`.
    pub kind: &'static str,
    /// The version of its interface.
    pub version: &'static str,
    /// Where it is reached.
    pub endpoints: Vec<Endpoint>,
    /// What else is known about it: name and value.
    pub attributes: Vec<(&'static str, String)>,
}

/// Where a service is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address.
    pub url: String,
    /// The protocol that is spoken there: `wsTrust`.
    pub protocol: &'static str,
    /// What is there: `com.vmware.cis.cs.identity.sso`.
    pub kind: &'static str,
    /// The certificate to expect there, as base64 of its DER.
    pub ssl_trust: String,
}

/// What `List` asks for; what is absent or empty is whatever it may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The site.
    pub site_id: Option<String>,
    /// The node.
    pub node_id: Option<String>,
    /// `serviceType/product`.
    pub product: Option<String>,
    /// `serviceType/type`.
    pub kind: Option<String>,
    /// `endpointType/protocol`.
    pub endpoint_protocol: Option<String>,
    /// `endpointType/type`.
    pub endpoint_kind: Option<String>,
}

impl Filter {
    /// The services that fit, each with the endpoints that fit: govmomi takes the first endpoint of the first service. Of
    /// a service none of whose endpoints fits nothing is left.
    #[must_use]
    pub fn apply(&self, registered: Vec<Registration>) -> Vec<Registration> {
        let mut found = registered;
        found.retain(|service| {
            fits(self.site_id.as_ref(), &service.site_id)
                && fits(self.node_id.as_ref(), &service.node_id)
                && fits(self.product.as_ref(), service.product)
                && fits(self.kind.as_ref(), service.kind)
        });
        for service in &mut found {
            service.endpoints.retain(|endpoint| {
                fits(self.endpoint_protocol.as_ref(), endpoint.protocol)
                    && fits(self.endpoint_kind.as_ref(), endpoint.kind)
            });
        }
        found.retain(|service| !service.endpoints.is_empty());
        found
    }
}

fn fits(wanted: Option<&String>, value: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.is_empty() || wanted == value)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::lookup) fn service(
        kind: &'static str,
        endpoints: &[(&'static str, &'static str)],
    ) -> Registration {
        let endpoints = endpoints.iter().map(|(protocol, kind)| Endpoint {
            url: format!("https://vc/{kind}"),
            protocol,
            kind,
            ssl_trust: "TUlJ".into(),
        });
        Registration {
            service_id: format!("site:{kind}"),
            site_id: "site".into(),
            node_id: "node".into(),
            owner_id: "Administrator@vsphere.local".into(),
            product: "com.vmware.cis",
            kind,
            version: "2.0",
            endpoints: endpoints.collect(),
            attributes: vec![("instance", "one".into())],
        }
    }

    fn found(filter: &Filter) -> Vec<(&'static str, Vec<&'static str>)> {
        let registered = vec![
            service("cs.identity", &[("wsTrust", "sso"), ("vmomi", "admin")]),
            service("vcenterserver", &[("vmomi", "vim")]),
        ];
        let found = filter.apply(registered);
        found
            .into_iter()
            .map(|one| (one.kind, one.endpoints.iter().map(|endpoint| endpoint.kind).collect()))
            .collect()
    }

    #[test]
    fn without_a_wish_everything_is_found() {
        let all = [("cs.identity", vec!["sso", "admin"]), ("vcenterserver", vec!["vim"])];
        assert_eq!(found(&Filter::default()), all);
        assert_eq!(
            found(&Filter {
                kind: Some(String::new()),
                endpoint_protocol: Some(String::new()),
                ..Filter::default()
            }),
            all
        );
    }

    #[test]
    fn a_service_is_found_by_what_it_is_and_keeps_all_its_endpoints() {
        let filter = Filter {
            product: Some("com.vmware.cis".into()),
            kind: Some("cs.identity".into()),
            ..Filter::default()
        };
        assert_eq!(found(&filter), [("cs.identity", vec!["sso", "admin"])]);
        for none in [
            Filter { kind: Some("CS.identity".into()), ..Filter::default() },
            Filter { product: Some("com.vmware".into()), ..Filter::default() },
            Filter { site_id: Some("elsewhere".into()), ..Filter::default() },
            Filter { node_id: Some("elsewhere".into()), ..Filter::default() },
        ] {
            assert_eq!(found(&none), [], "{none:?}");
        }
        assert_eq!(
            found(&Filter {
                node_id: Some("node".into()),
                site_id: Some("site".into()),
                ..Filter::default()
            })
            .len(),
            2
        );
    }

    #[test]
    fn an_endpoint_is_found_wherever_it_is_and_the_others_are_left_out() {
        let filter = Filter { endpoint_protocol: Some("vmomi".into()), ..Filter::default() };
        assert_eq!(found(&filter), [("cs.identity", vec!["admin"]), ("vcenterserver", vec!["vim"])]);
        let filter = Filter { endpoint_kind: Some("sso".into()), ..Filter::default() };
        assert_eq!(found(&filter), [("cs.identity", vec!["sso"])]);
        let both = Filter {
            endpoint_protocol: Some("wsTrust".into()),
            endpoint_kind: Some("admin".into()),
            ..Filter::default()
        };
        assert_eq!(found(&both), []);
    }
}
