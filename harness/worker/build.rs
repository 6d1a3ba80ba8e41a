//! Exports how this crate is optimised, which stands for all crates that compute: a manifest names them together.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let level = std::env::var("OPT_LEVEL").unwrap_or_default();
    println!("cargo::rustc-env=BURN_REPRO_OPT_LEVEL={level}");
}
