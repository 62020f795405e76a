//! The command line: arguments to typed values, one file per command, exit codes (`contract.md`).
//!
//! A command returns how it ended, or an error that becomes one line on stderr. Nothing here decides about tokens or
//! sessions.

mod completions;
mod config;
mod docs;
mod doctor;
mod env;
mod exit;
mod explain;
mod extension;
mod flags;
mod group;
mod healthcheck;
mod https;
mod issuer;
mod keys;
mod migrate;
mod output;
mod permission;
mod policy;
mod role;
pub mod serve;
mod session;
mod solution;
mod token;
mod user;
mod verify;
mod world;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::{Exit, Problem};
pub use output::Output;

use crate::clock::Clock;
use crate::config::Environment;
use crate::telemetry::one_line;

/// vCenter single sign-on for a lab, in one binary.
#[derive(Debug, Parser)]
#[command(name = "vcsso", version, about, propagate_version = true, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service.
    Serve(serve::Serve),
    /// Judge a message or a token offline, as the service would.
    Verify(verify::Verify),
    /// Print what govc needs to use the running service.
    Env(env::Env),
    /// Look at a vCenter single sign-on, this one or another: what is wrong with it, and what to do.
    Doctor(doctor::Doctor),
    /// Ask the running service whether it is ready.
    Healthcheck(healthcheck::Healthcheck),
    /// Show or check the configuration.
    #[command(subcommand)]
    Config(config::Config),
    /// Bring the database up to date, and stop.
    Migrate(migrate::Migrate),
    /// Users.
    #[command(subcommand)]
    User(user::User),
    /// Groups.
    #[command(subcommand)]
    Group(group::Group),
    /// Solution users: machines that sign with a certificate.
    #[command(subcommand)]
    Solution(solution::Solution),
    /// Extensions: programs that log in by a certificate.
    #[command(subcommand)]
    Extension(extension::Extension),
    /// Roles: named sets of privileges.
    #[command(subcommand)]
    Role(role::Role),
    /// Permissions: who has which role on what.
    #[command(subcommand)]
    Permission(permission::Permission),
    /// Live sessions.
    #[command(subcommand)]
    Session(session::Session),
    /// Ask a Security Token Service, this one or a vCenter's, and look into tokens.
    #[command(subcommand)]
    Token(token::Token),
    /// Policies: rules that can be changed while the service runs.
    #[command(subcommand)]
    Policy(policy::Policies),
    /// Other Security Token Services whose tokens are accepted.
    #[command(subcommand)]
    Issuer(issuer::Issuer),
    /// Signing keys: how long they are good, a new one, and the end of an old one.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Print why an exchange was refused, by its trace.
    Explain(explain::Explain),
    /// Print what a shell needs to complete commands.
    Completions(completions::Completions),
    /// Documents that are written from the code.
    #[command(subcommand, hide = true)]
    Docs(docs::Docs),
}

/// What a command has around it.
pub struct World<'w> {
    /// The variables of the environment.
    pub environment: &'w Environment,
    /// The time.
    pub clock: &'w dyn Clock,
    /// How results are printed.
    pub output: Output,
}

/// Runs the program with the arguments and the environment of the process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => return refuse(&usage),
    };
    let environment = Environment::of_process();
    let world = World {
        environment: &environment,
        clock: &crate::lab::LabClock::default(),
        output: arguments.output,
    };
    match run(arguments.command, &world) {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprint(&format!("vcsso: {error:#}"));
            Exit::of(&error).into()
        }
    }
}

fn run(command: Command, world: &World<'_>) -> anyhow::Result<Exit> {
    match command {
        Command::Serve(serve) => serve.run(world),
        Command::Verify(verify) => verify.run(world),
        Command::Env(env) => env.run(world),
        Command::Healthcheck(healthcheck) => healthcheck.run(world),
        Command::Config(config) => config.run(world),
        Command::Migrate(migrate) => migrate.run(world),
        Command::User(user) => user.run(world),
        Command::Group(group) => group.run(world),
        Command::Policy(policy) => policy.run(world),
        Command::Solution(solution) => solution.run(world),
        Command::Extension(extension) => extension.run(world),
        Command::Role(role) => role.run(world),
        Command::Permission(permission) => permission.run(world),
        Command::Session(session) => session.run(world),
        Command::Token(token) => token.run(world),
        Command::Issuer(issuer) => issuer.run(world),
        Command::Keys(keys) => keys.run(world),
        Command::Explain(explain) => explain.run(world),
        Command::Doctor(doctor) => doctor.run(world),
        Command::Completions(completions) => completions.run(),
        Command::Docs(docs) => docs.run(),
    }
}

/// Wrong arguments, or a question for help: `clap` knows how to say it.
fn refuse(usage: &clap::Error) -> ExitCode {
    // Nobody is left to tell that stderr is closed.
    let _ = usage.print();
    if usage.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() }
}

/// One line on stderr; a closed stderr is nobody's fault.
fn eprint(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{}", one_line(text));
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_takes_the_output_format() {
        for command in Arguments::command().get_subcommands() {
            let name = command.get_name();
            let help = Arguments::try_parse_from(["vcsso", name, "--output", "json", "--help"]).unwrap_err();
            assert_eq!(help.kind(), clap::error::ErrorKind::DisplayHelp, "{name}");
        }
    }
}
