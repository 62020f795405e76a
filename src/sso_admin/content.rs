//! What both service instances tell before anybody has logged in: which objects there are.

use super::object::Object;
use crate::vim::values::{Field, Record, Value};

/// What administration begins with.
#[must_use]
pub fn administration() -> Value {
    content(
        "AdminServiceContent",
        &[
            ("sessionManager", Object::SessionManager),
            ("configurationManagementService", Object::Configuration),
            ("smtpManagementService", Object::Smtp),
            ("principalDiscoveryService", Object::Discovery),
            ("principalManagementService", Object::Management),
            ("roleManagementService", Object::Roles),
            ("passwordPolicyService", Object::PasswordPolicy),
            ("lockoutPolicyService", Object::LockoutPolicy),
            ("domainManagementService", Object::Domains),
            ("identitySourceManagementService", Object::IdentitySources),
            ("systemManagementService", Object::System),
            ("computerManagementService", Object::Computer),
            ("ssoHealthManagementService", Object::Health),
            ("deploymentInformationService", Object::Deployment),
            ("replicationService", Object::Replication),
        ],
    )
}

/// What a question about groups begins with.
#[must_use]
pub fn groupcheck() -> Value {
    let objects = [("sessionManager", Object::SessionManager), ("groupCheckService", Object::GroupCheck)];
    content("GroupcheckServiceContent", &objects)
}

fn content(kind: &'static str, objects: &[(&'static str, Object)]) -> Value {
    let field = |(name, object): &(&'static str, Object)| Field::new(name, object.reference());
    Record::new(kind, objects.iter().map(field).collect()).into()
}
