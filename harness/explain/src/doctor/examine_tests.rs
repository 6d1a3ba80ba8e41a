use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A child in place of ours: it answers each number it reads as the script says.
fn child(answer: &str) -> Command {
    let script = format!(
        r#"read list; echo 'burn-repro-doctor: "opened"'
        for number in $(echo "$list" | tr '[],' '   '); do {answer}; done"#
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]);
    command
}

fn fact(then: &str) -> String {
    format!(
        r#"echo "burn-repro-doctor: {{\"ended\":{{\"probe\":$number,\"seconds\":0,\"outcome\":{then}}}}}""#
    )
}

fn plan(isolated: &[bool]) -> Plan {
    Plan { isolated: isolated.to_vec(), limit: Duration::from_secs(2) }
}

/// How many children were started, and how the probes ended.
fn carried_out(plan: &Plan, answer: &str) -> (usize, Vec<Outcome>) {
    let started = AtomicUsize::new(0);
    let start = || {
        started.fetch_add(1, Ordering::Relaxed);
        child(answer)
    };
    let ended = plan.carry_out(start, |_| {});
    assert!(ended.iter().map(|ended| ended.probe).eq(0..plan.isolated.len()));
    (started.into_inner(), ended.into_iter().map(|ended| ended.outcome).collect())
}

#[test]
fn one_child_asks_what_may_share_it() {
    let answer = fact(r#"{\"fact\":{\"subnormals_kept\":true}}"#);
    let (started, outcomes) = carried_out(&plan(&[false, false, false, true, true]), &answer);
    assert_eq!(started, 3);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Fact(_))), "{outcomes:?}");
}

#[test]
fn after_a_crash_a_fresh_child_goes_on_with_the_rest() {
    let answer = fact(r#"{\"fact\":{\"subnormals_kept\":true}}"#);
    let answer = format!("[ $number = 1 ] && kill -SEGV $$; {answer}");
    let (started, outcomes) = carried_out(&plan(&[false; 4]), &answer);
    assert_eq!(started, 2);
    let [Outcome::Fact(_), Outcome::Crashed(how), Outcome::Fact(_), Outcome::Fact(_)] =
        &outcomes[..]
    else {
        panic!("{outcomes:?}")
    };
    assert!(how.contains("signal 11"), "{how}");
}

#[test]
fn a_device_that_failed_is_not_asked_again_in_the_same_process() {
    let answer = fact(r#"{\"failed\":\"lost\"}"#);
    let (started, outcomes) = carried_out(&plan(&[false; 3]), &answer);
    assert_eq!(started, 3);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Failed(_))));
}

#[test]
fn a_target_that_hangs_is_given_up() {
    let mut plan = plan(&[false; 6]);
    plan.limit = Duration::from_millis(300);
    let (started, outcomes) = carried_out(&plan, "exec sleep 60");
    assert_eq!(started, 3);
    let hung = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::TimedOut(_))).count();
    let left = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::NotAsked(_))).count();
    assert_eq!((hung, left), (3, 3));
}

#[test]
fn a_target_that_cannot_be_opened_is_asked_nothing() {
    let plan = plan(&[false; 2]);
    let start = || {
        let mut command = Command::new("sh");
        command.args(["-c", r#"echo 'burn-repro-doctor: {"not_opened":"no driver"}'"#]);
        command
    };
    let ended = plan.carry_out(start, |_| {});
    for ended in ended {
        assert_eq!(ended.outcome, Outcome::NotAsked("no driver".into()));
    }
}

#[test]
fn lines_are_found_among_what_a_driver_prints() {
    let script = r#"read list; printf 'MESA: x\377 warning\nburn-repro-doctor: "opened"\n'; echo "$list" >&2"#;
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    let mut asking = start(command, &[1, 2]).unwrap();
    assert!(matches!(asking.next(LIMIT.into()), Ok(Line::Opened)));
    let Err(Silence::Ended(end)) = asking.next(LIMIT.into()) else { panic!("it did not end") };
    assert_eq!(end.last_words, ["[1,2]"]);
}
