//! Exports the versions of the compiler and of the crates that compute, from the lock file of the build, so that no
//! version is written down twice. Nothing else is decided at build time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What computes, compiles kernels or talks to a driver.
const CRATES: [&str; 21] = [
    "burn",
    "burn-cubecl",
    "burn-cuda",
    "burn-dispatch",
    "burn-flex",
    "burn-ndarray",
    "burn-wgpu",
    "cubecl",
    "cubecl-cpu",
    "cubecl-cuda",
    "cubecl-llvm",
    "cubecl-wgpu",
    "cubek-convolution",
    "cubek-matmul",
    "cubek-reduce",
    "cudarc",
    "gemm",
    "matrixmultiply",
    "naga",
    "ndarray",
    "wgpu",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let lock = lock_file();
    if let Some((path, _)) = &lock {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let text = lock.map(|(_, text)| text).unwrap_or_default();
    let versions: Vec<String> =
        CRATES.iter().map(|name| format!("{name}={}", versions(&text, name))).collect();
    println!("cargo::rustc-env=BURN_REPRO_CRATES={}", versions.join(","));
    println!("cargo::rustc-env=BURN_REPRO_RUSTC={}", rustc());
}

/// The version of the compiler, `1.95.0`; `unknown` where it does not tell.
fn rustc() -> String {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).arg("--version").output().ok();
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    text.split_whitespace().nth(1).unwrap_or("unknown").to_owned()
}

/// The nearest lock file that has this crate in it. The folder of the build comes first: where this crate is a
/// dependency, its own folder has the lock file of another build.
fn lock_file() -> Option<(PathBuf, String)> {
    ["OUT_DIR", "CARGO_MANIFEST_DIR"].iter().filter_map(env::var_os).find_map(|start| {
        Path::new(&start).ancestors().find_map(|folder| {
            let path = folder.join("Cargo.lock");
            let text = fs::read_to_string(&path).ok()?;
            text.contains("name = \"burn-repro-device\"").then_some((path, text))
        })
    })
}

/// The version of a crate in the lock file. Of several, those count that a listed crate depends on: a tool of the
/// build may bring another.
fn versions(lock: &str, name: &str) -> String {
    let packages: Vec<&str> = lock.split("[[package]]").collect();
    let field = |package: &str, key: &str| -> Option<String> {
        let start = format!("{key} = \"");
        package
            .lines()
            .find_map(|line| Some(line.strip_prefix(&start)?.strip_suffix('"')?.to_owned()))
    };
    let mut found: Vec<String> = packages
        .iter()
        .filter(|package| field(package, "name").as_deref() == Some(name))
        .filter_map(|package| field(package, "version"))
        .collect();
    if found.len() > 1 {
        let listed = |package: &&&str| {
            field(package, "name").is_some_and(|name| CRATES.contains(&name.as_str()))
        };
        let listed: Vec<&str> = packages.iter().filter(listed).copied().collect();
        found.retain(|version| {
            listed.iter().any(|package| package.contains(&format!("\"{name} {version}\"")))
        });
    }
    if found.is_empty() { "unknown".to_owned() } else { found.join("+") }
}
