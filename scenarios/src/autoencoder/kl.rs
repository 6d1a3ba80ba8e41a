//! `AutoencoderKL`: an autoencoder whose latents are means of normal distributions (Kingma & Welling 2014, arXiv
//! 1312.6114).

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};
use burn_repro::within;

use super::decoder::Decoder;
use super::encoder::Encoder;
use super::{Autoencoder, AutoencoderKLConfig};
use crate::unet::parameters::Declaration;
use crate::unet::validation::check_parameter_count;
use crate::unet::weights::Reader;
use crate::unet::{Architecture, ConfigError, Extent, MismatchedWeights, Parameter, Weights};

impl Architecture for AutoencoderKLConfig {
    const CLASS: &'static str = "AutoencoderKL";
    const PART: &'static str = "vae";
    const NOUN: &'static str = "VAE";
    const FOLLOWS: bool = true;
    type Model = AutoencoderKL;

    fn validate(&self) -> Result<(), ConfigError> {
        self.frame().check()?;
        check_parameter_count(&self.parameters())
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        let mut root = Declaration::root(&mut parameters);
        let latent = self.latent_channels;
        self.frame().encoder().declare(&mut root.enter("encoder"));
        self.frame().decoder().declare(&mut root.enter("decoder"));
        if self.use_quant_conv {
            root.conv2d("quant_conv", [2 * latent; 2], 1);
        }
        if self.use_post_quant_conv {
            root.conv2d("post_quant_conv", [latent; 2], 1);
        }
        parameters
    }

    fn build(
        &self,
        weights: &Weights,
        device: &Device,
    ) -> Result<AutoencoderKL, MismatchedWeights> {
        weights.check(&self.parameters())?;
        let root = Reader::root(weights, device);
        let conv = |name| root.conv2d(name, 1, PaddingConfig2d::Valid);
        Ok(AutoencoderKL {
            encoder: self.frame().encoder().init(&root.enter("encoder")),
            decoder: self.frame().decoder().init(&root.enter("decoder")),
            quant_conv: self.use_quant_conv.then(|| conv("quant_conv")),
            post_quant_conv: self.use_post_quant_conv.then(|| conv("post_quant_conv")),
        })
    }
}

impl Autoencoder for AutoencoderKLConfig {
    fn latent_channels(&self) -> usize {
        self.latent_channels
    }

    fn scaling_factor(&self) -> f64 {
        self.scaling_factor
    }

    fn extent(&self, batch_size: usize, height: usize, width: usize) -> Extent {
        self.frame().extent(batch_size, height, width)
    }

    fn decode(model: &AutoencoderKL, latents: Tensor<4>) -> Tensor<4> {
        model.decode(latents)
    }
}

/// An autoencoder whose latents are means of normal distributions.
#[derive(Module, Debug)]
pub struct AutoencoderKL {
    encoder: Encoder,
    decoder: Decoder,
    quant_conv: Option<Conv2d>,
    post_quant_conv: Option<Conv2d>,
}

impl AutoencoderKL {
    /// `(N, in_channels, H, W)` to the mean of the latents: the mode of diffusers' `latent_dist`.
    #[must_use]
    pub fn encode(&self, image: Tensor<4>) -> Tensor<4> {
        let hidden = within("encoder", || self.encoder.forward(image));
        let moments = match &self.quant_conv {
            Some(conv) => within("quant_conv", || conv.forward(hidden)),
            None => hidden,
        };
        let channels = moments.dims()[1];
        moments.narrow(1, 0, channels / 2)
    }

    /// `(N, latent_channels, H, W)` to `(N, out_channels, H', W')`.
    #[must_use]
    pub fn decode(&self, latents: Tensor<4>) -> Tensor<4> {
        let hidden = match &self.post_quant_conv {
            Some(conv) => within("post_quant_conv", || conv.forward(latents)),
            None => latents,
        };
        within("decoder", || self.decoder.forward(hidden))
    }
}
