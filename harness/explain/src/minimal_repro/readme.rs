//! `README.md` of an emitted project: what was expected, what was seen, and a text for an issue. Pure.

use std::fmt::Write as _;

use super::compare::place;
use super::slice::SliceResult;
use super::{FailingSlice, project};
use crate::operation::{Description, shapes};
use burn_repro_core::escape;

pub(super) fn readme(failing: &FailingSlice) -> String {
    let FailingSlice { title, target, scenario, slice, .. } = failing;
    let (seen, facts) = (seen(failing), facts(failing));
    let count = match slice.operations.len() {
        1 => "One operation".to_owned(),
        count => format!("{count} operations"),
    };
    format!(
        "# {title} on {target}\n\n{count} of Burn {} whose result on `{target}` is further from what it should be than it may \
         be, caught in `{scenario}`. None of them can be left out without the difference going.\n\n```sh\ncargo run\n```\n\n\
         builds Burn with this backend alone, runs what is in `operations.json` once, in Burn's intermediate representation, \
         and prints the worst element. It exits with 1 as long as the difference is more than allowed, and with 0 when it no \
         longer is.\n\n`inputs.safetensors` holds what the operations are given, by the numbers of the tensors; \
         `expected.safetensors` what the last should give for just that, computed in `f64`.\n\n## Expected and seen\n\n{seen}\n\
         ## Facts\n\n{facts}\n## For an issue of Burn\n\nAttach this folder without `target`, and paste:\n\n\
         ````markdown\n**`{}` on `{target}` gives a wrong result (Burn {})**\n\nExpected is the result in `f64`.\n\n\
         {seen}\n{facts}\nTo reproduce: `cargo run` in the attached project.\n````\n\nMade by burn-repro.\n",
        project::BURN,
        slice.operations.last().map(|last| Description::of(last).name).unwrap_or_default(),
        project::BURN,
    )
}

/// A table of the worst element of each result.
fn seen(failing: &FailingSlice) -> String {
    let mut text = String::from(
        "| result | worst element | got | expected | difference | units | allowed | largest difference |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for SliceResult { out, comparison, .. } in &failing.slice.results {
        let place = place(comparison.index, &out.shape.to_vec());
        let _ = writeln!(
            text,
            "| tensor {} | {place:?} | {:?} | {:?} | {:e} | {:.4} | {:.4} | {:e} |",
            out.id.value(),
            comparison.got,
            comparison.expected,
            comparison.difference,
            comparison.units,
            failing.slice.allowed,
            comparison.largest_difference,
        );
    }
    text.push('\n');
    for SliceResult { out, unit, .. } in &failing.slice.results {
        let words = match unit.beside {
            _ if !out.dtype.is_float() => "whole numbers, any difference counts".to_owned(),
            Some(beside) => format!("epsilons of {} beside {beside:?}", out.dtype.name()),
            None => format!("epsilons of {} beside each element", out.dtype.name()),
        };
        let _ = writeln!(text, "Units of tensor {}: {words}.", out.id.value());
    }
    text
}

fn facts(failing: &FailingSlice) -> String {
    let mut text = String::new();
    for operation in &failing.slice.operations {
        let Description { name, arguments } = Description::of(operation);
        let arguments = if arguments.is_empty() { arguments } else { format!(", {arguments}") };
        let _ = writeln!(text, "- operation: {name} {}{arguments}", shapes(operation));
    }
    for (name, value) in &failing.facts {
        let _ = writeln!(text, "- {name}: {}", escape::terminal(value).replace('\n', " "));
    }
    text
}
