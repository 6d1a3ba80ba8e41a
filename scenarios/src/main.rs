//! The command line over this crate's scenarios; `cargo run` and `cargo repro` start it.

use std::process::ExitCode;

fn main() -> ExitCode {
    burn_repro_scenarios::project().run_command_line()
}
