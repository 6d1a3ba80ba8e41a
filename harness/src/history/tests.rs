use rstest::rstest;

use super::*;

fn entries(values: &[f64], verdict: Verdict) -> Vec<Entry> {
    let entry = |(night, distance): (usize, &f64)| Entry {
        version: VERSION,
        at: format!("2026-11-{:02}T03:00:00Z", night + 1),
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
    let drifts = history.drifts();
    match says {
        None => assert!(drifts.is_empty(), "{drifts:?}"),
        Some(part) => assert!(drifts[0].contains(part), "{drifts:?}"),
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
    assert!(error.contains("line 1: it is of version 2"), "{error}");
}

#[test]
fn a_year_is_kept_and_no_night_twice() {
    let values = vec![1.0e-6; KEPT + 5];
    let mut history = History { entries: entries(&values, Verdict::Pass) };
    history.add(&Matrix::default());
    assert_eq!(history.entries.len(), KEPT);
}
