//! `repro golden prune`: deletes goldens without a scenario, and says which.

use std::fs;
use std::sync::Arc;

use crate::cli::{Failure, say};
use crate::project::Project;
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::{Refusal, Store};
use burn_repro_core::scenario::Scenario;
use burn_repro_core::variables;

pub(super) fn prune(project: &Project) -> Result<Exit, Failure> {
    if let Some(variable) = variables::ci() {
        return Err(Failure::usage(Refusal::Ci(variable)));
    }
    // A scenario that cannot be read ends here: its golden would look like nobody's.
    let scenarios = project.load().map_err(Failure::usage)?;
    let folder = &project.golden;
    let store = Store::new(folder);
    let unowned = store
        .unowned(scenarios.iter().map(AsRef::as_ref))
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", folder.display())))?;
    let owns = |scenario: &Arc<Scenario>| store.files_of(&scenario.name).text.exists();
    if !unowned.is_empty() && !scenarios.iter().any(owns) {
        return Err(Failure::usage(format!(
            "none of these scenarios has a golden in {}, which looks like the folder of others; nothing \
             is deleted. Name both folders, with --scenarios and --golden or by their variables",
            folder.display()
        )));
    }
    for file in &unowned {
        fs::remove_file(file).map_err(|error| {
            Failure::usage(format!("cannot delete {}: {error}", file.display()))
        })?;
        say(&format!("deleted {}\n", file.display()));
    }
    let files = if unowned.len() == 1 { "file" } else { "files" };
    say(&format!("{} {files} without a scenario\n", unowned.len()));
    Ok(Exit::Success)
}
