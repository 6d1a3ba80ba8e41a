//! What is known to be wrong with a target and what a scenario asks of it, brought together: a verdict says when a
//! scenario touches a defect. Pure; measuring is the worker's, finding all that is wrong is the doctor's work.

use burn_repro_target::Target;

use crate::precision::Precision;

use crate::evaluate::CellReport;
use crate::reason::{Reason, ReasonCode};
use crate::scenario::Scenario;
use crate::trace::Dtype;
use crate::verdict::Verdict;

/// Elements that a kernel takes in one step at most: a limit of steps, seen in a sum along the last dimension, is
/// reached by other kernels after a quarter of the elements.
const ELEMENTS_OF_A_STEP: usize = 4;

/// Reductions below this are right everywhere: llvmpipe's limit of 65,535 steps is the lowest that was seen.
pub(crate) const SAFE_REDUCTION: usize = 65_000;

/// Every defect of the target that the scenario touches.
#[must_use]
pub(crate) fn touched(
    scenario: &Scenario,
    target: &Target,
    precision: Option<&Precision>,
) -> Vec<Reason> {
    let requirements = &scenario.requirements;
    let mut touched = Vec::new();
    let longest_sum = precision.and_then(|precision| precision.longest_sum);
    if let Some((limit, asked)) = longest_sum.zip(requirements.longest_reduction)
        && asked > limit / ELEMENTS_OF_A_STEP
    {
        let text = format!(
            "known defect: on {} a sum of ones stops growing at {limit}, with one element in a step at {}, and this \
             scenario reduces up to {asked} elements",
            target.name,
            limit / ELEMENTS_OF_A_STEP
        );
        touched.push(Reason::new(ReasonCode::KnownDefect, text));
    }
    let bytes = requirements.largest_tensor.map(|elements| elements as u64 * width(scenario.dtype));
    if let Some((limit, asked)) = target.fingerprint.largest_tensor.zip(bytes)
        && asked > limit
    {
        let text = format!(
            "known limit: one tensor on {} holds at most {limit} bytes, and this scenario asks for {asked}",
            target.name
        );
        touched.push(Reason::new(ReasonCode::KnownLimit, text));
    }
    touched
}

/// Adds to a report what its cell touches. A rounded matrix product is told where a result differs.
pub(crate) fn explain(
    report: &mut CellReport,
    scenario: &Scenario,
    target: &Target,
    precision: Option<&Precision>,
) {
    if !report.ran() {
        return;
    }
    report.reasons.extend(touched(scenario, target, precision));
    if let Some(precision) = precision
        && report.verdict == Verdict::Mismatch
        && scenario.dtype == Dtype::F32
        && precision.matmul_significand_bits < f32::MANTISSA_DIGITS
    {
        let text = format!(
            "on {} a plain `Tensor::matmul` keeps {} of 24 bits of its inputs; `burn_repro::matmul` keeps {}",
            target.name, precision.matmul_significand_bits, precision.exact_matmul_significand_bits
        );
        report.reasons.push(Reason::new(ReasonCode::RoundedProduct, text));
    }
}

fn width(dtype: Dtype) -> u64 {
    match dtype {
        Dtype::F16 | Dtype::Bf16 => 2,
        Dtype::F32 => 4,
        Dtype::F64 => 8,
    }
}

#[cfg(test)]
mod tests {
    use burn_repro_target::{Class, Fingerprint};
    use rstest::rstest;

    use super::ReasonCode::{KnownDefect, KnownLimit};
    use super::*;
    use crate::fixtures;
    use crate::precision::Product;
    use crate::scenario::Requirements;

    fn scenario(requirements: Requirements) -> Scenario {
        Scenario { requirements, ..fixtures::scenario("tiny", "") }
    }

    fn target() -> Target {
        let fingerprint = Fingerprint { largest_tensor: Some(1 << 27), ..Fingerprint::default() };
        Target { fingerprint, ..fixtures::target("wgpu:x", Class::Wgpu) }
    }

    #[rstest]
    #[case::nothing_asked(Requirements::default(), Some(262_128), &[])]
    #[case::short(Requirements::default().reduces(65_532), Some(262_128), &[])]
    #[case::long(Requirements::default().reduces(65_533), Some(262_128), &[KnownDefect])]
    #[case::long_but_right(Requirements::default().reduces(1 << 20), None, &[])]
    #[case::fits(Requirements::default().holds(1 << 25), None, &[])]
    #[case::does_not_fit(Requirements::default().holds((1 << 25) + 1), None, &[KnownLimit])]
    #[case::both(Requirements::default().holds(1 << 26).reduces(1 << 26), Some(262_128), &[KnownDefect, KnownLimit])]
    fn a_scenario_touches_what_it_asks_too_much_of(
        #[case] requirements: Requirements,
        #[case] longest_sum: Option<usize>,
        #[case] codes: &[ReasonCode],
    ) {
        let precision = Precision {
            matmul_significand_bits: 24,
            exact_matmul_significand_bits: 24,
            matmul_product: Product::Fused,
            longest_sum,
        };
        let touched = touched(&scenario(requirements), &target(), Some(&precision));
        let found: Vec<ReasonCode> = touched.iter().map(|reason| reason.code).collect();
        assert_eq!(found, codes, "{touched:?}");
    }
}
