//! Wrong keys of a multistep method, one at a time, for the pipeline `sampler`. What is wrong with any schedule is
//! `faults`'.

use burn_repro::{Case, CaseFault};
use serde_json::{Value, json};

use super::SamplerParams;
use crate::diffusers::Joined;

/// What is most often wrong with a method that keeps a history, or makes its own sigmas.
pub(super) fn of_solver<A: 'static>() -> Vec<CaseFault<Joined<SamplerParams, A>>> {
    vec![
        CaseFault { name: "solver-order", what: "a history of another length", apply: order },
        CaseFault { name: "order-kept", what: "the order kept at the end", apply: order_kept },
        CaseFault { name: "final-sigma", what: "another last sigma", apply: final_sigma },
        CaseFault { name: "sigma-spacing", what: "Karras' sigmas for others", apply: karras },
        CaseFault { name: "corrector-out", what: "the corrector left out", apply: no_corrector },
        CaseFault { name: "noise-drawn", what: "noise where none is due", apply: noise_drawn },
    ]
}

/// Changes a key of the scheduler, if its class has it and takes the value.
fn change<A>(
    case: &mut Case<Joined<SamplerParams, A>>,
    key: &str,
    other: impl Fn(&Value) -> Value,
) {
    let config = &mut case.params.own.scheduler.config;
    if let Some(changed) = config.with_key(key, other) {
        *config = changed;
    }
}

fn order<A>(case: &mut Case<Joined<SamplerParams, A>>) {
    change(case, "solver_order", |order| match order.as_u64() {
        Some(order @ 2..) => json!(order - 1),
        _ => json!(2),
    });
}

fn order_kept<A>(case: &mut Case<Joined<SamplerParams, A>>) {
    change(case, "lower_order_final", |lowered| json!(lowered != &json!(true)));
}

fn final_sigma<A>(case: &mut Case<Joined<SamplerParams, A>>) {
    let other = |last: &Value| if last == "zero" { json!("sigma_min") } else { json!("zero") };
    change(case, "final_sigmas_type", other);
}

fn karras<A>(case: &mut Case<Joined<SamplerParams, A>>) {
    change(case, "use_karras_sigmas", |karras| json!(karras != &json!(true)));
}

fn no_corrector<A>(case: &mut Case<Joined<SamplerParams, A>>) {
    let every: Vec<usize> = (0..case.steps).collect();
    change(case, "disable_corrector", |_| json!(every));
    change(case, "corrector_order", |_| json!(0));
}

fn noise_drawn<A>(case: &mut Case<Joined<SamplerParams, A>>) {
    change(case, "algorithm_type", |kind| match kind.as_str() {
        Some(kind) if kind.starts_with("dpm") => json!(format!("sde-{kind}")),
        _ => kind.clone(),
    });
}
