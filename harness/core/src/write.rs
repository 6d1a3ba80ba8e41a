//! Files that appear whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::interrupt::writing;

/// Writes a file through a temporary one beside it and a rename, and makes its folder.
///
/// # Errors
/// What the file system says; the old file is then untouched.
pub fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let _whole = writing();
    place(file, bytes)
}

/// Writes several files that belong together: all are on the disk under temporary names before the
/// first takes its place, and if one cannot, those before it get their old content back.
///
/// # Errors
/// What the file system says; the old files are then untouched.
pub(crate) fn write_all_whole(files: &[(&Path, &[u8])]) -> io::Result<()> {
    let _whole = writing();
    let prepared: Vec<NamedTempFile> =
        files.iter().map(|(file, bytes)| prepare(file, bytes)).collect::<io::Result<_>>()?;
    let mut replaced: Vec<(&Path, Option<Vec<u8>>)> = Vec::new();
    for (temporary, (file, _)) in prepared.into_iter().zip(files) {
        let old = file.exists().then(|| std::fs::read(file)).transpose();
        let placed =
            old.and_then(|old| temporary.persist(file).map(|_| old).map_err(|error| error.error));
        match placed {
            Ok(old) => replaced.push((file, old)),
            Err(error) => {
                restore(replaced);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Puts old content back. What fails here is the second failure of one write: the first is reported.
fn restore(replaced: Vec<(&Path, Option<Vec<u8>>)>) {
    for (file, old) in replaced {
        let _ = match old {
            Some(bytes) => place(file, &bytes),
            None => std::fs::remove_file(file),
        };
    }
}

fn place(file: &Path, bytes: &[u8]) -> io::Result<()> {
    prepare(file, bytes)?.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// The content under a temporary name in the folder of the file, which is made.
fn prepare(file: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut temporary = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    set_plain_permissions(temporary.path())?;
    Ok(temporary)
}

/// Temporary files are private to their maker; what we write is meant for others, too.
#[cfg(unix)]
fn set_plain_permissions(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_plain_permissions(_file: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{write_all_whole, write_whole};

    #[test]
    fn replaces_a_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/report.json");
        write_whole(&file, b"first").unwrap();
        write_whole(&file, b"second").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    /// Somebody who reads the old file meanwhile reads all of it: nothing is written in place.
    #[cfg(unix)]
    #[test]
    fn the_old_file_stays_whole_for_its_readers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.json");
        write_whole(&file, b"first").unwrap();
        let reader = std::fs::File::open(&file).unwrap();
        write_whole(&file, b"second").unwrap();
        assert_eq!(std::io::read_to_string(reader).unwrap(), "first");
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("taken");
        std::fs::create_dir(&file).unwrap();
        assert!(write_whole(&file, b"text").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// The second of three cannot be placed: the first has its old content again, the third was
    /// never touched.
    #[test]
    fn several_files_are_written_all_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, third] =
            ["first", "second", "third"].map(|name| folder.path().join(name));
        std::fs::write(&first, b"old").unwrap();
        std::fs::create_dir(&second).unwrap();
        let files: [(&std::path::Path, &[u8]); 3] =
            [(&first, b"new"), (&second, b"new"), (&third, b"new")];
        assert!(write_all_whole(&files).is_err());
        assert_eq!(std::fs::read(&first).unwrap(), b"old");
        assert!(!third.exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        std::fs::remove_dir(&second).unwrap();
        write_all_whole(&files).unwrap();
        assert_eq!(std::fs::read(&third).unwrap(), b"new");
    }
}
