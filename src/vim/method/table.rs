//! Every method that is answered here, in one table: whose it is, what calling it takes, its parameters and what it
//! returns, in the order of the API (`session-manager.md` §1, §2, Appendix A). The description for clients
//! (`vimService.wsdl`), the checks before every call, and the tests over all methods read it.
//!
//! A new method is a line here and a variant of its object's call; whatever does not answer it then does not compile.

use super::super::access::{Access, VIEW};
use super::super::access::{EXTENSION_REGISTER, EXTENSION_UNREGISTER, EXTENSION_UPDATE};

/// What the API says of one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The element's name on the wire.
    pub wire: &'static str,
    /// The type of object that has it.
    pub receiver: &'static str,
    /// What calling it takes.
    pub access: Access,
    /// Its parameters, `_this` not among them.
    pub parameters: &'static [Parameter],
    /// What it returns, if anything.
    pub returns: Option<Returns>,
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// How often it stands.
    pub occurs: Occurs,
    /// Its type, as the API calls it.
    pub kind: &'static str,
}

/// What a method returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returns {
    /// How often it stands.
    pub occurs: Occurs,
    /// Its type, as the API calls it.
    pub kind: &'static str,
}

/// How often something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurs {
    /// Once.
    One,
    /// Once or not at all.
    Maybe,
    /// Any number of times.
    Many,
}

macro_rules! occurs {
    (one) => {
        Occurs::One
    };
    (maybe) => {
        Occurs::Maybe
    };
    (many) => {
        Occurs::Many
    };
}

macro_rules! returns {
    () => {
        None
    };
    ($occurs:ident $kind:ident) => {
        Some(Returns { occurs: occurs!($occurs), kind: stringify!($kind) })
    };
}

macro_rules! methods {
    ($($object:ident $names:ident on $receiver:literal {
        $($name:ident $access:expr, [$($parameter:literal $occurs:ident $kind:ident),*] $(-> $often:ident $result:ident)?;)*
    })*) => {
        $(
            #[doc = concat!("The methods of `", $receiver, "`.")]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum $names {
                $(#[doc = concat!("`", stringify!($name), "`.")] $name,)*
            }
        )*

        /// The name of a method that is answered here, by the object that has it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum MethodName {
            $(#[doc = concat!("Of `", $receiver, "`.")] $object($names),)*
        }

        impl MethodName {
            /// Every method.
            pub const ALL: &[Self] = &[$($(Self::$object($names::$name),)*)*];

            /// What the API says of it.
            #[must_use]
            pub const fn facts(self) -> &'static Facts {
                match self {
                    $($(
                        Self::$object($names::$name) => const { &Facts {
                            wire: stringify!($name),
                            receiver: $receiver,
                            access: $access,
                            parameters: &[$(Parameter {
                                name: $parameter, occurs: occurs!($occurs), kind: stringify!($kind),
                            }),*],
                            returns: returns!($($often $result)?),
                        } },
                    )*)*
                }
            }
        }
    };
}

const ANYBODY: Access = Access::Anonymous;
const LOGGED_IN: Access = Access::Privilege(VIEW);
const MODIFY_ROLES: Access = Access::Privilege("Authorization.ModifyRoles");

methods! {
    Service ServiceMethod on "ServiceInstance" {
        RetrieveServiceContent ANYBODY, [] -> one ServiceContent;
        CurrentTime LOGGED_IN, [] -> one dateTime;
    }
    Object ObjectMethod on "ManagedObject" {
        Fetch ANYBODY, ["prop" one string] -> maybe anyType;
    }
    Properties PropertyMethod on "PropertyCollector" {
        RetrieveProperties ANYBODY, ["specSet" many PropertyFilterSpec] -> many ObjectContent;
        RetrievePropertiesEx ANYBODY,
            ["specSet" many PropertyFilterSpec, "options" one RetrieveOptions] -> maybe RetrieveResult;
        ContinueRetrievePropertiesEx LOGGED_IN, ["token" one string] -> one RetrieveResult;
        CancelRetrievePropertiesEx LOGGED_IN, ["token" one string];
        CreateFilter LOGGED_IN,
            ["spec" one PropertyFilterSpec, "partialUpdates" one boolean] -> one ManagedObjectReference;
        CheckForUpdates LOGGED_IN, ["version" maybe string] -> maybe UpdateSet;
        WaitForUpdates LOGGED_IN, ["version" maybe string] -> one UpdateSet;
        WaitForUpdatesEx LOGGED_IN, ["version" maybe string, "options" maybe WaitOptions] -> maybe UpdateSet;
        CancelWaitForUpdates LOGGED_IN, [];
        CreatePropertyCollector LOGGED_IN, [] -> one ManagedObjectReference;
        DestroyPropertyCollector LOGGED_IN, [];
    }
    Filter FilterMethod on "PropertyFilter" {
        DestroyPropertyFilter LOGGED_IN, [];
    }
    Views ViewsMethod on "ViewManager" {
        CreateListView LOGGED_IN, ["obj" many ManagedObjectReference] -> one ManagedObjectReference;
        CreateContainerView LOGGED_IN,
            ["container" one ManagedObjectReference, "type" many string, "recursive" one boolean]
            -> one ManagedObjectReference;
    }
    View ViewMethod on "View" {
        DestroyView LOGGED_IN, [];
    }
    Events EventMethod on "EventManager" {
        QueryEvents LOGGED_IN, ["filter" one EventFilterSpec] -> many Event;
        CreateCollectorForEvents LOGGED_IN, ["filter" one EventFilterSpec] -> one ManagedObjectReference;
    }
    History HistoryMethod on "HistoryCollector" {
        SetCollectorPageSize LOGGED_IN, ["maxCount" one int];
        RewindCollector LOGGED_IN, [];
        ResetCollector LOGGED_IN, [];
        DestroyCollector LOGGED_IN, [];
    }
    EventHistory EventHistoryMethod on "EventHistoryCollector" {
        ReadNextEvents LOGGED_IN, ["maxCount" one int] -> many Event;
        ReadPreviousEvents LOGGED_IN, ["maxCount" one int] -> many Event;
    }
    Options OptionMethod on "OptionManager" {
        // Clients find the STS by it before they log in (`clients.md` §1.3-2); the door shows strangers no more.
        QueryOptions ANYBODY, ["name" maybe string] -> many OptionValue;
        UpdateOptions Access::Privilege("Global.Settings"), ["changedValue" many OptionValue];
    }
    Directory DirectoryMethod on "UserDirectory" {
        RetrieveUserGroups LOGGED_IN,
            ["domain" maybe string, "searchStr" one string, "belongsToGroup" maybe string,
             "belongsToUser" maybe string, "exactMatch" one boolean, "findUsers" one boolean,
             "findGroups" one boolean] -> many UserSearchResult;
    }
    // Where the table only asks for a session, the privilege is needed on the entities that the call names.
    Authorization AuthorizationMethod on "AuthorizationManager" {
        AddAuthorizationRole MODIFY_ROLES, ["name" one string, "privIds" many string] -> one int;
        RemoveAuthorizationRole MODIFY_ROLES, ["roleId" one int, "failIfUsed" one boolean];
        UpdateAuthorizationRole MODIFY_ROLES,
            ["roleId" one int, "newName" one string, "privIds" many string];
        MergePermissions Access::Privilege("Authorization.ReassignRolePermissions"),
            ["srcRoleId" one int, "dstRoleId" one int];
        RetrieveRolePermissions LOGGED_IN, ["roleId" one int] -> many Permission;
        RetrieveEntityPermissions LOGGED_IN,
            ["entity" one ManagedObjectReference, "inherited" one boolean] -> many Permission;
        RetrieveAllPermissions LOGGED_IN, [] -> many Permission;
        SetEntityPermissions LOGGED_IN,
            ["entity" one ManagedObjectReference, "permission" many Permission];
        ResetEntityPermissions LOGGED_IN,
            ["entity" one ManagedObjectReference, "permission" many Permission];
        RemoveEntityPermission LOGGED_IN,
            ["entity" one ManagedObjectReference, "user" one string, "isGroup" one boolean];
        HasPrivilegeOnEntity LOGGED_IN,
            ["entity" one ManagedObjectReference, "sessionId" one string, "privId" many string] -> many boolean;
        HasPrivilegeOnEntities LOGGED_IN,
            ["entity" many ManagedObjectReference, "sessionId" one string, "privId" many string]
            -> many EntityPrivilege;
        HasUserPrivilegeOnEntities LOGGED_IN,
            ["entities" many ManagedObjectReference, "userName" one string, "privId" many string]
            -> many EntityPrivilege;
        FetchUserPrivilegeOnEntities LOGGED_IN,
            ["entities" many ManagedObjectReference, "userName" one string] -> many UserPrivilegeResult;
    }
    Session SessionMethod on "SessionManager" {
        Login ANYBODY, ["userName" one string, "password" one string, "locale" maybe string] -> one UserSession;
        LoginByToken ANYBODY, ["locale" maybe string] -> one UserSession;
        LoginBySSPI ANYBODY, ["base64Token" one string, "locale" maybe string] -> one UserSession;
        Logout LOGGED_IN, [];
        AcquireLocalTicket ANYBODY, ["userName" one string] -> one SessionManagerLocalTicket;
        // A ticket to clone takes a session, whatever else the API says of it (§1.9): the door asks.
        AcquireGenericServiceTicket ANYBODY,
            ["spec" one SessionManagerServiceRequestSpec] -> one SessionManagerGenericServiceTicket;
        TerminateSession Access::Privilege("Sessions.TerminateSession"), ["sessionId" many string];
        SetLocale LOGGED_IN, ["locale" one string];
        ImpersonateUser Access::Privilege("Sessions.ImpersonateUser"),
            ["userName" one string, "locale" maybe string] -> one UserSession;
        SessionIsActive Access::Privilege("Sessions.ValidateSession"),
            ["sessionID" one string, "userName" one string] -> one boolean;
        AcquireCloneTicket LOGGED_IN, [] -> one string;
        CloneSession ANYBODY, ["cloneTicket" one string] -> one UserSession;
        UpdateServiceMessage Access::Privilege("Sessions.GlobalMessage"), ["message" one string];
        LoginExtensionBySubjectName ANYBODY, ["extensionKey" one string, "locale" maybe string] -> one UserSession;
        LoginExtensionByCertificate ANYBODY, ["extensionKey" one string, "locale" maybe string] -> one UserSession;
        LoginExtension ANYBODY,
            ["extensionKey" one string, "base64SignedCredentials" one string, "locale" maybe string] -> one UserSession;
    }
    Extensions ExtensionMethod on "ExtensionManager" {
        UnregisterExtension Access::Privilege(EXTENSION_UNREGISTER), ["extensionKey" one string];
        FindExtension LOGGED_IN, ["extensionKey" one string] -> maybe Extension;
        RegisterExtension Access::Privilege(EXTENSION_REGISTER), ["extension" one Extension];
        UpdateExtension Access::Privilege(EXTENSION_UPDATE), ["extension" one Extension];
        GetPublicKey LOGGED_IN, [] -> one string;
        SetPublicKey Access::Privilege(EXTENSION_UPDATE), ["extensionKey" one string, "publicKey" one string];
        SetExtensionCertificate Access::Privilege(EXTENSION_UPDATE),
            ["extensionKey" one string, "certificatePem" maybe string];
        SetServiceAccount Access::Privilege(EXTENSION_UPDATE),
            ["extensionKey" one string, "serviceAccount" one string];
        QueryManagedBy LOGGED_IN, ["extensionKey" one string] -> many ManagedObjectReference;
        QueryExtensionIpAllocationUsage LOGGED_IN,
            ["extensionKeys" many string] -> many ExtensionManagerIpAllocationUsage;
    }
}
