//! Mistakes of the normalising classes: LayerNorm, RMSNorm, GroupNorm, InstanceNorm and BatchNorm.
//!
//! Not here: the arithmetic, which is `norm_recipe`'s.

use super::arrays::{farthest, figure, largest};

use super::norm_groups::{Over, layout, other_groups};
use super::norm_recipe::{Denominator, Recipe};

use super::{Check, affordable};

/// What libraries use as eps. Torch's LayerNorm, BatchNorm and Burn's have 1e-5.
const USUAL_EPS: [f64; 7] = [1e-5, 1e-6, 1e-3, 1e-8, 1e-12, 1e-7, 0.0];

/// What RMSNorm adds if it is told nothing: the distance from 1 to the next f32.
const RMS_EPS: f64 = f32::EPSILON as f64;

/// The mistake of a normalising layer.
pub(super) fn kind(check: &Check<'_>) -> Option<String> {
    let (input, want) = (check.input()?, check.layer.want);
    affordable(&[input.values.len(), 4])?;
    if input.shape != check.layer.got.shape {
        return None;
    }
    let over = over(check)?;
    let (groups, parameters) = layout(&input.shape, over)?;
    let values = |name: &str| check.weight(name).map(|weight| weight.values.as_slice());
    let rms = check.layer.class.contains("RMS") || check.layer.class == "T5LayerNorm";
    let eps = check.layer.number("eps").or_else(|| check.layer.number("variance_epsilon"));
    let own = Recipe {
        shape: &input.shape,
        values: &input.values,
        groups: &groups,
        parameters: &parameters,
        eps: eps.unwrap_or(if rms { RMS_EPS } else { 1e-5 }),
        denominator: Denominator::Torch,
        unbiased: false,
        centred: !rms,
        weight: values("weight"),
        bias: values("bias"),
        given: None,
    };
    let is_nearer = |one: Option<f64>, other: Option<f64>| {
        one.is_some_and(|one| other.is_none_or(|other| one < other))
    };
    let running = values("running_mean").zip(values("running_var"));
    let given = Recipe { given: running, ..own };
    let distance = |recipe: Recipe<'_>| {
        let values: Vec<f64> = recipe.computed()?.collect();
        (input.shape == want.shape).then(|| farthest(&values, &want.values))
    };
    // In training torch does not use the running values that it has.
    let torch = if is_nearer(distance(given), distance(own)) { given } else { own };
    statistics(check, own, given, running)
        .or_else(|| of_recipe(check, torch))
        .or_else(|| other_groups(check, torch, over))
}

/// What the class normalises over, as torch has it.
fn over(check: &Check<'_>) -> Option<Over> {
    let class = check.layer.class;
    Some(if class.starts_with("Batch") {
        Over::Batch
    } else if class.starts_with("Instance") {
        Over::Groups(*check.input()?.shape.get(1)?)
    } else if class == "GroupNorm" {
        Over::Groups(check.layer.size("num_groups")?)
    } else {
        let listed =
            check.layer.attributes.get("normalized_shape").and_then(|shape| shape.as_array());
        Over::Last(
            check
                .weight("weight")
                .map(|weight| weight.shape.len())
                .or(listed.map(Vec::len))
                .unwrap_or(1),
        )
    })
}

/// The batch's statistics and the running ones taken for one another, or one of the latter lost.
fn statistics<'a>(
    check: &Check<'_>,
    own: Recipe<'a>,
    given: Recipe<'a>,
    running: Option<(&'a [f64], &'a [f64])>,
) -> Option<String> {
    let (mean, variance) = running?;
    let (zeros, ones) = (vec![0.0; mean.len()], vec![1.0; mean.len()]);
    let with = |mean, variance| Recipe { given: Some((mean, variance)), ..given };
    let hypotheses = [
        (
            own,
            "the batch's own mean and variance are used (training mode), torch's are running_mean and running_var",
        ),
        (
            Recipe { unbiased: true, ..own },
            "the batch's own mean and unbiased variance are used (training mode), torch's are running_mean and running_var",
        ),
        (
            given,
            "running_mean and running_var are used, torch's are the batch's own (training mode)",
        ),
        (with(variance, mean), "running_mean and running_var are swapped"),
        (with(&zeros, variance), "running_mean is left out"),
        (with(mean, &ones), "running_var is left out"),
        (with(&zeros, &ones), "running_mean and running_var are left out"),
    ];
    hypotheses
        .into_iter()
        .find_map(|(recipe, words)| check.clause_of_values(recipe.computed(), || words.to_owned()))
}

/// The arithmetic within torch's groups.
fn of_recipe(check: &Check<'_>, torch: Recipe<'_>) -> Option<String> {
    let says = |recipe: Recipe<'_>, words: &str| {
        check.clause_of_values(recipe.computed(), || words.to_owned())
    };
    // What leaves the statistics alone shares them.
    let (means, variances) = torch.statistics()?;
    let known = Recipe { given: Some((&means, &variances)), ..torch };
    let eps = |eps: f64| {
        let words = format!("eps: torch's is {}, here it is {}", figure(torch.eps), figure(eps));
        says(Recipe { eps, ..known }, &words)
    };
    let plus_one = || {
        let weight: Vec<f64> = torch.weight?.iter().map(|value| value + 1.0).collect();
        says(Recipe { weight: Some(&weight), ..known }, "1 is added to the weight")
    };
    USUAL_EPS
        .into_iter()
        .find_map(eps)
        .or_else(|| {
            changes(torch, known).into_iter().find_map(|(recipe, words)| says(recipe, words))
        })
        .or_else(plus_one)
        .or_else(|| rounded(solved_eps(check, known)?).find_map(eps))
}

/// One part of the arithmetic changed at a time.
fn changes<'a>(torch: Recipe<'a>, known: Recipe<'a>) -> [(Recipe<'a>, &'static str); 7] {
    let other = if torch.centred {
        "the mean is not subtracted: RMSNorm, torch's is with its mean subtracted"
    } else {
        "the mean is subtracted: LayerNorm, torch's is RMSNorm"
    };
    let divided = |denominator| Recipe { denominator, ..known };
    let outside = "eps: it is added outside of the square root, torch's is inside";
    let unbiased = "the variance is unbiased (divided by n - 1), torch's is divided by n";
    [
        (divided(Denominator::EpsOutside), outside),
        (Recipe { unbiased: true, ..torch }, unbiased),
        (Recipe { weight: None, ..known }, "the weight is left out"),
        (Recipe { bias: None, ..known }, "the bias is left out"),
        (Recipe { weight: None, bias: None, ..known }, "the weight and the bias are left out"),
        (Recipe { centred: !torch.centred, ..torch }, other),
        (divided(Denominator::NoRoot), "the square root of the variance is left out"),
    ]
}

/// A solved constant with ever more digits: the shortest one that holds is the one that was written.
fn rounded(number: f64) -> impl Iterator<Item = f64> {
    let digits = move |digits: usize| format!("{number:.digits$e}").parse().ok();
    (0..5).filter_map(digits).chain([number])
}

/// The eps that gives our value at the element that depends on it most, as all other terms are known there.
/// Nothing where the groups have one variance: each factor is that of some eps then.
fn solved_eps(check: &Check<'_>, torch: Recipe<'_>) -> Option<f64> {
    let (means, variances) = torch.statistics()?;
    let got = &check.layer.got.values;
    let part = |at: usize| {
        let weight =
            torch.weight.map_or(Some(1.0), |weight| weight.get(torch.parameters[at]).copied())?;
        Some(weight * (torch.values[at] - means.get(torch.groups[at])?))
    };
    let parts = (0..got.len().min(torch.values.len()))
        .map(|at| Some((at, part(at)?)))
        .collect::<Option<Vec<_>>>()?;
    let lowest = variances.iter().copied().fold(f64::INFINITY, f64::min);
    if lowest >= 0.99 * largest(&variances) {
        return None;
    }
    // What eps changes in a value is in proportion to this.
    let slope = |&(at, part): &(usize, f64)| {
        part.abs() * variances.get(torch.groups[at]).map_or(0.0, |v| (v + torch.eps).powf(-1.5))
    };
    let (at, part) = parts.into_iter().max_by(|one, other| slope(one).total_cmp(&slope(other)))?;
    let bias = torch.bias.map_or(Some(0.0), |bias| bias.get(torch.parameters[at]).copied())?;
    let eps = (part / (got[at] - bias)).powi(2) - variances.get(torch.groups[at])?;
    (eps.is_finite() && eps > 0.0).then_some(eps)
}
