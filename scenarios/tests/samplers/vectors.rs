//! Every sampler in every configuration that changes its formula, after each step, against diffusers.
//!
//! `data/sampler_vectors.json` is written by `ci/peers/samplers.py`, with real diffusers; it says which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use burn::tensor::Device;
use burn_repro_core::trace::Trace;
use burn_repro_device::open;
use burn_repro_scenarios::pipeline::SamplerAlone;
use burn_repro_target::{Class, Dtype};
use rstest::rstest;
use serde_json::Value;

use crate::oracle::floats;
use crate::recipes::{is_sampler, params, run};
use crate::support::{flex, ndarray};

static VECTORS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/sampler_vectors.json")).expect("the vectors")
});

/// The largest difference of a sum after a step.
const STEP: f64 = 1e-5;
/// The largest difference of an element of the last sample, relative to the largest one. Most have the same bits; measured
/// where steps cancel nearly all of a sample: 1.5e-5, as diffusers' own moves by 7e-6 with half a ULP of what it begins with.
const ELEMENT: f64 = 3e-5;

/// The largest differences.
#[derive(Debug, Default, Clone, Copy)]
struct Largest {
    cases: usize,
    step: f64,
    element: f64,
}

impl Largest {
    fn take(&mut self, other: Self) {
        self.cases += other.cases;
        self.step = self.step.max(other.step);
        self.element = self.element.max(other.element);
    }
}

/// The cases of classes that are samplers here, by class.
fn cases() -> Vec<(&'static str, &'static Value)> {
    let cases = VECTORS["cases"].as_array().expect("a list").iter();
    cases.map(|case| (case["scheduler"].as_str().expect("a class"), case)).collect()
}

fn trace(case: &Value, device: &Device) -> Result<Trace, String> {
    let (params, steps) = params(&case["scheduler"], &case["config"], &case["recipe"]);
    run(&SamplerAlone, params, steps, device).map_err(|error| error.to_string())
}

/// A difference relative to `scale`; infinite where there is none to tell.
fn relative(got: f64, want: f64, scale: f64) -> f64 {
    let apart = (got - want).abs() / scale.max(f64::MIN_POSITIVE);
    if apart.is_nan() { f64::INFINITY } else { apart }
}

/// The sums after each step.
fn sums_of(trace: &Trace) -> Vec<f64> {
    trace.records.iter().map(|record| record.tensor.abs_sum()).collect()
}

/// How far a case is from diffusers.
fn difference(case: &Value, device: &Device) -> Result<Largest, String> {
    let trace = trace(case, device)?;
    if case["recipe"]["generator"].is_null() && trace.noise.draws > 0 {
        return Err("noise is drawn where none is due".to_owned());
    }
    let sums = case["abs_sums"].as_array().expect("a list").iter();
    let sums: Vec<f64> = sums.map(|sum| sum.as_f64().expect("a sum")).collect();
    if trace.records.len() != sums.len() {
        return Err(format!("{} steps, diffusers makes {}", trace.records.len(), sums.len()));
    }
    let steps = sums_of(&trace).into_iter().zip(&sums);
    let step = steps.map(|(got, &want)| relative(got, want, want)).fold(0.0, f64::max);
    let sample = floats(&case["sample"]);
    let scale = sample.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    let got = &trace.output("latents").expect("an output").values;
    assert_eq!(got.len(), sample.len());
    let pairs = got.iter().zip(&sample);
    let element = pairs.map(|(&got, &want)| relative(got, want.into(), scale.into()));
    Ok(Largest { cases: 1, step, element: element.fold(0.0, f64::max) })
}

#[test]
fn every_class_is_a_sampler() {
    let chains = cases().into_iter().flat_map(|(class, case)| {
        let chain = case["recipe"]["from_config_chain"].as_array().into_iter().flatten();
        chain.filter_map(Value::as_str).chain([class])
    });
    let missing: BTreeSet<&str> = chains.filter(|class| !is_sampler(class)).collect();
    assert!(missing.is_empty(), "no samplers here: {missing:?}");
}

#[rstest]
fn every_configuration(#[values(flex(), ndarray())] device: Device) {
    let mut wrong = Vec::new();
    let mut largest = Largest::default();
    for (class, case) in cases() {
        let told = format!("{class} {} {}", case["config"], case["recipe"]);
        match difference(case, &device) {
            Ok(it) if it.step <= STEP && it.element <= ELEMENT => largest.take(it),
            Ok(Largest { step, element, .. }) => {
                wrong.push(format!("{told}: {step:e} after a step, {element:e} of an element"));
            }
            Err(error) => wrong.push(format!("{told}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} are different:\n{}", wrong.len(), wrong.join("\n"));
    println!("{largest:?}");
}

/// How far a run is from the same in `f64` after a step, relative to the larger of the two samples that the step lies
/// between: some steps leave nothing in `f64`.
fn from_f64(run: &Trace, precise: &Trace) -> f64 {
    let (got, want) = (sums_of(run), sums_of(precise));
    let before = want.first().into_iter().chain(&want);
    let steps = got.iter().zip(&want).zip(before);
    steps.map(|((got, &want), before)| relative(*got, want, want.max(*before))).fold(0.0, f64::max)
}

/// The largest differences of each class, from diffusers and from the same sampler in `f64`; `ci/peers/samplers.sh` prints
/// it.
#[test]
#[ignore = "a table, which judges nothing"]
fn table() {
    let targets = burn_repro_device::probe(Class::Cpu).targets;
    let target = targets.into_iter().find(|target| target.name == "ndarray").expect("ndarray");
    // A device has one float type in a process, and flex has f32 here.
    let precise = open(&target, Dtype::F64).expect("ndarray in f64");
    let mut classes: BTreeMap<&str, (Largest, f64)> = BTreeMap::new();
    for (class, case) in cases() {
        let (largest, apart) = classes.entry(class).or_default();
        largest.take(difference(case, &flex()).expect("a run"));
        let run = trace(case, &flex()).expect("a run");
        *apart = apart.max(from_f64(&run, &trace(case, &precise).expect("a run in f64")));
    }
    println!("| class | cases | from diffusers, of a sum | of an element | from f64, of a sum |");
    println!("|---|---|---|---|---|");
    for (class, (Largest { cases, step, element }, apart)) in classes {
        println!("| {class} | {cases} | {step:.1e} | {element:.1e} | {apart:.1e} |");
    }
}
