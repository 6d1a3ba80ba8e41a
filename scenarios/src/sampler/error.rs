//! Why a sampler stops.

/// Why a step could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SamplerError {
    /// A timestep that the schedule has no noise for.
    #[error("timestep {timestep} of a schedule of {train}, which counts from 0")]
    Timestep {
        /// The timestep.
        timestep: usize,
        /// The number of training timesteps.
        train: usize,
    },
    /// The model answered in another shape.
    #[error("the model's output has the shape {got:?}, this sampler needs {wanted:?}")]
    OutputShape {
        /// The shape of the output.
        got: Vec<usize>,
        /// The shape that the sample and the variance type call for.
        wanted: Vec<usize>,
    },
    /// A timestep for each sample, and there are more or fewer samples.
    #[error("{timesteps} timesteps for a batch of {batch}; give one, or one for each sample")]
    Timesteps {
        /// The number of timesteps given.
        timesteps: usize,
        /// The number of samples.
        batch: usize,
    },
    /// A run begins between the two questions to the model that make one step.
    #[error(
        "the first step is the second half of one and lacks the first; let `start_at` be an even \
         number"
    )]
    Half,
    /// A method that diffusers' class does not have.
    #[error("diffusers' {class} has no `{method}`")]
    Lacks {
        /// The class.
        class: &'static str,
        /// The method.
        method: &'static str,
    },
}
