//! Weights as torch draws them: `torch.manual_seed(seed); UNet2DModel(**config)`, bit for bit.
//!
//! The order of the draws is the order of `Architecture::parameters`.

use super::parameters::Initial;
use super::{Architecture, ConfigError, Parameter, Weights};
use burn_repro::torch::Generator;

/// The scale diffusers gives the frequencies of a Fourier time embedding.
const FOURIER_SCALE: f32 = 16.0;

impl Weights {
    /// Draws the weights that `torch.manual_seed(seed)` followed by `UNet2DModel(**config)` gives
    /// on an x86-64 CPU with AVX2.
    ///
    /// # Errors
    /// What [`Architecture::validate`] finds.
    pub fn initialise<C: Architecture>(config: &C, seed: u64) -> Result<Self, ConfigError> {
        Self::draw(config, &mut Generator::manual_seed(seed))
    }

    /// The same from a generator that has been seeded before, as a second model gets them that is constructed after a
    /// first.
    ///
    /// # Errors
    /// What [`Architecture::validate`] finds.
    pub fn draw<C: Architecture>(
        config: &C,
        generator: &mut Generator,
    ) -> Result<Self, ConfigError> {
        config.validate()?;
        let draw = |parameter: Parameter| {
            let values = draw(&parameter, generator);
            (parameter, values)
        };
        Ok(Self::new(config.parameters().into_iter().map(draw).collect()))
    }
}

fn draw(parameter: &Parameter, generator: &mut Generator) -> Vec<f32> {
    let numel = parameter.numel();
    match parameter.initial {
        Initial::Ones => vec![1.0; numel],
        Initial::Zeros => vec![0.0; numel],
        Initial::Uniform { fan_in } => {
            // Kaiming's bound with a = sqrt(5); torch computes it in f64 along another way for
            // weights than for biases, but in f32 both are this.
            let bound = 1.0 / (fan_in as f64).sqrt();
            generator.uniform(numel, -bound, bound)
        }
        Initial::Normal => generator.normal(numel, 0.0, 1.0),
        Initial::Codebook { entries } => {
            // An `Embedding` draws its own first.
            let _: Vec<f32> = generator.normal(numel, 0.0, 1.0);
            let bound = 1.0 / entries as f64;
            generator.uniform(numel, -bound, bound)
        }
        Initial::Frequencies => {
            // diffusers draws the frequencies, throws them away and draws them again.
            let _: Vec<f32> = generator.randn(numel);
            let frequencies: Vec<f32> = generator.randn(numel);
            frequencies.into_iter().map(|value| value * FOURIER_SCALE).collect()
        }
    }
}
