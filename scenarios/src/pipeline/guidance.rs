//! Classifier-free guidance (Ho & Salimans 2022, arXiv 2207.12598): the model is asked about a class and about none, and
//! the answer lies beyond the former.

use burn::tensor::Tensor;
use burn_repro::BoxError;

use crate::dit::{DiTConfig, DiTTransformer2DModel};

/// The class that stands for none in diffusers' `DiTPipeline`, whatever the number of classes.
const NONE: usize = 1000;

/// Which classes, and how much they count.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Guidance {
    /// The class of each sample.
    labels: Vec<usize>,
    /// The weight of the class; none where the model is asked about classes alone.
    scale: Option<f64>,
    /// Channels of the latents: those of a learned variance lie behind them.
    channels: usize,
}

/// A transformer with guidance.
pub(super) struct Guided<'a> {
    pub(super) model: &'a DiTTransformer2DModel,
    pub(super) guidance: Guidance,
}

impl Guidance {
    /// Refuses classes that the model does not know, and guidance without any.
    pub(super) fn new(
        config: &DiTConfig,
        labels: &[usize],
        scale: f64,
        batch_size: usize,
    ) -> Result<Self, BoxError> {
        check_labels(config.classes(), labels, scale, batch_size)?;
        check_scale(config.classes(), scale)?;
        let (channels, output) = (config.in_channels, config.output_channels());
        if output != channels && output != 2 * channels {
            return Err(format!(
                "the transformer has {output} `out_channels` for latents of {channels}; the pipeline takes as many, or \
                 twice as many with a learned variance"
            )
            .into());
        }
        let scale = is_guided(scale).then_some(scale);
        Ok(Self { labels: labels.to_vec(), scale, channels })
    }
}

/// Whether the model is asked about no class as well.
fn is_guided(scale: f64) -> bool {
    scale > 1.0
}

/// Refuses more or fewer classes than samples, and those that the model does not know.
fn check_labels(
    classes: usize,
    labels: &[usize],
    scale: f64,
    batch_size: usize,
) -> Result<(), BoxError> {
    let (count, last) = (labels.len(), classes - 1);
    let unknown = labels.iter().find(|label| **label > classes);
    Err(match unknown {
        _ if labels.is_empty() && is_guided(scale) => format!(
            "`guidance_scale: {scale}` without `class_labels`, to which it guides; write a class from 0 to {last} for \
             each sample"
        ),
        _ if labels.is_empty() => {
            format!("`class_labels` is missing; write a class from 0 to {last} for each sample")
        }
        _ if count != batch_size => {
            format!("`class_labels` has {count} classes; write `batch_size: {count}`")
        }
        Some(label) => {
            format!("`class_labels` has {label}; the transformer knows 0 to {last}, and {classes} for none")
        }
        None => return Ok(()),
    }
    .into())
}

/// Refuses guidance by a class for none that the model does not have.
fn check_scale(classes: usize, scale: f64) -> Result<(), BoxError> {
    if !scale.is_finite() {
        return Err(
            format!("`guidance_scale: {scale}` cannot work; write a number, 4 usually").into()
        );
    }
    if is_guided(scale) && classes < NONE {
        return Err(format!(
            "`guidance_scale: {scale}` takes class {NONE} for none, as diffusers does, and the transformer has {classes} \
             classes; write `guidance_scale: 1`, or `num_embeds_ada_norm: {NONE}`"
        )
        .into());
    }
    Ok(())
}

impl Guided<'_> {
    /// The predicted noise in `x`, without a learned variance.
    pub(super) fn forward(&self, x: Tensor<4>, time: f64) -> Tensor<4> {
        let Guidance { labels, scale, channels } = &self.guidance;
        let Some(scale) = *scale else {
            return self.model.forward(x, time, labels).narrow(1, 0, *channels);
        };
        let batch = labels.len();
        let both: Vec<usize> = labels.iter().copied().chain(vec![NONE; batch]).collect();
        let output = self.model.forward(Tensor::cat(vec![x.clone(), x], 0), time, &both);
        let output = output.narrow(1, 0, *channels);
        let of_class = output.clone().narrow(0, 0, batch);
        let of_none = output.narrow(0, batch, batch);
        of_none.clone() + (of_class - of_none).mul_scalar(scale)
    }
}
