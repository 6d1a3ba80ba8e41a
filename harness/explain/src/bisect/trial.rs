//! Running the cell in some setup, and judging it as the red cell was judged: by the same golden, tolerance and target.
//! The only part that starts workers.

use std::sync::Arc;
use std::time::Instant;

use burn_repro_device::float_dtype;
use burn_repro_target::{Class, Target};
use serde::Serialize;

use super::setup::Setup;
use crate::numeric::round;
use burn_repro_core::clock::today;
use burn_repro_core::evaluate::{CellReport, evaluate};
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::{Golden, GoldenError, Store};
use burn_repro_core::plan::Cell;
use burn_repro_core::reason::{self, Reason};
use burn_repro_core::scenario::Scenario;
use burn_repro_core::trace::{Dtype, NamedTensor, Trace};
use burn_repro_core::verdict::Verdict;
use burn_repro_core::worker::{Outcome, Worker};

/// One run of the cell, judged.
#[derive(Debug, Clone, Serialize)]
pub struct JudgedRun {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    #[serde(flatten, serialize_with = "reason::serialize")]
    pub reasons: Vec<Reason>,
    /// The largest difference of any element, where there is one.
    pub largest_difference: Option<f64>,
    /// Wall time, the start of the process included.
    pub seconds: f64,
    /// Hashes of the outputs.
    #[serde(skip)]
    pub bits: Vec<String>,
}

/// Which side a run is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The result is the one it should be.
    Passes,
    /// It differs.
    Fails,
    /// There is none, or none that can be judged.
    Unjudged,
}

impl JudgedRun {
    /// Which side it is on.
    pub fn side(&self) -> Side {
        match self.verdict {
            Verdict::Pass => Side::Passes,
            verdict if verdict.info().exit == Exit::Mismatch => Side::Fails,
            _ => Side::Unjudged,
        }
    }
}

/// The cell that is run in one setup after another.
pub struct Runner {
    cell: Cell,
    golden: Result<Golden, GoldenError>,
}

impl Runner {
    /// For a scenario on a target. That the scenario knows of the failure makes it no greener here.
    pub fn new(scenario: &Scenario, target: &Target, store: &Store) -> Self {
        let scenario = Scenario { known_failures: Vec::new(), ..scenario.clone() };
        let golden = store.load(&scenario.name);
        let cell = Cell { scenario: Arc::new(scenario), target: target.clone(), threads: None };
        Self { cell, golden }
    }

    /// Runs the cell in a process of its own.
    pub fn run(&self, setup: &Setup) -> JudgedRun {
        let Setup { command, target, settings } = setup.clone();
        let begun = Instant::now();
        let outcome = Worker::new(command, target, settings).run(&self.cell.scenario);
        let seconds = begun.elapsed().as_secs_f64();
        let outcome = match outcome {
            Outcome::Finished(trace) => {
                Outcome::Finished(Box::new(rounded(*trace, self.cell.scenario.dtype)))
            }
            outcome => outcome,
        };
        seen(evaluate(&self.cell, &outcome, self.golden.as_ref().into(), today()), seconds)
    }
}

fn seen(report: CellReport, seconds: f64) -> JudgedRun {
    JudgedRun {
        verdict: report.verdict,
        largest_difference: report.distance(),
        bits: report.outputs.into_values().map(|output| output.sha256).collect(),
        reasons: report.reasons,
        seconds,
    }
}

/// Bits that `burn_repro::matmul` keeps of its inputs in two setups of a CUDA target, where these differ: whether a
/// change of determinism was one of TF32 is measured, and not believed.
pub fn products(start: &Setup, changed: &Setup) -> Option<[u32; 2]> {
    if start.target.class != Class::Cuda {
        return None;
    }
    let measure = |setup: &Setup| {
        let Setup { command, target, settings } = setup.clone();
        Worker::new(command, target, settings).measure().ok()
    };
    let bits = [measure(start)?, measure(changed)?].map(|it| it.exact_matmul_significand_bits);
    (bits[0] != bits[1]).then_some(bits)
}

/// What was computed in a wider type, rounded to the scenario's, so that it is held to the same bounds.
fn rounded(trace: Trace, dtype: Dtype) -> Trace {
    let to = float_dtype(dtype).into();
    let all = |tensors: Vec<NamedTensor>| {
        let one = |mut named: NamedTensor| {
            if named.tensor.dtype.is_float() && named.tensor.dtype != dtype.into() {
                named.tensor.dtype = dtype.into();
                named.tensor.values.iter_mut().for_each(|value| *value = round(*value, to));
            }
            named
        };
        tensors.into_iter().map(one).collect()
    };
    Trace { records: all(trace.records), outputs: all(trace.outputs), ..trace }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use burn_repro_core::trace::HostTensor;

    #[rstest]
    #[case(Dtype::F32, 1.0 + f64::EPSILON, 1.0)]
    #[case(Dtype::F16, 1.0 + 1.0e-4, 1.0)]
    #[case(Dtype::Bf16, 1.0 + 1.0e-3, 1.0)]
    #[case(Dtype::F64, 1.0 + f64::EPSILON, 1.0 + f64::EPSILON)]
    fn a_wider_result_is_rounded_to_the_scenarios_type(
        #[case] dtype: Dtype,
        #[case] value: f64,
        #[case] rounded_value: f64,
    ) {
        let tensor = HostTensor { shape: vec![1], dtype: Dtype::F64.into(), values: vec![value] };
        let outputs = vec![NamedTensor { name: "image".into(), tensor }];
        let trace = rounded(Trace { outputs, ..Trace::default() }, dtype);
        let tensor = &trace.outputs[0].tensor;
        assert_eq!((tensor.dtype, tensor.values[0]), (dtype.into(), rounded_value));
    }
}
