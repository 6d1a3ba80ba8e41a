//! The schedule that samplers look numbers up in: alpha bar for every training timestep.
//!
//! Where the betas come from is [`betas`](super::betas)' work.

/// Why betas make no schedule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScheduleError {
    /// There are no betas.
    #[error("a noise schedule without betas; give at least one")]
    Empty,
    /// No noise, or a number that is none, at some timestep.
    #[error(
        "alpha bar of timestep {timestep} is {alpha_bar}, it has to be at least 0 and below 1; \
         choose betas that are above 1e-7 and at most 1"
    )]
    AlphaBar {
        /// The first timestep where this is so.
        timestep: usize,
        /// The product of `1 - beta` up to there.
        alpha_bar: f32,
    },
}

/// The betas and their products, one for each training timestep, in torch's single precision.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    betas: Vec<f32>,
    alphas_cumprod: Vec<f32>,
    final_alpha_cumprod: f32,
}

impl Schedule {
    /// A schedule that ends in clean samples.
    ///
    /// # Errors
    /// If there is no beta, or one that leaves no noise or no number.
    pub fn new(betas: Vec<f32>) -> Result<Self, ScheduleError> {
        let alphas_cumprod = cumulative_product(&betas);
        if betas.is_empty() {
            return Err(ScheduleError::Empty);
        }
        let wrong = alphas_cumprod.iter().position(|alpha_bar| !(0.0..1.0).contains(alpha_bar));
        if let Some(timestep) = wrong {
            let alpha_bar = alphas_cumprod[timestep];
            return Err(ScheduleError::AlphaBar { timestep, alpha_bar });
        }
        Ok(Self { betas, alphas_cumprod, final_alpha_cumprod: 1.0 })
    }

    /// The same schedule, ending in samples that carry the noise of timestep 0: what diffusers'
    /// `set_alpha_to_one: false` means.
    #[must_use]
    pub fn ending_at_timestep_zero(mut self) -> Self {
        self.final_alpha_cumprod = self.alphas_cumprod[0];
        self
    }

    /// Number of training timesteps.
    #[must_use]
    pub fn timesteps(&self) -> usize {
        self.betas.len()
    }

    /// Variance of the noise that each timestep adds.
    #[must_use]
    pub fn betas(&self) -> &[f32] {
        &self.betas
    }

    /// Alpha bar of each timestep: the share of the variance that is signal.
    #[must_use]
    pub fn alphas_cumprod(&self) -> &[f32] {
        &self.alphas_cumprod
    }

    /// Alpha bar after the last step.
    #[must_use]
    pub fn final_alpha_cumprod(&self) -> f32 {
        self.final_alpha_cumprod
    }

    /// Alpha bar of timestep `t`, where there is one.
    #[must_use]
    pub fn alpha_bar(&self, t: usize) -> Option<f32> {
        self.alphas_cumprod.get(t).copied()
    }
}

/// The running product of `1 - beta`, as `torch.cumprod` makes it on a CPU: multiplied in `f64`,
/// each product rounded to `f32`.
#[must_use]
pub fn cumulative_product(betas: &[f32]) -> Vec<f32> {
    let mut product = 1f64;
    let mut next = |beta: &f32| {
        product *= f64::from(1.0 - beta);
        product as f32
    };
    betas.iter().map(&mut next).collect()
}
