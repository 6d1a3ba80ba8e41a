//! Somebody changed a line of the model: the gate is red, and the diagnosis names the operation.

use libtest_mimic::Failed;

use super::command::check;
use super::folder::{Folder, line_of};

const DIAGNOSE: [&str; 4] = ["diagnose", "small", "--backend", "flex"];

fn changed(code: &str) -> Folder {
    let mut folder = Folder::with_golden();
    folder.code = code.into();
    folder
}

pub fn a_changed_epsilon_is_named_in_two_commands() -> Result<(), Failed> {
    let folder = changed("epsilon");
    check(
        folder.gate(&[]),
        101,
        &["small::flex", "mismatch", "next: `cargo repro diagnose small --backend flex`"],
    )?;
    let line = line_of("within(\"norm\"");
    let place = format!("model.rs:{line}): its argument was 1e-5 and is 0.001");
    let conclusion = "conclusion: the code changed, not flex: the first operation that differs from the golden's is \
                      add_scalar at step.00/norm (";
    let reference = "the reference no longer matches its golden";
    check(folder.repro(&DIAGNOSE), 100, &[reference, conclusion, &place])
}

pub fn another_activation_is_named() -> Result<(), Failed> {
    let line = line_of("step_scope(step");
    let place = format!("model.rs:{line}): it replaces another operation");
    check(changed("activation").repro(&DIAGNOSE), 100, &["relu at step.00", &place])
}

pub fn an_operation_that_is_gone_is_named() -> Result<(), Failed> {
    check(
        changed("gone").repro(&DIAGNOSE),
        100,
        &[
            "the code changed, not flex",
            "the operation before matmul at step.00/outer",
            "it is gone",
        ],
    )
}

pub fn a_changed_weight_is_named_as_host_data() -> Result<(), Failed> {
    check(changed("weight").repro(&DIAGNOSE), 100, &["from_data", "the host data differ"])
}

pub fn a_golden_without_a_record_of_operations_says_so() -> Result<(), Failed> {
    let folder = changed("epsilon");
    without_operations(&folder);
    check(
        folder.repro(&DIAGNOSE),
        100,
        &["the operation is unknown: the golden has no record of its operations"],
    )
}

/// Makes the golden one of the time before goldens had a record of operations.
fn without_operations(folder: &Folder) {
    use burn_repro_core::golden::{GoldenFiles, Store};
    let golden = Store::new(folder.golden()).load("small").unwrap();
    assert!(!golden.steps().is_empty(), "the golden has no record of operations");
    let mut kept = burn_repro_core::tensor_file::decode(&golden.bytes).unwrap();
    kept.retain(|named| !named.name.starts_with("steps#"));
    let bytes = burn_repro_core::tensor_file::encode(&kept);
    let mut text = golden.text.clone();
    text.tensors_sha256 = burn_repro_core::hash::sha256_hex(&bytes);
    GoldenFiles::reviewed(&folder.golden(), "small")
        .write("", &text.sealed().to_yaml(), &bytes)
        .unwrap();
}

pub fn without_a_golden_operations_are_compared_all_the_same() -> Result<(), Failed> {
    let folder = Folder::new("");
    check(
        folder.repro(&DIAGNOSE),
        101,
        &["there is no golden to compare with", "no operation of flex is wrong"],
    )
}
