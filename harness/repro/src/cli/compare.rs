//! `repro compare`: the saved outputs of two runs against each other, without a golden.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::write::print_json;
use super::{Failure, say};
use burn_repro_core::compare::{CompareError, Comparison, Want, compare as compare_tensors};
use burn_repro_core::exit::Exit;
use burn_repro_core::saved_outputs::{FirstOther, SavedOutputs, saved_outputs};
use burn_repro_core::scenario::Tolerance;
use burn_repro_core::tensor_file;
use burn_repro_core::tolerance::Bounds;
use burn_repro_core::trace::HostTensor;
use burn_repro_report::report::text_table::plain;

#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// The folder of a run, or one that --save-outputs has filled
    #[arg(value_name = "A")]
    left: PathBuf,
    /// The other one; differences are relative to it
    #[arg(value_name = "B")]
    right: PathBuf,
    /// Ask for the same bits, whatever the tolerance
    #[arg(long)]
    bits: bool,
    /// Compare the cells that both have, and let those pass that only one has
    #[arg(long)]
    common: bool,
    /// Show every output, those with the same bits too
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One output on both sides.
#[derive(Serialize)]
struct Pair {
    scenario: String,
    /// The target in A, and the one in B where it is another.
    target: String,
    output: String,
    /// Whether the bits are the same.
    same_bits: bool,
    /// Whether the difference is within the tolerance that A's record states.
    pass: bool,
    /// Why there are no numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(flatten)]
    comparison: Option<Comparison>,
}

#[derive(Serialize)]
struct Compared {
    version: u32,
    pairs: Vec<Pair>,
    /// Cells that only one side has, as `SCENARIO::TARGET`.
    only_in_a: Vec<String>,
    only_in_b: Vec<String>,
    /// Where the operations of a scenario part, for each that both remember.
    operations: BTreeMap<String, FirstOther>,
}

pub(super) fn compare(arguments: &CompareArguments) -> Result<Exit, Failure> {
    let [left, right] = [&arguments.left, &arguments.right].map(|folder| read(folder));
    let compared = Compared::new(&left?, &right?);
    if compared.pairs.is_empty() {
        return Err(Failure {
            exit: Exit::NothingRan,
            message: format!(
                "the two have no cell in common; A has {}, B has {}",
                listed(&compared.only_in_a),
                listed(&compared.only_in_b)
            ),
        });
    }
    let passes = |pair: &Pair| pair.pass && (pair.same_bits || !arguments.bits);
    let alone = !(compared.only_in_a.is_empty() && compared.only_in_b.is_empty());
    let well = compared.pairs.iter().all(passes) && (arguments.common || !alone);
    let exit = if well { Exit::Success } else { Exit::Mismatch };
    if arguments.json {
        print_json(&compared)?;
    } else {
        say(&compared.text(arguments.bits, arguments.all));
    }
    Ok(exit)
}

fn read(folder: &Path) -> Result<SavedOutputs, Failure> {
    saved_outputs(folder).map_err(Failure::usage)
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

impl Compared {
    fn new(left: &SavedOutputs, right: &SavedOutputs) -> Self {
        let mut compared = Self {
            version: 1,
            pairs: Vec::new(),
            only_in_a: Vec::new(),
            only_in_b: Vec::new(),
            operations: BTreeMap::new(),
        };
        let renamed = lone_targets(left, right);
        let mut met = BTreeSet::new();
        for (key @ (scenario, target), outputs) in &left.cells {
            let other = renamed.as_ref().map_or(target, |(_, other)| other);
            let partner = (scenario.clone(), other.clone());
            let Some(others) = right.cells.get(&partner) else {
                compared.only_in_a.push(format!("{}::{}", key.0, key.1));
                continue;
            };
            let name = if other == target { target.clone() } else { format!("{target} / {other}") };
            met.insert(partner);
            let names: BTreeSet<&String> = outputs.keys().chain(others.keys()).collect();
            for output in names {
                let bounds = left.bounds.get(&(scenario.clone(), target.clone(), output.clone()));
                let bounds = bounds.cloned().unwrap_or_else(default_bounds);
                let (got, want) = (outputs.get(output), others.get(output));
                compared.pairs.push(Pair::new([scenario, &name, output], got, want, &bounds));
            }
        }
        let scenarios: BTreeSet<&String> = met.iter().map(|(scenario, _)| scenario).collect();
        compared.operations = scenarios
            .into_iter()
            .filter_map(|name| Some((name.clone(), left.first_other_operation(right, name)?)))
            .collect();
        let alone = right.cells.keys().filter(|key| !met.contains(*key));
        compared.only_in_b =
            alone.map(|(scenario, target)| format!("{scenario}::{target}")).collect();
        compared
    }

    fn text(&self, bits: bool, all: bool) -> String {
        let head = ["scenario", "target", "output", "", "max_abs_diff", "max_ulp", "psnr"];
        let mut table = plain(head, 0..0);
        let shown = |pair: &&Pair| all || !(pair.same_bits && pair.pass);
        for pair in self.pairs.iter().filter(shown) {
            let said = match (pair.same_bits, pair.pass) {
                (true, true) => "same bits",
                // NaN and infinity pass nothing, also where both sides have them.
                (true, false) => "same bits",
                (false, true) if !bits => "within tolerance",
                (false, _) => "differs",
            };
            let number = |value: fn(&Comparison) -> String| {
                pair.comparison.as_ref().map_or(String::new(), value)
            };
            table.add_row([
                pair.scenario.clone(),
                pair.target.clone(),
                pair.output.clone(),
                match (&pair.problem, &pair.comparison) {
                    (Some(problem), _) => problem.clone(),
                    (None, Some(c)) if c.non_finite > 0 => {
                        format!("{said}, {} not finite", c.non_finite)
                    }
                    _ => said.to_owned(),
                },
                number(|c| format!("{:.1e}", c.max_abs_diff)),
                number(|c| c.max_ulp.to_string()),
                number(|c| format!("{:.1}", c.psnr)),
            ]);
        }
        let mut text = if table.is_empty() { String::new() } else { format!("{table}\n") };
        for (side, names) in [("A", &self.only_in_a), ("B", &self.only_in_b)] {
            if !names.is_empty() {
                text.push_str(&format!(
                    "only in {side}: {} (--common lets it pass)\n",
                    names.join(", ")
                ));
            }
        }
        for (scenario, FirstOther { number, of }) in &self.operations {
            if let Some(number) = number {
                text.push_str(&format!(
                    "{scenario}: operation {number} is the first that is another one, of {of} that both remember\n"
                ));
            }
        }
        let same = self.pairs.iter().filter(|pair| pair.same_bits && pair.pass).count();
        let near = self.pairs.iter().filter(|pair| pair.pass && !pair.same_bits).count();
        let far = self.pairs.len() - same - near;
        text + &format!(
            "{same} outputs with the same bits, {near} within tolerance, {far} that differ\n"
        )
    }
}

/// Where each side has one target alone and they differ in name, these are what is to be compared.
fn lone_targets(left: &SavedOutputs, right: &SavedOutputs) -> Option<(String, String)> {
    let lone = |saved: &SavedOutputs| {
        let targets: BTreeSet<&String> = saved.cells.keys().map(|(_, target)| target).collect();
        match targets.into_iter().collect::<Vec<_>>()[..] {
            [one] => Some(one.clone()),
            _ => None,
        }
    };
    Some((lone(left)?, lone(right)?))
}

/// What holds for outputs whose run left no record.
fn default_bounds() -> Bounds {
    let Tolerance { abs_sum, pixel, limits, .. } = Tolerance::default();
    Bounds { abs_sum, pixel, limits }
}

impl Pair {
    fn new(
        [scenario, target, output]: [&String; 3],
        got: Option<&HostTensor>,
        want: Option<&HostTensor>,
        bounds: &Bounds,
    ) -> Self {
        let mut pair = Self {
            scenario: scenario.clone(),
            target: target.clone(),
            output: output.clone(),
            same_bits: false,
            pass: false,
            problem: None,
            comparison: None,
        };
        let (Some(got), Some(want)) = (got, want) else {
            let side = if got.is_some() { "A" } else { "B" };
            pair.problem = Some(format!("only in {side}"));
            return pair;
        };
        let bits = |tensor: &HostTensor| tensor_file::to_bytes(tensor);
        pair.same_bits =
            got.shape == want.shape && got.dtype == want.dtype && bits(got) == bits(want);
        let want = Want { tensor: want, abs_sum: want.abs_sum(), dtype: want.dtype };
        match compare_tensors(got, want, bounds) {
            Err(CompareError::Dtype { got, want }) => {
                pair.problem = Some(format!("A has {}, B has {}", got.as_str(), want.as_str()));
            }
            Err(error) => pair.problem = Some(error.to_string().replace("the golden's", "B's")),
            Ok(comparison) => {
                pair.pass = comparison.passes();
                pair.comparison = Some(comparison);
            }
        }
        pair
    }
}
