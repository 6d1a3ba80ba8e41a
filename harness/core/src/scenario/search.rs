//! Which files below a folder are scenarios: every `*.yaml` and `*.yml`, also where a link leads to them, each real
//! folder once. Folders that hold a model and hidden ones are not searched: programs write YAML of their own there. What
//! stands in the files is `load`'s matter.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Problem, ProblemAt};

/// The files that a folder with a model of diffusers has one of.
const MODEL_FILES: [&str; 2] = ["model_index.json", "config.json"];

/// A folder or a link below the scenarios that was not searched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsearched {
    /// Its path.
    pub path: PathBuf,
    /// What it is, as the rest of a sentence that begins with its path.
    pub reason: String,
}

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Scenario files, those that no link leads to first.
    pub(super) files: Vec<PathBuf>,
    pub(super) unsearched: Vec<Unsearched>,
    /// What cannot be read.
    pub(super) problems: Vec<ProblemAt>,
}

/// What is not searched below a folder of scenarios, sorted by path.
#[must_use]
pub fn unsearched(folder: &Path) -> Vec<Unsearched> {
    let mut unsearched = search(folder).unsearched;
    unsearched.sort();
    unsearched
}

/// Searches a folder with all below it.
pub(super) fn search(folder: &Path) -> Found {
    let root = match fs::canonicalize(folder) {
        Ok(root) => root,
        Err(error) => {
            let problem = ProblemAt::file(folder, Problem::Unreadable(error));
            return Found { problems: vec![problem], ..Found::default() };
        }
    };
    let mut search = Search { root, ..Search::default() };
    search.enter(folder);
    // Links come last, so that what has a path of its own is called by that.
    while let Some(link) = search.links.pop_front() {
        search.follow(&link);
    }
    search.found
}

#[derive(Default)]
struct Search {
    /// The real path of the outermost folder.
    root: PathBuf,
    /// The real paths of the folders that were reached.
    reached: BTreeSet<PathBuf>,
    /// Links to folders that are not followed yet.
    links: VecDeque<PathBuf>,
    found: Found,
}

impl Search {
    /// Searches a folder, unless it was reached by another path.
    fn enter(&mut self, folder: &Path) {
        let real = match fs::canonicalize(folder) {
            Ok(real) => real,
            Err(error) => return self.problem(folder, Problem::Unreadable(error)),
        };
        let outermost = real == self.root;
        if !self.reached.insert(real) {
            return;
        }
        // Whoever names a folder wants it searched.
        let model = MODEL_FILES.iter().find(|file| folder.join(file).is_file());
        if let Some(file) = model.filter(|_| !outermost) {
            return self.leave_out(folder, format!("holds a model ({file})"));
        }
        match entries(folder) {
            Ok(entries) => entries.iter().for_each(|entry| self.entry(entry)),
            Err(error) => self.problem(folder, Problem::Unreadable(error)),
        }
    }

    fn entry(&mut self, entry: &Path) {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            if entry.is_dir() {
                self.leave_out(entry, "is hidden".into());
            }
            return;
        }
        let is_yaml = entry.extension().is_some_and(|kind| {
            kind.eq_ignore_ascii_case("yaml") || kind.eq_ignore_ascii_case("yml")
        });
        match fs::metadata(entry) {
            Ok(kind) if kind.is_dir() && entry.is_symlink() => {
                self.links.push_back(entry.to_path_buf());
            }
            Ok(kind) if kind.is_dir() => self.enter(entry),
            Ok(_) if is_yaml => self.found.files.push(entry.to_path_buf()),
            Ok(_) => {}
            Err(error) => self.unreadable(entry, is_yaml, error),
        }
    }

    /// A link that leads nowhere, or an entry that went away or may not be read.
    fn unreadable(&mut self, entry: &Path, is_yaml: bool, error: io::Error) {
        match (fs::read_link(entry), is_yaml) {
            (Ok(target), true) => self.problem(entry, Problem::BrokenLink { target, error }),
            (Ok(target), false) => {
                let target = target.display();
                self.leave_out(
                    entry,
                    format!("is a link to {target}, which cannot be read: {error}"),
                );
            }
            (Err(_), true) => self.problem(entry, Problem::Unreadable(error)),
            (Err(_), false) => {}
        }
    }

    /// Searches the folder that a link leads to, unless the link lies in it: what is beside the scenarios is not meant.
    fn follow(&mut self, link: &Path) {
        let parent = link.parent().map(fs::canonicalize);
        let (target, parent) = match (fs::canonicalize(link), parent) {
            (Ok(target), Some(Ok(parent))) => (target, parent),
            (Err(error), _) | (_, Some(Err(error))) => {
                return self.problem(link, Problem::Unreadable(error));
            }
            (Ok(_), None) => return,
        };
        if self.reached.contains(&target) {
            return;
        }
        if self.root.starts_with(&target) || parent.starts_with(&target) {
            let reason = format!("is a link to {}, which it lies in", target.display());
            return self.leave_out(link, reason);
        }
        self.enter(link);
    }

    fn leave_out(&mut self, path: &Path, reason: String) {
        self.found.unsearched.push(Unsearched { path: path.to_path_buf(), reason });
    }

    fn problem(&mut self, path: &Path, problem: Problem) {
        self.found.problems.push(ProblemAt::file(path, problem));
    }
}

/// Everything in a folder, sorted by path.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    entries.sort();
    Ok(entries)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use rstest::rstest;

    use super::*;

    /// A folder made of lines: `a/b.yaml` is a file, `a -> b` a link.
    fn folder(lines: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for line in lines {
            let (path, target) = line.split_once(" -> ").unwrap_or((line, ""));
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match target {
                "" => fs::write(path, "").unwrap(),
                target => symlink(target, path).unwrap(),
            }
        }
        folder
    }

    fn below(root: &Path, path: &Path) -> String {
        path.strip_prefix(root).unwrap().display().to_string()
    }

    /// Also of this kind: a link to a link, a link through a link, two links to one folder, and two that lead to each
    /// other.
    #[rstest]
    #[case::plain(&["s/a.yaml", "s/b/c.yml", "s/d.txt", "s/e.YAML"], &["a.yaml", "b/c.yml", "e.YAML"])]
    #[case::linked_folder(&["s/a.yaml", "x/b.yaml", "s/c -> ../x"], &["a.yaml", "c/b.yaml"])]
    #[case::linked_file(&["x/b.yaml", "s/c.yaml -> ../x/b.yaml"], &["c.yaml"])]
    #[case::link_to_a_link(&["x/b.yaml", "y -> x", "s/c -> ../y"], &["c/b.yaml"])]
    #[case::link_in_a_linked_folder(
        &["x/a.yaml", "y/b.yaml", "x/y -> ../y", "s/x -> ../x"],
        &["x/a.yaml", "x/y/b.yaml"]
    )]
    #[case::two_links_to_one_folder(&["x/b.yaml", "s/c -> ../x", "s/d -> ../x"], &["c/b.yaml"])]
    #[case::link_into_what_is_linked(
        &["x/y/b.yaml", "s/a -> ../x/y", "s/b -> ../x", "x/c.yaml"],
        &["a/b.yaml", "b/c.yaml"]
    )]
    #[case::link_beside_what_it_leads_to(&["s/z/b.yaml", "s/a -> z"], &["z/b.yaml"])]
    #[case::link_to_itself(&["s/a.yaml", "s/b -> ."], &["a.yaml"])]
    #[case::link_to_a_parent_inside(&["s/a/b.yaml", "s/a/c/d -> ../.."], &["a/b.yaml"])]
    #[case::cycle_of_two_folders(
        &["x/a.yaml", "y/b.yaml", "x/y -> ../y", "y/x -> ../x", "s/x -> ../x"],
        &["x/a.yaml", "x/y/b.yaml"]
    )]
    #[case::folder_called_like_a_file(&["s/a.yaml/b.yaml"], &["a.yaml/b.yaml"])]
    #[case::hidden_file(&["s/.a.yaml", "s/b.yaml"], &["b.yaml"])]
    fn every_file_is_found_once(#[case] lines: &[&str], #[case] files: &[&str]) {
        let folder = folder(lines);
        let root = folder.path().join("s");
        let found = search(&root);
        let found_files: Vec<String> = found.files.iter().map(|file| below(&root, file)).collect();
        assert_eq!(found_files, files);
        assert!(found.problems.is_empty() && found.unsearched.is_empty(), "{found:?}");
    }

    /// Also of this kind: a model's checkpoints and cache, a linked model, and a folder of git or of an editor.
    #[rstest]
    #[case::pipeline(&["s/m/model_index.json", "s/m/logs/x/hparams.yml"], "m holds a model (model_index.json)")]
    #[case::model(&["s/m/config.json", "s/m/b.yaml", "s/m/n/c.yaml"], "m holds a model (config.json)")]
    #[case::deeper(&["s/o/p/config.json", "s/o/p/q/c.yaml"], "o/p holds a model (config.json)")]
    #[case::linked_model(&["x/config.json", "x/b.yaml", "s/m -> ../x"], "m holds a model (config.json)")]
    #[case::hidden(&["s/.git/b.yaml"], ".git is hidden")]
    #[case::hidden_link(&["x/b.yaml", "s/.cache -> ../x"], ".cache is hidden")]
    #[case::broken_link(&["s/gone -> ../nowhere"], "gone is a link to ../nowhere, which cannot be read: No such file")]
    #[case::links_to_each_other(&["s/a -> b", "s/b -> a"], "a is a link to b, which cannot be read: ")]
    #[case::link_to_a_parent(&["s/up -> ..", "b.yaml", "x/c.yaml"], "up is a link to /")]
    #[case::link_to_a_grandparent(&["s/t/up -> ../../..", "s/a.yaml"], "t/up is a link to /")]
    #[case::parent_of_a_linked_folder(
        &["x/y/up -> ..", "x/b.yaml", "s/y -> ../x/y"],
        "y/up is a link to /"
    )]
    fn what_is_not_searched_is_named(#[case] lines: &[&str], #[case] named: &str) {
        let folder = folder(&[lines, &["s/a.yaml"]].concat());
        let root = folder.path().join("s");
        let found = search(&root);
        assert_eq!(found.files, [root.join("a.yaml")]);
        assert!(found.problems.is_empty(), "{found:?}");
        let first = &unsearched(&root)[0];
        let said = format!("{} {}", below(&root, &first.path), first.reason);
        assert!(said.starts_with(named), "{said}");
    }

    #[rstest]
    #[case::broken_link(&["s/b.yaml -> ../nowhere.yaml"], "is a link to ../nowhere.yaml, which cannot be read")]
    #[case::linked_to_itself(&["s/b.yaml -> b.yaml"], "is a link to b.yaml, which cannot be read")]
    fn a_linked_file_that_is_not_there_is_a_problem(#[case] lines: &[&str], #[case] said: &str) {
        let folder = folder(lines);
        let found = search(&folder.path().join("s"));
        assert_eq!(found.problems.len(), 1);
        let problem = found.problems[0].to_string();
        assert!(problem.contains(said) && problem.contains("delete the link"), "{problem}");
    }

    /// The folder that was named is searched, whatever it holds.
    #[test]
    fn a_named_folder_may_hold_a_model() {
        let folder = folder(&["s/config.json", "s/a.yaml"]);
        assert_eq!(search(&folder.path().join("s")).files.len(), 1);
        fs::rename(folder.path().join("s"), folder.path().join(".s")).unwrap();
        assert_eq!(search(&folder.path().join(".s")).files.len(), 1);
    }
}
