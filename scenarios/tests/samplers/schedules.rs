//! Betas and their products, bit for bit.

use burn_repro_scenarios::schedule::{BetaSchedule, Schedule, rescale_to_zero_terminal_snr};
use rstest::rstest;
use serde_json::Value;

use crate::oracle::{cases, distance, floats, integer, schedule, sha256_of_floats};

const DEFAULT: (f64, f64) = (0.0001, 0.02);
const LATENT: (f64, f64) = (0.00085, 0.012);

/// The first and last values that the oracle shows of a list.
fn ends(shown: &Value) -> Vec<f32> {
    let ends = ["head", "tail"].into_iter().flat_map(|end| shown[end].as_array().unwrap());
    ends.flat_map(floats).collect()
}

fn compare(got: &[f32], want: &Value, exact: bool, case: &Value) {
    assert_eq!(got.len(), integer(&want["n"]), "{}", case["config"]);
    let shown = ends(want).len() / 2;
    let got_ends = [&got[..shown], &got[got.len() - shown..]].concat();
    if exact {
        let apart = distance(&got_ends, &ends(want));
        assert_eq!(sha256_of_floats(got), want["sha256"], "{} {apart:?}", case["config"]);
    } else {
        let apart = distance(&got_ends, &ends(want)).largest;
        assert!(apart < 1e-5, "{} is {apart} away", case["config"]);
    }
}

/// Every schedule that diffusers made, bit for bit; those rescaled to zero terminal SNR within 1e-5,
/// because torch's square root was one unit off in a fifth of the values there (see
/// [`zero_snr_with_a_correct_square_root`] for their bits).
#[test]
fn every_schedule_of_the_oracle() {
    let (mut exact, mut rescaled, mut refused) = (0, 0, 0);
    for case in cases("schedules") {
        let parsed = schedule(case);
        let unreachable = case["config"]["trained_betas"].as_array().is_some_and(|betas| {
            betas.len() < case["config"]["num_train_timesteps"].as_u64().unwrap() as usize
        });
        if !case["error"].is_null() || unreachable {
            assert!(parsed.is_none(), "accepted {}", case["config"]);
            refused += 1;
            continue;
        }
        let schedule = parsed.unwrap_or_else(|| panic!("refused {}", case["config"]));
        let zero_snr = case["config"]["rescale_betas_zero_snr"] == true;
        compare(schedule.betas(), &case["betas"], !zero_snr, case);
        compare(schedule.alphas_cumprod(), &case["alphas_cumprod"], !zero_snr, case);
        if !zero_snr && !case["final_alpha_cumprod"].is_null() {
            assert_eq!(floats(&case["final_alpha_cumprod"]), [schedule.final_alpha_cumprod()]);
        }
        if zero_snr { rescaled += 1 } else { exact += 1 }
    }
    assert_eq!((exact, rescaled, refused), (49, 34, 6));
}

/// The first eight bytes of the SHA-256 of what diffusers computes once its square root is numpy's,
/// which is correctly rounded: betas, alphas_cumprod.
#[rstest]
#[case(BetaSchedule::Linear, DEFAULT, 1000, "250cef77adf91635", "bca8158db0781f8a")]
#[case(BetaSchedule::Linear, DEFAULT, 50, "5bd61bcb950f6384", "4ba75d83a6b882d8")]
#[case(BetaSchedule::Linear, LATENT, 1000, "db93f9009c4b3ab4", "0fd9528c0ed1f6e1")]
#[case(BetaSchedule::Linear, LATENT, 50, "77b20989c74f4394", "5ae4710b5b4d6000")]
#[case(BetaSchedule::ScaledLinear, DEFAULT, 1000, "1fcf6a0260998133", "f22e983686bfedcc")]
#[case(BetaSchedule::ScaledLinear, DEFAULT, 50, "596b2eb02a1cac72", "b623b56405c64ad9")]
#[case(BetaSchedule::ScaledLinear, LATENT, 1000, "205764d28e2ff33a", "4c5b8aa4e80819f4")]
#[case(BetaSchedule::ScaledLinear, LATENT, 50, "6579b49c5040cfc8", "e6b00464e86b9d90")]
#[case(BetaSchedule::SquaredCosine, DEFAULT, 1000, "b218075d52dd3c44", "1acf439d11de3910")]
#[case(BetaSchedule::SquaredCosine, DEFAULT, 50, "8e875f2aefe9beb7", "70bcaf9785f71095")]
#[case(BetaSchedule::Sigmoid, DEFAULT, 1000, "b52e5a5014921224", "10090c27aaece801")]
#[case(BetaSchedule::Sigmoid, DEFAULT, 50, "64e188943b17cdbf", "65b3a0439553b351")]
#[case(BetaSchedule::Sigmoid, LATENT, 1000, "7613452406e035da", "69bdb0a78392135e")]
#[case(BetaSchedule::Sigmoid, LATENT, 50, "54971f23341ba050", "6619b9ed76d6dee3")]
#[case(BetaSchedule::Laplace, DEFAULT, 1000, "dad9a825667cf412", "71c252ae2aff4bcd")]
#[case(BetaSchedule::Laplace, DEFAULT, 50, "e0281faf1d5e0496", "1f189a2b29ecef0f")]
fn zero_snr_with_a_correct_square_root(
    #[case] kind: BetaSchedule,
    #[case] (start, end): (f64, f64),
    #[case] count: usize,
    #[case] betas_sha256: &str,
    #[case] alphas_sha256: &str,
) {
    let betas = rescale_to_zero_terminal_snr(&kind.betas(start, end, count));
    assert_eq!(sha256_of_floats(&betas)[..16], *betas_sha256);
    let schedule = Schedule::new(betas).unwrap();
    assert_eq!(sha256_of_floats(schedule.alphas_cumprod())[..16], *alphas_sha256);
    assert_eq!(schedule.alpha_bar(count - 1), Some(0.0));
}
