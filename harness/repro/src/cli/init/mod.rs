//! `repro init`: makes a crate with a model a project of burn-repro. Writes what is not there, and changes nothing that is,
//! but for what the manifest lacks.

mod manifest;

use std::fs;
use std::path::{Path, PathBuf};

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
    let root = root(folder).unwrap_or(manifest);
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

/// The manifest of the workspace that a crate is in: Cargo takes the profile from there.
fn root(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let manifests = folder.ancestors().map(|ancestor| ancestor.join("Cargo.toml"));
    let is_root = |manifest: &PathBuf| {
        fs::read_to_string(manifest).is_ok_and(|text| manifest::is_workspace(&text))
    };
    manifests.into_iter().find(is_root)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = made.and_then(|()| write_whole(path, text.as_bytes()));
    written.map_err(|error| Failure::usage(cannot_write(path, &error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cargo ignores the profile of a member.
    #[test]
    fn the_profile_goes_where_cargo_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let member = folder.path().join("encoder");
        fs::create_dir(&member).unwrap();
        let root = folder.path().join("Cargo.toml");
        fs::write(&root, "[workspace]\nmembers = [\"encoder\"]\n").unwrap();
        fs::write(member.join("Cargo.toml"), "[package]\nname = \"encoder\"\n").unwrap();
        let arguments = InitArguments { name: "encoder".into(), folder: member.clone(), git: None };
        for _ in 0..2 {
            init(&arguments).map_err(|failure| failure.message).unwrap();
            let [root, member] =
                [&root, &member.join("Cargo.toml")].map(|file| fs::read_to_string(file).unwrap());
            assert_eq!(root.matches("[profile.dev.package.burn-flex]").count(), 1, "{root}");
            assert!(
                member.contains("name = \"repro\"") && !member.contains("[profile"),
                "{member}"
            );
        }
    }
}
