//! Who asks: passwords, keys and tokens from where they are kept. No secret is an argument: others could see it.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use anyhow::Context as _;

use super::super::verify::read;
use super::super::{Problem, World};
use super::{KeyFlags, WhoFlags};
use crate::client::Credential;
use crate::client::unverified::assertion_of;
use crate::pki::make::Made;
use crate::pki::{SigningKey, pem};
use crate::secret::Secret;

/// Everything a credential is made of.
pub(super) struct Who {
    user: Option<(String, Secret)>,
    key: Option<Made>,
    token: Option<String>,
}

impl Who {
    pub(super) fn of(flags: &WhoFlags, world: &World<'_>) -> anyhow::Result<Self> {
        let key = key(&flags.key)?;
        let token = flags.token.as_deref().map(token).transpose()?;
        let user = match &flags.user {
            Some(user) => Some((user.clone(), password(flags.password_file.as_deref(), world)?)),
            None => None,
        };
        if user.is_none() && key.is_none() {
            let hint = "who asks? Give --user, or --certificate and --key, or --token and its key";
            return Err(Problem::Usage(hint.into()).into());
        }
        Ok(Self { user, key, token })
    }

    pub(super) fn credential(&self) -> Credential<'_> {
        match (&self.user, &self.key, &self.token) {
            (_, Some(key), Some(token)) => Credential::Token(token, key),
            (Some((name, password)), Some(key), None) => Credential::Both(name, password.expose(), key),
            (Some((name, password)), None, _) => Credential::Password(name, password.expose()),
            (None, Some(key), None) => Credential::Certificate(key),
            (None, None, _) => Credential::Nothing,
        }
    }
}

/// The key that signs, if one was given, with its certificate.
pub(super) fn key(flags: &KeyFlags) -> anyhow::Result<Option<Made>> {
    let (Some(certificate_file), Some(key_file)) = (&flags.certificate, &flags.key) else { return Ok(None) };
    let text = |file: &str| read(file).map(|bytes| Secret::new(String::from_utf8_lossy(&bytes)));
    let usage = |file: &str, why: String| Problem::Usage(format!("{file}: {why}"));
    let certificates = pem::certificates(text(certificate_file)?.expose());
    let certificates = certificates.map_err(|why| usage(certificate_file, why.to_string()))?;
    let der = pem::private_key(text(key_file)?.expose()).map_err(|why| usage(key_file, why.to_string()))?;
    let key = SigningKey::from_pkcs8(&der).map_err(|why| usage(key_file, why.to_string()))?;
    let certificate = certificates.into_iter().next().context("a PEM text without certificate")?;
    let public = key.public().map_err(|why| usage(key_file, why.to_string()))?;
    if public.spki() != certificate.key().spki() {
        return Err(usage(key_file, format!("not the key of the certificate in {certificate_file}")).into());
    }
    Ok(Some(Made { certificate, key }))
}

/// The assertion in a file.
pub(super) fn token(file: &str) -> Result<String, Problem> {
    assertion_of(read(file)?).map_err(|why| Problem::Usage(format!("{file} is no token: {why}")))
}

pub(in crate::cli) fn password(file: Option<&str>, world: &World<'_>) -> anyhow::Result<Secret> {
    if let Some(file) = file {
        return first_line(file);
    }
    if let Some(password) = world.environment.get("VCSSO_PASSWORD")? {
        return Ok(Secret::new(password));
    }
    if std::io::stdin().is_terminal() {
        return Ok(Secret::new(rpassword::prompt_password("Password: ")?));
    }
    let hint = "no password: give --password-file or set VCSSO_PASSWORD, or use a terminal";
    Err(Problem::Usage(hint.into()).into())
}

fn first_line(file: &str) -> anyhow::Result<Secret> {
    let unreadable = |why: std::io::Error| Problem::Usage(format!("cannot read {file}: {why}"));
    let mut line = String::new();
    match file {
        "-" => drop(std::io::stdin().lock().read_line(&mut line).map_err(unreadable)?),
        file => line = std::fs::read_to_string(Path::new(file)).map_err(unreadable)?,
    }
    let line = Secret::new(line);
    Ok(Secret::new(line.expose().lines().next().unwrap_or_default()))
}
