//! The gate over this repository's scenarios, for `cargo test` and `cargo nextest run`.
//!
//! It lies beside the goldens because cargo-insta looks for pending snapshots only in the folders
//! of packages and of their targets' source files.

use std::process::ExitCode;

fn main() -> ExitCode {
    burn_repro_scenarios::project().run_gate()
}
