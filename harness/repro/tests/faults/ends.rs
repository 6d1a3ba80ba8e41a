//! Ends from outside: workers that somebody kills, and a program that is interrupted or killed itself. Linux only,
//! because the processes are found in /proc.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::folder::{Run, folder};
use crate::pipeline::HANGING_PROBE;

/// What a worker's command line has.
const WORKER: &str = "__worker";

pub fn trials() -> Vec<Trial> {
    let interrupts = [("interrupt", Signal::SIGINT), ("terminate", Signal::SIGTERM)];
    let mut trials: Vec<Trial> = interrupts
        .into_iter()
        .map(|(name, signal)| {
            Trial::test(format!("end::{name}_leaves_nothing"), move || interrupted(signal))
        })
        .collect();
    // Whatever asks what is here: commands that run cells, commands that do not, and the gate.
    let line = "command-line";
    let askers: [(&'static str, &[&str]); 4] =
        [(line, &["run"]), (line, &["list"]), (line, &["doctor"]), ("gate", &["--list"])];
    trials.extend(interrupts.into_iter().zip(askers.chunks(2)).flat_map(
        |((name, signal), askers)| {
            askers.iter().map(move |&(role, arguments)| {
                let who = format!("{role}_{}", arguments[0]);
                Trial::test(format!("end::{name}_leaves_no_probe_of_{who}"), move || {
                    interrupted_while_asking(signal, role, arguments)
                })
            })
        },
    ));
    trials.push(Trial::test("end::killed_run_leaves_no_worker", killed_run));
    trials.push(Trial::test("end::killed_workers_cost_one_cell", killed_workers));
    trials
}

fn send(process: u32, signal: Signal) {
    let _ = kill(Pid::from_raw(i32::try_from(process).unwrap()), signal);
}

/// Waits until a run has a process whose command line has a part.
fn wait_for(run: &Run, part: &str) {
    let begun = Instant::now();
    while run.processes_called(part).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{part} did not start");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// While a worker hangs that has started a process of its own.
fn interrupted(signal: Signal) -> Result<(), Failed> {
    let run = Run::new("grandchild");
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("run.json");
    let child =
        run.start(&["run", "m-faulty", "--backend", "flex", "--json", record.to_str().unwrap()]);
    wait_for(&run, "sleep");
    send(child.id(), signal);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() != Some(130) || !said.contains("interrupted: every worker is ended") {
        return Err(format!("{:?}\n{said}", output.status).into());
    }
    if !run.orphans().is_empty() {
        return Err(format!("left behind: {:?}", run.orphans()).into());
    }
    match fs::read_dir(folder.path()).unwrap().count() {
        0 => Ok(()),
        files => Err(format!("{files} files of an interrupted run").into()),
    }
}

/// While a driver hangs that is asked what is here, and that has started a process of its own.
fn interrupted_while_asking(
    signal: Signal,
    role: &'static str,
    arguments: &[&str],
) -> Result<(), Failed> {
    let run = Run::new(HANGING_PROBE).role(role);
    let child = run.start(arguments);
    wait_for(&run, "sleep");
    send(child.id(), signal);
    let output = child.wait_with_output().unwrap();
    match (output.status.code(), &run.orphans()[..]) {
        (Some(130), []) => Ok(()),
        (_, orphans) => Err(format!("{:?}, left behind: {orphans:?}", output.status).into()),
    }
}

/// Nobody is left to end a worker that computes for ever: it notices by itself.
fn killed_run() -> Result<(), Failed> {
    let run = Run::new("hang");
    let mut child = run.start(&["run", "m-faulty", "--backend", "flex"]);
    wait_for(&run, WORKER);
    // Into its cell, where it no longer reads.
    std::thread::sleep(Duration::from_millis(500));
    send(child.id(), Signal::SIGKILL);
    child.wait().unwrap();
    match run.orphans()[..] {
        [] => Ok(()),
        _ => Err(format!("left behind: {:?}", run.orphans()).into()),
    }
}

/// In each of some runs, at another moment, one worker is killed.
fn killed_workers() -> Result<(), Failed> {
    let before = contents(&folder().join("golden"));
    let nightly = std::env::var("BURN_REPRO_NIGHTLY").is_ok_and(|nightly| nightly == "1");
    let runs = if nightly { 50 } else { 10 };
    let mut crashed = 0;
    for number in 0..runs {
        let run = Run::new("slow");
        let file = tempfile::NamedTempFile::new().unwrap();
        let child =
            run.start(&["run", "--backend", "cpu", "--json", file.path().to_str().unwrap()]);
        wait_for(&run, WORKER);
        // Multiples of the golden ratio spread over the time that a run takes.
        let moment = number as f64 * 0.618_034 % 1.0;
        std::thread::sleep(Duration::from_secs_f64(0.2 * moment));
        let workers = run.processes_called(WORKER);
        if let Some(worker) = workers.get(number as usize % workers.len().max(1)) {
            send(*worker, Signal::SIGKILL);
        }
        let output = child.wait_with_output().unwrap();
        crashed += check(number, &output.status, &fs::read(file.path()).unwrap(), &run)?;
    }
    if contents(&folder().join("golden")) != before {
        return Err("a golden has changed".into());
    }
    println!("{crashed} of {runs} runs lost the cell that was running");
    if crashed > 0 { Ok(()) } else { Err("no kill hit a cell: the moments are wrong".into()) }
}

/// One cell may have crashed, the others have their results; gives the number of crashed ones.
fn check(
    number: u64,
    status: &std::process::ExitStatus,
    json: &[u8],
    run: &Run,
) -> Result<usize, Failed> {
    let record: serde_json::Value = serde_json::from_slice(json)?;
    let verdicts: Vec<&str> = record["cells"]
        .as_array()
        .map(|cells| cells.iter().filter_map(|cell| cell["verdict"].as_str()).collect())
        .unwrap_or_default();
    let crashed = verdicts.iter().filter(|verdict| **verdict == "crashed").count();
    let passed = verdicts.iter().filter(|verdict| **verdict == "pass").count();
    let code = if crashed == 0 { 0 } else { 102 };
    let well = crashed <= 1 && crashed + passed == 6 && status.code() == Some(code);
    if well && run.orphans().is_empty() {
        return Ok(crashed);
    }
    Err(format!("run {number}: {status}, {verdicts:?}, left behind {:?}", run.orphans()).into())
}

fn contents(folder: &Path) -> BTreeMap<std::ffi::OsString, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().filter_map(Result::ok);
    entries.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap())).collect()
}
