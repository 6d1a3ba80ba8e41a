//! The folder in which runs leave theirs: where it is, which run is the newest, and which ones have to go.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{MARK, RECORD};
use crate::variables;

/// How many runs are kept in the default folder; older ones are deleted.
const KEPT: usize = 20;

/// The folder of runs: what `BURN_REPRO_RUNS` names, or `repro` in Cargo's target folder, or in that of the working
/// folder for a program that lies elsewhere.
#[must_use]
pub fn runs() -> PathBuf {
    if let Some(folder) = variables::runs() {
        return folder;
    }
    let program = std::env::current_exe().unwrap_or_default();
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.map_or_else(|| PathBuf::from("target"), Path::to_path_buf).join("repro")
}

/// Deletes all but the newest runs of a folder, those that were interrupted and those of nextest as well; what has no
/// mark is none of ours, and `own` stays.
pub fn prune(runs: &Path, own: &Path) {
    let Ok(entries) = fs::read_dir(runs) else { return };
    let mut old: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join(MARK).is_file() && path != own)
        .filter_map(|path| Some((last_write(&path)?, path)))
        .collect();
    old.sort();
    old.truncate((old.len() + 1).saturating_sub(KEPT));
    for (_, path) in old {
        // Another run may be quicker.
        let _ = fs::remove_dir_all(path);
    }
}

/// When a run wrote its record, or began where it has none.
fn last_write(path: &Path) -> Option<SystemTime> {
    let written = |file: PathBuf| fs::metadata(file).and_then(|file| file.modified()).ok();
    written(path.join(RECORD)).or_else(|| written(path.to_path_buf()))
}

/// The run that was left last in a folder: one record, or those of one test run of nextest.
#[must_use]
pub fn newest(runs: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(runs).ok()?;
    let ours = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let left = ours.filter(|path| path.join(MARK).is_file()).filter(|path| {
        let inner = || fs::read_dir(path).into_iter().flatten().flatten();
        path.join(RECORD).is_file() || inner().any(|entry| entry.path().join(RECORD).is_file())
    });
    left.filter_map(|path| Some((last_write(&path)?, path))).max().map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::RunFolder;

    /// A run that was left so many seconds ago.
    fn left(runs: &Path, name: &str, ago: u64, with_record: bool) {
        let path = runs.join(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join(MARK), "").unwrap();
        let then = SystemTime::now() - std::time::Duration::from_secs(ago);
        if with_record {
            fs::write(path.join(RECORD), "{}").unwrap();
            fs::File::open(path.join(RECORD)).unwrap().set_modified(then).unwrap();
        }
        fs::File::open(&path).unwrap().set_modified(then).unwrap();
    }

    fn names(runs: &Path) -> Vec<String> {
        let entries = fs::read_dir(runs).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_newest_runs_are_kept_and_nothing_else_is_touched() {
        let runs = tempfile::tempdir().unwrap();
        let runs = runs.path();
        (0..KEPT as u64).for_each(|ago| left(runs, &format!("run-{ago:02}"), ago, true));
        left(runs, "interrupted", 1000, false);
        left(runs, "own", 2000, true);
        fs::create_dir(runs.join("not-ours")).unwrap();
        prune(runs, &runs.join("own"));
        let names = names(runs);
        // Of twenty others one had to go, the oldest, and the interrupted one.
        assert_eq!(names.len(), KEPT + 1, "{names:?}");
        assert!(names.contains(&"own".into()) && names.contains(&"not-ours".into()), "{names:?}");
        assert!(
            !names.contains(&"interrupted".into()) && !names.contains(&"run-19".into()),
            "{names:?}"
        );
    }

    #[test]
    fn the_newest_is_by_its_record_whatever_it_is_called() {
        let runs = tempfile::tempdir().unwrap();
        let runs = runs.path();
        assert_eq!(newest(runs), None);
        left(runs, "zz", 50, true);
        left(runs, "aa", 10, true);
        left(runs, "began-only", 1, false);
        fs::create_dir(runs.join("report")).unwrap();
        assert_eq!(newest(runs), Some(runs.join("aa")));
        RunFolder::of_trial(runs, Path::new("nextest"), "a--flex").unwrap();
        fs::write(runs.join("nextest/a--flex").join(RECORD), "{}").unwrap();
        assert_eq!(newest(runs), Some(runs.join("nextest")));
    }
}
