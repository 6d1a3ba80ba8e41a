//! The folder of an emitted project, which appears whole or not at all and never in place of somebody's work. The run
//! writes it, not the worker that caught the operation, which an interrupt ends at once. What the files say is not known
//! here.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::MinimalReproError;
use burn_repro_core::hash::sha256_hex;
use burn_repro_core::interrupt::writing;

/// Lists what was written, as `sha256sum` does: nothing is replaced that is not as it was left.
const MARK: &str = ".burn-repro-emitted";

/// What Cargo makes beside our files.
const BUILT: [&str; 2] = ["target", "Cargo.lock"];

/// A file by its path in the folder; its bytes travel from the worker as Base64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    pub(super) path: Cow<'static, str>,
    #[serde(serialize_with = "encoded", deserialize_with = "decoded")]
    pub(super) bytes: Vec<u8>,
}

impl File {
    pub(super) fn new(path: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }
}

fn encoded<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn decoded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(de::Error::custom)
}

/// Writes a project, in place of an older one if there is one.
///
/// # Errors
/// If the folder holds anything that was not written here, or cannot be written; then the folder is as it was.
pub fn write(folder: &Path, files: &[File]) -> Result<(), MinimalReproError> {
    let failed = |error| MinimalReproError::Io { folder: folder.to_owned(), error };
    let folder = &match folder.exists() {
        true => folder.canonicalize(),
        false => std::path::absolute(folder),
    }
    .map_err(failed)?;
    if let Some(other) = first_of_others(folder).map_err(failed)? {
        return Err(MinimalReproError::Occupied { folder: folder.clone(), other });
    }
    place(folder, files).map_err(failed)
}

/// What lies in a folder and was not written here, or was changed since.
fn first_of_others(folder: &Path) -> io::Result<Option<PathBuf>> {
    if !folder.exists() {
        return Ok(None);
    }
    if !folder.is_dir() {
        return Ok(Some(folder.to_owned()));
    }
    let listed = match fs::read_to_string(folder.join(MARK)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        listed => listed?,
    };
    let mut found = Vec::new();
    list(folder, Path::new(""), &mut found)?;
    for path in found {
        let built = BUILT.iter().any(|built| path.starts_with(built)) && !listed.is_empty();
        if built || path == Path::new(MARK) {
            continue;
        }
        let file = folder.join(&path);
        if file.is_dir() {
            return Ok(Some(path));
        }
        let line = mark_line(&path, &fs::read(file)?);
        if !listed.lines().any(|known| known == line) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The files of a folder, in order; of what Cargo made only the names.
fn list(folder: &Path, below: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder.join(below))?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = below.join(entry.file_name());
        let is_built = BUILT.iter().any(|built| path == Path::new(built));
        match entry.file_type()?.is_dir() && !is_built {
            true => list(folder, &path, found)?,
            false => found.push(path),
        }
    }
    Ok(())
}

fn mark_line(path: &Path, bytes: &[u8]) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    format!("{}  {}", sha256_hex(bytes), parts.join("/"))
}

fn place(folder: &Path, files: &[File]) -> io::Result<()> {
    // Until the temporary folder is gone again, too.
    let _whole = writing();
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let beside = tempfile::Builder::new().prefix(".emitting-").tempdir_in(parent)?;
    let (new, old) = (beside.path().join("new"), beside.path().join("old"));
    fill(&new, files)?;
    if !folder.exists() {
        return fs::rename(&new, folder);
    }
    fs::rename(folder, &old)?;
    // What was built is built already; without it everything is built anew, which is no harm.
    for built in BUILT {
        let _ = fs::rename(old.join(built), new.join(built));
    }
    fs::rename(&new, folder).inspect_err(|_| {
        // The second failure of one write: the first is reported.
        let _ = fs::rename(&old, folder);
    })
}

fn fill(folder: &Path, files: &[File]) -> io::Result<()> {
    let mut mark = String::new();
    for File { path, bytes } in files {
        let file = folder.join(&**path);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(&file, bytes)?;
        mark.push_str(&mark_line(Path::new(&**path), bytes));
        mark.push('\n');
    }
    fs::write(folder.join(MARK), mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &[u8]); 2] =
        [("Cargo.toml", b"[workspace]"), ("src/main.rs", b"fn main() {}")];

    fn files() -> Vec<File> {
        FILES.map(|(path, bytes)| File::new(path, bytes)).to_vec()
    }

    #[test]
    fn a_project_appears_where_nothing_was_and_is_replaced_by_the_next() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("new/repro");
        write(&folder, &files()).unwrap();
        fs::create_dir(folder.join("target")).unwrap();
        fs::write(folder.join("target/built"), "").unwrap();
        fs::write(folder.join("Cargo.lock"), "").unwrap();
        write(&folder, &[File::new("Cargo.toml", "another")]).unwrap();
        assert_eq!(fs::read(folder.join("Cargo.toml")).unwrap(), b"another");
        assert!(!folder.join("src").exists());
        assert!(folder.join("target/built").exists(), "what was built is built");
        assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_folder_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &files()).unwrap();
        assert!(folder.path().join("src/main.rs").exists());
    }

    #[test]
    fn what_somebody_else_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("target")).unwrap();
        let error = write(folder.path(), &files()).unwrap_err().to_string();
        assert!(error.contains("target"), "{error}");
        fs::remove_dir(folder.path().join("target")).unwrap();
        write(folder.path(), &files()).unwrap();
        fs::write(folder.path().join("src/notes.md"), "mine").unwrap();
        let error = write(folder.path(), &files()).unwrap_err().to_string();
        assert!(error.contains("src/notes.md"), "{error}");
        assert!(folder.path().join("src/notes.md").exists());
    }

    #[test]
    fn a_program_that_was_changed_by_hand_stays() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &files()).unwrap();
        fs::write(folder.path().join("src/main.rs"), "fn main() { todo() }").unwrap();
        let error = write(folder.path(), &files()).unwrap_err();
        assert!(matches!(error, MinimalReproError::Occupied { .. }), "{error}");
    }

    #[test]
    fn what_travels_arrives() {
        let file = File::new("inputs.safetensors", [0_u8, 255, 10, 13]);
        let json = serde_json::to_string(&file).unwrap();
        assert_eq!(serde_json::from_str::<File>(&json).unwrap(), file);
    }

    /// While the program leaves nothing is begun, not even a temporary folder; what is begun is finished.
    #[test]
    fn an_interrupt_finds_the_folder_whole_or_not_there() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("repro");
        let entries = || fs::read_dir(parent.path()).unwrap().count();
        let left = burn_repro_core::interrupt::leaving();
        std::thread::scope(|scope| {
            let written = scope.spawn(|| write(&folder, &files()));
            std::thread::sleep(std::time::Duration::from_millis(200));
            assert_eq!(entries(), 0, "something was begun while the program left");
            drop(left);
            written.join().unwrap().unwrap();
        });
        assert_eq!(entries(), 1, "a temporary folder is left");
        assert!(folder.join("src/main.rs").exists());
    }

    /// A file that cannot be written: its folder is a file.
    #[test]
    fn a_failing_write_leaves_what_was_there() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("repro");
        let broken = [files(), vec![File::new("src/main.rs/more.rs", "")]].concat();
        assert!(matches!(write(&folder, &broken), Err(MinimalReproError::Io { .. })));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
        write(&folder, &files()).unwrap();
        assert!(matches!(write(&folder, &broken), Err(MinimalReproError::Io { .. })));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
        assert_eq!(fs::read(folder.join("src/main.rs")).unwrap(), b"fn main() {}");
    }

    #[test]
    fn a_file_is_no_folder() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("repro");
        fs::write(&file, "mine").unwrap();
        assert!(matches!(write(&file, &files()), Err(MinimalReproError::Occupied { .. })));
    }
}
