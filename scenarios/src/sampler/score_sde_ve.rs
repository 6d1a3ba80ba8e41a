//! Predictor-corrector sampling of the variance exploding SDE (Song et al. 2021, arXiv 2011.13456, algorithm 2).
//!
//! Single precision throughout: diffusers makes sigmas of `f32` tensors. The length of a corrector's step follows
//! from norms of tensors, and is computed where those are.

use burn::tensor::Tensor;

pub use super::score_sde_ve_keys::{Part, ScoreSdeVeKeys, ScoreSdeVeStep};
use super::sigma_space::{noise_defaults, without_betas};
use super::{
    Config, ConfigError, Loop, Named, NoKeys, NoiseConfig, Sampler, SamplerError, Stepped,
    check_output,
};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreSdeVe {
    train: usize,
    keys: ScoreSdeVeKeys,
}

impl Sampler for ScoreSdeVe {
    type Keys = ScoreSdeVeKeys;
    type Arguments = NoKeys;
    type Step = ScoreSdeVeStep;
    type Memory<const D: usize> = ();

    const WITHOUT: &'static [&'static str] = without_betas!("prediction_type");
    // Its `add_noise` takes indices of sigmas, and a run has none.
    const ADDS_NOISE: bool = false;
    const LOOP: Loop = Loop::ScoreSdeVe;
    const ENDS_CLEAN: bool = true;

    fn noise_defaults() -> NoiseConfig {
        NoiseConfig { num_train_timesteps: 2000, ..noise_defaults() }
    }

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        noise.check_train()?;
        keys.check()?;
        Ok(Self { train: noise.num_train_timesteps, keys })
    }

    fn steps(&self, count: usize) -> Result<Vec<ScoreSdeVeStep>, ConfigError> {
        self.keys.steps(count, count, self.train)
    }

    /// diffusers' test makes the sigmas before it sets the timesteps, when there is one for each training timestep:
    /// the model is told of the first few of them.
    fn visited(&self, order: Loop, count: usize) -> Result<Vec<ScoreSdeVeStep>, ConfigError> {
        match order {
            Loop::ScoreSdeVe => self.keys.steps(count, self.train, self.train),
            _ => self.steps(count),
        }
    }

    fn time(&self, step: &ScoreSdeVeStep) -> f64 {
        step.sigma.into()
    }

    fn init_noise_sigma(&self, _steps: &[ScoreSdeVeStep]) -> f32 {
        self.keys.ends().1 as f32
    }

    fn noised<const D: usize>(
        &self,
        _first: &ScoreSdeVeStep,
        _original: Tensor<D>,
        _noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Err(SamplerError::Lacks { class: Self::CLASS, method: "add_noise" })
    }

    /// The sample is that with the predictor's fresh noise; the mean without is given as the clean one, and is what
    /// diffusers' pipeline ends with.
    fn step<const D: usize>(
        &self,
        step: &ScoreSdeVeStep,
        x: Tensor<D>,
        score: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let shape = x.dims();
        check_output(&score, shape)?;
        let z = noise(shape);
        match step.part {
            Part::Corrector => Ok(self.correct(x, score, z).into()),
            Part::Predictor { diffusion } => {
                let mean = x + score.mul_scalar(diffusion * diffusion);
                let sample = mean.clone() + z.mul_scalar(diffusion);
                Ok(Stepped { sample, original: Some(mean) })
            }
        }
    }
}

impl ScoreSdeVe {
    /// `x + epsilon g + sqrt(2 epsilon) z` with `epsilon = 2 (r |z| / |g|)^2`, norms being means over the batch
    /// (algorithm 4).
    fn correct<const D: usize>(&self, x: Tensor<D>, score: Tensor<D>, z: Tensor<D>) -> Tensor<D> {
        let relative = mean_norm(z.clone()).mul_scalar(self.keys.snr) / mean_norm(score.clone());
        let length = (relative.clone() * relative).mul_scalar(2.0).reshape([1; D]);
        let mean = x + length.clone() * score;
        mean + length.mul_scalar(2.0).sqrt() * z
    }
}

/// The mean over the batch of each sample's Euclidean norm.
fn mean_norm<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    let batch = x.dims()[0];
    let values = x.dims().iter().product::<usize>() / batch;
    let rows = x.reshape([batch, values]);
    (rows.clone() * rows).sum_dim(1).sqrt().mean_dim(0).flatten(0, 1)
}
