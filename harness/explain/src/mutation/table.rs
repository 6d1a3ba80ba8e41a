//! MutationScore as text: a table as Markdown shows it, so that it can be pasted, and what got through.

use super::run::Located;
use super::{Counts, MutationScore};

/// One row for each scenario and one for all.
pub fn table(all: &[MutationScore]) -> String {
    let mut lines = vec![
        "| scenario | target | faults | by `abs().sum()` alone | by pixels alone | by all checks | no effect |".to_owned(),
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |".to_owned(),
    ];
    for score in all {
        lines.push(match &score.refused {
            None => row(&score.scenario, &score.target, Counts::of(&score.trials)),
            Some(reason) => format!("| {} | {} | {reason} | | | | |", score.scenario, score.target),
        });
    }
    let trials = all.iter().flat_map(|score| &score.trials);
    lines.push(row("all", "", Counts::of(trials)));
    lines.join("\n") + "\n"
}

fn row(scenario: &str, target: &str, tally: Counts) -> String {
    let share = |count: usize| match tally.planted {
        0 => String::new(),
        planted => format!("{:.1} %", 100.0 * count as f64 / planted as f64),
    };
    format!(
        "| {scenario} | {target} | {} | {} | {} | {} | {} |",
        tally.planted,
        share(tally.by_sum),
        share(tally.by_elements),
        share(tally.by_all),
        tally.without_effect
    )
}

/// How many planted faults were found, and those that were not.
pub fn located(all: &[Located]) -> String {
    let red = all.iter().filter(|one| one.red);
    let (count, hits) = (red.clone().count(), red.clone().filter(|one| one.hit()).count());
    let other = all.iter().filter(|one| !one.red);
    let (others, found) = (other.clone().count(), other.filter(|one| one.hit()).count());
    let mut lines = vec![format!(
        "{} faults injected: {hits} of {count} that make the cell fail were located, and {found} of {others} within the \
         tolerance",
        all.len()
    )];
    for miss in red.filter(|one| !one.hit()) {
        let named = miss.named.as_ref().map_or("nothing".to_owned(), |named| {
            format!("operation {} ({})", named.number, named.title())
        });
        lines.push(format!(
            "missed: {} with {}@{}: `diagnose` names {named}",
            miss.scenario, miss.fault, miss.operation
        ));
    }
    lines.join("\n") + "\n"
}
