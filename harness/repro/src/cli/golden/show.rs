//! `repro golden show`: goldens, results and their differences as pictures.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::{ShowArguments, selected};
use crate::cli::write::write_file;
use crate::cli::{Failure, Selection, say};
use crate::project::{Project, find_targets};
use burn_repro_core::compare::Images;
use burn_repro_core::evaluate::{TargetResult, golden_agreement};
use burn_repro_core::exit::Exit;
use burn_repro_core::folder::{file_stem, portable};
use burn_repro_core::golden::{Content, Golden, GoldenError, Store, Summary, reduced};
use burn_repro_core::plan::plan;
use burn_repro_core::say::tell;
use burn_repro_core::scenario::Scenario;
use burn_repro_core::session::Session;
use burn_repro_core::trace::HostTensor;
use burn_repro_core::worker::WorkerCommand;
use burn_repro_report::report::{Terminal, difference_png, png};

pub(super) fn show(project: &Project, arguments: &ShowArguments) -> Result<Exit, Failure> {
    let scenarios = selected(project, &arguments.filters)?;
    let store = Store::new(&project.golden);
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let selection =
        Selection { backends: arguments.backends.clone(), nightly: true, ..Selection::default() };
    let discovery = find_targets(&command);
    let plan = plan(&scenarios, &discovery, &selection);
    let mut terminal = Terminal::asking(plan.cells.len());
    let session = Session::new(command, store.clone(), discovery);
    session.execute(&plan, |event| terminal.show(event));
    terminal.finish();
    let traces = session.traces();
    let mut shown_scenarios = 0;
    let mut damaged = false;
    for scenario in &scenarios {
        let mut album = Album { folder: arguments.out.join(&scenario.name), pictures: 0 };
        let (golden, pending) = (store.load(&scenario.name), store.load_pending(&scenario.name));
        for error in [golden.as_ref().err(), pending.as_ref().err()].into_iter().flatten() {
            tell(&format!("error: {error}"));
            damaged |= !matches!(error, GoldenError::Missing(_));
        }
        let (golden, pending) = (golden.ok(), pending.ok().flatten());
        let Some(shown) = golden.as_ref().or(pending.as_ref()) else { continue };
        album.golden(shown, if golden.is_some() { "golden" } else { "pending" })?;
        if let (Some(golden), Some(pending)) = (&golden, &pending) {
            album.golden(pending, "pending")?;
            album.difference(golden, |name| kept(pending, name), "pending")?;
        }
        for result in traces.results(&plan, &scenario.name) {
            let target = file_stem(&result.target.name);
            let output = |name: &str| Some(like(shown, name, result.trace.output(name)?));
            album.difference(shown, output, &target)?;
        }
        let results = traces.results(&plan, &scenario.name);
        match album.pictures {
            0 => say(&numbers(scenario, shown, &results)),
            count => say(&last_line(scenario, &album, count)),
        }
        shown_scenarios += 1;
    }
    Ok(match (damaged, shown_scenarios) {
        (true, _) => Exit::Golden,
        (false, 0) => Exit::NothingRan,
        (false, _) => Exit::Success,
    })
}

fn last_line(scenario: &Scenario, album: &Album, count: usize) -> String {
    format!("{}: {count} pictures in {}\n", scenario.name, album.folder.display())
}

/// A golden without an image, in numbers, and how far each target is from it.
fn numbers(scenario: &Scenario, golden: &Golden, results: &[TargetResult<'_>]) -> String {
    let mut text = format!("{}: no output is an image\n", scenario.name);
    for Summary { name, shape, abs_sum, min, max, .. } in &golden.text.outputs {
        let shape = &shape.0;
        // Writing into a string does not fail.
        let _ =
            writeln!(text, "  {name} {shape:?}: abs_sum {abs_sum:.7}, from {min:.7} to {max:.7}");
    }
    for result in results {
        let (_, says) = golden_agreement(scenario, golden, *result);
        let _ = writeln!(text, "  {} {says}", result.target.name);
    }
    text
}

/// The pictures of one scenario.
struct Album {
    folder: PathBuf,
    pictures: usize,
}

impl Album {
    /// Every image of a golden.
    fn golden(&mut self, golden: &Golden, what: &str) -> Result<(), Failure> {
        for (name, tensor) in images_of(golden) {
            let Some(images) = Images::of(tensor) else { continue };
            let bytes = png(&images).map_err(Failure::internal)?;
            self.write(&format!("{}.{what}.png", portable(name)), &bytes, "")?;
        }
        Ok(())
    }

    /// Every image of a result, and how it differs from the golden's.
    fn difference(
        &mut self,
        golden: &Golden,
        output: impl Fn(&str) -> Option<HostTensor>,
        whose: &str,
    ) -> Result<(), Failure> {
        for (name, want) in images_of(golden) {
            let (Some(images), Some(got)) = (Images::of(want), output(name)) else { continue };
            if got.shape != want.shape || got.values.len() != images.values.len() {
                say(&format!("{name} of {whose} has the shape {:?}: no picture\n", got.shape));
                continue;
            }
            // Shown as it is, also where a value left the range that makes an image of a golden.
            let shown = Images { values: &got.values, ..images };
            if whose != "pending" {
                let bytes = png(&shown).map_err(Failure::internal)?;
                self.write(&format!("{}.{whose}.png", portable(name)), &bytes, "")?;
            }
            let (bytes, gain) = difference_png(&shown, &images).map_err(Failure::internal)?;
            let strange = shown.values.iter().filter(|value| !value.is_finite()).count();
            let note = match (gain, strange) {
                (None, 0) => " (nothing differs)".to_owned(),
                (None, _) => format!(" (white: {strange} values are NaN or infinite)"),
                (Some(gain), 0) => format!(" (times {gain:.2e}: white is {:.2e})", gain.recip()),
                (Some(gain), _) => {
                    format!(" (times {gain:.2e}; {strange} values are NaN or infinite)")
                }
            };
            self.write(&format!("{}.{whose}.difference.png", portable(name)), &bytes, &note)?;
        }
        Ok(())
    }

    fn write(&mut self, file: &str, bytes: &[u8], note: &str) -> Result<(), Failure> {
        let file: &Path = &self.folder.join(file);
        write_file(file, bytes, Exit::Success)?;
        say(&format!("{}{note}\n", file.display()));
        self.pictures += 1;
        Ok(())
    }
}

/// The outputs of a golden as far as it keeps them: whole, or the means of blocks.
fn images_of(golden: &Golden) -> Vec<(&str, &HostTensor)> {
    let kept = golden.text.outputs.iter().filter_map(|summary| match golden.content(summary) {
        Content::Whole(tensor) | Content::Reduced { means: tensor, .. } => {
            Some((summary.name.as_str(), tensor))
        }
        Content::Sketch(_) => None,
    });
    kept.collect()
}

/// What a golden keeps of one output.
fn kept(golden: &Golden, name: &str) -> Option<HostTensor> {
    images_of(golden).into_iter().find(|(of, _)| *of == name).map(|(_, tensor)| tensor.clone())
}

/// A result as the golden keeps it.
fn like(golden: &Golden, name: &str, got: &HostTensor) -> HostTensor {
    let summary = golden.text.outputs.iter().find(|summary| summary.name == name);
    match summary.and_then(|summary| summary.block_side) {
        Some(side) => reduced(got, side),
        None => got.clone(),
    }
}
