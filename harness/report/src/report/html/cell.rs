//! A cell in the data of the page.

use serde::Serialize;

use super::diagnosis::{Section, section};
use super::output::{Output, output};
use super::pictures::Pictures;
use crate::matrix::{Located, Matrix, same_bits};
use crate::report::command;
use burn_repro_core::evaluate::RecordReport;
use burn_repro_core::evaluate::{ExpectationResult, Numbers, OutsideReport, OutsideTensor};
use burn_repro_core::golden::Golden;
use burn_repro_core::hash::sha256_hex;
use burn_repro_core::reason::Reason;
use burn_repro_core::tensor_file;
use burn_repro_core::trace::HostTensor;
use burn_repro_core::verdict::Verdict;

/// How many others with the same bits are named.
const NAMED: usize = 6;

#[derive(Debug, Serialize)]
pub(super) struct Cell {
    scenario: usize,
    target: usize,
    verdict: Verdict,
    reasons: Vec<Reason>,
    seconds: f64,
    distance: Option<f64>,
    determinism: String,
    agreement: String,
    command: String,
    diagnosis: Option<Section>,
    outputs: Vec<Output>,
    steps: Vec<Step>,
    expect: Vec<Expect>,
    reference: Option<Reference>,
    log: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) distance: f64,
    /// Nothing where no bound is known.
    pub(super) allowed: Option<f64>,
    pub(super) estimate: bool,
}

/// The tensors of a cell beside those of somebody else.
#[derive(Debug, Serialize)]
struct Reference {
    source: String,
    tensors: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Expect {
    source: String,
    what: String,
    got: Option<f64>,
    want: f64,
    tol: f64,
    pass: bool,
}

/// A cell with the places of its scenario and its target in their lists.
pub(super) fn cell(
    matrix: &Matrix,
    located: Located<'_>,
    [scenario, target]: [usize; 2],
    pictures: &mut Pictures,
) -> Cell {
    let (report, folder) = (&located.cell.report, &located.cell.folder);
    let golden: Option<Golden> = folder.goldens().load(&report.scenario).ok();
    let saved_tensors = folder.outputs(report);
    let tensors = saved_tensors.as_deref().unwrap_or_default();
    let outputs = report.outputs.iter().map(|(name, numbers)| {
        let saved = tensors.iter().find(|named| named.name == *name).map(|named| &named.tensor);
        // What lies in the folder must be what was judged.
        let is_judged =
            |tensor: &&HostTensor| sha256_hex(&tensor_file::to_bytes(tensor)) == numbers.sha256;
        let got = saved.filter(is_judged);
        let mut output = output(name, numbers, got, golden.as_ref(), pictures);
        if saved.is_none() {
            output.note = match (&saved_tensors, folder.outputs_file(report)) {
                (Err(reason), Some(_)) => format!("only its numbers are shown: {reason}"),
                _ => "the output is not in the run's folder; only its numbers are shown".into(),
            };
        } else if got.is_none() {
            output.note =
                "the file of the output does not match the record and is not shown".into();
        }
        output
    });
    Cell {
        scenario,
        target,
        verdict: report.verdict,
        reasons: report.reasons.clone(),
        seconds: report.seconds,
        distance: report.distance(),
        determinism: report.determinism.to_string(),
        agreement: agreement(matrix, located),
        command: command(&located),
        diagnosis: section(folder.diagnosis(report)),
        outputs: outputs.collect(),
        steps: report.steps.iter().map(step).collect(),
        expect: report.expect.iter().flat_map(expect).collect(),
        reference: report.reference.as_ref().map(reference),
        log: folder.log(report),
    }
}

pub(super) fn step(record: &RecordReport) -> Step {
    Step {
        name: record.name.clone(),
        distance: record.value(),
        allowed: Some(record.allowed),
        estimate: record.rmse_estimate.is_some(),
    }
}

fn reference(report: &OutsideReport) -> Reference {
    let tensor = |tensor: &OutsideTensor| Step {
        name: tensor.name.clone(),
        distance: tensor.largest(),
        allowed: Some(tensor.allowed),
        estimate: false,
    };
    Reference {
        source: report.source.clone(),
        tensors: report.tensors.iter().map(tensor).collect(),
    }
}

/// Who else has the same bits.
fn agreement(matrix: &Matrix, located: Located<'_>) -> String {
    let same = same_bits(matrix, located);
    let mut names: Vec<String> = same.iter().map(|other| other.target(matrix)).collect();
    if names.is_empty() {
        return String::new();
    }
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("the same bits as {}{more}", names.join(", "))
}

/// A published number, or each of a slice.
fn expect(result: &ExpectationResult) -> Vec<Expect> {
    let row = |index: Option<usize>, want: f64, got: Option<f64>| {
        let place = index.map_or(String::new(), |index| format!(" #{}", index + 1));
        // One that could not be computed passes nothing.
        let near = got.is_some_and(|got| (got - want).abs() <= result.tol);
        Expect {
            source: result.source.clone(),
            what: format!("{}{place}", result.what),
            got,
            want,
            tol: result.tol,
            pass: near && result.problem.is_none(),
        }
    };
    match (&result.want, &result.got) {
        (Numbers::One(want), got) => {
            let got = match got {
                Some(Numbers::One(got)) => Some(*got),
                _ => None,
            };
            vec![row(None, *want, got)]
        }
        (Numbers::Many(want), got) => {
            let of = |index: usize| match got {
                Some(Numbers::Many(got)) => got.get(index).copied(),
                _ => None,
            };
            want.iter()
                .enumerate()
                .map(|(index, want)| row(Some(index), *want, of(index)))
                .collect()
        }
    }
}
