//! `repro golden accept`: asks every target about what waits for review, then accepts or refuses it.

use std::sync::Arc;

use burn_repro_target::{Discovery, Target};

use super::records::Records;
use super::{AcceptArguments, selected};
use crate::cli::{Failure, Selection, say};
use crate::project::{Project, find_targets};
use burn_repro_core::clock::today;
use burn_repro_core::evaluate::{
    CellReport, OutsideReport, check_expectation, expectation_sentence, golden_agreement,
};
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::{
    self, Draft, Evidence, Golden, GoldenError, Recorded, Refusal, Store, TargetEvidence,
};
use burn_repro_core::outside::{OutsideError, OutsideReference};
use burn_repro_core::plan::{Plan, plan};
use burn_repro_core::reason::joined;
use burn_repro_core::reference::{reference_target, reference_worker, run_reference};
use burn_repro_core::say::tell;
use burn_repro_core::scenario::Scenario;
use burn_repro_core::session::Session;
use burn_repro_core::trace::Trace;
use burn_repro_core::variables;
use burn_repro_core::worker::{Worker, WorkerCommand};
use burn_repro_report::report::Terminal;

/// A scenario whose golden may change: what waits, or nothing where it was only named; and the golden there is.
struct Candidate {
    scenario: Arc<Scenario>,
    pending: Option<Golden>,
    old: Option<Golden>,
}

pub(super) fn accept(project: &Project, arguments: &AcceptArguments) -> Result<Exit, Failure> {
    if let Some(variable) = variables::ci() {
        return Err(Failure::usage(Refusal::Ci(variable)));
    }
    let store = Store::new(&project.golden);
    let records = Records::read(&arguments.from)?;
    let mut worst = Exit::Success;
    let mut candidates = Vec::new();
    for scenario in selected(project, &arguments.filters)? {
        match Candidate::of(&scenario, &store, &records, !arguments.filters.is_empty()) {
            Ok(candidate) => candidates.extend(candidate),
            Err(failure) => worst = worst.max(refused(&scenario.name, &failure)),
        }
    }
    if candidates.is_empty() && worst != Exit::Success {
        return Ok(worst);
    }
    if candidates.is_empty() {
        let message = match records.are_given() {
            true => {
                "no record holds a golden that waits; the gate leaves one where a reference changed"
            }
            false => "nothing waits for review; `cargo test` leaves what the references give anew",
        };
        return Err(Failure { exit: Exit::NothingRan, message: message.into() });
    }
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = find_targets(&command);
    let mut asked = Asked::new(&candidates, &store, &discovery, &command, &records)?;
    let because = arguments.because.as_ref().map(|because| because.0.as_str());
    for candidate in &candidates {
        let name = &candidate.scenario.name;
        match asked.settle(candidate, &store, because) {
            Ok(sentence) => say(&format!("{name}: {sentence}\n")),
            Err(failure) => worst = worst.max(refused(name, &failure)),
        }
    }
    Ok(worst)
}

/// Says why a golden is not accepted.
fn refused(scenario: &str, failure: &Failure) -> Exit {
    tell(&format!("error: {scenario} is not accepted: {}", failure.message));
    failure.exit
}

impl Candidate {
    /// Nothing where nothing waits, unless the scenario was named. What no target can change is refused here, before any
    /// is asked.
    fn of(
        scenario: &Arc<Scenario>,
        store: &Store,
        records: &Records,
        is_named: bool,
    ) -> Result<Option<Self>, Failure> {
        let failed = |message: String| Failure { exit: Exit::Golden, message };
        let pending = match records.are_given() {
            true => records.pending(&scenario.name).map_err(failed)?,
            false => store.load_pending(&scenario.name).map_err(|e| failed(e.to_string()))?,
        };
        if pending.is_none() && !is_named {
            return Ok(None);
        }
        if let Some(reason) = scenario.missing_requirement() {
            return Err(failed(reason));
        }
        let old = match store.load(&scenario.name) {
            Err(error @ GoldenError::Pointer(_)) => return Err(failed(error.to_string())),
            loaded => loaded.ok(),
        };
        if pending.is_none() && old.is_none() {
            let nothing = "it has no golden and none waits; `cargo test` leaves one for review";
            return Err(failed(nothing.into()));
        }
        Ok(Some(Self { scenario: Arc::clone(scenario), pending, old }))
    }
}

/// What all targets said of all candidates.
struct Asked<'a> {
    records: &'a Records,
    plan: Plan,
    reports: Vec<CellReport>,
    session: Session,
    reference: Target,
    worker: Worker,
}

impl<'a> Asked<'a> {
    fn new(
        candidates: &[Candidate],
        store: &Store,
        discovery: &Discovery,
        command: &WorkerCommand,
        records: &'a Records,
    ) -> Result<Self, Failure> {
        let scenarios: Vec<Arc<Scenario>> =
            candidates.iter().map(|candidate| Arc::clone(&candidate.scenario)).collect();
        let selection = Selection { nightly: true, ..Selection::default() };
        let mut plan = plan(&scenarios, discovery, &selection);
        // Half a minute for each scenario: what they say is heard where a record has it (`--from`).
        plan.cells.retain(|cell| !cell.target.is_on_request());
        let no_reference = || Failure::internal("the target of the reference is not here");
        let reference = reference_target(discovery).cloned().ok_or_else(no_reference)?;
        let worker = reference_worker(discovery, command).ok_or_else(no_reference)?;
        let mut terminal = Terminal::asking(plan.cells.len());
        let session = Session::new(command.clone(), store.clone(), discovery.clone());
        let reports = session.execute(&plan, |event| terminal.show(event));
        terminal.finish();
        Ok(Self { records, plan, reports, session, reference, worker })
    }

    /// Accepts a candidate; gives what is to be said of it.
    fn settle(
        &mut self,
        candidate: &Candidate,
        store: &Store,
        because: Option<&str>,
    ) -> Result<String, Failure> {
        let Candidate { scenario, pending, .. } = candidate;
        let (golden, evidence) = self.weigh(candidate)?;
        let judged = evidence.judge();
        let because = match (judged, because) {
            (Ok(()) | Err(Refusal::Alone(_) | Refusal::Published(_)), _) if pending.is_none() => {
                let nothing =
                    "nothing waits for review: the reference and every target give the golden";
                return Ok(nothing.into());
            }
            (Ok(()), _) => None,
            (Err(refusal), Some(because)) if refusal.yields_to_a_reason() => Some(because),
            (Err(refusal), _) => {
                let exit = if refusal.yields_to_a_reason() { Exit::Mismatch } else { Exit::Golden };
                return Err(Failure { exit, message: refusal.to_string() });
            }
        };
        golden::accept(store, scenario, &golden, because).map_err(|error| {
            let folder = store.folder().display();
            Failure::usage(format!("cannot write into {folder}: {error}; the golden is as it was"))
        })?;
        let says = |target: &TargetEvidence| format!("{} {}", target.label(), target.says);
        let said = evidence.targets.iter().map(says).collect::<Vec<_>>().join(", ");
        Ok(match because {
            None => format!("accepted; {said}"),
            Some(because) => format!("accepted because \"{because}\"; {said}"),
        })
    }

    /// What may be accepted: what waits, or the golden itself where nothing does; and what speaks for
    /// and against it. Runs the reference anew.
    fn weigh(
        &mut self,
        Candidate { scenario, pending, old }: &Candidate,
    ) -> Result<(Golden, Evidence), Failure> {
        let failed = |exit| move |message: String| Failure { exit, message };
        let trace = run_reference(&mut self.worker, scenario).map_err(failed(Exit::Crashed))?;
        let recorded = Recorded::now(&self.reference, &scenario.folder());
        let known = pending.as_ref().or(old.as_ref());
        let draft = Draft::new(scenario, &trace, &[], recorded, known)
            .map_err(|error| failed(Exit::Mismatch)(error.to_string()))?;
        let golden = known.cloned().expect("a candidate has a golden or one waits");
        let evidence = Evidence {
            is_what_the_reference_gives: draft.agrees(&golden),
            agrees_with_old: old.as_ref().map(|old| old.bytes == golden.bytes),
            reference: self.reference.name.clone(),
            unmet: unmet(scenario, &self.reference, &trace).map_err(Failure::usage)?,
            targets: self.evidence(scenario, &golden),
        };
        Ok((golden, evidence))
    }

    /// What each target that ran says; one that is known to fail says nothing.
    fn evidence(&self, scenario: &Scenario, golden: &Golden) -> Vec<TargetEvidence> {
        let known = |target: &Target| {
            scenario.known_failures.iter().any(|known| {
                known.backend.matches(target) && known.review_by.is_none_or(|day| day > today())
            })
        };
        let mut evidence: Vec<TargetEvidence> = self
            .session
            .traces()
            .results(&self.plan, &scenario.name)
            .iter()
            .filter(|result| !known(result.target))
            .map(|result| {
                let (agrees, says) = golden_agreement(scenario, golden, *result);
                let target = result.target.name.clone();
                TargetEvidence { target, machine: None, agrees, says }
            })
            .collect();
        let failed = self.plan.cells.iter().filter(|cell| {
            cell.scenario.name == scenario.name
                && self.session.traces().of(cell).is_none()
                && !known(&cell.target)
        });
        for cell in failed {
            let report = self.reports.iter().find(|report| {
                report.scenario == scenario.name
                    && report.target == cell.target.name
                    && report.ran()
            });
            evidence.extend(report.map(|report| TargetEvidence {
                target: report.target.clone(),
                machine: None,
                agrees: false,
                says: format!("{}: {}", report.verdict, joined(&report.reasons)),
            }));
        }
        evidence.extend(self.records.evidence(scenario, golden, known));
        evidence
    }
}

/// The published numbers that a reference does not meet, and how it differs from somebody else's tensors.
fn unmet(scenario: &Scenario, target: &Target, trace: &Trace) -> Result<Vec<String>, OutsideError> {
    let outside = OutsideReference::read(scenario)?;
    let outside = outside.map(|reference| OutsideReport::new(scenario, target, trace, &reference));
    let outside = outside.iter().flat_map(OutsideReport::reasons).map(|reason| reason.text);
    let checked = scenario
        .expect
        .iter()
        .map(|expectation| check_expectation(expectation, trace.output(&expectation.output)));
    let published = checked.filter(|result| !result.pass);
    Ok(published.map(|result| expectation_sentence(&result)).chain(outside).collect())
}
