//! A run as it happens: a progress bar where a person watches, plain lines where none does.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use burn_repro_core::evaluate::CellReport;
use burn_repro_core::run::Event;
use burn_repro_core::say::tell;
use burn_repro_core::verdict::Verdict;

/// Shows events on standard error, so that standard output keeps the table alone.
pub struct Terminal {
    bar: Option<ProgressBar>,
    running: Vec<String>,
    /// Whether verdicts are shown: not where results are only asked for.
    verdicts: bool,
}

impl Terminal {
    /// A reporter for a run of that many cells.
    #[must_use]
    pub fn new(cells: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {bar:30} {pos}/{len} {wide_msg}")
                .expect("the template is valid");
            let bar = ProgressBar::new(cells as u64).with_style(style);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar, running: Vec::new(), verdicts: true }
    }

    /// A reporter for cells that are asked for their results, whatever their verdicts.
    #[must_use]
    pub fn asking(cells: usize) -> Self {
        Self { verdicts: false, ..Self::new(cells) }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::Started { scenario, target } => {
                self.running.push(format!("{scenario}::{target}"));
            }
            Event::Finished { report, .. } if report.verdict == Verdict::Skipped => return,
            Event::Finished { report, .. } => {
                let name = format!("{}::{}", report.scenario, report.target);
                self.running.retain(|running| *running != name);
                self.finished(report, &name);
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_message(self.running.join("  "));
        }
    }

    fn finished(&self, report: &CellReport, name: &str) {
        let verdict = if self.verdicts { report.verdict.as_str() } else { "asked" };
        let line = format!("{verdict:<16} {:>8.2} s  {name}", report.seconds);
        match &self.bar {
            None => tell(&line),
            Some(bar) => {
                bar.inc(1);
                if self.verdicts && report.verdict.is_failure() {
                    bar.println(line);
                }
            }
        }
    }

    /// Takes the progress bar away.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
