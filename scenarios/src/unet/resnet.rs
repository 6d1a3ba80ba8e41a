//! `ResnetBlock2D`: two convolutions with the time embedding between them, beside a shortcut.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::{GroupNorm, Linear, PaddingConfig2d};
use burn::tensor::Tensor;
use burn_repro::{linear, within};

use super::parameters::Declaration;
use super::sampling::{SAME, double, halve};
use super::weights::Reader;
use super::{Activation, TimeScaleShift};

/// What a residual block does to the resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resampling {
    Keep,
    Halve,
    Double,
}

/// What every residual block of a model has in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResnetStyle {
    /// Channels of the time embedding; none for a model without one.
    pub(crate) time_channels: Option<usize>,
    pub(crate) groups: usize,
    pub(crate) epsilon: f64,
    pub(crate) activation: Activation,
    pub(crate) time_scale_shift: TimeScaleShift,
}

/// One residual block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResnetBlock2DConfig {
    pub(crate) input: usize,
    pub(crate) output: usize,
    pub(crate) resampling: Resampling,
    pub(crate) output_scale_factor: f64,
    pub(crate) style: ResnetStyle,
}

impl ResnetBlock2DConfig {
    /// A block that keeps the resolution and the scale.
    pub(crate) fn new(input: usize, output: usize, style: ResnetStyle) -> Self {
        Self { input, output, resampling: Resampling::Keep, output_scale_factor: 1.0, style }
    }

    pub(crate) fn declare(&self, parameters: &mut Declaration<'_>) {
        let &Self { input, output, style, .. } = self;
        let projected = match style.time_scale_shift {
            TimeScaleShift::Default => output,
            TimeScaleShift::ScaleShift => 2 * output,
        };
        parameters.norm("norm1", input);
        parameters.conv2d("conv1", [input, output], 3);
        if let Some(time_channels) = style.time_channels {
            parameters.linear("time_emb_proj", [time_channels, projected]);
        }
        parameters.norm("norm2", output);
        parameters.conv2d("conv2", [output, output], 3);
        if self.has_shortcut_convolution() {
            parameters.conv2d("conv_shortcut", [input, output], 1);
        }
    }

    pub(crate) fn init(&self, weights: &Reader<'_>) -> ResnetBlock2D {
        let ResnetStyle { groups, epsilon, .. } = self.style;
        ResnetBlock2D {
            norm1: weights.group_norm("norm1", groups, epsilon),
            conv1: weights.conv2d("conv1", 1, SAME),
            time_emb_proj: self.style.time_channels.map(|_| weights.linear("time_emb_proj")),
            norm2: weights.group_norm("norm2", groups, epsilon),
            conv2: weights.conv2d("conv2", 1, SAME),
            conv_shortcut: self
                .has_shortcut_convolution()
                .then(|| weights.conv2d("conv_shortcut", 1, PaddingConfig2d::Valid)),
            config: *self,
        }
    }

    /// The shortcut is the input itself unless the number of channels changes.
    fn has_shortcut_convolution(&self) -> bool {
        self.input != self.output
    }
}

/// A residual block, which the time embedding steers if there is one.
#[derive(Module, Debug)]
pub(crate) struct ResnetBlock2D {
    norm1: GroupNorm,
    conv1: Conv2d,
    time_emb_proj: Option<Linear>,
    norm2: GroupNorm,
    conv2: Conv2d,
    conv_shortcut: Option<Conv2d>,
    #[module(skip)]
    config: ResnetBlock2DConfig,
}

impl ResnetBlock2D {
    /// `(N, input, H, W)` and the time embedding `(N, time)`, if there is one, to `(N, output, H', W')`.
    pub(crate) fn forward(&self, input: Tensor<4>, time: Option<&Tensor<2>>) -> Tensor<4> {
        let activation = self.config.style.activation;
        let hidden = within("norm1", || self.norm1.forward(input.clone()));
        let hidden = within("nonlinearity", || activation.forward(hidden));
        let (input, hidden) = match self.config.resampling {
            Resampling::Keep => (input, hidden),
            Resampling::Halve => (halve(input), halve(hidden)),
            Resampling::Double => (double(input), double(hidden)),
        };
        let hidden = within("conv1", || self.conv1.forward(hidden));
        let hidden = self.norm_with_time(hidden, time);
        let hidden = within("nonlinearity", || activation.forward(hidden));
        let hidden = within("conv2", || self.conv2.forward(hidden));
        let shortcut = match &self.conv_shortcut {
            Some(conv) => within("conv_shortcut", || conv.forward(input)),
            None => input,
        };
        rescale(shortcut + hidden, self.config.output_scale_factor)
    }

    /// The second norm, with the time embedding added before it or scaling and shifting after it.
    fn norm_with_time(&self, hidden: Tensor<4>, time: Option<&Tensor<2>>) -> Tensor<4> {
        let Some((projection, time)) = self.time_emb_proj.as_ref().zip(time) else {
            return within("norm2", || self.norm2.forward(hidden));
        };
        let activation = self.config.style.activation;
        let time = within("nonlinearity", || activation.forward(time.clone()));
        let time = within("time_emb_proj", || linear(projection, time));
        let [batch, projected] = time.dims();
        let time = time.reshape([batch, projected, 1, 1]);
        match self.config.style.time_scale_shift {
            TimeScaleShift::Default => {
                let hidden = hidden + time;
                within("norm2", || self.norm2.forward(hidden))
            }
            TimeScaleShift::ScaleShift => {
                let scale = time.clone().narrow(1, 0, projected / 2);
                let shift = time.narrow(1, projected / 2, projected / 2);
                within("norm2", || self.norm2.forward(hidden)) * (scale + 1.0) + shift
            }
        }
    }
}

/// Divides by a scale factor; a factor of one costs no operation.
#[expect(clippy::float_cmp, reason = "a factor of one is one to the last bit")]
pub(crate) fn rescale(tensor: Tensor<4>, factor: f64) -> Tensor<4> {
    if factor == 1.0 { tensor } else { tensor / factor }
}
