//! What tests share whose scenarios are only parsed.

#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::path::Path;

use burn::tensor::backend::Backend;
use burn_repro::scenario::{Scenario, parse};
use burn_repro::{BoxError, Case, Pipeline, Probe, Registry};

/// A pipeline that cannot run.
pub struct Nothing;

impl Pipeline for Nothing {
    const NAME: &'static str = "nothing";
    type Params = ();

    fn run<B: Backend>(
        &self,
        _case: &Case<()>,
        _device: &B::Device,
        _probe: &mut Probe<B>,
    ) -> Result<(), BoxError> {
        Err("this pipeline is only parsed".into())
    }
}

/// The pipelines that these tests know.
pub fn registry() -> Registry {
    Registry::new().with(Nothing)
}

/// A scenario of `NAME.yaml` with more keys than it needs.
pub fn scenario(name: &str, more: &str) -> Scenario {
    let text = format!("version: 1\npipeline: nothing\nseed: 0\nsteps: 1\nparams: ~\n{more}\n");
    parse(Path::new(&format!("{name}.yaml")), text, &registry()).unwrap()
}
