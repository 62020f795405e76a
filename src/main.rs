//! The program. Everything it does is in `cli`.

fn main() -> std::process::ExitCode {
    vcsso::cli::main()
}
