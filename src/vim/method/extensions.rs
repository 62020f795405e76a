//! What is asked of the extension manager (`session-manager.md` §2.5).

use super::table::ExtensionMethod;
use crate::vim::values::Extension;
use crate::vim::values::arguments::{Arguments, Problem};

/// A call of `ExtensionManager`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtensionCall {
    /// Removes an extension.
    Unregister {
        /// Which one.
        key: String,
    },
    /// One extension, if it is registered.
    Find {
        /// Which one.
        key: String,
    },
    /// Adds an extension.
    Register {
        /// The extension.
        extension: Box<Extension>,
    },
    /// Replaces what an extension says about itself.
    Update {
        /// The extension.
        extension: Box<Extension>,
    },
    /// The key of this server.
    PublicKey,
    /// Sets the key of an extension.
    SetPublicKey {
        /// Which one.
        key: String,
        /// Its key.
        public_key: String,
    },
    /// Sets the certificate an extension logs in with.
    SetCertificate {
        /// Which one.
        key: String,
        /// The certificate; absent = the one of this connection.
        certificate: Option<String>,
    },
    /// Sets the account an extension acts as.
    SetServiceAccount {
        /// Which one.
        key: String,
        /// The account.
        account: String,
    },
    /// What an extension manages.
    ManagedBy {
        /// Which one.
        key: String,
    },
    /// How many addresses extensions use.
    IpAllocationUsage {
        /// Which ones.
        keys: Vec<String>,
    },
}

impl ExtensionCall {
    pub(super) const fn name(&self) -> ExtensionMethod {
        match self {
            Self::Unregister { .. } => ExtensionMethod::UnregisterExtension,
            Self::Find { .. } => ExtensionMethod::FindExtension,
            Self::Register { .. } => ExtensionMethod::RegisterExtension,
            Self::Update { .. } => ExtensionMethod::UpdateExtension,
            Self::PublicKey => ExtensionMethod::GetPublicKey,
            Self::SetPublicKey { .. } => ExtensionMethod::SetPublicKey,
            Self::SetCertificate { .. } => ExtensionMethod::SetExtensionCertificate,
            Self::SetServiceAccount { .. } => ExtensionMethod::SetServiceAccount,
            Self::ManagedBy { .. } => ExtensionMethod::QueryManagedBy,
            Self::IpAllocationUsage { .. } => ExtensionMethod::QueryExtensionIpAllocationUsage,
        }
    }

    pub(super) fn read(name: ExtensionMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let key = || arguments.owned("extensionKey");
        let extension = || Extension::read(arguments.required("extension")?).map(Box::new);
        Ok(match name {
            ExtensionMethod::UnregisterExtension => Self::Unregister { key: key()? },
            ExtensionMethod::FindExtension => Self::Find { key: key()? },
            ExtensionMethod::RegisterExtension => Self::Register { extension: extension()? },
            ExtensionMethod::UpdateExtension => Self::Update { extension: extension()? },
            ExtensionMethod::GetPublicKey => Self::PublicKey,
            ExtensionMethod::SetPublicKey => {
                Self::SetPublicKey { key: key()?, public_key: arguments.owned("publicKey")? }
            }
            ExtensionMethod::SetExtensionCertificate => {
                Self::SetCertificate { key: key()?, certificate: arguments.optional_owned("certificatePem")? }
            }
            ExtensionMethod::SetServiceAccount => {
                Self::SetServiceAccount { key: key()?, account: arguments.owned("serviceAccount")? }
            }
            ExtensionMethod::QueryManagedBy => Self::ManagedBy { key: key()? },
            ExtensionMethod::QueryExtensionIpAllocationUsage => {
                Self::IpAllocationUsage { keys: arguments.texts("extensionKeys")? }
            }
        })
    }
}
