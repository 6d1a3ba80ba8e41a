//! A matrix as JUnit XML: a suite for each target, a case for each scenario. Reads the logs of red cells.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::command;
use crate::matrix::{Located, Matrix};
use burn_repro_core::escape;
use burn_repro_core::reason::{joined, lines};
use burn_repro_core::verdict::Severity;

/// The XML; what failed beside the cells is a suite of its own.
///
/// # Panics
/// Never: a report in memory has no reason to fail.
#[must_use]
pub fn junit(matrix: &Matrix, failures: &[String]) -> String {
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for located in matrix.cells() {
        let target = located.target(matrix);
        let suite =
            suites.entry(target.clone()).or_insert_with(|| TestSuite::new(escape::xml(&target)));
        let seconds = suite.time.unwrap_or_default().saturating_add(duration(&located));
        suite.set_time(seconds);
        suite.add_test_case(case(&located, &target));
    }
    let mut report = Report::new("burn-repro");
    if !failures.is_empty() {
        let mut suite = TestSuite::new(BESIDE);
        suite.add_test_cases(failures.iter().map(|failure| {
            let (about, _) = failure.split_once(": ").unwrap_or((failure, ""));
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("failure").set_message(escape::xml(failure));
            let mut case = TestCase::new(escape::xml(about), status);
            case.set_classname(BESIDE).set_time(Duration::ZERO);
            case
        }));
        report.add_test_suite(suite);
    }
    report.add_test_suites(suites.into_values());
    valid(report.to_string().expect("a report in memory can be written"))
}

/// The suite of what failed beside the cells.
const BESIDE: &str = "beside the cells";

/// quick-junit counts what was skipped on the root as well, where JUnit's schema has no such attribute.
fn valid(xml: String) -> String {
    let Some(root) = xml.find("<testsuites") else { return xml };
    let end = xml[root..].find('>').map_or(xml.len(), |end| root + end);
    let Some(from) = xml[root..end].find(" skipped=\"").map(|place| root + place) else {
        return xml;
    };
    let to = xml[from + 10..end].find('"').map_or(end, |place| from + 11 + place);
    xml[..from].to_owned() + &xml[to..]
}

fn duration(located: &Located<'_>) -> Duration {
    // A record may have been changed by hand.
    Duration::try_from_secs_f64(located.cell.report.seconds).unwrap_or_default()
}

fn case(located: &Located<'_>, target: &str) -> TestCase {
    let report = &located.cell.report;
    let mut case = TestCase::new(escape::xml(&report.scenario), status(located));
    case.set_classname(escape::xml(target)).set_time(duration(located));
    if report.verdict.is_failure() {
        let log = located.cell.folder.log(report);
        case.set_system_out(escape::xml(&format!("repeat it: {}", command(located))));
        if !log.is_empty() {
            case.set_system_err(escape::xml(&log));
        }
    }
    case
}

fn status(located: &Located<'_>) -> TestCaseStatus {
    let report = &located.cell.report;
    let kind = match report.verdict.info().severity {
        Severity::Pass => return TestCaseStatus::success(),
        Severity::Skipped | Severity::Excused => {
            let mut status = TestCaseStatus::skipped();
            let reasons = joined(&report.reasons);
            status.set_type(report.verdict.as_str()).set_message(escape::xml(&reasons));
            return status;
        }
        Severity::Failure => NonSuccessKind::Failure,
        Severity::Error => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    let first = report.reasons.first().map_or("", |reason| &reason.text);
    status.set_type(report.verdict.as_str()).set_message(escape::xml(first));
    status.set_description(escape::xml(&lines(&report.reasons, "\n")));
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_repro_core::fixtures::run;

    #[test]
    fn the_root_has_what_the_schema_knows() {
        let cells = ["a flex pass 1", "b flex mismatch 2", "c flex skipped -", "d flex crashed -"];
        let xml = junit(&Matrix::of(vec![run("m", 1, "", &cells)]), &[]);
        let root = xml.lines().nth(1).unwrap();
        assert_eq!(root, r#"<testsuites name="burn-repro" tests="4" failures="1" errors="1">"#);
        assert!(xml.contains(r#"<testsuite name="flex" tests="4" skipped="1""#), "{xml}");
        assert_eq!(valid("<testsuites>".into()), "<testsuites>");
        let failed = junit(&Matrix::default(), &["required cuda: not here".into()]);
        assert!(failed.contains("failures=\"1\"") && failed.contains("required cuda"), "{failed}");
    }
}
