//! Every operation there is: what is served and what the document says are this one list.

use std::sync::LazyLock;

use actix_web::http::Method;

use super::operation::Operation;
use super::{
    audit, extensions, external_issuers, groups, keys, permissions, policies, roles, sessions,
    solution_users, tokens, users,
};

/// Declares the list: method, path below the root, name, act, and what it does.
macro_rules! operations {
    ($($method:ident $path:literal $id:literal $act:path, $summary:literal;)*) => {
        vec![$(Operation::new(Method::$method, $path, $id, $summary, $act),)*]
    };
}

/// In the order of the document.
pub(super) static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    operations! {
        GET "/users" "listUsers" users::list, "Every user, by name.";
        POST "/users" "addUser" users::add, "Makes a user.";
        GET "/users/{name}" "findUser" users::find, "One user.";
        DELETE "/users/{name}" "removeUser" users::remove, "Removes a user, with memberships, permissions and sessions.";
        PUT "/users/{name}/profile" "setUserProfile" users::set_profile, "Tells anew who a user is.";
        PUT "/users/{name}/password" "setUserPassword" users::set_password, "Gives a user another password, which the policy must allow.";
        PUT "/users/{name}/ntlm" "setUserNtlm" users::set_ntlm, "Lets a user log in by NTLM from the next password on, or no longer.";
        POST "/users/{name}/disable" "disableUser" users::disable, "Switches a user off.";
        POST "/users/{name}/enable" "enableUser" users::enable, "Switches a user on.";
        POST "/users/{name}/unlock" "unlockUser" users::unlock, "Opens the lock of too many wrong passwords.";
        GET "/groups" "listGroups" groups::list, "Every group, by name.";
        POST "/groups" "addGroup" groups::add, "Makes a group.";
        GET "/groups/{name}" "findGroup" groups::find, "One group.";
        DELETE "/groups/{name}" "removeGroup" groups::remove, "Removes a group; its members stay.";
        PUT "/groups/{name}/members/{member}" "joinGroup" groups::join, "Makes a user, solution user or group a member.";
        DELETE "/groups/{name}/members/{member}" "leaveGroup" groups::leave, "Ends a membership.";
        GET "/solution-users" "listSolutionUsers" solution_users::list, "Every solution user, by name.";
        POST "/solution-users" "addSolutionUser" solution_users::add, "Registers a solution user.";
        GET "/solution-users/{name}" "findSolutionUser" solution_users::find, "One solution user.";
        DELETE "/solution-users/{name}" "removeSolutionUser" solution_users::remove, "Removes a solution user, with memberships, permissions and sessions.";
        PUT "/solution-users/{name}/certificate" "setSolutionUserCertificate" solution_users::set_certificate, "Gives a solution user another certificate to sign with.";
        POST "/solution-users/{name}/disable" "disableSolutionUser" solution_users::disable, "Switches a solution user off.";
        POST "/solution-users/{name}/enable" "enableSolutionUser" solution_users::enable, "Switches a solution user on.";
        GET "/extensions" "listExtensions" extensions::list, "Every extension, by key.";
        POST "/extensions" "addExtension" extensions::add, "Registers an extension.";
        GET "/extensions/{key}" "findExtension" extensions::find, "One extension.";
        DELETE "/extensions/{key}" "removeExtension" extensions::remove, "Removes an extension: it opens no session any more, those it has stay.";
        PUT "/extensions/{key}/certificate" "setExtensionCertificate" extensions::set_certificate, "Sets what an extension logs in with.";
        GET "/roles" "listRoles" roles::list, "Every role, by name.";
        POST "/roles" "addRole" roles::add, "Makes a role.";
        GET "/roles/{id}" "findRole" roles::find, "One role.";
        PUT "/roles/{id}" "updateRole" roles::update, "Gives a role another name and other privileges.";
        DELETE "/roles/{id}" "removeRole" roles::remove, "Removes a role.";
        GET "/permissions" "listPermissions" permissions::list, "Every permission, by entity.";
        PUT "/permissions" "setPermission" permissions::set, "Sets what a principal may do on an entity.";
        DELETE "/permissions" "removePermission" permissions::remove, "Removes what a principal may do on an entity.";
        GET "/sessions" "listSessions" sessions::list, "Every live session, by key.";
        GET "/sessions/{key}" "findSession" sessions::find, "One session.";
        DELETE "/sessions/{key}" "endSession" sessions::end, "Ends a session, and with it its tickets.";
        GET "/tokens" "listTokens" tokens::list, "Issued tokens that have not ended, those that live longest first.";
        GET "/tokens/{id}" "findToken" tokens::find, "One token.";
        DELETE "/tokens/{id}" "revokeToken" tokens::revoke, "Refuses a token from now on. Sessions that it opened stay.";
        GET "/signing-keys" "listSigningKeys" keys::list, "Every signing key.";
        POST "/signing-keys" "rotateSigningKey" keys::rotate, "Makes a key that signs from now on; tokens of the former one stay good until they end.";
        POST "/signing-keys/{sha256}/retire" "retireSigningKey" keys::retire, "Refuses the tokens of a previous key, when all have ended.";
        POST "/signing-keys/{sha256}/revoke" "revokeSigningKey" keys::revoke, "Refuses the tokens of a key from now on. Of the active key a new one is made in the same act.";
        GET "/policies" "listPolicies" policies::list, "Every policy, by name.";
        GET "/policies/{name}" "findPolicy" policies::find, "One policy.";
        PUT "/policies/{name}" "setPolicy" policies::set, "Sets a policy; it counts from the next request on.";
        DELETE "/policies/{name}" "resetPolicy" policies::reset, "Takes a change back: seed and configuration count again.";
        GET "/external-issuers" "listExternalIssuers" external_issuers::list, "Every external issuer.";
        PUT "/external-issuers" "trustExternalIssuer" external_issuers::trust, "Accepts tokens of another service for the users of its domain.";
        DELETE "/external-issuers/{issuer}" "distrustExternalIssuer" external_issuers::distrust, "Accepts its tokens no more, and ends the sessions of its users.";
        GET "/audit" "listAudit" audit::list, "Decisions, page by page, or followed as they come.";
        GET "/exchanges/{trace}" "findExchange" audit::exchange, "Why was that refused? What is known of an exchange, by its trace.";
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_operations_have_one_name_or_one_place() {
        let (mut names, mut places) = (std::collections::HashSet::new(), std::collections::HashSet::new());
        for operation in OPERATIONS.iter() {
            assert!(names.insert(operation.id), "{}", operation.id);
            let shape: Vec<_> = operation
                .path
                .split('/')
                .map(|part| if part.starts_with('{') { "{}" } else { part })
                .collect();
            assert!(
                places.insert((operation.method.clone(), shape.join("/"))),
                "{} {}",
                operation.method,
                operation.path
            );
        }
        assert!(names.len() > 50);
    }

    #[test]
    fn a_path_is_that_of_an_operation_or_it_is_not() {
        let operation = OPERATIONS.iter().find(|operation| operation.id == "joinGroup").unwrap();
        assert_eq!(
            operation.matches(&["groups", "g", "members", "m"]),
            Some(vec![("name", "g"), ("member", "m")])
        );
        for path in [
            &["groups", "g", "members"][..],
            &["groups", "g", "members", "m", ""],
            &["group", "g", "members", "m"],
            &[""],
        ] {
            assert_eq!(operation.matches(path), None, "{path:?}");
        }
    }
}
