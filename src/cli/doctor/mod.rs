//! `vcsso doctor`: looks at a vCenter single sign-on from outside, whoever made it, and says what is wrong and what to do.
//!
//! It asks as clients ask, and tries what must be refused: a wrong password, a token of a stranger, a changed token.

mod checks;
mod finding;
mod login;

use clap::Args;

use super::flags::PlaceFlags;
use super::https::{Place, Trust};
use super::token::whose;
use super::verify::read;
use super::{Exit, Problem, World};
use crate::config::{Settings, StateFolder, load_settings};
use crate::pki::{Certificate, pem};
use crate::secret::Secret;
use checks::Visit;
use finding::Findings;

/// Look at a vCenter single sign-on.
#[derive(Clone, Debug, Args)]
pub struct Doctor {
    /// The vCenter, `https://HOST[:PORT]` [default: the running service's]
    #[arg(value_name = "URL")]
    pub url: Option<String>,
    /// Who should have signed its TLS certificate, PEM [default for the running service: ca.crt of the keys folder]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<String>,
    /// Do not check the TLS certificate: whoever is between may read the password and the token
    #[arg(long, conflicts_with = "ca")]
    pub insecure: bool,
    /// Log in as this user too; the password comes from --password-file, `VCSSO_PASSWORD` or the terminal
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A file whose first line is the password; `-` reads stdin
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<String>,
    /// Where the running service keeps its things.
    #[command(flatten)]
    pub place: PlaceFlags,
}

/// Whom and how to ask.
struct Patient {
    server: Place,
    domain: String,
    authorities: Option<Vec<Certificate>>,
    is_insecure: bool,
    login: Option<(String, Secret)>,
}

impl Doctor {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let patient = self.patient(world)?;
        let mut findings = Findings::default();
        Visit::begin(&patient, world.clock, &mut findings)?.go_on()?;
        findings.print(&patient.server.url(), world.output)?;
        Ok(if findings.are_good() { Exit::Ok } else { Exit::Refused })
    }

    fn patient(&self, world: &World<'_>) -> anyhow::Result<Patient> {
        let settings = load_settings(&self.place.given(), world.environment)?;
        let own = StateFolder::look_at(&settings.state).url()?;
        let url = self.url.clone().or_else(|| own.clone()).ok_or_else(|| {
            let state = settings.state.display();
            Problem::Unreachable(format!(
                "no service has written its URL into {state}: give a URL, or --state"
            ))
        })?;
        let server = Place::parse(&url, SDK)?.at(SDK);
        let is_own = own.is_some_and(|own| own.trim_end_matches('/') == url.trim_end_matches('/'));
        let login = match &self.user {
            Some(user) => Some((user.clone(), whose::password(self.password_file.as_deref(), world)?)),
            None => None,
        };
        Ok(Patient {
            server,
            domain: settings.domain.as_str().to_owned(),
            authorities: self.authorities(&settings, is_own)?,
            is_insecure: self.insecure,
            login,
        })
    }

    fn authorities(&self, settings: &Settings, is_own: bool) -> Result<Option<Vec<Certificate>>, Problem> {
        let made = settings.keys.join("ca.crt");
        let file = match &self.ca {
            Some(file) => file.clone(),
            None if is_own && !self.insecure && made.exists() => made.display().to_string(),
            None => return Ok(None),
        };
        let authorities = pem::certificates(&String::from_utf8_lossy(&read(&file)?));
        authorities.map(Some).map_err(|why| Problem::Usage(format!("{file}: {why}")))
    }
}

impl Patient {
    /// To look at a server whoever it is.
    const LOOKING: Trust = Trust::Anybody;

    /// To tell a server a password or a token.
    fn trust(&self) -> Option<Trust> {
        match &self.authorities {
            Some(authorities) => Some(Trust::Authorities(authorities.clone())),
            None => self.is_insecure.then_some(Trust::Anybody),
        }
    }
}

/// Where every vCenter has it.
const SDK: &str = "/sdk";
