//! Pipelines that misbehave, run end to end: this test's own binary is the command line, the worker
//! and the test. Whatever a pipeline does, the other cells finish and the verdict names it.

use std::fs;
use std::process::{Command, ExitCode};
use std::time::Instant;

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_repro::{BoxError, Case, Pipeline, Probe, Project, Registry};
use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;

/// Set in the children: be the command line instead of the test.
const COMMAND_LINE: &str = "FAULTS_COMMAND_LINE";

struct Faulty;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    fault: Fault,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    None,
    NotANumber,
    Error,
    Panic,
    PanicElsewhere,
    Abort,
    Hang,
    NoOutput,
    Duplicate,
    Chatter,
}

impl Pipeline for Faulty {
    const NAME: &'static str = "faulty";
    type Params = Params;

    fn run<B: Backend>(
        &self,
        case: &Case<Params>,
        device: &B::Device,
        probe: &mut Probe<B>,
    ) -> Result<(), BoxError> {
        let mut values = [1.0_f32, -2.0];
        match case.params.fault {
            Fault::None | Fault::Duplicate => {}
            Fault::NotANumber => values[1] = f32::NAN,
            Fault::Error => return Err("the model is on holiday".into()),
            Fault::Panic => panic!("a planted panic"),
            Fault::PanicElsewhere => {
                let thread = std::thread::spawn(|| panic!("a panic on another thread"));
                thread.join().map_err(|_| "a thread of the pipeline panicked")?;
            }
            Fault::Abort => std::process::abort(),
            Fault::Hang => loop {
                std::thread::park();
            },
            Fault::NoOutput => return Ok(()),
            Fault::Chatter => println!("a driver that talks on standard output"),
        }
        let tensor = Tensor::<B, 1>::from_data(TensorData::from(values), device);
        probe.output("latents", &tensor);
        if matches!(case.params.fault, Fault::Duplicate) {
            probe.output("latents", &tensor);
        }
        Ok(())
    }
}

/// Runs `repro` over scenarios of these faults; gives the exit code and all that was said.
fn repro(faults: &[&str], arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    for fault in faults {
        let text = format!(
            "version: 1\npipeline: faulty\nseed: 0\nsteps: 1\ntime_limit: 2\nbackends: [cpu]\n\
             params: {{ fault: {fault} }}\n"
        );
        let name = fault.replace('_', "-");
        fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .env(COMMAND_LINE, folder.path())
        .env_remove("BURN_REPRO_REQUIRE")
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|part| String::from_utf8(part).unwrap());
    (output.status.code(), said.join("\n"))
}

fn check(faults: &[&str], code: i32, parts: &[&str]) -> Result<(), Failed> {
    let (got, said) = repro(faults, &["run", "--backend", "flex"]);
    for part in parts {
        if !said.contains(part) {
            return Err(format!("{part:?} is not in\n{said}").into());
        }
    }
    if got == Some(code) { Ok(()) } else { Err(format!("exit code {got:?}\n{said}").into()) }
}

fn trials() -> Vec<Trial> {
    let cases: &[(&str, &[&str], i32, &[&str])] = &[
        ("a_healthy_pipeline_runs", &["none"], 101, &["1 missing golden"]),
        ("nan_is_its_own_verdict", &["not_a_number"], 100, &["non-finite", "NaN at [1]"]),
        ("an_error_is_reported", &["error"], 102, &["crashed", "the model is on holiday"]),
        ("a_panic_is_reported", &["panic"], 102, &["panicked: a planted panic"]),
        ("a_panic_elsewhere_is_reported", &["panic_elsewhere"], 102, &["a thread of the pipeline"]),
        ("an_abort_is_a_crash", &["abort"], 102, &["was killed by signal 6"]),
        ("a_hang_is_a_timeout", &["hang"], 102, &["timed out", "no result after 2 s"]),
        ("no_output_never_passes", &["no_output"], 102, &["put out no tensor"]),
        ("two_outputs_of_one_name_never_pass", &["duplicate"], 102, &["`latents` twice"]),
        ("chatter_on_stdout_does_no_harm", &["chatter"], 101, &["1 missing golden"]),
        (
            "the_other_cells_finish",
            &["abort", "error", "hang", "none", "panic"],
            102,
            &["3 crashed", "1 timed out", "1 missing golden"],
        ),
    ];
    let table = cases
        .iter()
        .map(|&(name, faults, code, parts)| Trial::test(name, move || check(faults, code, parts)));
    let hang = Trial::test("a_hang_ends_at_its_limit", || {
        let begun = Instant::now();
        repro(&["hang"], &["run", "--backend", "flex"]);
        let seconds = begun.elapsed().as_secs_f64();
        if seconds < 20.0 { Ok(()) } else { Err(format!("it took {seconds:.0} s").into()) }
    });
    table.chain([hang]).collect()
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os(COMMAND_LINE) else {
        return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code();
    };
    let project = Project {
        registry: Registry::new().with(Faulty),
        scenarios: folder.clone().into(),
        golden: folder.into(),
        noise: None,
    };
    project.run_command_line()
}
