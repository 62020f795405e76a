//! Reading the configuration: once, from flags, environment, configuration file and seed file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{FileKind, Section, Source};
use super::error::{ConfigError, Place};
use super::layers::{Assignment, Layers, assignments};
use super::seed::Seed;
use super::setting::{Kind, Scalar, Setting};
use super::settings::{Settings, StartVariables};
use crate::secret::Secret;

/// The settings, and what the seed file wants to exist.
#[derive(Debug)]
pub struct Configuration {
    /// The settings, the policies of the seed included.
    pub settings: Settings,
    /// The seed; empty when there is none.
    pub seed: Seed,
}

/// The variables of the environment that concern this program. A value, so that tests can have another.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, std::ffi::OsString>);

impl Environment {
    /// Those of the process. A variable that is set but empty counts as not set, as compose files write them.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))))
    }

    /// These.
    pub fn of(variables: impl IntoIterator<Item = (String, std::ffi::OsString)>) -> Self {
        let ours =
            |(name, value): &(String, std::ffi::OsString)| name.starts_with("VCSSO_") && !value.is_empty();
        Self(variables.into_iter().filter(ours).collect())
    }

    /// One of them, as text. Settings are not asked for here: they are read once, by `load`.
    ///
    /// # Errors
    /// [`ConfigError`] for one that is not UTF-8.
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.to_str().map(Some).ok_or(ConfigError::Type {
            key: name.to_owned(),
            place: Place::Environment(name),
            seen: "not UTF-8",
            wanted: "UTF-8 text",
        })
    }
}

/// Reads everything, the seed file included.
///
/// # Errors
/// [`ConfigError`]: the first thing that is wrong, with its place.
pub fn load(flags: &[(Setting, Scalar)], environment: &Environment) -> Result<Configuration, ConfigError> {
    let settings = load_settings(flags, environment)?;
    let seed = settings.seed.as_deref().map(Seed::read).transpose()?.unwrap_or_default();
    let settings = settings.with_seed(&seed.policy)?;
    seed.fits(&settings.sspi)?;
    seed.is_of(&settings.domain)?;
    Ok(Configuration { settings, seed })
}

/// Reads everything but the seed file: enough for commands that only need to know where things are.
///
/// # Errors
/// [`ConfigError`]: the first thing that is wrong, with its place.
pub fn load_settings(
    flags: &[(Setting, Scalar)],
    environment: &Environment,
) -> Result<Settings, ConfigError> {
    let given = [of_environment(environment)?, of_flags(flags)].concat();
    let mut layers = Layers::default();
    if let Some(file) = config_file(&given) {
        layers.put_all(of_file(&file)?);
    }
    layers.put_all(given);
    let start = StartVariables {
        administrator_password: environment.get("VCSSO_ADMIN_PASSWORD")?.map(Secret::new),
        log: environment.get("VCSSO_LOG")?.map(str::to_owned),
    };
    Settings::of(layers, start)
}

fn of_flags(flags: &[(Setting, Scalar)]) -> Vec<Assignment> {
    let assignment = |(setting, value): &(Setting, Scalar)| {
        let place = Place::Flag(setting.flag()?);
        Some(Assignment { setting: *setting, value: value.clone(), place })
    };
    flags.iter().filter_map(assignment).collect()
}

fn of_environment(environment: &Environment) -> Result<Vec<Assignment>, ConfigError> {
    let mut given = Vec::new();
    for setting in Setting::all().filter(|setting| setting.kind() == Kind::Text) {
        let Some(name) = setting.environment() else { continue };
        if let Some(value) = environment.get(name)? {
            given.push(Assignment {
                setting,
                value: Scalar::Text(value.to_owned()),
                place: Place::Environment(name),
            });
        }
    }
    if let Some(file) = environment.get(DATABASE_FILE)? {
        if given.iter().any(|assignment| assignment.setting == Setting::Database) {
            let (first, second) = ("VCSSO_DATABASE".to_owned(), DATABASE_FILE.to_owned());
            return Err(ConfigError::Conflict { first, second });
        }
        let value = Scalar::Text(database_file(Path::new(file))?);
        given.push(Assignment {
            setting: Setting::Database,
            value,
            place: Place::Environment(DATABASE_FILE),
        });
    }
    Ok(given)
}

fn database_file(file: &Path) -> Result<String, ConfigError> {
    let unreadable =
        |error: std::io::Error| ConfigError::Unreadable { file: file.to_owned(), why: error.to_string() };
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    Ok(text.trim().to_owned())
}

fn config_file(given: &[Assignment]) -> Option<PathBuf> {
    let last = given.iter().rev().find(|assignment| assignment.setting == Setting::Config)?;
    match &last.value {
        Scalar::Text(file) => Some(PathBuf::from(file)),
        Scalar::Switch(_) | Scalar::Number(_) | Scalar::List(_) => None,
    }
}

fn of_file(file: &Path) -> Result<Vec<Assignment>, ConfigError> {
    let source = Source::read(FileKind::Config, file)?;
    let table = source.parse()?;
    assignments(&Section::root(&source, &table), &[])
}

const DATABASE_FILE: &str = "VCSSO_DATABASE_FILE";

#[cfg(test)]
mod tests {
    use super::super::error::Hint;
    use super::super::settings::Origin;
    use super::super::state::Ephemeral;
    use super::*;
    use crate::app::ReplayMode;
    use crate::app::policies::Policy;
    use crate::entropy::SystemEntropy;

    struct World {
        folder: Ephemeral,
        flags: Vec<(Setting, Scalar)>,
        environment: Vec<(String, std::ffi::OsString)>,
    }

    impl World {
        fn new() -> Self {
            Self {
                folder: Ephemeral::new(&SystemEntropy).unwrap(),
                flags: Vec::new(),
                environment: Vec::new(),
            }
        }

        fn flag(mut self, setting: Setting, value: &str) -> Self {
            self.flags.push((setting, Scalar::Text(value.into())));
            self
        }

        fn variable(mut self, name: &str, value: &str) -> Self {
            self.environment.push((name.into(), value.into()));
            self
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn file(&self, name: &str, text: &str) {
            std::fs::write(self.path(name), text).unwrap();
        }

        fn config(self, text: &str) -> Self {
            self.file("vcsso.toml", text);
            let path = self.path("vcsso.toml").display().to_string();
            self.flag(Setting::Config, &path)
        }

        fn seed(self, text: &str) -> Self {
            self.file("seed.toml", text);
            let path = self.path("seed.toml").display().to_string();
            self.flag(Setting::Seed, &path)
        }

        fn load(&self) -> Result<Configuration, ConfigError> {
            load(&self.flags, &Environment::of(self.environment.clone()))
        }

        fn settings(&self) -> Settings {
            self.load().unwrap().settings
        }
    }

    #[test]
    fn without_anything_the_defaults_of_the_contract_hold() {
        let settings = World::new().settings();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8443");
        assert_eq!(settings.health.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.database.url().expose(), "sqlite://./state/vcsso.db");
        assert_eq!(
            (settings.state.as_path(), settings.keys.as_path()),
            (Path::new("./state"), Path::new("./keys"))
        );
        assert_eq!(settings.domain.as_str(), "vsphere.local");
        assert!(
            settings.seed.is_none()
                && settings.tunnel.is_none()
                && settings.advertise.is_none()
                && !settings.ephemeral
        );
        assert_eq!(settings.policy, crate::app::Policies::default());
        assert!(Setting::all().all(|setting| settings.origin(setting) == Origin::Default));
    }

    #[test]
    fn a_flag_hides_the_environment_which_hides_the_file_which_hides_the_default() {
        let file = "listen = \"127.0.0.1:3\"\nhealth = \"127.0.0.1:3\"\ndomain = \"file.test\"\n";
        let world = World::new().config(file).flag(Setting::Listen, "127.0.0.1:1");
        let world = world.variable("VCSSO_LISTEN", "127.0.0.1:2").variable("VCSSO_HEALTH", "127.0.0.1:2");
        let settings = world.settings();
        let found = [
            (settings.listen.port(), settings.origin(Setting::Listen)),
            (settings.health.port(), settings.origin(Setting::Health)),
        ];
        assert_eq!(found, [(1, Origin::Flag), (2, Origin::Environment)]);
        assert_eq!((settings.domain.as_str(), settings.origin(Setting::Domain)), ("file.test", Origin::File));
        assert_eq!(settings.origin(Setting::Keys), Origin::Default);
    }

    #[test]
    fn the_seeds_policies_hide_those_of_the_configuration() {
        let world =
            World::new().config("[policy.replay]\nmode = \"log\"\n[policy.session]\nidle_seconds = 5\n");
        let settings = world.seed("[policy.replay]\nmode = \"off\"\n").settings();
        assert_eq!(
            (settings.policy.replay, settings.origin(Setting::Policy(Policy::ReplayMode))),
            (ReplayMode::Off, Origin::Seed)
        );
        assert_eq!(
            (settings.policy.session.idle.as_secs(), settings.origin(Setting::Policy(Policy::SessionIdle))),
            (5, Origin::File)
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_right_one_at_every_depth() {
        for (text, line, inside, suggestion) in [
            ("lisen = \"a\"", 1, "", "listen"),
            ("\npolcy = 1", 2, "", "policy"),
            ("[polcy.token]\nx = 1", 1, "", "policy"),
            ("[policy.tokn]\nx = 1", 1, "[policy]", "token"),
            ("[policy.token]\n\nclock_tolerance = 1", 3, "[policy.token]", "clock_tolerance_seconds"),
            ("policy.lockout.reveals = 1", 1, "[policy.lockout]", "reveal"),
            ("[sspi]\nkeytap = \"a\"", 2, "[sspi]", "keytab"),
            ("personality = { hots = true }", 1, "[personality]", "host"),
        ] {
            let error = World::new().config(text).load().unwrap_err();
            let ConfigError::UnknownKey { inside: seen, place, hint, .. } = &error else { panic!("{error}") };
            assert_eq!((seen.as_str(), place.line()), (inside, line), "{text}");
            assert_eq!(*hint, Hint::DidYouMean(suggestion.into()), "{text}");
        }
    }

    #[test]
    fn a_key_of_the_other_file_is_sent_there() {
        let error = World::new().config("[[user]]\nname = \"a\"").load().unwrap_err();
        assert!(error.to_string().ends_with("unknown key `user`; it belongs in the seed file"), "{error}");
        let error = World::new().seed("listen = \"a\"").load().unwrap_err();
        assert!(
            error.to_string().ends_with("unknown key `listen`; it belongs in the configuration file"),
            "{error}"
        );
        let error = World::new().config("config = \"a\"").load().unwrap_err();
        assert!(matches!(error, ConfigError::UnknownKey { .. }), "{error}");
    }

    #[test]
    fn a_quoted_key_with_a_dot_is_not_a_path() {
        let error = World::new().config("[policy]\n\"replay.mode\" = \"off\"").load().unwrap_err();
        assert!(matches!(error, ConfigError::UnknownKey { .. }), "{error}");
    }

    #[test]
    fn a_wrong_type_says_what_was_seen_and_what_was_wanted_and_where() {
        for (text, end) in [
            ("\nlisten = 1", "vcsso.toml line 2: `listen` is a whole number, wanted a string"),
            ("policy = 1", "vcsso.toml line 1: `policy` is a whole number, wanted a table"),
            ("[sspi]\nntlm = \"yes\"", "vcsso.toml line 2: `sspi.ntlm` is a string, wanted true or false"),
            (
                "[policy.audit]\nkeep_days = 1.5",
                "vcsso.toml line 2: `policy.audit.keep_days` is a decimal number, wanted a whole number",
            ),
            ("[policy.audit]\nkeep_days = 0", "line 2: `policy.audit.keep_days` is \"0\", wanted 1 to 36500"),
            (
                "[policy.audit]\nkeep_days = -1",
                "line 2: `policy.audit.keep_days` is \"-1\", wanted 1 to 36500",
            ),
            ("listen = \"8443\"", "vcsso.toml line 1: `listen` is \"8443\", wanted ADDRESS:PORT"),
            (
                "[policy.replay]\nmode = \"enforced\"",
                "is \"enforced\", wanted enforce or log or off; did you mean `enforce`?",
            ),
        ] {
            let error = World::new().config(text).load().unwrap_err().to_string();
            assert!(error.ends_with(end), "{error}");
        }
    }

    #[test]
    fn what_sspi_cannot_be_is_said() {
        for (text, end) in [
            (
                "[sspi]\nservices = [1]",
                "line 2: `sspi.services` is a list of other things, wanted a list of strings",
            ),
            ("[sspi]\nservices = \"a\"", "line 2: `sspi.services` is a string, wanted a list of strings"),
            (
                "[sspi]\nservices = [\"HTTP\"]",
                "line 2: `sspi.services` is \"HTTP\", wanted service/host@REALM",
            ),
            (
                "[sspi]\nrealms = [\"A\"]",
                "line 2: [sspi] has no keytab, and names services, realms or principals",
            ),
            (
                "[sspi]\nkeytab = \"k\"\nprincipals = [\"a/b@R\"]",
                "line 3: `sspi.principals` is \"a/b@R\", wanted name/instance@REALM = account",
            ),
        ] {
            let error = World::new().config(text).load().unwrap_err().to_string();
            assert!(error.ends_with(end), "{error}");
        }
        let text = "[sspi]\nkeytab = \"k\"\nrealms = [\"LAB.TEST\"]\nprincipals = [\"a/b@R = c\"]";
        let sspi = World::new().config(text).settings().sspi;
        assert_eq!(
            (sspi.realms[0].as_str(), sspi.principals[0].to_string().as_str()),
            ("LAB.TEST", "a/b@R = c")
        );
    }

    #[test]
    fn nt_hashes_of_a_seed_need_ntlm_and_no_administrator() {
        let user = "[[user]]\nname = \"a\"\npassword = \"x\"\nntlm = true\n";
        let refusal = |seed: &str| World::new().seed(seed).load().unwrap_err().to_string();
        let wanted = "`ntlm = true` of the seed's user a needs `sspi.ntlm = true`";
        assert_eq!(refusal(user), wanted);
        let on = "[sspi]\nntlm = true\n";
        assert!(World::new().seed(&format!("{user}{on}")).load().unwrap().seed.users[0].ntlm);
        let administrator = format!("{user}groups = [\"administrators\"]\n{on}");
        let wanted = "`ntlm = true` of the seed's user a needs `sspi.ntlm_administrators = true`";
        assert_eq!(refusal(&administrator), wanted);
        assert!(World::new().seed(&format!("{administrator}ntlm_administrators = true")).load().is_ok());
        let hashed = user.replace("password = \"x\"", "password_hash = \"$argon2id$x\"");
        assert!(refusal(&format!("{hashed}{on}")).contains("exclude each other"));
    }

    #[test]
    fn the_first_and_last_allowed_numbers_are_accepted() {
        for (text, accepted) in [("1", true), ("36500", true), ("0x10", true), ("0", false), ("36501", false)]
        {
            let world = World::new().config(&format!("[policy.audit]\nkeep_days = {text}"));
            assert_eq!(world.load().is_ok(), accepted, "{text}");
        }
    }

    #[test]
    fn a_syntax_error_shows_its_line_and_not_what_stands_there() {
        let error = World::new().seed("[[user]]\npassword = \"hunter2").load().unwrap_err().to_string();
        assert!(error.contains("seed.toml line 2: not valid TOML"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn relative_paths_in_a_file_start_from_its_folder() {
        let world = World::new().config("keys = \"k\"\ndatabase = \"sqlite://a.db\"\n[sspi]\nkeytab = \"t\"");
        let settings = world.settings();
        assert_eq!(settings.keys, world.path("k"));
        assert_eq!(settings.sspi.keytab, Some(world.path("t")));
        assert_eq!(settings.database.url().expose(), format!("sqlite://{}", world.path("a.db").display()));
        assert_eq!(World::new().flag(Setting::Keys, "k").settings().keys, Path::new("k"));
    }

    #[test]
    fn the_database_url_may_stand_in_a_file_and_only_there() {
        let world = World::new();
        world.file("url", "postgres://sso:hunter2@db/sso\n");
        let file = world.path("url").display().to_string();
        let world = world.variable("VCSSO_DATABASE_FILE", &file);
        let settings = world.settings();
        assert_eq!(settings.database.url().expose(), "postgres://sso:hunter2@db/sso");
        assert_eq!(settings.origin(Setting::Database), Origin::Environment);
        assert!(!format!("{:?}", settings.database).contains("hunter2"));
        let world = world.variable("VCSSO_DATABASE", "sqlite:a.db");
        assert!(matches!(world.load(), Err(ConfigError::Conflict { .. })));
    }

    #[test]
    fn a_wrong_database_url_is_shown_without_its_password() {
        let error = World::new()
            .variable("VCSSO_DATABASE", "mysql://sso:hunter2@db/sso")
            .load()
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("VCSSO_DATABASE: `database` is \"mysql://sso:***@db/sso\""), "{error}");
    }

    #[test]
    fn ephemeral_and_a_folder_of_your_own_exclude_each_other() {
        let mut world = World::new().variable("VCSSO_STATE", "/var/lib/vcsso");
        world.flags.push((Setting::Ephemeral, Scalar::Switch(true)));
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let moved = world.settings().moved_to(&folder);
        assert_eq!(moved.state, folder.path());
        assert!(moved.database.url().expose().contains("vcsso-"));
        let error = world.flag(Setting::Keys, "k").load().unwrap_err();
        assert_eq!(error.to_string(), "--ephemeral and --keys exclude each other: give one of them");
    }

    #[test]
    fn an_empty_variable_is_no_variable() {
        assert!(World::new().variable("VCSSO_SEED", "").settings().seed.is_none());
    }

    #[test]
    fn every_setting_has_something_to_show_or_is_not_set() {
        let settings = World::new().settings();
        let unset: Vec<_> = Setting::all().filter(|setting| settings.shown(*setting).is_none()).collect();
        let of_kerberos =
            [Setting::SspiKeytab, Setting::SspiServices, Setting::SspiRealms, Setting::SspiPrincipals];
        let others = [Setting::Seed, Setting::Tunnel, Setting::Advertise, Setting::Config];
        let texts = [Policy::PasswordDescription, Policy::LockoutDescription, Policy::InstanceName];
        let texts = texts.map(Setting::Policy);
        assert_eq!(unset, [others.to_vec(), of_kerberos.to_vec(), texts.to_vec()].concat());
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        let text = "listen = \"127.0.0.1:1\"\nephemeral = true\n[policy.lockout]\nreveal = \"never\"\n[personality]\nhost = true\n";
        let settings = World::new().config(text).settings();
        let line = |setting: Setting| match settings.shown(setting)? {
            _ if !setting.is_in_file() => None,
            Scalar::Text(_) if matches!(setting, Setting::Database | Setting::State | Setting::Keys) => None,
            Scalar::Text(text) => Some(format!("{} = {text:?}\n", setting.key())),
            Scalar::Switch(value) => Some(format!("{} = {value}\n", setting.key())),
            Scalar::Number(number) => Some(format!("{} = {number}\n", setting.key())),
            Scalar::List(texts) => Some(format!("{} = {texts:?}\n", setting.key())),
        };
        let again = World::new().config(&Setting::all().filter_map(line).collect::<String>()).settings();
        assert_eq!(again.policy, settings.policy);
        assert_eq!(
            (again.listen, again.ephemeral, again.personality),
            (settings.listen, true, settings.personality)
        );
    }
}
