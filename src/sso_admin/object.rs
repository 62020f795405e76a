//! The managed objects: there is one of each type, with a name that every server has.

use crate::vim::values::Reference;

/// Declares the list once.
macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident $kind:literal $value:literal;)*) => {
        /// A managed object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Object { $($(#[$doc])* $name,)* }

        impl Object {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            const fn names(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($kind, $value),)* }
            }
        }
    };
}

objects! {
    /// Where administration begins.
    ServiceInstance "SsoAdminServiceInstance" "SsoAdminServiceInstance";
    /// Where a question about groups begins.
    GroupcheckInstance "SsoGroupcheckServiceInstance" "ServiceInstance";
    /// Sessions.
    SessionManager "SsoSessionManager" "ssoSessionManager";
    /// What somebody belongs to.
    GroupCheck "SsoGroupcheckGroupCheckService" "groupCheckService";
    /// Tokens: their limits, and who signs them.
    Configuration "SsoAdminConfigurationManagementService" "configurationManagementService";
    /// Mail.
    Smtp "SsoAdminSmtpManagementService" "smtpManagementService";
    /// Who there is.
    Discovery "SsoAdminPrincipalDiscoveryService" "principalDiscoveryService";
    /// Who shall be there.
    Management "SsoAdminPrincipalManagementService" "principalManagementService";
    /// Who may do what.
    Roles "SsoAdminRoleManagementService" "roleManagementService";
    /// What a password must be.
    PasswordPolicy "SsoAdminPasswordPolicyService" "passwordPolicyService";
    /// What wrong passwords lead to.
    LockoutPolicy "SsoAdminLockoutPolicyService" "lockoutPolicyService";
    /// Domains, as they were managed before there were identity sources.
    Domains "SsoAdminDomainManagementService" "domainManagementService";
    /// Where users come from.
    IdentitySources "SsoAdminIdentitySourceManagementService" "identitySourceManagementService";
    /// The system itself.
    System "SsoAdminSystemManagementService" "systemManagementService";
    /// The machine in a domain of Windows.
    Computer "SsoAdminComputerManagementService" "computerManagementService";
    /// How it is.
    Health "SsoHealthManagementService" "ssoHealthManagementService";
    /// Where it is.
    Deployment "SsoAdminDeploymentInformationService" "deploymentInformationService";
    /// Other nodes.
    Replication "SsoAdminReplicationService" "replicationService";
    /// What directories may show.
    Certificates "SsoAdminSslCertificateManager" "sslCertificateManager";
}

impl Object {
    /// Its reference.
    #[must_use]
    pub fn reference(self) -> Reference {
        let (kind, value) = self.names();
        Reference::new(kind, value)
    }

    /// The object that a reference means.
    #[must_use]
    pub fn of(reference: &Reference) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|object| object.names() == (reference.kind.as_str(), reference.value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_means_one_object_and_a_stranger_none() {
        for object in Object::ALL {
            assert_eq!(Object::of(&object.reference()), Some(*object));
        }
        assert_eq!(Object::of(&Reference::new("SsoSessionManager", "SessionManager")), None);
        assert_eq!(Object::of(&Reference::new("SessionManager", "ssoSessionManager")), None);
    }
}
