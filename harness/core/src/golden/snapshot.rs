//! The reference trial: does the pipeline in `f64` still give its golden? Asked through insta, so
//! that `cargo insta review` is how a golden changes.
//!
//! insta writes in place, and two test runs may do so at once. So it works on a copy of the golden
//! in a folder of this run's own, and what it wrote there is moved into place by rename.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use burn_repro_target::{Target, panic_text};
use insta::_macro_support::SnapshotValue;

use super::comparator::ReferenceComparator;
use super::draft::{Draft, DraftError};
use super::files::GoldenFiles;
use super::recorded::Recorded;
use super::steps::Step;
use super::store::{Golden, GoldenError, Store};
use super::{REFERENCE_BOUND, TENSORS_SUFFIX};
use crate::compare::{Want, compare};
use crate::escape;
use crate::scenario::Scenario;
use crate::tolerance::{Bounds, Limits};
use crate::trace::{NamedTensor, Trace};
use crate::variables;

/// Set by `cargo insta` where it wants to find snapshots, or to know them by their path.
const INSTA_PATHS: [&str; 2] = ["INSTA_PENDING_DIR", "INSTA_SNAPSHOT_REFERENCES_FILE"];

/// Why the reference trial fails.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The run gives no golden.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The golden folder cannot be worked in.
    #[error("cannot write into {folder}: {error}; the golden is as it was")]
    Write {
        /// The folder.
        folder: String,
        /// What the file system says.
        error: io::Error,
    },
    /// The golden was not fetched: there is nothing to compare with and nothing to review.
    #[error(transparent)]
    Elsewhere(GoldenError),
    /// The reference no longer matches its golden.
    #[error("{0}")]
    Changed(String),
}

/// Compares a reference run on `target` with the golden of its scenario; a new one keeps its `steps`. insta leaves pending files
/// where they differ, unless it runs in CI.
///
/// # Errors
/// If the reference is not finite, if the folder cannot be written into, or where it differs.
pub fn assert_reference(
    store: &Store,
    scenario: &Scenario,
    trace: &Trace,
    steps: &[Step],
    target: &Target,
) -> Result<(), ReferenceError> {
    let golden = store.load(&scenario.name);
    if let Err(error @ GoldenError::Pointer(_)) = golden {
        return Err(ReferenceError::Elsewhere(error));
    }
    let recorded = Recorded::now(target, &scenario.folder());
    let draft = Draft::new(scenario, trace, steps, recorded, golden.as_ref().ok())?;
    let asserted = if INSTA_PATHS.iter().any(|name| std::env::var_os(name).is_some()) {
        assert_halves(store.folder(), scenario, &draft)
    } else {
        let write =
            |error| ReferenceError::Write { folder: store.folder().display().to_string(), error };
        let agrees = golden.as_ref().is_ok_and(|golden| draft.agrees(golden));
        assert_beside(store, scenario, &draft, agrees).map_err(write)?
    };
    // insta can be told to let everything pass, by `INSTA_FORCE_PASS` or a file of its own: what counts is the golden that
    // lies there now.
    if asserted.is_ok() && store.load(&scenario.name).is_ok_and(|golden| draft.agrees(&golden)) {
        return Ok(());
    }
    Err(ReferenceError::Changed(changed(store, scenario, trace, &golden)))
}

/// Makes the folder of the goldens of a new project: not its parents, since then it is misspelt.
fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            let folder = folder.display();
            Err(io::Error::new(
                error.kind(),
                format!("cannot make the golden folder {folder}: {error}"),
            ))
        }
        Ok(()) => Ok(()),
    }
}

/// Lets insta work on a copy, then moves what it wrote; `agrees` says whether the golden is what the draft says.
fn assert_beside(
    store: &Store,
    scenario: &Scenario,
    draft: &Draft,
    agrees: bool,
) -> io::Result<Result<(), String>> {
    let name = &scenario.name;
    make(store.folder())?;
    // Hidden: cargo-insta does not look into it, should this process be killed.
    let beside = tempfile::Builder::new().prefix(".reference-").tempdir_in(store.folder())?;
    let reviewed = store.files_of(name);
    for file in reviewed.all().into_iter().filter(|file| file.exists()) {
        fs::copy(file, beside.path().join(file.file_name().unwrap_or_default()))?;
    }
    let copy = GoldenFiles::reviewed(beside.path(), name);
    let before = copy.all().map(|file| fs::read(file).ok());
    let asserted = assert_halves(beside.path(), scenario, draft);
    let written = GoldenFiles::pending(beside.path(), name);
    let waits = written.all().iter().any(|file| file.exists());
    if waits {
        // insta says nothing of a write that stopped half-way, but what it wrote does.
        let pending = Store::new(beside.path()).load_pending(name);
        if !pending.is_ok_and(|pending| pending.is_some_and(|pending| draft.agrees(&pending))) {
            let reason = asserted.err().unwrap_or_default();
            return Err(io::Error::other(format!("the written file is incomplete: {reason}")));
        }
    }
    let pending = GoldenFiles::pending(store.folder(), name);
    // Where insta was told to update in place, and only there, the golden itself has changed.
    let updated = before != copy.all().map(|file| fs::read(file).ok());
    match updated && !updates_in_place() {
        // insta's own file says so, which is nobody's word on this golden.
        true if agrees => return Ok(Ok(())),
        true if variables::ci().is_some() => return Ok(Err("in CI nothing is written".into())),
        true => return move_files(&copy, &pending).map(|()| Err("waits for review".into())),
        false if updated => move_files(&copy, &reviewed)?,
        false => {}
    }
    if asserted.is_ok() || waits {
        move_files(&written, &pending)?;
    }
    Ok(asserted)
}

/// Whether the user asked to accept what the references give.
fn updates_in_place() -> bool {
    let says = |name: &str, words: &[&str]| {
        std::env::var(name).is_ok_and(|value| words.contains(&value.as_str()))
    };
    says("INSTA_UPDATE", &["always", "1", "unseen", "force"])
        || says("INSTA_FORCE_UPDATE", &["1"])
        || says("INSTA_FORCE_UPDATE_SNAPSHOTS", &["1"])
}

/// Puts files in the place of others, the elements first, and removes those that are not there.
fn move_files(from: &GoldenFiles, to: &GoldenFiles) -> io::Result<()> {
    for (from, to) in from.all().into_iter().zip(to.all()).rev() {
        let moved = if from.exists() { fs::rename(from, to) } else { fs::remove_file(to) };
        match moved {
            // Another test run was quicker.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

/// Both halves are asserted before either fails, so that one review shows both.
fn assert_halves(folder: &Path, scenario: &Scenario, draft: &Draft) -> Result<(), String> {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // insta prints it.
    settings.set_description(escape::terminal(&scenario.description));
    settings.set_comparator(Box::new(ReferenceComparator));
    let text = draft.text.to_yaml();
    let text_half =
        settings.bind(|| catch(|| insta::assert_snapshot!(scenario.name.as_str(), text)));
    settings.set_snapshot_suffix(TENSORS_SUFFIX);
    let tensor_half =
        settings.bind(|| catch(|| assert_elements(&scenario.name, draft.tensors.clone())));
    text_half.and(tensor_half)
}

/// What `assert_binary_snapshot!` does, for any name: the macro ends the name at its first dot.
fn assert_elements(name: &str, content: Vec<u8>) {
    let value =
        SnapshotValue::Binary { name: Some(name.into()), content, extension: "safetensors" };
    insta::_macro_support::assert_snapshot(
        value,
        insta::_get_workspace_root!().as_path(),
        insta::_function_name!(),
        module_path!(),
        file!(),
        line!(),
        "elements",
    )
    .unwrap();
}

fn catch(assertion: impl FnOnce()) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(assertion)).map_err(|panic| panic_text(panic.as_ref()))
}

/// What changed, and what to do about it.
fn changed(
    store: &Store,
    scenario: &Scenario,
    trace: &Trace,
    golden: &Result<Golden, GoldenError>,
) -> String {
    let what = match golden {
        Ok(golden) => moved(golden, scenario, trace),
        Err(GoldenError::Missing(_)) => "there is no golden yet".to_owned(),
        Err(error) => error.to_string(),
    };
    let pending = GoldenFiles::pending(store.folder(), &scenario.name);
    let next = if pending.all().iter().any(|file| file.exists()) {
        format!(
            "{} waits for review: look with `cargo repro golden show {name}`, then `cargo repro \
             golden accept {name}` or `cargo insta review`",
            pending.text.display(),
            name = scenario.name
        )
    } else {
        "nothing was written, because `CI`, `TF_BUILD` or `INSTA_UPDATE=no` is set; run `cargo test` \
         on your own machine and review there, or accept it from this run's record with `cargo repro golden \
         accept --from`"
            .to_owned()
    };
    format!("the reference no longer matches its golden: {what}; {next}")
}

/// What a golden was asked, or how far each output is from it.
fn moved(golden: &Golden, scenario: &Scenario, trace: &Trace) -> String {
    let mut sentences = golden.text.stale_fields(scenario, trace.weights_sha256.as_deref());
    if golden.text.noise != trace.noise {
        sentences.push("the noise differs".into());
    }
    let bounds = Bounds { abs_sum: REFERENCE_BOUND, pixel: REFERENCE_BOUND, limits: Limits::new() };
    for NamedTensor { name, tensor } in &trace.outputs {
        let Some(want) = golden.tensor(name) else {
            let kept = golden.text.outputs.iter().any(|summary| summary.name == *name);
            let what = if kept { "is kept in part" } else { "is new" };
            sentences.push(format!("{name} {what}"));
            continue;
        };
        let want = Want { tensor: want, abs_sum: want.abs_sum(), dtype: tensor.dtype };
        sentences.push(match compare(tensor, want, &bounds) {
            Err(error) => format!("{name}: {error}"),
            Ok(comparison) => format!(
                "{name} moved by at most {:.3e}, {} of {} elements by more than the reference may",
                comparison.max_abs_diff, comparison.outside, comparison.count
            ),
        });
    }
    sentences.join("; ")
}
