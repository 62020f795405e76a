//! Which events somebody wants: `EventFilterSpec` (`session-manager.md` §2.6).

use crate::clock::Moment;
use crate::vim::Reference;
use crate::vim::reference::unprefixed;
use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::vim::values::{Event, Field, Record, Value};
use crate::xml::Element;

/// Which events somebody wants; what is not said filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilterSpec {
    /// Those of an object, and how deep below it.
    pub entity: Option<(Reference, Recursion)>,
    /// Not before this.
    pub begin_time: Option<Moment>,
    /// Not after this.
    pub end_time: Option<Moment>,
    /// Those of these users.
    pub users: Option<UserFilter>,
    /// Those that belong to this one.
    pub chain_id: Option<i32>,
    /// Those of an alarm or a scheduled task; there is neither.
    pub of_something_else: bool,
    /// Without their texts.
    pub disable_full_message: bool,
    /// Those of these categories.
    pub categories: Vec<String>,
    /// Those of these types.
    pub types: Vec<String>,
    /// Those with these tags; there is none.
    pub tags: Vec<String>,
    /// Those of these types or identifiers.
    pub event_type_ids: Vec<String>,
    /// The newest so many.
    pub max_count: Option<i32>,
}

/// How deep below an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recursion {
    /// The object itself.
    Itself,
    /// What is directly below it.
    Children,
    /// Both, and everything below.
    All,
}

/// Whose events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFilter {
    /// Those of nobody in particular.
    pub system_user: bool,
    /// Those of these.
    pub user_list: Vec<String>,
}

impl EventFilterSpec {
    pub(in crate::vim) fn read(element: Element<'_>) -> Result<Self, Problem> {
        let fields = Arguments::of(element, Owner::Data("EventFilterSpec"), FIELDS)?;
        let (begin_time, end_time) = match fields.optional("time")? {
            Some(time) => times(time)?,
            None => (None, None),
        };
        Ok(Self {
            entity: fields.optional("entity")?.map(entity).transpose()?,
            begin_time,
            end_time,
            users: fields.optional("userName")?.map(users).transpose()?,
            chain_id: fields.integer("eventChainId")?,
            of_something_else: fields.optional("alarm")?.is_some()
                || fields.optional("scheduledTask")?.is_some(),
            disable_full_message: fields.boolean("disableFullMessage")?,
            categories: fields.texts("category")?,
            types: fields.texts("type")?,
            tags: fields.texts("tag")?,
            event_type_ids: fields.texts("eventTypeId")?,
            max_count: fields.integer("maxCount")?,
        })
    }

    /// Whether it is wanted. Events of sessions have no object; they are found below the root folder.
    #[must_use]
    pub fn wants(&self, event: &Event) -> bool {
        let among = |wanted: &[String]| {
            wanted.is_empty() || wanted.iter().any(|wanted| event.is_a(unprefixed(wanted)))
        };
        let info = event.info();
        self.entity.as_ref().is_none_or(|(_, recursion)| *recursion != Recursion::Itself)
            && self.begin_time.is_none_or(|begin| event.created_time >= begin)
            && self.end_time.is_none_or(|end| event.created_time <= end)
            && self.users.as_ref().is_none_or(|users| users.wants(&event.user_name))
            && self.chain_id.is_none_or(|chain| chain == event.key)
            && !self.of_something_else
            && (self.categories.is_empty() || self.categories.iter().any(|wanted| wanted == info.category))
            && among(&self.types)
            && self.tags.is_empty()
            && among(&self.event_type_ids)
    }
}

impl UserFilter {
    /// Names are compared without case, as SSO does.
    fn wants(&self, user_name: &str) -> bool {
        let folded = user_name.to_lowercase();
        self.system_user && user_name.is_empty()
            || self.user_list.iter().any(|wanted| !user_name.is_empty() && wanted.to_lowercase() == folded)
    }
}

impl Recursion {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Itself => "self",
            Self::Children => "children",
            Self::All => "all",
        }
    }
}

impl From<EventFilterSpec> for Record {
    fn from(filter: EventFilterSpec) -> Self {
        let entity = filter.entity.map(|(entity, recursion)| {
            let fields = vec![Field::new("entity", entity), Field::new("recursion", recursion.as_str())];
            Self::new("EventFilterSpecByEntity", fields)
        });
        let timed = filter.begin_time.is_some() || filter.end_time.is_some();
        let time = timed.then(|| {
            let fields = vec![
                Field::optional("beginTime", filter.begin_time),
                Field::optional("endTime", filter.end_time),
            ];
            Self::new("EventFilterSpecByTime", fields)
        });
        let users = filter.users.map(|users| {
            let fields = vec![
                Field::new("systemUser", users.system_user),
                Field::new("userList", Value::texts(users.user_list)),
            ];
            Self::new("EventFilterSpecByUsername", fields)
        });
        let fields = vec![
            Field::optional("entity", entity),
            Field::optional("time", time),
            Field::optional("userName", users),
            Field::optional("eventChainId", filter.chain_id),
            Field::new("disableFullMessage", filter.disable_full_message),
            Field::new("category", Value::texts(filter.categories)),
            Field::new("type", Value::texts(filter.types)),
            Field::new("tag", Value::texts(filter.tags)),
            Field::new("eventTypeId", Value::texts(filter.event_type_ids)),
            Field::optional("maxCount", filter.max_count),
        ];
        Self::new("EventFilterSpec", fields)
    }
}

fn entity(element: Element<'_>) -> Result<(Reference, Recursion), Problem> {
    let owner = Owner::Data("EventFilterSpecByEntity");
    let fields = Arguments::of(element, owner, &["entity", "recursion"])?;
    let asked = fields.text("recursion")?.trim();
    let known = [Recursion::Itself, Recursion::Children, Recursion::All];
    let recursion = known.into_iter().find(|recursion| recursion.as_str() == asked);
    let wanted = "an EventFilterSpecRecursionOption";
    Ok((
        fields.reference("entity")?,
        recursion.ok_or(Problem::Malformed { name: "recursion", owner, wanted })?,
    ))
}

fn times(element: Element<'_>) -> Result<(Option<Moment>, Option<Moment>), Problem> {
    let fields = Arguments::of(element, Owner::Data("EventFilterSpecByTime"), &["beginTime", "endTime"])?;
    Ok((fields.moment("beginTime")?, fields.moment("endTime")?))
}

fn users(element: Element<'_>) -> Result<UserFilter, Problem> {
    let owner = Owner::Data("EventFilterSpecByUsername");
    let fields = Arguments::of(element, owner, &["systemUser", "userList"])?;
    Ok(UserFilter { system_user: fields.boolean("systemUser")?, user_list: fields.texts("userList")? })
}

const FIELDS: &[&str] = &[
    "entity",
    "time",
    "userName",
    "eventChainId",
    "alarm",
    "scheduledTask",
    "disableFullMessage",
    "category",
    "type",
    "tag",
    "eventTypeId",
    "maxCount",
    "delayedInit",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::values::EventKind;
    use crate::vim::values::event::tests::event;
    use crate::xml::{Document, Limits};

    fn read(inner: &str) -> Result<EventFilterSpec, Problem> {
        let text = format!("<filter xmlns='urn:vim25'>{inner}</filter>");
        EventFilterSpec::read(Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap().root())
    }

    fn wants(inner: &str) -> Vec<i32> {
        let events = [
            event(1, "", EventKind::ServerStarted),
            event(2, "VSPHERE.LOCAL\\alice", EventKind::BadUsername),
            event(3, "VSPHERE.LOCAL\\bob", EventKind::NoPermission { privilege: "p".into() }),
        ];
        let filter = read(inner).unwrap();
        events.iter().filter(|event| filter.wants(event)).map(|event| event.key).collect()
    }

    #[test]
    fn each_part_of_a_filter_leaves_what_it_says() {
        let entity = |recursion: &str| {
            format!(
                "<entity><entity type='Folder'>group-d1</entity><recursion>{recursion}</recursion></entity>"
            )
        };
        let users = |inner: &str| format!("<userName>{inner}</userName>");
        for (inner, wanted) in [
            (String::new(), vec![1, 2, 3]),
            ("<eventTypeId>SessionEvent</eventTypeId>".into(), vec![1, 2]),
            ("<eventTypeId>vim.event.BadUsernameSessionEvent</eventTypeId>".into(), vec![2]),
            ("<eventTypeId>com.vmware.vc.authorization.NoPermission</eventTypeId>".into(), vec![3]),
            ("<type>v:EventEx</type>".into(), vec![3]),
            ("<type>Event</type><eventTypeId>EventEx</eventTypeId>".into(), vec![3]),
            ("<eventTypeId>VmPoweredOnEvent</eventTypeId>".into(), vec![]),
            (entity("all"), vec![1, 2, 3]),
            (entity("children"), vec![1, 2, 3]),
            (entity("self"), vec![]),
            (users("<systemUser>true</systemUser>"), vec![1]),
            (users("<systemUser>false</systemUser><userList>vsphere.local\\ALICE</userList>"), vec![2]),
            (users("<systemUser>false</systemUser><userList></userList>"), vec![]),
            ("<category>error</category>".into(), vec![2]),
            ("<eventChainId>3</eventChainId>".into(), vec![3]),
            ("<tag>t</tag>".into(), vec![]),
            ("<alarm type='Alarm'>alarm-1</alarm>".into(), vec![]),
        ] {
            assert_eq!(wants(&inner), wanted, "{inner}");
        }
    }

    #[test]
    fn both_ends_of_a_time_belong_to_it_in_every_zone() {
        let time = |name: &str, at: &str| format!("<time><{name}>{at}</{name}></time>");
        for (at, begin, end) in [
            ("2025-01-01T00:00:00Z", 3, 3),
            ("2025-01-01T01:00:00+01:00", 3, 3),
            ("2024-12-31T23:30:00.000001-00:30", 0, 3),
            ("2024-12-31T23:59:59.999999Z", 3, 0),
            ("2025-01-01T00:00:00", 3, 3),
        ] {
            assert_eq!(
                (wants(&time("beginTime", at)).len(), wants(&time("endTime", at)).len()),
                (begin, end),
                "{at}"
            );
        }
        for wrong in ["", "yesterday", "2025-01-01", "2025-01-01T00:00:00+1"] {
            assert!(read(&time("beginTime", wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_filter_reads_back_as_it_was_said() {
        let inner = "<entity><entity type='Folder'>group-d1</entity><recursion>all</recursion></entity>\
                     <eventTypeId>SessionEvent</eventTypeId><maxCount>5</maxCount>";
        let record = Record::from(read(inner).unwrap());
        let mut out = String::new();
        crate::vim::values::wire::fields(&mut out, &record, crate::vim::ApiVersion::NEWEST);
        assert_eq!(
            out,
            "<entity><entity type=\"Folder\">group-d1</entity><recursion>all</recursion></entity>\
             <disableFullMessage>false</disableFullMessage><eventTypeId>SessionEvent</eventTypeId>\
             <maxCount>5</maxCount>"
        );
        assert!(read("<nothing/>").is_err());
        assert!(
            read("<entity><entity type='Folder'>x</entity><recursion>deep</recursion></entity>").is_err()
        );
    }
}
