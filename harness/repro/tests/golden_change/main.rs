//! How a golden changes, end to end, over a pipeline that can be made to compute wrongly on one
//! backend: this test's own binary is the command line, the gate, the worker and the test.

mod accept;
#[path = "../command/mod.rs"]
mod command;
mod commands;
mod folder;
mod machines;
#[path = "../../../../backends/device/tests/needed/mod.rs"]
mod needed;
mod surroundings;
#[path = "../../../report/tests/report_browser/webdriver.rs"]
#[expect(dead_code, reason = "the tests of the page use the rest")]
mod webdriver;
mod writes;

use std::process::ExitCode;

use burn_repro::Registry;
use libtest_mimic::Trial;

use folder::Scaled;

/// A trial for each function, under its name.
macro_rules! trials {
    ($module:ident: $($name:ident),+ $(,)?) => {
        vec![$(Trial::test(stringify!($name), $module::$name)),+]
    };
}

fn trials() -> Vec<Trial> {
    let mut trials = trials![
        accept:
        the_first_golden_is_reviewed_and_accepted,
        an_intended_change_moves_every_target_and_is_accepted,
        a_wrong_kernel_on_one_target_cannot_be_accepted,
        a_wrong_kernel_under_the_reference_cannot_be_accepted_by_habit,
        a_reason_is_recorded_where_only_one_target_moved,
        nothing_is_accepted_or_written_in_ci,
        a_result_that_is_not_finite_is_never_a_golden,
        what_the_reference_no_longer_gives_is_refused,
        a_change_that_is_undone_leaves_nothing_to_review,
        a_damaged_golden_can_be_made_again,
        a_golden_of_any_name_is_made_and_accepted,
        a_long_question_is_kept_as_long_as_it_is,
    ];
    trials.extend(trials![
        commands:
        prune_deletes_what_no_scenario_owns_and_says_which,
        pictures_are_written_where_it_says,
        calibration_shows_the_spread_beside_the_file,
    ]);
    trials.extend(trials![
        machines:
        the_outlier_of_two_machines_stands_in_the_first_sentence,
        trials_of_nextest_are_joined,
        a_guard_that_fails_is_in_every_report,
        a_golden_is_accepted_from_what_ci_left,
        a_record_of_another_machine_can_refuse,
    ]);
    let name = "the_merged_report_shows_the_outlier_in_a_browser";
    let test = machines::the_merged_report_shows_the_outlier_in_a_browser;
    trials.push(needed::trial(name, webdriver::no_browser, webdriver::is_demanded(), test));
    trials.extend(trials![
        surroundings:
        the_gate_reads_the_variables_of_the_command_line,
        a_bad_variable_stops_the_gate,
        nothing_is_written_where_insta_sees_ci,
        a_reference_that_differs_is_red_whatever_lets_assertions_pass,
        a_file_of_insta_does_not_update_a_golden,
        an_explicit_update_is_an_acceptance,
        a_golden_that_git_did_not_fetch_is_left_alone,
        a_reference_of_a_record_that_git_did_not_fetch_is_refused,
        a_panic_is_no_missing_golden,
        the_words_of_a_panic_are_safe_on_the_terminal,
    ]);
    #[cfg(unix)]
    trials.extend(trials![surroundings: the_gate_works_in_folders_of_any_bytes]);
    trials.extend(trials![writes: test_runs_at_once_do_not_corrupt_each_other]);
    #[cfg(unix)]
    trials.extend(trials![
        writes:
        nothing_is_written_in_place,
        a_full_disk_leaves_the_old_golden,
        a_full_disk_leaves_no_half_of_a_first_golden,
        a_read_only_golden_folder_leaves_the_old_golden,
    ]);
    trials
}

fn main() -> ExitCode {
    command::main_of(Registry::new().with(Scaled), trials)
}
