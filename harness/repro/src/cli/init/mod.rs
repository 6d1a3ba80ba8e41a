//! `repro init`: makes a crate with a model a project of burn-repro. Writes what is not there, and changes nothing that is,
//! but for what the manifest lacks.

mod manifest;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use burn_repro_core::exit::Exit;
use burn_repro_core::say::say;
use burn_repro_core::scenario::Name;
use burn_repro_core::write::write_whole;
use clap::Args;

use super::Failure;
use super::write::cannot_write;

/// Files, by their paths in the crate, in which `NAME` is the model's name.
const FILES: [(&str, &str); 2] = [
    ("tests/repro.rs", include_str!("test.rs.txt")),
    ("scenarios/NAME.yaml", include_str!("scenario.yaml.txt")),
];

/// Lines that version control needs, by file.
const LINES: [(&str, &str); 3] = [
    (".gitattributes", "*.safetensors binary"),
    (".gitignore", "*.snap.new"),
    (".gitignore", "*.snap.new.*"),
];

#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// What the model is called
    name: String,
    /// The crate, with its Cargo.toml
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The address of burn-repro's repository, instead of the folder that this program was built from
    #[arg(long, value_name = "URL")]
    git: Option<String>,
}

pub(super) fn init(arguments: &InitArguments) -> Result<Exit, Failure> {
    let Name(name) = Name::new(&arguments.name).map_err(Failure::usage)?;
    let folder = &arguments.folder;
    let manifest = folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| {
        let manifest = manifest.display();
        Failure::usage(format!("cannot read {manifest}: {error}; name the crate with --folder"))
    })?;
    let mut said = Vec::new();
    for (path, content) in FILES {
        let path = folder.join(path.replace("NAME", &name));
        if path.exists() {
            said.push(format!("{} is there and stays as it is", path.display()));
            continue;
        }
        write(&path, &content.replace("NAME", &name))?;
        said.push(format!("wrote {}", path.display()));
    }
    for (file, line) in LINES {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        if !text.lines().any(|known| known.trim() == line) {
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            write(&path, &format!("{text}{end}{line}\n"))?;
            said.push(format!("added `{line}` to {}", path.display()));
        }
    }
    let changed = manifest::with_burn_repro(&text, arguments.git.as_deref());
    if changed != text {
        write(&manifest, &changed)?;
        said.push(format!("added burn-repro to {}", manifest.display()));
    }
    let root = root(&manifest).unwrap_or(manifest);
    let text =
        fs::read_to_string(&root).map_err(|error| Failure::usage(cannot_write(&root, &error)))?;
    let changed = manifest::with_profile(&text);
    if changed != text {
        write(&root, &changed)?;
        said.push(format!("added the profile to {}", root.display()));
    }
    said.push(format!(
        "next: put the model into tests/repro.rs, record its reference with what `record-script torch` prints, and \
         ask `cargo test --test repro -- parity {name}`"
    ));
    said.iter().for_each(|line| say(&format!("{line}\n")));
    Ok(Exit::Success)
}

/// The manifest that Cargo takes the profile from: that of the workspace that the crate is a member of, or its own.
fn root(manifest: &Path) -> Option<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked = Command::new(cargo)
        .args(["locate-project", "--workspace", "--message-format", "plain", "--manifest-path"])
        .arg(manifest)
        .output()
        .ok()?;
    let path = String::from_utf8(asked.stdout).ok().filter(|_| asked.status.success())?;
    Some(path.trim_end().into())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = made.and_then(|()| write_whole(path, text.as_bytes()));
    written.map_err(|error| Failure::usage(cannot_write(path, &error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cargo ignores the profile of a member, and reads that of a crate which the workspace around it excludes.
    #[test]
    fn the_profile_goes_where_cargo_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("Cargo.toml");
        fs::write(&root, "[workspace]\nmembers = [\"member\"]\nexclude = [\"alone\"]\n").unwrap();
        for name in ["member", "alone"] {
            let own = folder.path().join(name);
            fs::create_dir_all(own.join("src")).unwrap();
            fs::write(own.join("src/lib.rs"), "").unwrap();
            fs::write(own.join("Cargo.toml"), format!("[package]\nname = \"{name}\"\n")).unwrap();
        }
        let has_profile = |file: &Path| {
            let text = fs::read_to_string(file).unwrap();
            text.matches("[profile.dev.package.burn-flex]").count()
        };
        let set_up = |name: &str| {
            let own = folder.path().join(name);
            let arguments = InitArguments { name: name.into(), folder: own.clone(), git: None };
            for _ in 0..2 {
                init(&arguments).map_err(|failure| failure.message).unwrap();
            }
            [has_profile(&root), has_profile(&own.join("Cargo.toml"))]
        };
        assert_eq!(set_up("alone"), [0, 1]);
        assert_eq!(set_up("member"), [1, 0]);
    }
}
