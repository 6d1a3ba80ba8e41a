//! Questions: their hashes, their differences, and that a golden keeps them.

use super::{Question, ScenarioFile};
use rstest::rstest;

fn question(text: &str) -> Question {
    let file: ScenarioFile<serde_yaml::Value> = serde_yaml::from_str(text).unwrap();
    Question::new(&file)
}

fn hash(text: &str) -> String {
    question(text).sha256()
}

const BASE: &str = "{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: 1, b: [x, 0.5]}}";

#[rstest]
#[case("{params: {b: [x, 5e-1], a: 1.0}, steps: 2, seed: 0, pipeline: p, version: 1}")]
#[case(
    "{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: 1, b: [x, 0.5]}, name: n,
         backends: [cpu], batch_size: 1, tags: [nightly]}"
)]
fn the_same_question_has_the_same_hash(#[case] text: &str) {
    assert_eq!(hash(text), hash(BASE));
}

#[rstest]
#[case("{version: 1, pipeline: q, seed: 0, steps: 2, params: {a: 1, b: [x, 0.5]}}")]
#[case("{version: 1, pipeline: p, seed: 1, steps: 2, params: {a: 1, b: [x, 0.5]}}")]
#[case("{version: 1, pipeline: p, seed: 0, steps: 3, params: {a: 1, b: [x, 0.5]}}")]
#[case("{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: 1, b: [x, 0.25]}}")]
#[case("{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: 1, b: [0.5, x]}}")]
#[case("{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: '1', b: [x, 0.5]}}")]
#[case("{version: 1, pipeline: p, seed: 0, steps: 2, batch_size: 2, params: {a: 1, b: [x, 0.5]}}")]
// Each type draws other noise.
#[case("{version: 1, pipeline: p, seed: 0, steps: 2, dtype: f64, params: {a: 1, b: [x, 0.5]}}")]
#[case("{version: 1, pipeline: p, seed: [0], steps: 2, params: {a: 1, b: [x, 0.5]}}")]
fn another_question_has_another_hash(#[case] text: &str) {
    assert_ne!(hash(text), hash(BASE));
}

#[test]
fn a_difference_names_the_field_and_both_values() {
    let other = "{version: 1, pipeline: p, seed: 0, steps: 3,
                  params: {a: {x: 1, y: 0.5}, b: [x, 0.5], d: {e: {f: 0.99}}}}";
    let golden = "{version: 1, pipeline: p, seed: 0, steps: 2,
                   params: {a: {x: 1.0}, b: [x, 0.5], c: no}}";
    let differences = question(other).differences(&question(golden));
    assert_eq!(
        differences,
        [
            "params.a.y is 0.5, the golden's not stated",
            "params.c is not stated, the golden's no",
            "params.d.e.f is 0.99, the golden's not stated",
            "steps is 3, the golden's 2",
        ]
    );
    assert!(question(BASE).differences(&question(BASE)).is_empty());
}

/// Also of this kind: a list of one length that is another list, and one beside a single value.
#[rstest]
#[case::one_entry(&[(3, "7")], 10, &["params.a[3] is 7, the golden's 0.5"])]
#[case::several(
    &[(3, "7"), (4, "x"), (9, "[]")],
    10,
    &["params.a[3] is 7, the golden's 0.5", "params.a differs in 2 further entries"]
)]
#[case::longer(&[], 11, &["params.a is a list of 11 entries, the golden's a list of 10 entries"])]
#[case::short(&[], 2, &["params.a is [5e-1,5e-1,], the golden's a list of 10 entries"])]
fn a_difference_of_long_lists_is_short(
    #[case] changes: &[(usize, &str)],
    #[case] length: usize,
    #[case] differences: &[&str],
) {
    let asks = |entries: &[&str]| {
        let list = entries.join(", ");
        question(&format!(
            "{{version: 1, pipeline: p, seed: 0, steps: 2, params: {{a: [{list}]}}}}"
        ))
    };
    let mut entries = vec!["0.5"; length];
    for (index, entry) in changes {
        entries[*index] = entry;
    }
    assert_eq!(asks(&entries).differences(&asks(&["0.5"; 10])), differences);
}

/// As goldens have it that are older than the field.
#[test]
fn single_precision_is_not_written() {
    let text = "{version: 1, pipeline: p, seed: 0, steps: 2, dtype: f32, params: ~}";
    insta::assert_snapshot!(serde_yaml::to_string(&question(text)).unwrap(), @r"
    pipeline: p
    seed: 0
    steps: 2
    batch_size: 1
    params: null
    ");
}

#[test]
fn what_files_add_is_asked_too_and_hides_nothing_that_is_written() {
    let added = serde_json::json!({"a": 9, "scheduler": {"beta_end": 0.5}});
    let asked = question(BASE).with(Some(added));
    assert_ne!(asked.sha256(), hash(BASE));
    let told = "params.scheduler.beta_end is 0.5, the golden's not stated";
    assert_eq!(asked.differences(&question(BASE)), [told]);
    assert_eq!(question(BASE).with(None), question(BASE));
}

#[rstest]
#[case("{version: 1, pipeline: p, seed: -9223372036854775808, steps: 2, params: ~}")]
#[case("{version: 1, pipeline: p, seed: [18446744073709551615, -1, 0], steps: 2, params: ~}")]
#[case("{version: 1, pipeline: p, seed: 0, steps: 2, dtype: bf16, params: ~}")]
fn a_question_survives_the_golden_it_is_written_to(#[case] text: &str) {
    let yaml = serde_yaml::to_string(&question(text)).unwrap();
    assert_eq!(serde_yaml::from_str::<Question>(&yaml).unwrap(), question(text));
}
