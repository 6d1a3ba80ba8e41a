//! Emitted projects, built and run with flex. Takes minutes where Burn is not built yet; `MINIMAL_REPRO_TARGET_DIR` names a folder
//! to build in that is kept.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use burn::tensor::TensorData;
use rstest::rstest;

use super::super::{FailingOperation, examples};
use super::emit;

pub(super) fn cargo_run(folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--offline"]).current_dir(folder);
    let beside = folder.with_file_name("target");
    let target = std::env::var_os("MINIMAL_REPRO_TARGET_DIR").unwrap_or_else(|| beside.into());
    command.env("CARGO_TARGET_DIR", target);
    command.output().unwrap()
}

#[rstest]
#[case::conv2d(examples::conv2d())]
#[case::sum_dim(examples::sum_dim())]
#[case::add_scalar(examples::add_scalar())]
#[case::greater(examples::greater())]
#[case::executed(examples::powi())]
#[ignore = "builds Burn"]
fn a_project_tells_right_from_wrong(#[case] mut caught: FailingOperation) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("repro");
    emit(&folder, &caught);
    let output = cargo_run(&folder);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("no difference is more than allowed"), "{text}");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));

    make_wrong(&mut caught);
    emit(&folder, &caught);
    let output = cargo_run(&folder);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("a difference is more than allowed"), "{text}");
    assert!(fs::exists(folder.join("Cargo.lock")).unwrap());
}

/// Two projects of one operation that are built into one folder, which a user's settings may name.
#[test]
#[ignore = "builds Burn"]
fn projects_that_share_a_target_folder_are_told_apart() {
    let parent = tempfile::tempdir().unwrap();
    let [right, copy, wrong] = ["right", "copy", "wrong"].map(|name| parent.path().join(name));
    let mut caught = examples::conv2d();
    emit(&right, &caught);
    emit(&copy, &caught);
    make_wrong(&mut caught);
    emit(&wrong, &caught);
    assert_eq!(cargo_run(&right).status.code(), Some(0));
    assert_eq!(cargo_run(&wrong).status.code(), Some(1));
    fs::remove_dir_all(&right).unwrap();
    assert_eq!(cargo_run(&copy).status.code(), Some(0), "it reads its own files");
}

fn make_wrong(caught: &mut FailingOperation) {
    let expected = &mut caught.expected[0];
    *expected = match expected.dtype.is_bool() {
        true => TensorData::new(vec![true, true], [2]),
        false => {
            let wrong = expected.iter::<f64>().map(|value| value + 0.25).collect::<Vec<f64>>();
            TensorData::new(wrong, expected.shape.clone())
        }
    };
}
