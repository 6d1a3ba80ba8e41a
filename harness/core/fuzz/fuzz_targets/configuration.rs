//! Any bytes as a configuration file of diffusers: `config.json` of a UNet, or `scheduler_config.json`.
//!
//! The crate `scenarios` has Burn below it. So its files that read configurations, which do not name Burn, are compiled
//! here; what they ask of their neighbours is below, as short as they allow. What a sampler makes of its configuration is
//! tried as far as the schedule of noise.
#![no_main]
#![allow(dead_code, unused_imports, reason = "only a part of the crate `scenarios` is here")]

extern crate self as burn_repro;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

pub use burn_repro_core::{lfs::is_pointer, nearest::nearest};
use libfuzzer_sys::fuzz_target;

use crate::diffusers::Keyed;
use crate::sampler::config::{Config, Fields, Scheduler};
use crate::unet::config::UNet2DConfig;

#[path = "../../../../scenarios/src/diffusers/mod.rs"]
mod diffusers;
#[path = "../../../../scenarios/src/schedule/mod.rs"]
mod schedule;

#[path = "."]
mod sampler {
    #[path = "../../../../scenarios/src/sampler/config/mod.rs"]
    pub mod config;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use crate::diffusers::Keys;
    pub use config::{Config, NoiseConfig};

    pub trait Sampler: Sized + std::fmt::Debug + Clone + PartialEq {
        const CLASS: &'static str;
        type Keys: Keys;

        fn noise_defaults() -> NoiseConfig {
            NoiseConfig::default()
        }
    }

    /// A sampler with a key of each kind.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Ddim;

    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    pub struct DdimKeys {
        set_alpha_to_one: Option<bool>,
        eta: f64,
    }

    impl Keys for DdimKeys {}

    impl Sampler for Ddim {
        const CLASS: &'static str = CLASSES[0];
        type Keys = DdimKeys;
    }

    pub type AllKeys = (DdimKeys, ());
    pub const CLASSES: &[&str] = &["DDIMScheduler"];

    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Bound {
        Dynamic { ratio: f64, largest: f64 },
        Clip { range: f64 },
        Free,
    }

    #[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum PredictionType {
        #[default]
        Epsilon,
        Sample,
        #[serde(rename = "v_prediction")]
        Velocity,
    }
}

#[path = "."]
mod unet {
    #[path = "../../../../scenarios/src/unet/config.rs"]
    pub mod config;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    pub enum Activation {
        #[default]
        #[serde(alias = "swish")]
        Silu,
        Mish,
        Gelu,
        Relu,
    }
}

/// In the folder for temporary files, which `ci/fuzz.sh` makes and removes.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    std::env::temp_dir().join(format!("burn-repro-fuzz-{}.json", std::process::id()))
});

fuzz_target!(|data: &[u8]| {
    fs::write(&*FILE, data).expect("a file for configurations");
    unet(data);
    scheduler(data);
});

fn unet(data: &[u8]) {
    match Keyed::<UNet2DConfig>::read(&FILE) {
        Ok(file) => {
            let written = serde_json::to_string(&file.config).expect("plain values");
            let again: Keyed<UNet2DConfig> = serde_json::from_str(&written).expect("it is read");
            assert_eq!(serde_json::to_string(&again.config).expect("plain values"), written);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let _ = serde_json::from_slice::<Keyed<UNet2DConfig>>(data);
}

fn scheduler(data: &[u8]) {
    type Read = Scheduler<Config<sampler::Ddim>>;
    let of_person = serde_json::from_slice::<Read>(data);
    let file = Fields::read(&FILE);
    for mut scheduler in [of_person.ok(), file.is_ok().then(Read::default)].into_iter().flatten() {
        let file = file.as_ref().ok().map(|file| (file, "scheduler_config.json"));
        if scheduler.complete(file).is_ok() && scheduler.config.noise.schedule().is_ok() {
            let _ = scheduler.config.noise.timesteps(50);
            let _ = scheduler.config.noise.bound();
        }
    }
}
