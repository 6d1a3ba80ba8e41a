//! Parity in text: a row for each layer, and what follows from them.

use std::fmt::Write;

use burn_repro_core::trace::Dtype;
use burn_repro_report::report::text_table::plain;

use super::{Difference, LayerParity, Parity, State};

/// Names of a list that a sentence gives at most.
const NAMED: usize = 5;

/// The layers of a model beside those of `source`, and which are wrong. `lines` gives the line of the model that names a
/// layer, if it is known.
#[must_use]
pub fn table(parity: &Parity, source: &str, lines: impl Fn(&str) -> Option<String>) -> String {
    let Parity { target, dtype, layers, only_in_model, only_in_reference } = parity;
    let head = ["  layer", "own input", "reference's input", ""];
    let mut table = plain(head, 1..3);
    for layer in layers {
        let own = layer.with_own_input.map_or(String::new(), number);
        let numbers = [own, number(layer.with_reference_input)];
        let note =
            note(layer, dtype, source, lines(&layer.name).filter(|_| layer.state == State::Wrong));
        let cells = [format!("  {}", layer.name)].into_iter().chain(numbers).chain([note]);
        table.add_row(cells);
    }
    let rows = table.to_string();
    let rows: Vec<&str> = rows.lines().map(str::trim_end).collect();
    let mut text = format!("{target} in {dtype} beside {source}\n{}\n", rows.join("\n"));
    if !only_in_model.is_empty() {
        // Writing into a string does not fail.
        let _ = writeln!(text, "not in the reference: {}", some(only_in_model));
        if !only_in_reference.is_empty() {
            let _ = writeln!(text, "not in the model: {}", some(only_in_reference));
        }
    }
    text.push_str(&conclusion(parity, source));
    text
}

fn number(difference: Difference) -> String {
    match difference.max_abs {
        far if far.is_finite() => format!("{far:.1e}"),
        _ => "other shape".to_owned(),
    }
}

fn note(layer: &LayerParity, dtype: &str, source: &str, line: Option<String>) -> String {
    let line = line.map_or(String::new(), |line| format!(" ({line})"));
    match (layer.state, &layer.kind, &layer.class) {
        (State::Right, ..) => String::new(),
        (State::Rounded, ..) => "rounds to a narrower type inside".to_owned(),
        (State::Wrong, Some(kind), _) => format!("<- {kind}{line}"),
        (State::Wrong, None, Some(_)) if dtype != Dtype::F64.as_str() => {
            format!("<- differs from {source}{line}")
        }
        (State::Wrong, None, Some(class)) => {
            format!("<- differs from {source}'s {class}, in a way that is not known{line}")
        }
        (State::Wrong, None, None) if layer.with_own_input.is_none() => {
            format!("<- the code before this module gives it something else{line}")
        }
        (State::Wrong, None, None) => format!("<- differs from {source}{line}"),
    }
}

/// Which layers are wrong, in one line.
fn conclusion(parity: &Parity, source: &str) -> String {
    let wrong: Vec<String> = parity.wrong().map(|layer| layer.name.clone()).collect();
    let count = parity.layers.len();
    match &wrong[..] {
        _ if count == 0 => format!("nothing was compared: no name is {source}'s\n"),
        [] => format!("all {count} layers give what {source} gives\n"),
        [first, ..] => format!(
            "{} of {count} layers {} wrong by {}: {}; the first is {first}\n",
            wrong.len(),
            if wrong.len() == 1 { "is" } else { "are" },
            if wrong.len() == 1 { "itself" } else { "themselves" },
            some(&wrong)
        ),
    }
}

fn some(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMED) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}
