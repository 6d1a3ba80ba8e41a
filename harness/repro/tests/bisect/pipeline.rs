//! A pipeline whose result depends on how it is run, as its scenario says; only where [`SPOILT`] is set, so that the
//! goldens are made without it.

use std::io::Write;

use burn::tensor::{DType, Device, Tensor};
use burn_repro::{BoxError, Case, Pipeline, Probe};
use serde::Deserialize;

/// Set in the runs that are to be spoilt.
pub const SPOILT: &str = "BISECT_SPOILT";
/// Set by a build that stands for the tuned one.
pub const TUNED: &str = "BISECT_TUNED";
/// A file that every run makes longer, for what varies by itself.
pub const COUNTER: &str = "BISECT_COUNTER";

/// What makes the result wrong.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// More threads than one.
    Threads,
    /// `f32`.
    Narrow,
    /// `determinism: fast`.
    Fast,
    /// Each of two is enough: both have to be changed.
    ThreadsOrNarrow,
    /// Both are needed: either can be changed.
    ThreadsAndNarrow,
    /// Each of three is enough.
    ThreadsOrNarrowOrFast,
    /// The backend.
    Flex,
    /// The plain build.
    Plain,
    /// The code.
    Always,
    /// Nothing that anybody sets: the third run passes.
    Chance,
    /// It ends with an error.
    Crash,
    /// More threads than one, and an error in `f64`.
    ThreadsCrashInF64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    wrong: Cause,
}

pub struct Spoilt;

impl Pipeline for Spoilt {
    const NAME: &'static str = "spoilt";
    type Params = Params;

    fn run(&self, case: &Case<Params>, device: &Device, probe: &mut Probe) -> Result<(), BoxError> {
        let image = probe.noise([2], &[1.0, -2.0]);
        let spoilt = std::env::var_os(SPOILT).is_some();
        let wrong = spoilt && is_wrong(case.params.wrong, &image, device)?;
        probe.output("image", &image.add_scalar(if wrong { 0.25 } else { 0.0 }));
        Ok(())
    }
}

fn is_wrong(cause: Cause, image: &Tensor<1>, device: &Device) -> Result<bool, BoxError> {
    let threads = std::env::var("RAYON_NUM_THREADS").is_ok_and(|threads| threads != "1");
    let narrow = image.dtype() == DType::F32;
    // What full determinism alone sets on the processor.
    let fast = std::env::var_os("MALLOC_PERTURB_").is_none();
    let tuned = std::env::var_os(TUNED).is_some();
    Ok(match cause {
        Cause::Threads => threads,
        Cause::Narrow => narrow,
        Cause::Fast => fast,
        Cause::ThreadsOrNarrow => threads || narrow,
        Cause::ThreadsAndNarrow => threads && narrow,
        Cause::ThreadsOrNarrowOrFast => threads || narrow || fast,
        Cause::Flex => format!("{device:?}").to_lowercase().contains("flex"),
        Cause::Plain => !tuned,
        Cause::Always => true,
        Cause::Chance => runs_before()? != 2,
        Cause::Crash => return Err("the model is on holiday".into()),
        Cause::ThreadsCrashInF64 if !narrow => return Err("f64 is on holiday".into()),
        Cause::ThreadsCrashInF64 => threads,
    })
}

fn runs_before() -> Result<u64, BoxError> {
    let path = std::env::var(COUNTER)?;
    let mut file = std::fs::File::options().create(true).append(true).open(path)?;
    let before = file.metadata()?.len();
    file.write_all(b".")?;
    Ok(before)
}
