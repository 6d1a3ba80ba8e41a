//! `CombinedTimestepLabelEmbeddings`: what a timestep and a class add up to.

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_repro::within;

use crate::unet::TimeEmbeddingType;
use crate::unet::embedding::{
    TimeProjection, TimeProjectionConfig, TimestepEmbedding, TimestepEmbeddingConfig,
};
use crate::unet::parameters::{Declaration, Initial};
use crate::unet::weights::Reader;

/// Sines and cosines of a timestep.
const PROJECTED: usize = 256;

/// The embedding of a timestep and a class.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConditioningConfig {
    /// The number of classes, without the one that stands for none.
    pub(super) classes: usize,
    pub(super) width: usize,
}

impl ConditioningConfig {
    fn projection() -> TimeProjectionConfig {
        TimeProjectionConfig {
            kind: TimeEmbeddingType::Positional,
            channels: PROJECTED,
            freq_shift: 1.0,
            flip_sin_to_cos: true,
            num_train_timesteps: 0,
        }
    }

    fn embedder(&self) -> TimestepEmbeddingConfig {
        TimestepEmbeddingConfig { input: PROJECTED, output: self.width }
    }

    pub(super) fn declare(&self, parameters: &mut Declaration<'_>) {
        self.embedder().declare(&mut parameters.enter("timestep_embedder"));
        let mut table = parameters.enter("class_embedder.embedding_table");
        table.push("weight", vec![self.classes + 1, self.width], Initial::Normal);
    }

    pub(super) fn init(&self, weights: &Reader<'_>) -> Conditioning {
        let table = weights.enter("class_embedder.embedding_table");
        Conditioning {
            time_proj: Self::projection().init(weights),
            timestep_embedder: self.embedder().init(&weights.enter("timestep_embedder")),
            class_embedder: table.param("weight"),
        }
    }
}

/// The embedding of a timestep and a class.
#[derive(Module, Debug)]
pub(super) struct Conditioning {
    #[module(skip)]
    time_proj: TimeProjection,
    timestep_embedder: TimestepEmbedding,
    /// One class in each row, the last of which stands for none.
    class_embedder: Param<Tensor<2>>,
}

impl Conditioning {
    /// One row for each label: `(labels.len(), width)`.
    pub(super) fn forward(&self, timestep: f64, labels: &[usize], device: &Device) -> Tensor<2> {
        let timesteps = vec![timestep; labels.len()];
        let rows = within("time_proj", || self.time_proj.forward(&timesteps, device));
        let time = within("timestep_embedder", || self.timestep_embedder.forward(rows));
        let labels: Vec<i64> = labels.iter().map(|&label| label as i64).collect();
        let class = within("class_embedder", || {
            let count = labels.len();
            let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [count]), device);
            self.class_embedder.val().select(0, labels)
        });
        time + class
    }
}
