//! The numbers that diffusers' own scheduler tests publish, each with its bound: whole loops, and facts of a schedule.
//!
//! `data/published_samplers.json` has them beside the recipes that they were made by.

use std::sync::LazyLock;

use burn::tensor::Device;
use burn_repro::BoxError;
use burn_repro_core::trace::{HostTensor, Trace};
use burn_repro_scenarios::pipeline::{SamplerAlone, ScheduleAlone};
use rstest::rstest;
use serde_json::{Value, json};

use crate::recipes::{is_sampler, params, run, scheduler, timesteps};
use crate::support::{flex, ndarray};

static PUBLISHED: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/published_samplers.json")).expect("the reference")
});

/// Draws its noise from another generator, `torchsde`'s.
const REFUSED: &str = "DPMSolverSDEScheduler";

/// Under `cases` or `facts`, all but the refused class's.
fn listed(key: &str) -> impl Iterator<Item = &'static Value> {
    let all = PUBLISHED[key].as_array().expect("a list").iter();
    all.filter(|it| it["scheduler"] != REFUSED)
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().expect("a list").iter().map(number).collect()
}

/// What is wrong with a number, if anything.
fn differs(got: f64, published: &Value) -> Option<String> {
    let want = number(&published["value"]);
    let relative = published["rtol"].as_f64().map(|rtol| rtol * want.abs());
    let bound = published["tol"].as_f64().or(relative).expect("a bound");
    let is_near = (got - want).abs() < bound;
    (!is_near).then(|| format!("{got}, published {want} within {bound}"))
}

/// What is wrong with a run's sums, if anything.
fn loop_differs(result: Result<Trace, BoxError>, published: &Value) -> Option<String> {
    let latents = match result {
        Ok(trace) => trace.output("latents").expect("a sampler's output").clone(),
        Err(error) => return Some(error.to_string()),
    };
    let sums = [("sum", latents.abs_sum()), ("mean", latents.abs_mean())];
    let published = sums
        .into_iter()
        .filter(|(key, _)| published[*key].is_object())
        .filter_map(|(key, got)| Some(format!("{key} {}", differs(got, &published[key])?)));
    published.reduce(|first, second| format!("{first}; {second}"))
}

/// Fails with all that is wrong, and the number of those that were asked.
fn none_wrong(wrong: Vec<String>, asked: usize) {
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    println!("{asked} as published");
}

#[rstest]
fn every_loop(#[values(flex(), ndarray())] device: Device) {
    let differs = |case: &Value| {
        let (params, steps) = params(&case["scheduler"], &case["config_given"], &case["recipe"]);
        let result = run(&SamplerAlone, params, steps, &device);
        loop_differs(result, &case["expected_cpu"]).map(|it| format!("{}: {it}", case["id"]))
    };
    none_wrong(listed("cases").filter_map(differs).collect(), listed("cases").count());
}

#[test]
fn the_class_with_another_generator_is_refused_by_name() {
    assert!(!is_sampler(REFUSED));
    let case = PUBLISHED["cases"].as_array().unwrap().iter().find(|it| it["scheduler"] == REFUSED);
    let case = case.expect("a case");
    let (params, steps) = params(&case["scheduler"], &json!({}), &case["recipe"]);
    let error = run(&SamplerAlone, params, steps, &flex()).unwrap_err().to_string();
    assert!(error.contains("DPMSolverSDEScheduler") && error.contains("torchsde"), "{error}");
}

/// What the schedule of a fact is, and the named list of it.
struct Schedule(Trace);

impl Schedule {
    fn of(fact: &Value, more: Value) -> Result<Self, BoxError> {
        let (mut params, steps) = timesteps(fact, &fact["config_full"]);
        params.insert("scheduler".to_owned(), scheduler(&fact["scheduler"], &fact["config_given"]));
        params.extend(more.as_object().cloned().unwrap_or_default());
        run(&ScheduleAlone, params.into(), steps, &flex()).map(Self)
    }

    fn list(&self, name: &str) -> &[f64] {
        self.0.output(name).map_or(&[], |list| &list.values[..])
    }
}

/// What is wrong with a fact, if anything.
fn fact_differs(fact: &Value) -> Result<Option<String>, BoxError> {
    let unlike =
        |got: &[f64], want: &[f64]| (got != want).then(|| format!("{got:?}, published {want:?}"));
    Ok(match fact["kind"].as_str().expect("a kind") {
        "timesteps" => {
            let schedule = Schedule::of(fact, json!({}))?;
            unlike(schedule.list("timesteps"), &numbers(&fact["expected_timesteps"]))
        }
        "previous_timestep" => {
            let schedule = Schedule::of(fact, json!({}))?;
            unlike(schedule.list("previous"), &numbers(&fact["expected_previous"]))
        }
        "timesteps_count" => {
            let schedule = Schedule::of(fact, json!({}))?;
            let mut timesteps = schedule.list("timesteps").to_vec();
            // Without a number, the test compares with the scheduler's own counter.
            let want = fact["expected_len"].as_f64().unwrap_or(timesteps.len() as f64);
            if fact["unique"] == true {
                timesteps.dedup();
            }
            unlike(&[timesteps.len() as f64], &[want])
        }
        "sigmas" => sigmas_differ(fact)?,
        "variance" => variance_differs(fact)?,
        "rejects" if fact["scheduler"].as_str().is_some_and(is_sampler) => {
            let refusal = Schedule::of(fact, json!({})).err();
            refusal.is_none().then(|| "not refused".to_owned())
        }
        "relation" => relation_differs(fact)?,
        other => Some(format!("facts of the kind {other} are not checked")),
    })
}

fn sigmas_differ(fact: &Value) -> Result<Option<String>, BoxError> {
    let schedule = Schedule::of(fact, json!({}))?;
    let (rtol, atol) = (number(&fact["rtol"]), number(&fact["atol"]));
    let (got, want) = (schedule.list("sigmas"), numbers(&fact["expected_sigmas"]));
    let near = |(got, want): (&f64, &f64)| (got - want).abs() <= atol + rtol * want.abs();
    let is_near = got.len() == want.len() && got.iter().zip(&want).all(near);
    let timesteps = schedule.list("timesteps");
    let is_there =
        fact["expected_timesteps"].is_null() || timesteps == numbers(&fact["expected_timesteps"]);
    Ok((!is_near || !is_there).then(|| format!("{got:?} at {timesteps:?}")))
}

fn variance_differs(fact: &Value) -> Result<Option<String>, BoxError> {
    let values = fact["values"].as_array().expect("a list");
    let at = |value: &Value| {
        let mut at = json!({ "timestep": value["args"][0] });
        let given =
            [("previous", &value["args"][1]), ("learned", &value["kwargs"]["predicted_variance"])];
        for (key, given) in given.into_iter().filter(|(_, given)| !given.is_null()) {
            at[key] = given.clone();
        }
        at
    };
    let asked: Vec<Value> = values.iter().map(at).collect();
    let schedule = Schedule::of(fact, json!({ "variances": asked }))?;
    let wrong = schedule.list("variances").iter().zip(values);
    Ok(wrong.filter_map(|(got, value)| differs(*got, value)).reduce(|all, it| all + "; " + &it))
}

/// A loop at timesteps that are given, which are those that the scheduler had spaced itself.
fn relation_differs(fact: &Value) -> Result<Option<String>, BoxError> {
    let (params, steps) = params(&fact["scheduler"], &fact["config_given"], &fact["recipe"]);
    let schedule = Schedule::of(&with_recipe_s_timesteps(fact), json!({}))?;
    let mut timesteps = schedule.list("timesteps").to_vec();
    if fact["reset_with"].as_str().is_some_and(|it| it.contains("[1::2]")) {
        let pairs: Vec<f64> = timesteps[1..].iter().copied().step_by(2).collect();
        timesteps = [&timesteps[..1], &pairs].concat();
    }
    let mut given = params.clone();
    given["timesteps"] = json!(timesteps);
    let spaced = run(&SamplerAlone, params, steps, &flex())?;
    let given = run(&SamplerAlone, given, timesteps.len(), &flex())?;
    let [spaced, given] = [&spaced, &given].map(|trace| trace.output("latents").expect("latents"));
    let apart = apart(spaced, given);
    Ok((apart >= number(&fact["tol"])).then(|| format!("{apart:e} apart")))
}

fn with_recipe_s_timesteps(fact: &Value) -> Value {
    let mut fact = fact.clone();
    fact["set_timesteps"] = fact["recipe"]["set_timesteps"].clone();
    fact
}

fn apart(one: &HostTensor, other: &HostTensor) -> f64 {
    let pairs = one.values.iter().zip(&other.values);
    pairs.map(|(one, other)| (one - other).abs()).sum()
}

#[test]
fn every_fact() {
    let differs = |fact: &Value| {
        let differs = fact_differs(fact).unwrap_or_else(|error| Some(error.to_string()));
        differs.map(|it| format!("{}: {it}", fact["id"]))
    };
    none_wrong(listed("facts").filter_map(differs).collect(), listed("facts").count());
}
