//! What people read: the table of operations and targets, and a sentence for each finding. Pure.

use comfy_table::{Cell, CellAlignment, Color, Table};

use super::arithmetic::{
    Arithmetic, LONGEST_SUM, LongestSum, PRODUCT, SCATTER_REPEATS, SIGNIFICAND, SUBNORMALS,
    SUM_REPEATS,
};
use super::finding::{Finding, ulp_text};
use super::grade::{DeviationKind, Severity};
use super::operations::{ALLOCATE, MEBIBYTES};
use super::outcome::ProbeOutcome;
use super::record::{ProbeRecord, TargetReport};
use burn_repro_core::escape;
use burn_repro_core::precision::Product;
use burn_repro_report::report::text_table::dense;

/// What the table's numbers and marks are.
const LEGEND: &str = "largest error against f64, in units in the last place (ULP) of f32; for sums, in ULP of the sum of the \
    terms' absolute values\n! defect, ~ inaccurate, * note, - not supported\n";

/// The whole report.
pub fn report(examined: &[TargetReport]) -> String {
    let mut text = format!("{}\n{LEGEND}", table(examined));
    for severity in [Severity::Defect, Severity::Inaccurate, Severity::Note] {
        for examined in examined {
            let found = examined.findings.iter().filter(|finding| finding.severity == severity);
            for sentence in sentences(&found.collect::<Vec<_>>()) {
                text.push_str(&format!("\n{} {}", word(severity), escape::terminal(&sentence)));
            }
        }
    }
    text.push_str(&format!("\n\n{}\n", summary(examined)));
    text
}

/// One for each finding; subnormals that are taken as zero are one finding, however many operations show it.
fn sentences(findings: &[&Finding]) -> Vec<String> {
    let mut sentences = Vec::new();
    let flushing: Vec<&&Finding> =
        findings.iter().filter(|finding| finding.kind == Some(DeviationKind::Flushed)).collect();
    if let [first, rest @ ..] = &flushing[..] {
        let mut others: Vec<&str> = rest.iter().map(|finding| finding.operation).collect();
        others.dedup();
        others.retain(|other| *other != first.operation);
        let others = if others.is_empty() {
            String::new()
        } else {
            format!(", also in {}", others.join(", "))
        };
        sentences.push(format!("{}{others}", first.sentence));
    }
    let others = findings.iter().filter(|finding| finding.kind != Some(DeviationKind::Flushed));
    sentences.extend(others.map(|finding| finding.sentence.clone()));
    sentences
}

fn summary(examined: &[TargetReport]) -> String {
    let one = |examined: &TargetReport| {
        let count = |severity| {
            examined.findings.iter().filter(|finding| finding.severity == severity).count()
        };
        let [defects, inaccurate, notes] =
            [Severity::Defect, Severity::Inaccurate, Severity::Note].map(count);
        let name = &examined.target.name;
        format!("{name}: {defects} defects, {inaccurate} inaccurate, {notes} notes")
    };
    examined.iter().map(one).collect::<Vec<_>>().join("\n")
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Defect => "! defect:",
        Severity::Inaccurate => "~ inaccurate:",
        Severity::Note => "* note:",
    }
}

const fn mark(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Defect) => " !",
        Some(Severity::Inaccurate) => " ~",
        Some(Severity::Note) => " *",
        None => "",
    }
}

/// A property in words.
type FactText = fn(&Arithmetic) -> Option<String>;

/// The properties, by the names of their probes.
const FACTS: [(&str, FactText); 6] = [
    (SIGNIFICAND, |facts| facts.matmul_significand_bits.map(|bits| bits.to_string())),
    (PRODUCT, |facts| facts.matmul_product.map(product)),
    (SUBNORMALS, |facts| facts.subnormals_kept.map(subnormals)),
    (LONGEST_SUM, |facts| facts.longest_sum.map(longest)),
    (SUM_REPEATS, |facts| facts.sum_repeats.map(yes_or_no)),
    (SCATTER_REPEATS, |facts| facts.scatter_repeats.map(yes_or_no)),
];

fn table(examined: &[TargetReport]) -> Table {
    let names = examined.iter().map(|examined| examined.target.name.clone());
    let mut table = dense(std::iter::once("operation".to_owned()).chain(names));
    let mut row = |name: &str, cell: &dyn Fn(&TargetReport) -> Cell| {
        table.add_row(std::iter::once(Cell::new(name)).chain(examined.iter().map(cell)));
    };
    for operation in operations(examined) {
        row(operation, &|examined| {
            let of = |asked: &&ProbeRecord| asked.operation == operation;
            operation_cell(&examined.probes.iter().filter(of).collect::<Vec<_>>())
        });
    }
    for (name, fact) in FACTS {
        row(name, &|examined| {
            let text = fact(&examined.arithmetic).unwrap_or_else(|| "-".into());
            let of = |asked: &&ProbeRecord| asked.operation == name;
            marked(text, examined.probes.iter().filter(of))
        });
    }
    row("largest allocation", &allocation_cell);
    table
}

/// The operations with known answers, in the order they were asked.
fn operations(examined: &[TargetReport]) -> Vec<&'static str> {
    let mut operations = Vec::new();
    for asked in examined.iter().flat_map(|examined| &examined.probes) {
        let fact = asked.input.is_empty() || asked.operation == ALLOCATE;
        if !fact && !operations.contains(&asked.operation) {
            operations.push(asked.operation);
        }
    }
    operations
}

fn operation_cell(asked: &[&ProbeRecord]) -> Cell {
    let text = asked.iter().find_map(|asked| no_values(&asked.outcome));
    let text = text.map_or_else(|| values(asked), str::to_owned);
    marked(text, asked.iter().copied())
}

/// A word for a probe that gave no values.
const fn no_values(outcome: &ProbeOutcome) -> Option<&'static str> {
    match outcome {
        ProbeOutcome::Measured { .. } | ProbeOutcome::Fact(_) => None,
        ProbeOutcome::Unsupported(_) => Some("-"),
        ProbeOutcome::Failed(_) => Some("failed"),
        ProbeOutcome::Crashed(_) => Some("crashed"),
        ProbeOutcome::TimedOut(_) => Some("hung"),
        ProbeOutcome::NotAsked(_) => Some("not asked"),
    }
}

/// The largest error, unless something that is no number says more.
fn values(asked: &[&ProbeRecord]) -> String {
    let judgements = asked.iter().filter_map(|asked| match &asked.outcome {
        ProbeOutcome::Measured { judgement, .. } => Some(judgement),
        _ => None,
    });
    let largest = judgements.clone().map(|judgement| judgement.largest_ulp).fold(0.0, f64::max);
    let not_finite = judgements
        .flat_map(|judgement| &judgement.deviations)
        .any(|deviation| deviation.kind == DeviationKind::NotFinite);
    match (not_finite, largest == 0.0) {
        (true, _) => format!("{} NaN/inf", ulp_text(largest)),
        (false, true) => "0".to_owned(),
        (false, false) => ulp_text(largest),
    }
}

/// With the mark and the colour of the worst that the probes found.
fn marked<'a>(text: String, probes: impl Iterator<Item = &'a ProbeRecord>) -> Cell {
    let worst = probes.filter_map(|asked| asked.severity).max();
    let cell = Cell::new(format!("{text}{}", mark(worst))).set_alignment(CellAlignment::Right);
    match worst {
        Some(Severity::Defect) => cell.fg(Color::Red),
        Some(Severity::Inaccurate) => cell.fg(Color::Yellow),
        Some(Severity::Note) | None => cell,
    }
}

fn allocation_cell(examined: &TargetReport) -> Cell {
    let text = match examined.arithmetic.largest_allocation_mebibytes {
        None => "-".to_owned(),
        Some(size) if MEBIBYTES.last() == Some(&size) => format!(">= {size} MiB"),
        Some(size) => format!("{size} MiB"),
    };
    marked(text, examined.probes.iter().filter(|asked| asked.operation == ALLOCATE))
}

fn product(product: Product) -> String {
    match product {
        Product::Fused => "fused",
        Product::Rounded => "rounded",
        Product::Other => "other",
    }
    .to_owned()
}

fn subnormals(kept: bool) -> String {
    if kept { "kept" } else { "zero" }.to_owned()
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn longest(sum: LongestSum) -> String {
    match sum {
        LongestSum::NoLimitUpTo(length) => format!(">= {length}"),
        LongestSum::Limit(length) => length.to_string(),
        LongestSum::Below(length) => format!("< {length}"),
    }
}
