//! `vcsso token`: a client of any STS, this service's or a vCenter's, and a look into the tokens it gives.

mod ask;
mod inspect;
pub(super) mod whose;

use clap::{Args, Subcommand, ValueEnum};

use super::{Exit, World};
use crate::client::Style;

/// Ask a Security Token Service, and look into tokens.
#[derive(Clone, Debug, Subcommand)]
pub enum Token {
    /// Get a token, and print it.
    Issue(Issue),
    /// Get a token in the place of a Holder-of-Key token, and print it.
    Renew(Renew),
    /// Ask whether a token is valid; exit code 3 says that it is not.
    Validate(Validate),
    /// Take a token back. vCenter has no such operation, this service has.
    Cancel(Cancel),
    /// Print what a token says, without asking anybody.
    Inspect(inspect::Inspect),
}

/// Get a token.
#[derive(Clone, Debug, Args)]
pub struct Issue {
    /// The STS.
    #[command(flatten)]
    pub sts: StsFlags,
    /// Who asks.
    #[command(flatten)]
    pub who: WhoFlags,
    /// How the token is confirmed [default: holder-of-key where a key signs, else bearer]
    #[arg(long, value_enum)]
    pub confirmation: Option<Confirmation>,
    /// Act as the subject of the token in this file; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    pub act_as: Option<String>,
    /// Delegate to this solution user, for its registered key
    #[arg(long, value_name = "NAME", conflicts_with = "act_as")]
    pub delegate_to: Option<String>,
    /// How long the token shall live, in seconds
    #[command(flatten)]
    pub lifetime: LifetimeFlag,
    /// The token may be renewed
    #[arg(long)]
    pub renewable: bool,
    /// The token may be delegated: who acts as its subject needs one that may
    #[arg(long)]
    pub delegatable: bool,
    /// For whom the token is; may be repeated
    #[arg(long = "audience", value_name = "URL")]
    pub audiences: Vec<String>,
    /// The attributes it shall have instead of the usual ones; may be repeated
    #[arg(long = "claim", value_name = "URI")]
    pub claims: Vec<String>,
}

/// Get a token in the place of another.
#[derive(Clone, Debug, Args)]
pub struct Renew {
    /// The token; `-` reads stdin
    #[arg(value_name = "FILE")]
    pub token: String,
    /// The STS.
    #[command(flatten)]
    pub sts: StsFlags,
    /// The key that the token confirms.
    #[command(flatten)]
    pub key: KeyFlags,
    /// How long the token shall live, in seconds
    #[command(flatten)]
    pub lifetime: LifetimeFlag,
}

/// Ask whether a token is valid.
#[derive(Clone, Debug, Args)]
pub struct Validate {
    /// The token; `-` reads stdin
    #[arg(value_name = "FILE")]
    pub token: String,
    /// The STS.
    #[command(flatten)]
    pub sts: StsFlags,
}

/// Take a token back.
#[derive(Clone, Debug, Args)]
pub struct Cancel {
    /// The token; `-` reads stdin
    #[arg(value_name = "FILE")]
    pub token: String,
    /// The STS.
    #[command(flatten)]
    pub sts: StsFlags,
    /// The key that a Holder-of-Key token confirms.
    #[command(flatten)]
    pub key: KeyFlags,
}

/// Where the STS is, and how it is spoken to.
#[derive(Clone, Debug, Args)]
pub struct StsFlags {
    /// The STS; without a path, /sts/STSService/<domain> of that host [default: the running service's]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Who signed its TLS certificate, PEM [default: ca.crt of the keys folder]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<String>,
    /// Take any TLS certificate: whoever is between may read the password and the token
    #[arg(long, conflicts_with = "ca")]
    pub insecure: bool,
    /// Whose handwriting requests have
    #[arg(long, value_enum, default_value_t = Handwriting::Govmomi)]
    pub style: Handwriting,
    /// Where a running service keeps its things.
    #[command(flatten)]
    pub place: super::flags::PlaceFlags,
}

/// Who asks for a token.
#[derive(Clone, Debug, Args)]
pub struct WhoFlags {
    /// A user; the password comes from --password-file, `VCSSO_PASSWORD` or the terminal, never from an argument
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A file whose first line is the password; `-` reads stdin
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<String>,
    /// A Holder-of-Key token, whose key signs; `-` reads stdin
    #[arg(long, value_name = "FILE", conflicts_with = "user", requires = "key")]
    pub token: Option<String>,
    /// The key that signs.
    #[command(flatten)]
    pub key: KeyFlags,
}

/// A key that signs.
#[derive(Clone, Debug, Args)]
pub struct KeyFlags {
    /// The certificate of the key that signs, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<String>,
    /// The key that signs, PEM (PKCS #8)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<String>,
}

/// How long a token shall live.
#[derive(Clone, Copy, Debug, Args)]
pub struct LifetimeFlag {
    /// How long the token shall live, in seconds; the STS may grant less
    #[arg(long = "lifetime", value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=315_360_000))]
    pub seconds: u64,
}

/// How a token is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Confirmation {
    /// By having it.
    Bearer,
    /// By a signature with the key that signed the request.
    HolderOfKey,
}

/// Whose handwriting requests have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Handwriting {
    /// govmomi's.
    Govmomi,
    /// pyVmomi's.
    Pyvmomi,
}

impl Token {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Issue(issue) => issue.run(world),
            Self::Renew(renew) => renew.run(world),
            Self::Validate(validate) => validate.run(world),
            Self::Cancel(cancel) => cancel.run(world),
            Self::Inspect(inspect) => inspect.run(world),
        }
    }
}

impl Handwriting {
    const fn style(self) -> Style {
        match self {
            Self::Govmomi => Style::Govmomi,
            Self::Pyvmomi => Style::PyVmomi,
        }
    }
}
