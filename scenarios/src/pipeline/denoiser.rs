//! `unet:` of a scenario: a UNet from a seed or from a diffusers folder.

use burn::tensor::{Device, Tensor};
use burn_repro::{BoxError, Case, Probe, Requirements, within};

use super::loader::Loader;
use super::part::Part;
use crate::sampler::{FromFields, Scheduler};
use crate::unet::{Extent, UNet2DConfig, UNet2DModel};

/// Where a UNet comes from.
pub type Denoiser = Part<UNet2DConfig>;

/// What a sampler feeds a UNet, and needs back.
pub(super) struct Fed<T> {
    /// The times that it is asked about.
    pub(super) times: T,
    /// Channels of its output.
    pub(super) output_channels: usize,
}

impl Part<UNet2DConfig> {
    /// The folder, if the case needs one, and what the model asks of a target for samples of its own size.
    pub(super) fn requires_sample<P>(&self, case: &Case<P>) -> Requirements {
        let extent = |config: &UNet2DConfig| match sample_shape(config, case.batch_size) {
            Ok([batch_size, _, height, width]) => config.extent(batch_size, height, width),
            Err(_) => Extent::default(),
        };
        self.requires(case, Requirements::default(), extent)
    }

    /// Checks the configuration against what the sampler will feed it, and needs back, for samples of its own size. A
    /// folder that is not here is skipped elsewhere.
    pub(super) fn validate<P, T: IntoIterator<Item = f64>>(
        &self,
        case: &Case<P>,
        fed: impl FnOnce(usize) -> Fed<T>,
    ) -> Result<(), BoxError> {
        let config = self.checked()?;
        let shape = sample_shape(config, case.batch_size)?;
        check(config, shape, fed(config.in_channels))
    }

    /// The shape of the samples that the model was made for.
    pub(super) fn sample_shape(&self, batch_size: usize) -> Result<[usize; 4], BoxError> {
        sample_shape(self.checked()?, batch_size)
    }

    /// Makes the model on the device, and gives the shape of the samples it was made for.
    pub(super) fn load<P>(
        &self,
        case: &Case<P>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(UNet2DModel, [usize; 4]), BoxError> {
        Ok((self.load_alone(device, probe)?, self.sample_shape(case.batch_size)?))
    }

    /// Makes the model on the device, for samples of any shape.
    pub(super) fn load_alone(
        &self,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<UNet2DModel, BoxError> {
        let mut loader = Loader::new(device, probe);
        let model = loader.load(self)?;
        loader.finish();
        Ok(model)
    }
}

/// Checks a configuration against samples, the times, and the channels that are needed back.
pub(super) fn check<T: IntoIterator<Item = f64>>(
    config: &UNet2DConfig,
    shape: [usize; 4],
    fed: Fed<T>,
) -> Result<(), BoxError> {
    let Fed { times, output_channels } = fed;
    let mut times = times.into_iter();
    if let Some(first) = times.next() {
        config.check_input(shape, &[first])?;
    }
    times.try_for_each(|time| config.check_timestep(time))?;
    if config.out_channels != output_channels {
        return Err(format!(
            "the sampler needs {output_channels} `out_channels`, the UNet has {}; a learned \
             `variance_type` takes twice the channels of the sample, any other as many",
            config.out_channels
        )
        .into());
    }
    Ok(())
}

/// What a pipeline's folder says of the scheduler, the scenario does not, and is not the default: part of the question.
pub(super) fn asked<C: FromFields>(scheduler: &Scheduler<C>) -> Option<serde_json::Value> {
    let from_file = scheduler.from_file();
    (!from_file.is_empty()).then(|| serde_json::json!({ "scheduler": from_file }))
}

fn sample_shape(config: &UNet2DConfig, batch_size: usize) -> Result<[usize; 4], BoxError> {
    let size = config.sample_size.ok_or(
        "the UNet's `sample_size` is null; a pipeline needs the size of the sample to draw",
    )?;
    Ok([batch_size, config.in_channels, size.height, size.width])
}

/// The model as samplers call it: one time for the whole batch.
pub(super) fn denoise(model: &UNet2DModel) -> impl FnMut(Tensor<4>, f64) -> Tensor<4> {
    |sample, time| within("unet", || model.forward(sample, &[time]))
}
