//! The pipeline `training`: steps of an optimiser on a small model, with the loss, every gradient and every updated
//! parameter of each.

use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_repro::torch::Generator;
use burn_repro::{
    BoxError, Case, CaseFault, Pipeline, Probe, Seed, initialise, step_name, step_scope,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use crate::training::{Activation, CLASSES, Classifier, ConvNet, TransformerBlock};

/// The loop.
#[derive(Debug, Clone, Copy, Default)]
pub struct Training;

/// `params:` of the pipeline `training`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingParams {
    /// What is trained.
    pub model: TrainedModel,
    /// What stands between its layers.
    #[serde(default)]
    pub activation: Activation,
    /// The seed of the weights: `torch.manual_seed(init_seed)` before the model's constructor.
    pub init_seed: Seed,
    /// Who updates the weights.
    pub optimizer: Optimizer,
}

/// A model that can be trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrainedModel {
    /// [`ConvNet`].
    ConvNet,
    /// [`TransformerBlock`].
    TransformerBlock,
}

/// An optimiser of Burn's; the keys are PyTorch's in whole words.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// `torch.optim.SGD`.
    Sgd {
        /// `lr`
        learning_rate: f64,
        /// The share of the last update that is kept.
        momentum: f64,
    },
    /// `torch.optim.AdamW`, with its defaults of the betas.
    AdamW {
        /// `lr`
        learning_rate: f64,
        /// Decoupled weight decay.
        weight_decay: f32,
        /// `eps`
        epsilon: f32,
    },
}

impl Optimizer {
    fn learning_rate(self) -> f64 {
        match self {
            Self::Sgd { learning_rate, .. } | Self::AdamW { learning_rate, .. } => learning_rate,
        }
    }

    fn init(self) -> ModuleOptimizer {
        match self {
            Self::Sgd { momentum, .. } => SgdConfig::new()
                .with_momentum(Some(
                    MomentumConfig::new().with_momentum(momentum).with_dampening(0.0),
                ))
                .init(),
            Self::AdamW { weight_decay, epsilon, .. } => {
                AdamWConfig::new().with_weight_decay(weight_decay).with_epsilon(epsilon).init()
            }
        }
    }
}

impl Pipeline for Training {
    const NAME: &'static str = "training";
    type Params = TrainingParams;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<TrainingParams>())
    }

    fn validate(&self, case: &Case<TrainingParams>) -> Result<(), BoxError> {
        let learning_rate = case.params.optimizer.learning_rate();
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            return Err(format!("`learning_rate: {learning_rate}` has to be above 0").into());
        }
        Ok(())
    }

    fn faults() -> Vec<CaseFault<TrainingParams>> {
        vec![
            CaseFault {
                name: "weights-seed",
                what: "weights from the next seed",
                apply: next_seed,
            },
            CaseFault { name: "learning-rate", what: "steps 1 % too long", apply: longer_steps },
            CaseFault { name: "no-memory", what: "no momentum, or no decay", apply: no_memory },
        ]
    }

    fn run(
        &self,
        case: &Case<TrainingParams>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError> {
        match case.params.model {
            TrainedModel::ConvNet => train::<ConvNet, 4>(case, device, probe),
            TrainedModel::TransformerBlock => train::<TransformerBlock, 3>(case, device, probe),
        }
    }
}

/// Trains a model on a fresh batch in each step, drawn from the scenario's seed: samples, then classes.
fn train<M: Classifier<D>, const D: usize>(
    case: &Case<TrainingParams>,
    device: &Device,
    probe: &mut Probe,
) -> Result<(), BoxError> {
    let training = device.clone().autodiff();
    let optimizer = case.params.optimizer;
    let mut weights = Generator::manual_seed(case.params.init_seed.bits());
    let mut model = initialise(M::new(&training), &mut weights)?;
    probe.model("model", &model);
    let mut updates = optimizer.init();
    let mut batches = Generator::manual_seed(case.seed.bits());
    let mut losses = Vec::new();
    for index in 0..case.steps {
        let _step = step_scope(index, case.steps);
        let name = |tensor| step_name(index, case.steps, tensor);
        let (samples, classes) = batch::<M, D>(case.batch_size, &mut batches, device, probe);
        let logits = model.forward(samples.autodiff(), case.params.activation);
        let loss =
            CrossEntropyLossConfig::new().init(&training).forward(logits, classes.autodiff());
        probe.record(name("loss"), &loss);
        losses.push(loss.clone().without_autodiff());
        let gradients = loss.backward();
        probe.gradients(name("gradients"), &model, &gradients);
        let gradients = GradientsParams::from_grads(gradients, &model);
        model = updates.step(optimizer.learning_rate(), model, gradients);
        probe.parameters(name("weights"), &model);
    }
    probe.output("losses", &Tensor::cat(losses, 0));
    Ok(())
}

/// Samples `[N, …]`, standard normal, and the class of each.
fn batch<M: Classifier<D>, const D: usize>(
    count: usize,
    generator: &mut Generator,
    device: &Device,
    probe: &mut Probe,
) -> (Tensor<D>, Tensor<1, Int>) {
    let mut shape = [count; D];
    shape[1..].copy_from_slice(M::SAMPLE);
    // In f32 whatever the run's type: the original is given the same numbers in f64.
    let values: Vec<f32> = generator.randn(shape.iter().product());
    let classes: Vec<i64> = generator.randint(count, 0, CLASSES as i64);
    let classes = Tensor::from_data(TensorData::new(classes, [count]), device);
    (probe.noise(shape, &values), classes)
}

fn next_seed(case: &mut Case<TrainingParams>) {
    case.params.init_seed = case.params.init_seed.next();
}

fn longer_steps(case: &mut Case<TrainingParams>) {
    match &mut case.params.optimizer {
        Optimizer::Sgd { learning_rate, .. } | Optimizer::AdamW { learning_rate, .. } => {
            *learning_rate *= 1.01;
        }
    }
}

fn no_memory(case: &mut Case<TrainingParams>) {
    match &mut case.params.optimizer {
        Optimizer::Sgd { momentum, .. } => *momentum = 0.0,
        Optimizer::AdamW { weight_decay, .. } => *weight_decay = 0.0,
    }
}
