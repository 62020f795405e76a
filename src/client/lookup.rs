//! The question to a lookup service (`clients.md` §1.3).

use super::sdk::message;
use crate::lookup::NAMESPACE;

/// `List` of the Security Token Service, as govmomi asks.
#[must_use]
pub fn list_sts() -> String {
    let this = "<_this type=\"LookupServiceRegistration\">ServiceRegistration</_this>";
    let service = "<serviceType><product>com.vmware.cis</product><type>cs.identity</type></serviceType>";
    let endpoint = "<endpointType><protocol>wsTrust</protocol><type>com.vmware.cis.cs.identity.sso</type></endpointType>";
    let filter = ["<filterCriteria>", service, endpoint, "</filterCriteria>"].concat();
    message(&["<List xmlns=\"", NAMESPACE, "\">", this, &filter, "</List>"].concat())
}
