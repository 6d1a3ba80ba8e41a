//! `VQModel`: an autoencoder whose latents are vectors of a codebook.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};
use burn_repro::within;

use super::decoder::Decoder;
use super::encoder::Encoder;
use super::quantizer::{VectorQuantizer, VectorQuantizerConfig};
use super::{Autoencoder, VQModelConfig};
use crate::unet::parameters::Declaration;
use crate::unet::validation::check_parameter_count;
use crate::unet::weights::Reader;
use crate::unet::{Architecture, ConfigError, Extent, MismatchedWeights, Parameter, Weights};

impl VQModelConfig {
    fn quantizer(&self) -> VectorQuantizerConfig {
        let channels = self.embedding_channels();
        VectorQuantizerConfig { entries: self.num_vq_embeddings, channels }
    }
}

impl Architecture for VQModelConfig {
    const CLASS: &'static str = "VQModel";
    const PART: &'static str = "vqvae";
    const NOUN: &'static str = "VQ-VAE";
    const FOLLOWS: bool = true;
    type Model = VQModel;

    fn validate(&self) -> Result<(), ConfigError> {
        self.check()?;
        check_parameter_count(&self.parameters())
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        let mut root = Declaration::root(&mut parameters);
        let (latent, embedding) = (self.latent_channels, self.embedding_channels());
        self.frame().encoder().declare(&mut root.enter("encoder"));
        root.conv2d("quant_conv", [latent, embedding], 1);
        self.quantizer().declare(&mut root.enter("quantize"));
        root.conv2d("post_quant_conv", [embedding, latent], 1);
        self.frame().decoder().declare(&mut root.enter("decoder"));
        parameters
    }

    fn build(&self, weights: &Weights, device: &Device) -> Result<VQModel, MismatchedWeights> {
        weights.check(&self.parameters())?;
        let root = Reader::root(weights, device);
        Ok(VQModel {
            encoder: self.frame().encoder().init(&root.enter("encoder")),
            quant_conv: root.conv2d("quant_conv", 1, PaddingConfig2d::Valid),
            quantize: self.quantizer().init(&root.enter("quantize")),
            post_quant_conv: root.conv2d("post_quant_conv", 1, PaddingConfig2d::Valid),
            decoder: self.frame().decoder().init(&root.enter("decoder")),
        })
    }
}

impl Autoencoder for VQModelConfig {
    fn latent_channels(&self) -> usize {
        self.embedding_channels()
    }

    fn scaling_factor(&self) -> f64 {
        self.scaling_factor
    }

    fn extent(&self, batch_size: usize, height: usize, width: usize) -> Extent {
        let pixels = batch_size * height * width;
        let scores =
            Extent { longest_reduction: 0, largest_tensor: pixels * self.num_vq_embeddings };
        self.frame().extent(batch_size, height, width).or(scores)
    }

    fn decode(model: &VQModel, latents: Tensor<4>) -> Tensor<4> {
        model.decode(latents)
    }
}

/// An autoencoder whose latents are vectors of a codebook.
#[derive(Module, Debug)]
pub struct VQModel {
    encoder: Encoder,
    quant_conv: Conv2d,
    quantize: VectorQuantizer,
    post_quant_conv: Conv2d,
    decoder: Decoder,
}

impl VQModel {
    /// `(N, in_channels, H, W)` to latents that are not quantised yet.
    #[must_use]
    pub fn encode(&self, image: Tensor<4>) -> Tensor<4> {
        let hidden = within("encoder", || self.encoder.forward(image));
        within("quant_conv", || self.quant_conv.forward(hidden))
    }

    /// Quantises `(N, vq_embed_dim, H, W)` and gives `(N, out_channels, H', W')`.
    #[must_use]
    pub fn decode(&self, latents: Tensor<4>) -> Tensor<4> {
        let quantised = within("quantize", || self.quantize.forward(latents));
        let hidden = within("post_quant_conv", || self.post_quant_conv.forward(quantised));
        within("decoder", || self.decoder.forward(hidden))
    }
}
