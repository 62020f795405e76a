//! `/sdk`: who watches is told what changed, once, and waits no longer than it should.

use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use vcsso::app::housekeeping;

use crate::harness::requests::{Client, call_on, envelope, watching};
use crate::harness::{Answer, House, PASSWORD};

const SESSIONS: (&str, &str, &[&str]) =
    ("SessionManager", "SessionManager", &["sessionList", "currentSession"]);
const OWN: (&str, &str, &[&str]) = ("SessionManager", "SessionManager", &["currentSession", "defaultLocale"]);
const PUBLISHED: &str = "propertyCollector";

impl Client {
    /// A call on an object of a session.
    pub fn call_on(&mut self, method: &str, kind: &str, this: &str, parameters: &str) -> Answer {
        self.send(envelope(&call_on(method, kind, this, parameters)))
    }

    /// The identifier of a new object.
    fn made(&mut self, method: &str, kind: &str, this: &str, parameters: &str) -> String {
        let answer = self.call_on(method, kind, this, parameters);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.inside("returnval").unwrap().to_owned()
    }

    fn filter(&mut self, collector: &str, wanted: &[(&str, &str, &[&str])]) -> String {
        self.made("CreateFilter", "PropertyCollector", collector, &watching(wanted))
    }

    fn poll(&mut self, collector: &str, version: &str) -> Answer {
        self.wait(collector, version, "<maxWaitSeconds>0</maxWaitSeconds>")
    }

    fn wait(&mut self, collector: &str, version: &str, options: &str) -> Answer {
        let parameters = format!("<version>{version}</version><options>{options}</options>");
        self.call_on("WaitForUpdatesEx", "PropertyCollector", collector, &parameters)
    }

    /// The same session on a connection of its own.
    fn again(&self, house: &House) -> Self {
        Self { cookie: self.cookie.clone(), ..house.client() }
    }

    fn key(&mut self) -> String {
        self.current_session().inside("key").unwrap().to_owned()
    }
}

fn version(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.inside("version").unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

fn is_nothing(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.inside("WaitForUpdatesExResponse")),
        (200, Some("")),
        "{}",
        answer.body
    );
}

/// Waits in a thread of its own.
fn waits(house: &House, client: &Client, version: &str, options: &str) -> JoinHandle<Answer> {
    let (mut client, version, options) = (client.again(house), version.to_owned(), options.to_owned());
    spawn(move || client.wait(PUBLISHED, &version, &options))
}

on_both! {
    fn a_filter_tells_everything_once_and_then_what_changed(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        is_nothing(&alice.poll(PUBLISHED, ""));
        let filter = alice.filter(PUBLISHED, &[SESSIONS]);
        let first = alice.poll(PUBLISHED, "");
        let known = version(&first);
        assert!(first.body.contains(&format!("<filterSet><filter type=\"PropertyFilter\">{filter}</filter><objectSet><kind>enter</kind><obj type=\"SessionManager\">SessionManager</obj>")), "{}", first.body);
        assert!(first.body.contains("<name>sessionList</name><op>assign</op><val xsi:type=\"ArrayOfUserSession\">"), "{}", first.body);
        is_nothing(&alice.poll(PUBLISHED, &known));
        let _carol = house.logged_in("carol");
        let second = alice.poll(PUBLISHED, &known);
        assert!(second.body.contains("<kind>modify</kind>") && second.body.contains("VSPHERE.LOCAL\\carol"), "{}", second.body);
        assert!(!second.body.contains("<name>currentSession</name>"), "{}", second.body);
        // An answer that was lost is told again, and what was never given out is refused.
        assert!(alice.poll(PUBLISHED, &known).body.contains("VSPHERE.LOCAL\\carol"));
        is_nothing(&alice.poll(PUBLISHED, &version(&second)));
        for unknown in ["99", "x", "-1"] {
            assert_eq!(alice.poll(PUBLISHED, unknown).fault().kind, "InvalidCollectorVersion");
        }
        let check = alice.call("CheckForUpdates", PUBLISHED, "");
        assert!(check.inside("version").is_some() && check.inside("CheckForUpdatesResponse").is_some());
        assert_eq!(alice.call_on("DestroyPropertyFilter", "PropertyFilter", &filter, "").status, 200);
        assert_eq!(alice.call_on("DestroyPropertyFilter", "PropertyFilter", &filter, "").fault().kind, "ManagedObjectNotFound");
        is_nothing(&alice.poll(PUBLISHED, ""));
    }

    fn whoever_waits_is_told_when_it_happens(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        alice.filter(PUBLISHED, &[SESSIONS]);
        let known = version(&alice.poll(PUBLISHED, ""));
        let waiting = waits(&house, &alice, &known, "");
        let mut carol = house.logged_in("carol");
        let told = waiting.join().unwrap();
        assert!(told.body.contains("VSPHERE.LOCAL\\carol"), "{}", told.body);
        let waiting = waits(&house, &alice, &version(&told), "");
        assert_eq!(carol.logout().status, 200);
        let told = waiting.join().unwrap();
        assert!(version(&told) != known && !told.body.contains("VSPHERE.LOCAL\\carol"), "{}", told.body);
        // A filter that is made meanwhile counts at once.
        let waiting = waits(&house, &alice, &version(&told), "");
        alice.filter(PUBLISHED, &[OWN]);
        assert!(waiting.join().unwrap().body.contains("defaultLocale"));
    }

    fn a_wait_is_over_with_its_time_by_the_clock_of_the_house(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        alice.filter(PUBLISHED, &[OWN]);
        let known = version(&alice.poll(PUBLISHED, ""));
        let waiting = waits(&house, &alice, &known, "<maxWaitSeconds>600</maxWaitSeconds>");
        while !waiting.is_finished() {
            house.clock.advance(Duration::from_mins(1));
            assert_eq!(alice.current_time().status, 200);
        }
        is_nothing(&waiting.join().unwrap());
        let refused = |options: &str, client: &mut Client| client.wait(PUBLISHED, "", options).fault();
        for (options, path) in [("<maxWaitSeconds>-1</maxWaitSeconds>", "options.maxWaitSeconds"), ("<maxObjectUpdates>0</maxObjectUpdates>", "options.maxObjectUpdates")] {
            let fault = refused(options, &mut alice);
            assert_eq!((fault.kind.as_str(), fault.text), ("InvalidArgument", format!("A specified parameter was not correct: {path}")));
        }
    }

    /// `attacks.md` S07.
    fn a_wait_ends_with_its_session(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        alice.filter(PUBLISHED, &[OWN]);
        let known = version(&alice.poll(PUBLISHED, ""));
        let waiting = waits(&house, &alice, &known, "");
        assert_eq!(alice.logout().status, 200);
        let fault = waiting.join().unwrap().fault();
        assert_eq!((fault.kind.as_str(), fault.text.as_str()), ("NotAuthenticated", "The session is not authenticated."));
        // On another replica it is seen a moment later.
        let other = House::open(place);
        let mut alice = house.logged_in("alice");
        alice.filter(PUBLISHED, &[OWN]);
        let known = version(&alice.poll(PUBLISHED, ""));
        let waiting = waits(&house, &alice, &known, "");
        assert_eq!(alice.again(&other).logout().status, 200);
        assert_eq!(waiting.join().unwrap().fault().kind, "NotAuthenticated");
    }

    fn a_wait_that_is_canceled_says_so(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        alice.filter(PUBLISHED, &[OWN]);
        let known = version(&alice.poll(PUBLISHED, ""));
        let waiting = waits(&house, &alice, &known, "");
        while !waiting.is_finished() {
            assert_eq!(alice.call("CancelWaitForUpdates", PUBLISHED, "").status, 200);
        }
        let fault = waiting.join().unwrap().fault();
        assert_eq!((fault.kind.as_str(), fault.text.as_str()), ("RequestCanceled", "The task was canceled by a user."));
        is_nothing(&alice.poll(PUBLISHED, &known));
    }

    fn who_waits_does_not_idle_and_who_has_waited_does(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        alice.filter(PUBLISHED, &[OWN]);
        let known = version(&alice.poll(PUBLISHED, ""));
        let key = alice.key();
        let waiting = waits(&house, &alice, &known, "");
        let mut seen = house.logged_in("Administrator@vsphere.local");
        // In use is who was last active now, whenever now is.
        let is_in_use = |seen: &mut Client| {
            house.clock.advance(Duration::from_secs(1));
            let list = seen.retrieve(&[SESSIONS], None);
            let at = list.body.find(&format!("<key>{key}</key>")).unwrap();
            let now = house.app.now().micros_text().as_str().to_owned();
            list.body[at..].split("</UserSession>").next().unwrap().contains(&format!("<lastActiveTime>{now}</lastActiveTime>"))
        };
        while !is_in_use(&mut seen) {}
        for _ in 0..3 {
            house.clock.advance(Duration::from_mins(29));
            assert_eq!(seen.current_time().status, 200);
            house.run(|app| async move { housekeeping::sweep(&app).await.unwrap() });
        }
        assert!(!waiting.is_finished());
        while !waiting.is_finished() {
            assert_eq!(alice.call("CancelWaitForUpdates", PUBLISHED, "").status, 200);
        }
        assert_eq!(waiting.join().unwrap().fault().kind, "RequestCanceled");
        house.clock.advance(Duration::from_mins(30));
        assert_eq!(alice.current_time().fault().kind, "NotAuthenticated");
    }

    fn what_a_session_made_is_its_own_and_goes_with_it(place) {
        let house = House::open(place);
        let (mut alice, mut other) = (house.logged_in("alice"), house.logged_in("alice"));
        let key = alice.key();
        let collector = alice.made("CreatePropertyCollector", "PropertyCollector", PUBLISHED, "");
        assert!(collector.starts_with(&format!("session[{key}]")), "{collector}");
        let filter = alice.filter(&collector, &[OWN]);
        assert!(filter.starts_with(&format!("session[{key}]")), "{filter}");
        let of_published = alice.filter(PUBLISHED, &[OWN]);
        let filters = |client: &mut Client, collector: &str| client.retrieve(&[("PropertyCollector", collector, &["filter"])], None);
        let own = filters(&mut alice, &collector);
        assert!(own.body.contains(&filter) && !own.body.contains(&of_published), "{}", own.body);
        assert_eq!(filters(&mut other, &collector).fault().kind, "ManagedObjectNotFound");
        assert_eq!(other.call_on("DestroyPropertyFilter", "PropertyFilter", &filter, "").fault().kind, "ManagedObjectNotFound");
        // What others tell each other at the published collector is not told here.
        other.filter(PUBLISHED, &[OWN]);
        assert_eq!(version(&other.poll(PUBLISHED, "")), "1");
        assert_eq!(other.logout().status, 200);
        let told = alice.poll(&collector, "");
        assert!(told.body.contains(&filter) && !told.body.contains(&of_published), "{}", told.body);
        assert!(alice.poll(PUBLISHED, "").body.contains(&of_published));
        assert_eq!(alice.call("DestroyPropertyCollector", PUBLISHED, "").fault().kind, "NotSupported");
        assert_eq!(alice.call_on("DestroyPropertyCollector", "PropertyCollector", &collector, "").status, 200);
        assert_eq!(alice.poll(&collector, "").fault().kind, "ManagedObjectNotFound");
        assert_eq!(alice.call_on("DestroyPropertyFilter", "PropertyFilter", &filter, "").fault().kind, "ManagedObjectNotFound");
        let collector = alice.made("CreatePropertyCollector", "PropertyCollector", PUBLISHED, "");
        assert_eq!(alice.logout().status, 200);
        assert_eq!(alice.poll(&collector, "").fault().kind, "NotAuthenticated");
        let mut back = house.logged_in("alice");
        assert_eq!(back.poll(&collector, "").fault().kind, "ManagedObjectNotFound");
    }

    fn a_wrong_filter_is_refused_at_once_and_too_many_are(place) {
        let house = House::open(place);
        let mut carol = house.logged_in("carol");
        let mut create = |wanted: (&str, &str, &[&str])| carol.call("CreateFilter", PUBLISHED, &watching(&[wanted]));
        assert_eq!(create(("SessionManager", "SessionManager", &["nothing"])).fault().kind, "InvalidProperty");
        assert_eq!(create(("SessionManager", "nobody", &["message"])).fault().kind, "ManagedObjectNotFound");
        for _ in 0..128 {
            assert_eq!(create(OWN).status, 200);
        }
        let fault = create(OWN).fault();
        assert_eq!((fault.kind.as_str(), fault.text.as_str()), ("InvalidState", "The operation is not allowed in the current state."));
        // What he may not read is missing, and that is told like a value.
        let mut carol = house.logged_in("carol");
        carol.filter(PUBLISHED, &[SESSIONS]);
        let told = carol.poll(PUBLISHED, "");
        assert!(told.body.contains("<missingSet><path>sessionList</path><fault><fault xsi:type=\"NoPermission\">"), "{}", told.body);
        is_nothing(&carol.poll(PUBLISHED, &version(&told)));
    }

    fn many_objects_are_told_in_portions(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        alice.filter(PUBLISHED, &[OWN, ("Folder", "group-d1", &["name"]), ("ViewManager", "ViewManager", &["viewList"])]);
        let one = "<maxWaitSeconds>0</maxWaitSeconds><maxObjectUpdates>1</maxObjectUpdates>";
        let (mut known, mut told) = (String::new(), Vec::new());
        for more in [true, true, false] {
            let answer = alice.wait(PUBLISHED, &known, one);
            assert_eq!((answer.body.matches("<objectSet>").count(), answer.inside("truncated").is_some()), (1, more), "{}", answer.body);
            told.push(answer.inside("obj").unwrap().to_owned());
            known = version(&answer);
        }
        assert_eq!(told, ["SessionManager", "group-d1", "ViewManager"]);
        is_nothing(&alice.wait(PUBLISHED, &known, one));
    }

    fn a_view_shows_what_there_is(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let root = "<container type=\"Folder\">group-d1</container><type>VirtualMachine</type><recursive>true</recursive>";
        let container = alice.made("CreateContainerView", "ViewManager", "ViewManager", root);
        assert!(container.starts_with("session["));
        let read = alice.retrieve(&[("ContainerView", &container, &[])], None);
        for said in ["<name>container</name>", "<name>type</name>", "<name>recursive</name><val xsi:type=\"xsd:boolean\">true</val>"] {
            assert!(read.body.contains(said), "{}", read.body);
        }
        assert!(!read.body.contains("<name>view</name>"), "{}", read.body);
        let list = alice.made("CreateListView", "ViewManager", "ViewManager", "<obj type=\"Folder\">group-d1</obj>");
        let read = alice.call_on("Fetch", "ListView", &list, "<prop>view</prop>");
        assert!(read.body.contains(">group-d1<"), "{}", read.body);
        let views = alice.call("Fetch", "ViewManager", "<prop>viewList</prop>");
        assert!(views.body.contains(&container) && views.body.contains(&list), "{}", views.body);
        let wrong = "<container type=\"SessionManager\">SessionManager</container><recursive>true</recursive>";
        assert_eq!(alice.call("CreateContainerView", "ViewManager", wrong).fault().kind, "InvalidArgument");
        assert_eq!(alice.call("CreateListView", "ViewManager", "<obj type=\"Folder\">group-v2</obj>").fault().kind, "ManagedObjectNotFound");
        assert_eq!(alice.call_on("DestroyView", "ListView", &list, "").status, 200);
        assert_eq!(alice.call_on("DestroyView", "ListView", &list, "").fault().kind, "ManagedObjectNotFound");
        assert_eq!(house.client().login("alice", PASSWORD).status, 200);
    }
}
