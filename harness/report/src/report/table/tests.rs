//! The text of a report, as people see it.

use burn_repro_target::Class;

use super::*;
use burn_repro_core::evaluate::RecordReport;
use burn_repro_core::plan::Skip;
use burn_repro_core::reason::{Reason, ReasonCode};

fn report(scenario: &str, target: &str, verdict: Verdict, reasons: &[&str]) -> CellReport {
    let skip = Skip {
        determinism: burn_repro_target::Determinism::Full,
        scenario: scenario.into(),
        target: target.into(),
        class: if target == "flex" { Class::Cpu } else { Class::Cuda },
        reasons: reasons
            .iter()
            .map(|text| Reason::new(ReasonCode::OutsideTolerance, *text))
            .collect(),
    };
    CellReport { verdict, ..CellReport::skipped(&skip) }
}

fn reports() -> Vec<CellReport> {
    let absent = &["there is no driver", "install one"];
    let first = RecordReport {
        allowed: 1.0e-4,
        outside: true,
        name: "step.01/latents".into(),
        max_abs_diff: Some(0.5),
        rmse_estimate: None,
    };
    vec![
        report("ddim-tiny", "flex", Verdict::Pass, &[]),
        report("ddim-tiny", "cuda", Verdict::Skipped, absent),
        CellReport {
            first_record_outside: Some(first),
            ..report(
                "ddpm-tiny",
                "flex",
                Verdict::Mismatch,
                &["image differs; much", "and so do latents"],
            )
        },
        report("ddpm-tiny", "cuda", Verdict::Skipped, absent),
    ]
}

#[test]
fn failures_are_paragraphs_and_reasons_to_skip_are_said_once() {
    insta::assert_snapshot!(details(&reports()), @"
    mismatch ddpm-tiny::flex
        image differs; much
        and so do latents
        first outside: step.01/latents by 5.000e-1
        next: `cargo repro diagnose ddpm-tiny --backend flex`
    skipped 2 scenarios on cuda: there is no driver; install one
    ");
}

#[test]
fn a_failure_has_at_most_five_lines_and_no_lists() {
    let mut failed = report(
        "a",
        "flex",
        Verdict::Mismatch,
        &["b differs", "c differs", "d differs", "e differs"],
    );
    failed.reasons.push(Reason::new(ReasonCode::Place, "b differs most at [1]"));
    failed
        .reasons
        .push(Reason::new(ReasonCode::WouldPass, "b would pass with { max_abs_diff: 1 }"));
    insta::assert_snapshot!(details(&[failed]), @"
    mismatch a::flex
        b differs
        c differs
        and 2 more reasons, in the report
        next: `cargo repro diagnose a --backend flex`
    ");
}

#[test]
fn the_table_has_a_row_a_scenario_and_a_column_a_target() {
    insta::assert_snapshot!(table(&reports()).to_string(), @"
    ────────────────────────────────
     scenario    flex       cuda    
    ════════════════════════════════
     ddim-tiny   pass       skipped 
    ────────────────────────────────
     ddpm-tiny   mismatch   skipped 
    ────────────────────────────────
    ");
}

#[test]
fn the_summary_counts_verdicts_and_names_the_exit_code() {
    let reports = reports();
    insta::assert_snapshot!(summary(&reports, Exit::of(&reports), 1.25), @"1 pass, 1 mismatch, 2 skipped in 1.2 s: a result differs (exit code 100)");
}
