//! Diagnoses end to end, over a pipeline whose code can be changed by a variable: this test's own binary is the command
//! line, the gate, the worker and the test.

mod code;
#[path = "../command/mod.rs"]
mod command;
mod folder;
mod kernel;
mod model;

use std::process::ExitCode;

use burn_repro::Registry;
use libtest_mimic::Trial;

use model::Small;

/// A trial for each function, under its name.
macro_rules! trials {
    ($module:ident: $($name:ident),+ $(,)?) => {
        vec![$(Trial::test(stringify!($name), $module::$name)),+]
    };
}

fn trials() -> Vec<Trial> {
    let mut trials = trials![
        code:
        a_changed_epsilon_is_named_in_two_commands,
        another_activation_is_named,
        an_operation_that_is_gone_is_named,
        a_changed_weight_is_named_as_host_data,
        a_golden_without_a_record_of_operations_says_so,
        without_a_golden_operations_are_compared_all_the_same,
    ];
    trials.extend(trials![
        kernel:
        nothing_is_wrong_where_the_cell_passes,
        a_planted_fault_is_named_with_its_parameter_and_its_line,
        a_fault_that_strikes_nothing_is_refused,
        comparing_ends_with_the_first_tensor_out_of_tolerance,
        the_json_holds_what_is_said,
        the_operation_that_is_off_is_emitted_whole_or_not_at_all,
        who_is_meant_must_be_clear,
        what_a_scenario_must_catch_is_held_against_it,
    ]);
    trials
}

fn main() -> ExitCode {
    command::main_of(Registry::new().with(Small), trials)
}
