//! Users and groups (`session-manager.md` §2.6).

use super::Answer;
use super::authorization_manager::objected;
use super::calls::{Asked, Reply};
use crate::app::directory::{Found, Search, search};
use crate::vim::Value;
use crate::vim::method::{DirectoryCall, PrincipalQuery};
use crate::vim::values::UserSearchResult;

pub(super) async fn answer(asked: &Asked<'_>, call: DirectoryCall) -> Result<Reply, Answer> {
    match call {
        DirectoryCall::RetrieveUserGroups(query) => {
            let app = asked.exchange.app;
            let capitals = app.settings.domain.capitals();
            let result = |found: Found| UserSearchResult {
                principal: format!("{capitals}\\{}", found.name),
                full_name: found.full_name,
                group: found.group,
            };
            let found = search(app, &search_of(query)).await.map_err(objected)?;
            Ok(Reply::of(Value::records("UserSearchResult", found.into_iter().map(result))))
        }
    }
}

fn search_of(query: PrincipalQuery) -> Search {
    Search {
        domain: query.domain,
        name: query.search,
        whole: query.exact_match,
        group: query.belongs_to_group,
        member: query.belongs_to_user,
        users: query.find_users,
        groups: query.find_groups,
    }
}
