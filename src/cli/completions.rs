//! `vcsso completions`: what a shell needs to complete commands, written from the arguments themselves.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Arguments, Exit, output};

/// Print what a shell needs to complete commands.
#[derive(Clone, Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "vcsso", &mut script);
        output::print(&String::from_utf8(script)?)?;
        Ok(Exit::Ok)
    }
}
