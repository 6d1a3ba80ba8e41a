//! What a record holds of reasons, of this program, of an older one and of a later one.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// As a cell holds them.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cell {
    scenario: String,
    #[serde(flatten, with = "super")]
    reasons: Vec<Reason>,
}

fn stale() -> Vec<Reason> {
    vec![
        Reason::new(ReasonCode::StaleGolden, "params.note is a; b, the golden's c"),
        Reason::help("run `cargo test`"),
    ]
}

#[test]
fn a_text_with_a_separator_stays_one_reason() {
    let cell = Cell { scenario: "tiny".into(), reasons: stale() };
    let json = serde_json::to_value(&cell).unwrap();
    let want = json!({
        "scenario": "tiny",
        "reason": "params.note is a; b, the golden's c; run `cargo test`",
        "reasons": [
            { "code": "stale-golden", "text": "params.note is a; b, the golden's c" },
            { "code": "help", "text": "run `cargo test`" },
        ],
    });
    assert_eq!(json, want);
    assert_eq!(serde_json::from_value::<Cell>(json).unwrap(), cell);
}

#[rstest]
#[case::of_a_pass(json!({ "scenario": "tiny", "reason": "" }), &[])]
#[case::of_an_older_program(
    json!({ "scenario": "tiny", "reason": "a differs; b differs" }),
    &[(ReasonCode::Unclassified, "a differs; b differs")]
)]
#[case::of_a_later_program(
    json!({ "scenario": "tiny", "reason": "a", "reasons": [{ "code": "moon-phase", "text": "a" }] }),
    &[(ReasonCode::Unclassified, "a")]
)]
fn other_records_are_read(#[case] record: Value, #[case] reasons: &[(ReasonCode, &str)]) {
    let cell: Cell = serde_json::from_value(record).unwrap();
    let found: Vec<(ReasonCode, &str)> =
        cell.reasons.iter().map(|reason| (reason.code, reason.text.as_str())).collect();
    assert_eq!(found, reasons);
}
