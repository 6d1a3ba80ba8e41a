//! `README.md` of an emitted project: what was expected, what was seen, and a text for an issue. Pure.

use std::fmt::Write as _;

use super::compare::place;
use super::measure::Measured;
use super::names::Names;
use super::program::Program;
use super::{FailingOperation, project};
use crate::operation::{Description, shapes};
use burn_repro_core::escape;

pub(super) fn readme(
    caught: &FailingOperation,
    names: &Names,
    program: &Program,
    measured: &[Measured],
) -> String {
    let (title, target) = (&caught.title, &caught.target);
    let seen = seen(caught, names, measured);
    let facts = facts(caught);
    let issue = issue(caught, program, &seen, &facts);
    format!(
        "# {title} on {target}\n\nOne operation of Burn {} whose result on `{target}` is further from what it should be than \
         it may be. It was caught in `{}`.\n\n```sh\ncargo run\n```\n\nbuilds Burn with this backend alone, computes the \
         operation once and prints the worst element. It exits with 1 as long as the difference is more than allowed, and \
         with 0 when it no longer is.\n\n`inputs.safetensors` holds what the operation is given, `expected.safetensors` what \
         it should give for just that, computed in `f64`.{}\n\n## Expected and seen\n\n{seen}\n## Facts\n\n{facts}\n\
         ## For an issue of Burn\n\nAttach this folder without `target`, and paste:\n\n{issue}\nMade by burn-repro.\n",
        project::BURN,
        caught.scenario,
        match program.is_executed {
            true => " `operation.json` is the operation in Burn's intermediate representation.",
            false => "",
        },
    )
}

/// A table of the worst element of each result.
fn seen(caught: &FailingOperation, names: &Names, measured: &[Measured]) -> String {
    let mut text = String::from(
        "| result | worst element | got | expected | difference | units | allowed | largest difference |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (out, Measured { comparison, .. }) in caught.outputs.iter().zip(measured) {
        let place = place(comparison.index, &out.shape.to_vec());
        let _ = writeln!(
            text,
            "| `{}` | {place:?} | {:?} | {:?} | {:e} | {:.4} | {:.4} | {:e} |",
            names.name(out),
            comparison.got,
            comparison.expected,
            comparison.difference,
            comparison.units,
            caught.allowed_ulp,
            comparison.largest_difference,
        );
    }
    text.push('\n');
    for (out, Measured { words, unit, .. }) in caught.outputs.iter().zip(measured) {
        let beside = match unit.beside {
            Some(beside) if unit.epsilon < 1.0 => format!(" ({beside:?})"),
            _ => String::new(),
        };
        let _ = writeln!(text, "Units of `{}`: {words}{beside}.", names.name(out));
    }
    text
}

fn facts(caught: &FailingOperation) -> String {
    let mut text = format!("- operation: {}\n", described(caught));
    for (name, value) in &caught.facts {
        let _ = writeln!(text, "- {name}: {}", escape::terminal(value).replace('\n', " "));
    }
    text
}

/// `conv2d [1, 4, 8, 8] … -> [1, 4, 8, 8], stride [1, 1]`.
fn described(caught: &FailingOperation) -> String {
    let Description { name, arguments } = Description::of(&caught.operation);
    let arguments = if arguments.is_empty() { arguments } else { format!(", {arguments}") };
    format!("{name} {}{arguments}", shapes(&caught.operation))
}

/// The text to paste, fenced by more backticks than it has.
fn issue(caught: &FailingOperation, program: &Program, seen: &str, facts: &str) -> String {
    let name = Description::of(&caught.operation).name;
    format!(
        "````markdown\n**`{name}` on `{}` gives a wrong result (Burn {})**\n\nFor the attached inputs:\n\n```rust\n{}```\n\n\
         Expected is the result in `f64`.\n\n{seen}\n{facts}\nTo reproduce: `cargo run` in the attached project.\n````\n",
        caught.target,
        project::BURN,
        program.operation,
    )
}
