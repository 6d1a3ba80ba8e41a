//! `repro golden status`: how the goldens stand, without running anything.

use std::path::PathBuf;

use serde::Serialize;

use super::StatusArguments;
use crate::cli::write::print_json;
use crate::cli::{Failure, say};
use crate::project::Project;
use burn_repro_core::clock::today;
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::{GoldenState, GoldenStatus, SIZE_LIMIT, Store, status as status_of};
use burn_repro_report::report::text_table::plain;

#[derive(Serialize)]
struct Listing<'a> {
    version: u32,
    goldens: &'a [GoldenStatus],
    unowned: Vec<String>,
}

pub(super) fn status(project: &Project, arguments: &StatusArguments) -> Result<Exit, Failure> {
    let scenarios = project.load().map_err(Failure::usage)?;
    let store = Store::new(&project.golden);
    let goldens: Vec<GoldenStatus> =
        scenarios.iter().map(|scenario| status_of(&store, scenario, today())).collect();
    let unowned = store.unowned(scenarios.iter().map(AsRef::as_ref)).map_err(|error| {
        Failure::usage(format!("cannot read {}: {error}", project.golden.display()))
    })?;
    if arguments.json {
        let unowned = unowned.iter().map(|file| file.display().to_string()).collect();
        let listing = Listing { version: 1, goldens: &goldens, unowned };
        print_json(&listing)?;
    } else {
        say(&text(&goldens, &unowned, arguments.all));
    }
    let well = unowned.is_empty() && goldens.iter().all(|golden| golden.state.is_well());
    Ok(if well { Exit::Success } else { Exit::Golden })
}

fn text(goldens: &[GoldenStatus], unowned: &[PathBuf], all: bool) -> String {
    let mut table = plain(["golden", "scenario", "bytes", "recorded", "days ago"], 2..5);
    let shown = |golden: &&GoldenStatus| all || golden.state != GoldenState::Current;
    for golden in goldens.iter().filter(shown) {
        let day = golden.recorded.map_or("-".into(), |day| day.to_string());
        let age = golden.age_days.map_or("-".into(), |days| days.to_string());
        let state = golden.state.as_str().to_owned();
        table.add_row([state, golden.scenario.clone(), golden.size.to_string(), day, age]);
    }
    let mut text = if table.is_empty() { String::new() } else { format!("{table}\n") };
    for golden in goldens.iter().filter(|golden| !golden.details.is_empty()) {
        text.push_str(&format!("{}:\n", golden.scenario));
        text.extend(golden.details.iter().map(|detail| format!("    {detail}\n")));
    }
    for file in unowned {
        text.push_str(&format!("unowned: {}; `repro golden prune` deletes it\n", file.display()));
    }
    text + &summary(goldens, unowned.len())
}

fn summary(goldens: &[GoldenStatus], unowned: usize) -> String {
    let count = |state| goldens.iter().filter(|golden| golden.state == state).count();
    let states = [
        GoldenState::Current,
        GoldenState::New,
        GoldenState::Changed,
        GoldenState::Stale,
        GoldenState::Damaged,
        GoldenState::Missing,
        GoldenState::Unmade,
    ];
    let mut parts: Vec<String> = states
        .into_iter()
        .filter(|state| count(*state) > 0)
        .map(|state| format!("{} {}", count(state), state.as_str()))
        .collect();
    if unowned > 0 {
        parts.push(format!("{unowned} unowned"));
    }
    let bytes: u64 = goldens.iter().map(|golden| golden.size).sum();
    let largest = goldens.iter().map(|golden| golden.size).max().unwrap_or(0);
    let next = if count(GoldenState::New) + count(GoldenState::Changed) > 0 {
        "; look with `cargo repro golden show`, then `cargo repro golden accept` or `cargo insta review`"
    } else if count(GoldenState::Stale) + count(GoldenState::Missing) > 0 {
        "; `cargo test` makes what can be reviewed"
    } else {
        ""
    };
    format!(
        "{}; {bytes} bytes, the largest {largest} (at most {SIZE_LIMIT} beside a long question){next}\n",
        parts.join(", ")
    )
}
