use rstest::rstest;

use super::*;
use burn_repro_core::fixtures::run;

fn entries(values: &[f64], verdict: Verdict) -> Vec<Entry> {
    let entry = |(night, distance): (usize, &f64)| Entry {
        version: VERSION,
        at: format!("2026-11-{:04}T03:00:00Z", night + 1),
        scenario: "ddim-tiny".into(),
        machine: "linux".into(),
        target: "flex".into(),
        distance: Some(*distance),
        allowed: Some(8.0e-6),
        verdict: if night + 1 == values.len() { verdict } else { Verdict::Pass },
        commit: None,
    };
    values.iter().enumerate().map(entry).collect()
}

#[rstest]
#[case::still(&[1.5e-6; 5], Verdict::Pass, None)]
#[case::last_digit(&[7.41e-8, 7.41e-8, 7.41e-8, 7.410000000000001e-8], Verdict::Pass, None)]
#[case::up(&[1.5e-6, 1.5e-6, 1.5e-6, 1.6e-6], Verdict::Pass, Some("the 3 values before were 1.50e-6,"))]
#[case::down(&[1.5e-6, 1.7e-6, 1.6e-6, 1.4e-6], Verdict::Pass, Some("were 1.50e-6 to 1.70e-6"))]
#[case::inside(&[1.5e-6, 1.7e-6, 1.6e-6, 1.55e-6], Verdict::Pass, None)]
#[case::too_early(&[1.5e-6, 1.5e-6, 1.6e-6], Verdict::Pass, None)]
#[case::red_says_so_itself(&[1.5e-6, 1.5e-6, 1.5e-6, 1.0], Verdict::Mismatch, None)]
fn a_move_inside_the_tolerance_is_named(
    #[case] values: &[f64],
    #[case] last: Verdict,
    #[case] says: Option<&str>,
) {
    let history = History { entries: entries(values, last) };
    let drift = history.lines().into_iter().find_map(|line| line.drift);
    match says {
        None => assert_eq!(drift, None),
        Some(part) => {
            assert!(drift.as_deref().is_some_and(|drift| drift.contains(part)), "{drift:?}")
        }
    }
}

#[test]
fn a_file_comes_back_and_a_damaged_one_names_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.jsonl");
    assert_eq!(History::read(&file).unwrap(), History::default());
    let history = History { entries: entries(&[1.0e-6, 2.0e-6], Verdict::Pass) };
    history.write(&file).unwrap();
    assert_eq!(History::read(&file).unwrap(), history);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}rubbish\n")).unwrap();
    let error = History::read(&file).unwrap_err().to_string();
    assert!(error.contains("line 3: "), "{error}");
    fs::write(&file, text.replacen("\"version\":1", "\"version\":2", 1)).unwrap();
    let error = History::read(&file).unwrap_err().to_string();
    assert!(error.contains("line 1: it has version 2"), "{error}");
}

#[test]
fn a_year_is_kept_and_no_night_twice() {
    let values: Vec<f64> = (0..KEPT + 5).map(|night| night as f64).collect();
    let mut history = History { entries: entries(&values, Verdict::Pass) };
    let night = Matrix::of(vec![run("m", 1, "", &["x flex pass 1"])]);
    history.add(&night);
    history.add(&night);
    assert_eq!(history.entries.len(), KEPT + 1);
    assert_eq!(history.entries.iter().filter(|entry| entry.machine == "m").count(), 1);
    let oldest = history.entries.iter().find(|entry| entry.machine == "linux").unwrap();
    assert_eq!(oldest.distance, Some(5.0), "the oldest nights go");
}
