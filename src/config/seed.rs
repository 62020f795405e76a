//! The seed file: what the operator wants to exist, as typed data. Nothing behind it checks a name, a hash or a
//! certificate again.
//!
//! It is read whole or refused; applying it is `app`'s. Every entry has a canonical text, whose keyed hash tells whether
//! the entry changed since it was last applied (`decisions.md` §27).

mod entry;
mod read;

use std::path::Path;

pub use entry::{Entry, Extension, ExternalIssuer, Group, Password, Permission, Role, SolutionUser, User};

use super::document::{FileKind, Section, Source};
use super::error::ConfigError;
use super::layers::{Assignment, assignments};
use super::setting::Setting;
use super::sspi::Sspi;
use crate::identity::Domain;
use crate::identity::principal::fold;
use crate::identity::well_known;

/// Everything a seed file can ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seed {
    /// `[[user]]`.
    pub users: Vec<User>,
    /// `[[solution_user]]`.
    pub solution_users: Vec<SolutionUser>,
    /// `[[group]]`.
    pub groups: Vec<Group>,
    /// `[[extension]]`.
    pub extensions: Vec<Extension>,
    /// `[[external_issuer]]`.
    pub external_issuers: Vec<ExternalIssuer>,
    /// `[[role]]`.
    pub roles: Vec<Role>,
    /// `[[permission]]`.
    pub permissions: Vec<Permission>,
    /// `[policy.…]`, `[sspi]`, `[personality]`: settings that hide those of the configuration.
    pub policy: Vec<Assignment>,
}

/// The arrays of a seed file.
pub(super) const ENTRIES: &[&str] =
    &["user", "solution_user", "group", "extension", "external_issuer", "role", "permission"];

impl Seed {
    /// Reads a seed file, and the certificate files it names.
    ///
    /// # Errors
    /// [`ConfigError`]: the first thing that is wrong, with its place.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        Self::of(&Source::read(FileKind::Seed, file)?)
    }

    /// Reads the text of a seed file; `file` names it in errors, and its folder is where certificate files are looked for.
    ///
    /// # Errors
    /// [`ConfigError`]: the first thing that is wrong, with its place.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        Self::of(&Source::of(FileKind::Seed, file, text))
    }

    /// Every entry, in the order in which they can be applied: what is referred to comes first.
    pub fn entries(&self) -> impl Iterator<Item = &dyn Entry> {
        fn each<E: Entry>(entries: &[E]) -> impl Iterator<Item = &dyn Entry> {
            entries.iter().map(|entry| {
                let entry: &dyn Entry = entry;
                entry
            })
        }
        let people = each(&self.users).chain(each(&self.solution_users)).chain(each(&self.groups));
        people
            .chain(each(&self.extensions))
            .chain(each(&self.external_issuers))
            .chain(each(&self.roles))
            .chain(each(&self.permissions))
            .chain(each(&self.policy))
    }

    /// NT hashes are for where NTLM is on, and not for administrators unless that is said too.
    pub(super) fn fits(&self, sspi: &Sspi) -> Result<(), ConfigError> {
        let Some(user) = self.users.iter().find(|user| {
            let administrator =
                user.groups.iter().any(|group| group.folded() == fold(well_known::ADMINISTRATORS));
            user.ntlm && (!sspi.ntlm || administrator && !sspi.ntlm_administrators)
        }) else {
            return Ok(());
        };
        let setting = if sspi.ntlm { Setting::SspiAdministrators } else { Setting::SspiNtlm };
        Err(ConfigError::Needs {
            what: format!("`ntlm = true` of the seed's user {}", user.name),
            wanted: format!("`{} = true`", setting.key()),
        })
    }

    /// An external issuer speaks for its own domain only, and whoever is of ours is named without it.
    pub(super) fn is_of(&self, domain: &Domain) -> Result<(), ConfigError> {
        if let Some(own) = self.external_issuers.iter().find(|external| external.domain == *domain) {
            let what = format!("`domain` of the seed's external issuer {}", own.issuer);
            return Err(ConfigError::Needs {
                what,
                wanted: "another domain than the one of this service".into(),
            });
        }
        let own = |permission: &&Permission| permission.principal.domain() == Some(domain);
        match self.permissions.iter().find(own) {
            None => Ok(()),
            Some(permission) => {
                let what =
                    format!("`principal` of the seed's permission of {}", permission.principal.as_str());
                Err(ConfigError::Needs { what, wanted: "the name without the domain of this service".into() })
            }
        }
    }

    fn of(source: &Source) -> Result<Self, ConfigError> {
        let table = source.parse()?;
        let root = Section::root(source, &table);
        let policy = assignments(&root, ENTRIES)?;
        let mut names = read::Names::default();
        Ok(Self {
            users: read::users(&root, &mut names)?,
            solution_users: read::solution_users(&root, &mut names)?,
            groups: read::groups(&root)?,
            extensions: read::extensions(&root)?,
            external_issuers: read::external_issuers(&root)?,
            roles: read::roles(&root)?,
            permissions: read::permissions(&root)?,
            policy,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::{Hint, Place};
    use super::super::state::Ephemeral;
    use super::*;
    use crate::clock::Moment;
    use crate::entropy::SystemEntropy;
    use crate::pki::{make, pem};

    /// The example of the contract, word for word.
    const EXAMPLE: &str = r#"
[[user]]
name = "alice"              # alice@vsphere.local
password = "Secret!23"      # or password_hash = "$argon2id$…"
groups = ["Administrators"]
given_name = "Alice"
surname = "Lab"
email = "alice@example.test"

[[solution_user]]
name = "ci-robot"
certificate_file = "ci-robot.crt"   # or certificate = "-----BEGIN…"; relative to the seed file
groups = ["ActAsUsers"]

[[group]]
name = "Operators"
members = ["alice"]

[[extension]]
key = "com.example.ext"
subject_name = "CN=ext.example.test"
certificate_file = "ext.crt"

[[role]]
name = "SessionOperator"
privileges = ["Sessions.TerminateSession", "Sessions.ValidateSession"]

[[permission]]                       # who may log in at all: no permission anywhere = NoPermission
principal = "Operators"
group = true
role = "SessionOperator"
entity = "group-d1"
propagate = true

[policy.token]
clock_tolerance_seconds = 600
max_bearer_lifetime_seconds = 3600
max_hok_lifetime_seconds = 2592000
delegation_count = 10
renew_count = 10
cancel = true
on_behalf_of = false

[policy.lockout]
max_failures = 5
window_seconds = 180
unlock_after_seconds = 300
reveal = "after-correct-password"   # vcenter | never

[policy.session]
idle_seconds = 1800
absolute_seconds = 0                 # 0 = none, as vCenter
end_with_token = false
max_sessions = 2000
ticket_seconds = 120

[policy.replay]
mode = "enforce"                     # log | off; signed messages only, never bearer assertions

[policy.audit]
keep_days = 30
max_rows = 1000000

[sspi]                               # off by default
ntlm = false
# keytab = "http.keytab"

[personality]
host = false                         # true: AcquireLocalTicket as an ESXi host
"#;

    fn parse(text: &str) -> Result<Seed, ConfigError> {
        Seed::parse(text, Path::new("seed.toml"))
    }

    fn message(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_example_of_the_contract_is_read_whole() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let robot = make::self_signed("ci-robot", Moment::EPOCH).unwrap().certificate;
        for name in ["ci-robot.crt", "ext.crt"] {
            std::fs::write(folder.path().join(name), pem::encode("CERTIFICATE", robot.der())).unwrap();
        }
        let seed = Seed::parse(EXAMPLE, &folder.path().join("seed.toml")).unwrap();
        assert_eq!(seed.users[0].name.as_str(), "alice");
        assert_eq!(seed.users[0].password, Password::Clear(crate::secret::Secret::new("Secret!23")));
        assert_eq!(seed.users[0].email.as_deref(), Some("alice@example.test"));
        assert_eq!(seed.solution_users[0].certificate, robot);
        assert_eq!(seed.groups[0].members[0].as_str(), "alice");
        assert_eq!(seed.extensions[0].certificate.as_ref(), Some(&robot));
        assert_eq!(seed.roles[0].privileges, ["Sessions.TerminateSession", "Sessions.ValidateSession"]);
        assert!(seed.permissions[0].group && seed.permissions[0].propagate);
        assert_eq!(seed.policy.len(), 21);
        let keys: std::collections::HashSet<_> = seed.entries().map(Entry::key).collect();
        assert_eq!(keys.len(), 6 + seed.policy.len());
        assert!(keys.contains("user/alice") && keys.contains("permission/group-d1/group/operators"));
    }

    #[test]
    fn an_unknown_key_of_an_entry_is_named_with_the_right_one() {
        for (text, inside, suggestion) in [
            ("[[usr]]\nname = \"a\"", "", "user"),
            ("[[user]]\nname = \"a\"\npasword = \"b\"", "[[user]]", "password"),
            (
                "[[solution_user]]\nname = \"a\"\ncertificate_fil = \"b\"",
                "[[solution_user]]",
                "certificate_file",
            ),
            ("[[group]]\nname = \"a\"\nmember = []", "[[group]]", "members"),
            ("[[extension]]\nkey = \"a\"\nsubject = \"b\"", "[[extension]]", "subject_name"),
            ("[[external_issuer]]\nissuer = \"a\"\ndomian = \"b\"", "[[external_issuer]]", "domain"),
            ("[[role]]\nname = \"a\"\nprivilege = []", "[[role]]", "privileges"),
            ("[[permission]]\nprincipal = \"a\"\npropagates = true", "[[permission]]", "propagate"),
            ("[policy.sesion]\nidle_seconds = 1", "[policy]", "session"),
            ("[policy.session]\nidle = 1", "[policy.session]", "idle_seconds"),
        ] {
            let error = parse(text).unwrap_err();
            let ConfigError::UnknownKey { inside: seen, hint, .. } = &error else { panic!("{error}") };
            assert_eq!(seen, inside, "{text}");
            assert_eq!(*hint, Hint::DidYouMean(suggestion.into()), "{text}");
        }
    }

    #[test]
    fn a_password_and_its_hash_exclude_each_other_and_one_is_needed() {
        let hash = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAA";
        let user = |rest: &str| format!("[[user]]\nname = \"a\"\n{rest}");
        assert!(parse(&user("password = \"x\"")).is_ok());
        let hashed = parse(&user(&format!("password_hash = \"{hash}\""))).unwrap();
        assert_eq!(hashed.users[0].password, Password::Hash(hash.into()));
        let both = message(&user(&format!("password = \"x\"\npassword_hash = \"{hash}\"")));
        assert!(
            both.ends_with("[[user]] `password` and `password_hash` exclude each other: give one of them"),
            "{both}"
        );
        assert!(message(&user("")).ends_with("[[user]] has no password or password_hash"));
        let clear = message(&user("password_hash = \"hunter2\""));
        assert!(clear.contains("wanted an argon2id hash") && !clear.contains("hunter2"), "{clear}");
        assert!(parse(&user(&format!("password = \"{}\"", "x".repeat(1_024)))).is_ok());
        assert!(parse(&user(&format!("password = \"{}\"", "x".repeat(1_025)))).is_err());
        assert!(parse(&user("password = \"\"")).is_err());
        assert!(!message(&user("password = [\"hunter2\"]")).contains("hunter2"));
    }

    #[test]
    fn names_are_checked_and_said_twice_they_are_refused() {
        assert!(
            message("[[user]]\nname = \"a@b\"\npassword = \"x\"")
                .contains("`user.name` is \"a@b\", wanted a name without domain")
        );
        let user = |name: &str| format!("[[user]]\nname = \"{name}\"\npassword = \"x\"\n");
        let twice = message(&[user("alice"), user("ALICE")].concat());
        assert_eq!(twice, "seed.toml line 4: user \"ALICE\" is already declared at line 1");
        for text in [
            "[[group]]\nname = \"a\"\n[[group]]\nname = \"A\"",
            "[[role]]\nname = \"a\"\n[[role]]\nname = \"a\"",
            "[[extension]]\nkey = \"a\"\n[[extension]]\nkey = \"a\"",
            "[[permission]]\nprincipal = \"a\"\nrole = \"Admin\"\n[[permission]]\nprincipal = \"A\"\nrole = \"View\"",
        ] {
            assert!(matches!(parse(text), Err(ConfigError::Duplicate { .. })), "{text}");
        }
        let differ = "[[permission]]\nprincipal = \"a\"\nrole = \"Admin\"\n[[permission]]\nprincipal = \"a\"\ngroup = true\nrole = \"View\"";
        assert_eq!(parse(differ).unwrap().permissions.len(), 2);
    }

    #[test]
    fn an_unknown_privilege_gets_the_right_one_suggested() {
        let error = message("[[role]]\nname = \"r\"\nprivileges = [\n \"Sessions.TerminateSessions\"]");
        assert!(error.starts_with("seed.toml line 4:"), "{error}");
        assert!(error.ends_with("did you mean `Sessions.TerminateSession`?"), "{error}");
        assert!(message("[[role]]\nname = \"admin\"").contains("a name that no system role has"));
    }

    #[test]
    fn a_certificate_is_given_inline_or_by_file_and_must_be_one() {
        let text =
            pem::encode("CERTIFICATE", make::self_signed("r", Moment::EPOCH).unwrap().certificate.der());
        let robot = |name: &str, rest: &str| format!("[[solution_user]]\nname = \"{name}\"\n{rest}\n");
        let inline = format!("certificate = '''\n{text}'''");
        assert_eq!(parse(&robot("r", &inline)).unwrap().solution_users.len(), 1);
        assert!(message(&robot("r", "")).ends_with("has no certificate or certificate_file"));
        assert!(message(&robot("r", "certificate = \"x\"")).contains("wanted a certificate in PEM"));
        assert!(matches!(
            parse(&robot("r", "certificate_file = \"/nonexistent\"")),
            Err(ConfigError::Unreadable { .. })
        ));
        assert!(matches!(
            parse(&robot("r", &format!("{inline}\ncertificate_file = \"a\""))),
            Err(ConfigError::Conflict { .. })
        ));
        let twice = [robot("r", &inline), robot("s", &inline)].concat();
        assert!(matches!(parse(&twice), Err(ConfigError::Duplicate { .. })));
        let elliptic = make::authority("ca", Moment::EPOCH).unwrap().certificate;
        assert!(message(&robot("r", &format!("certificate = '''\n{elliptic}'''"))).contains("RSA key"));
    }

    #[test]
    fn an_external_issuer_has_a_domain_and_the_leaves_of_what_it_signs_with() {
        let authority = make::authority("ca", Moment::EPOCH).unwrap();
        let signer = |()| make::token_signer(&authority, Moment::EPOCH).unwrap().certificate;
        let [first, second] = [(), ()].map(signer);
        let external = |issuer: &str, domain: &str, pem: &str| {
            format!(
                "[[external_issuer]]\nissuer = \"{issuer}\"\ndomain = \"{domain}\"\ngroups = [\"g\"]\ncertificate = '''\n{pem}'''\n"
            )
        };
        let chain = [first.as_str(), &authority.certificate].concat();
        let seed = parse(&external("https://a", "vc2.lab", &chain)).unwrap();
        let read = &seed.external_issuers[0];
        assert_eq!((read.issuer.as_str(), read.domain.as_str()), ("https://a", "vc2.lab"));
        assert_eq!(read.certificates, pem::certificates(&first).unwrap(), "the CA signs no token");
        assert_eq!(read.groups[0].as_str(), "g");
        let both = [first.as_str(), &second, &authority.certificate].concat();
        assert_eq!(
            parse(&external("https://a", "vc2.lab", &both)).unwrap().external_issuers[0].certificates.len(),
            2
        );
        let key =
            |text: &str| parse(text).unwrap().entries().next().map(|entry| (entry.key(), entry.canonical()));
        let (name, canonical) = key(&external("https://a", "vc2.lab", &first)).unwrap();
        assert_eq!(name, "external_issuer/https://a");
        assert!(canonical == key(&external("https://a", "VC2.LAB", &chain)).unwrap().1);
        assert!(canonical != key(&external("https://a", "vc2.lab", &both)).unwrap().1);
        assert!(message(&external("https://a", "vc2 lab", &first)).contains("wanted the name of a domain"));
        assert!(message(&external("https://a", "vc2.lab", "")).contains("wanted certificates in PEM"));
        assert!(message(&external("https://a", "vc2.lab", &authority.certificate)).contains("RSA keys"));
        for twice in [("https://a", "vc3.lab"), ("https://b", "VC2.lab")] {
            let text =
                [external("https://a", "vc2.lab", &first), external(twice.0, twice.1, &first)].concat();
            assert!(matches!(parse(&text), Err(ConfigError::Duplicate { .. })), "{twice:?}");
        }
        // It does not speak for the users of this house.
        let seed = parse(&external("https://a", "vc2.lab", &first)).unwrap();
        let [ours, theirs] = ["vsphere.local", "Vc2.Lab"].map(|name| Domain::new(name).unwrap());
        assert!(seed.is_of(&ours).is_ok() && seed.is_of(&theirs).is_err());
    }

    #[test]
    fn a_permission_may_name_the_user_of_an_external_issuer() {
        let permission = |principal: &str, group| {
            format!("[[permission]]\nprincipal = '{principal}'\ngroup = {group}\nrole = \"Admin\"")
        };
        let seed = parse(&permission("alice@vc2.lab", false)).unwrap();
        assert_eq!(seed.permissions[0].principal.as_str(), "VC2.LAB\\alice");
        assert_eq!(seed.entries().next().unwrap().key(), "permission/group-d1/user/vc2.lab\\alice");
        let [ours, theirs] = ["vsphere.local", "vc2.lab"].map(|name| Domain::new(name).unwrap());
        assert!(seed.is_of(&ours).is_ok() && seed.is_of(&theirs).is_err());
        assert!(message(&permission("vc2.lab\\g", true)).contains("wanted a group of this domain"));
        assert!(message(&permission("a/b", false)).contains("wanted a name without domain, or DOMAIN"));
    }

    #[test]
    fn the_canonical_text_changes_with_the_meaning_and_not_with_the_writing() {
        let text = |seed: &str| parse(seed).unwrap().entries().next().unwrap().canonical();
        let one = text("[[user]]\nname = \"a\"\npassword = \"x\"\ngroups = [\"g\", \"h\"]");
        assert!(one == text("# c\n[[user]]\ngroups = [\"h\", \"g\"]\npassword = 'x'\nname = \"a\""));
        for other in [
            "[[user]]\nname = \"a\"\npassword = \"y\"\ngroups = [\"g\", \"h\"]",
            "[[user]]\nname = \"a\"\npassword = \"x\"\ngroups = [\"g\"]",
            "[[user]]\nname = \"a\"\npassword = \"x\"\ngroups = [\"g\", \"h\"]\nntlm = true",
            "[[user]]\nname = \"a\"\npassword = \"x\"\ngroups = [\"g\", \"h\"]\nsurname = \"s\"",
            "[[user]]\nname = \"a\"\npassword = \"x\"\ngroups = [\"g\", \"h\"]\ngiven_name = \"s\"",
        ] {
            assert!(one != text(other), "{other}");
        }
    }

    #[test]
    fn a_policy_of_the_seed_says_where_it_stands() {
        let seed = parse("\n[policy.replay]\nmode = \"log\"").unwrap();
        assert_eq!(seed.policy[0].place, Place::Seed { file: "seed.toml".into(), line: 3 });
        assert_eq!(seed.policy[0].canonical().expose(), r#"["setting","policy.replay.mode","log"]"#);
    }
}
