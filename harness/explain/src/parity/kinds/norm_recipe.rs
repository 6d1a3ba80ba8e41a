//! Normalisation of any class: groups of elements, their statistics, and the scale and offset after them.
//!
//! Not here: which normalisation a class has, and its mistakes.

/// One normalisation of an input. Copied and changed by each hypothesis.
#[derive(Clone, Copy)]
pub(super) struct Recipe<'a> {
    /// The input, as torch gave it.
    pub shape: &'a [usize],
    pub values: &'a [f64],
    /// The group of each element, whose elements share a mean and a variance.
    pub groups: &'a [usize],
    /// The place of each element's scale and offset in `weight` and `bias`.
    pub parameters: &'a [usize],
    pub eps: f64,
    pub denominator: Denominator,
    /// Whether the variance is divided by one less than the number of elements.
    pub unbiased: bool,
    /// Whether the mean is subtracted, in the variance too.
    pub centred: bool,
    pub weight: Option<&'a [f64]>,
    pub bias: Option<&'a [f64]>,
    /// Mean and variance of each group where they are weights: `running_mean` and `running_var`.
    pub given: Option<(&'a [f64], &'a [f64])>,
}

/// What the centred value is divided by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Denominator {
    /// `sqrt(variance + eps)`.
    Torch,
    /// `sqrt(variance) + eps`.
    EpsOutside,
    /// `variance + eps`: the root is left out.
    NoRoot,
}

impl<'a> Recipe<'a> {
    /// The values of the result, as they are asked for. Nothing if a weight is shorter than its use needs.
    pub(super) fn computed(&self) -> Option<impl Iterator<Item = f64> + use<'a>> {
        let recipe = *self;
        let (means, variances) = recipe.statistics()?;
        let groups = recipe.groups.iter().max()? + 1;
        let parameters = recipe.parameters.iter().max()? + 1;
        let long = |weight: Option<&[f64]>| weight.is_none_or(|weight| weight.len() >= parameters);
        if means.len().min(variances.len()) < groups || !long(recipe.weight) || !long(recipe.bias) {
            return None;
        }
        let denominator = |variance: &f64| match recipe.denominator {
            Denominator::Torch => (variance + recipe.eps).sqrt(),
            Denominator::EpsOutside => variance.sqrt() + recipe.eps,
            Denominator::NoRoot => variance + recipe.eps,
        };
        let denominators: Vec<f64> = variances.iter().map(denominator).collect();
        Some(recipe.values.iter().enumerate().map(move |(at, value)| {
            let (group, parameter) = (recipe.groups[at], recipe.parameters[at]);
            let weight = recipe.weight.map_or(1.0, |weight| weight[parameter]);
            let bias = recipe.bias.map_or(0.0, |bias| bias[parameter]);
            (value - means[group]) / denominators[group] * weight + bias
        }))
    }

    /// Mean and variance of each group. A mean that is not subtracted is 0.
    pub(super) fn statistics(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        if let Some((means, variances)) = self.given {
            return Some((means.to_vec(), variances.to_vec()));
        }
        let groups = self.groups.iter().max()? + 1;
        let (mut counts, mut means, mut variances) =
            (vec![0.0; groups], vec![0.0; groups], vec![0.0; groups]);
        for (&group, value) in self.groups.iter().zip(self.values) {
            counts[group] += 1.0;
            means[group] += value;
        }
        for (mean, count) in means.iter_mut().zip(&counts) {
            *mean *= if self.centred { 1.0 / count } else { 0.0 };
        }
        for (&group, value) in self.groups.iter().zip(self.values) {
            variances[group] += (value - means[group]).powi(2);
        }
        for (variance, count) in variances.iter_mut().zip(&counts) {
            *variance /= if self.unbiased { count - 1.0 } else { *count };
        }
        Some((means, variances))
    }
}
