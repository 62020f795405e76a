//! The flags that are settings: those of `serve`, and the few that other commands share.

use clap::Args;

use crate::config::{Scalar, Setting};

/// Everything of `contract.md`'s table. Not read by `clap` itself: the origin of each value is kept.
#[derive(Clone, Debug, Default, Args)]
#[expect(
    clippy::doc_markdown,
    reason = "the lines on the fields are the help of the program, printed as they are"
)]
pub struct SettingFlags {
    /// The one HTTPS listener; port 0 picks a free one [env: VCSSO_LISTEN] [default: 127.0.0.1:8443]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
    /// Plain HTTP: /livez /readyz /metrics, nothing else [env: VCSSO_HEALTH] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub health: Option<String>,
    /// sqlite: or postgres: [env: VCSSO_DATABASE or VCSSO_DATABASE_FILE] [default: vcsso.db in the state folder]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Database file, first-start credentials [env: VCSSO_STATE] [default: ./state]
    #[arg(long, value_name = "DIR")]
    pub state: Option<String>,
    /// CA, STS signing key and chain, TLS key; made at first start [env: VCSSO_KEYS] [default: ./keys]
    #[arg(long, value_name = "DIR")]
    pub keys: Option<String>,
    /// A TOML file of users, groups, roles, policies, applied at start [env: VCSSO_SEED]
    #[arg(long, value_name = "FILE")]
    pub seed: Option<String>,
    /// Database and keys in a temporary folder, nothing left behind
    #[arg(long)]
    pub ephemeral: bool,
    /// Plain listener answering CONNECT sdkTunnel:8089 for extension logins [env: VCSSO_TUNNEL] [default: off]
    #[arg(long, value_name = "ADDR:PORT")]
    pub tunnel: Option<String>,
    /// What lookup service, options and token issuer call this server [env: VCSSO_ADVERTISE]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub advertise: Option<String>,
    /// The system domain [env: VCSSO_DOMAIN] [default: vsphere.local]
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
    /// Everything above and every policy, in TOML [env: VCSSO_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
}

/// Where a running service keeps its things.
#[derive(Clone, Debug, Default, Args)]
#[expect(
    clippy::doc_markdown,
    reason = "the lines on the fields are the help of the program, printed as they are"
)]
pub struct PlaceFlags {
    /// The state folder of the service [env: VCSSO_STATE] [default: ./state]
    #[arg(long, value_name = "DIR")]
    pub state: Option<String>,
    /// The keys folder of the service [env: VCSSO_KEYS] [default: ./keys]
    #[arg(long, value_name = "DIR")]
    pub keys: Option<String>,
    /// The system domain [env: VCSSO_DOMAIN] [default: vsphere.local]
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
    /// The configuration of the service [env: VCSSO_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
}

/// The store that an administrator's command acts on. A running service sees the change at its next request.
#[derive(Clone, Debug, Default, Args)]
pub struct StoreFlags {
    /// `sqlite:` or `postgres:` [env: `VCSSO_DATABASE` or `VCSSO_DATABASE_FILE`] [default: vcsso.db in the state folder]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// The state folder [env: `VCSSO_STATE`] [default: ./state]
    #[arg(long, value_name = "DIR")]
    pub state: Option<String>,
    /// The system domain [env: `VCSSO_DOMAIN`] [default: vsphere.local]
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
    /// The configuration of the service [env: `VCSSO_CONFIG`]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
    /// The seed of the service, for the policies in it [env: `VCSSO_SEED`]
    #[arg(long, value_name = "FILE")]
    pub seed: Option<String>,
}

/// The store, and the key folder that belongs to it.
#[derive(Clone, Debug, Default, Args)]
pub struct KeyFlags {
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
    /// The keys folder of the service [env: `VCSSO_KEYS`] [default: ./keys]
    #[arg(long, value_name = "DIR")]
    pub keys: Option<String>,
}

impl KeyFlags {
    /// What was given.
    #[must_use]
    pub fn given(&self) -> Vec<(Setting, Scalar)> {
        self.store.given().into_iter().chain(flag(Setting::Keys, self.keys.as_ref())).collect()
    }
}

impl SettingFlags {
    /// What was given.
    #[must_use]
    pub fn given(&self) -> Vec<(Setting, Scalar)> {
        let texts = [
            (Setting::Listen, &self.listen),
            (Setting::Health, &self.health),
            (Setting::Database, &self.database),
            (Setting::State, &self.state),
            (Setting::Keys, &self.keys),
            (Setting::Seed, &self.seed),
            (Setting::Tunnel, &self.tunnel),
            (Setting::Advertise, &self.advertise),
            (Setting::Domain, &self.domain),
            (Setting::Config, &self.config),
        ];
        let ephemeral = self.ephemeral.then_some((Setting::Ephemeral, Scalar::Switch(true)));
        texts
            .into_iter()
            .filter_map(|(setting, text)| flag(setting, text.as_ref()))
            .chain(ephemeral)
            .collect()
    }
}

impl StoreFlags {
    /// What was given.
    #[must_use]
    pub fn given(&self) -> Vec<(Setting, Scalar)> {
        let texts = [
            (Setting::Database, &self.database),
            (Setting::State, &self.state),
            (Setting::Domain, &self.domain),
            (Setting::Config, &self.config),
            (Setting::Seed, &self.seed),
        ];
        texts.into_iter().filter_map(|(setting, text)| flag(setting, text.as_ref())).collect()
    }
}

impl PlaceFlags {
    /// What was given.
    #[must_use]
    pub fn given(&self) -> Vec<(Setting, Scalar)> {
        let texts = [
            (Setting::State, &self.state),
            (Setting::Keys, &self.keys),
            (Setting::Domain, &self.domain),
            (Setting::Config, &self.config),
        ];
        texts.into_iter().filter_map(|(setting, text)| flag(setting, text.as_ref())).collect()
    }
}

/// A setting with the text of its flag, if one was given.
pub(super) fn flag(setting: Setting, text: Option<&String>) -> Option<(Setting, Scalar)> {
    text.map(|text| (setting, Scalar::Text(text.clone())))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::Arguments;
    use super::*;

    #[test]
    fn serve_has_a_flag_for_every_setting_that_names_one_and_no_other() {
        let mut command = Arguments::command();
        command.build();
        let serve = command.find_subcommand("serve").unwrap();
        let flags: Vec<_> =
            serve.get_arguments().filter_map(clap::Arg::get_long).map(|long| format!("--{long}")).collect();
        for flag in Setting::all().filter_map(Setting::flag) {
            assert!(flags.iter().any(|known| known == flag), "{flag}");
        }
        let own = ["--output", "--help", "--version"];
        for known in flags.iter().filter(|flag| !own.contains(&flag.as_str())) {
            assert!(Setting::all().any(|setting| setting.flag() == Some(known.as_str())), "{known}");
        }
    }

    #[test]
    fn every_flag_that_is_given_arrives_as_its_setting() {
        let text = |name: &str| Some(name.to_owned());
        let all = SettingFlags {
            listen: text("listen"),
            health: text("health"),
            database: text("database"),
            state: text("state"),
            keys: text("keys"),
            seed: text("seed"),
            ephemeral: true,
            tunnel: text("tunnel"),
            advertise: text("advertise"),
            domain: text("domain"),
            config: text("config"),
        };
        let given = all.given();
        assert_eq!(given.len(), Setting::all().filter(|setting| setting.flag().is_some()).count());
        for (setting, value) in given {
            assert!(value == Scalar::Text(setting.key().into()) || value == Scalar::Switch(true));
        }
        assert!(SettingFlags::default().given().is_empty());
    }
}
