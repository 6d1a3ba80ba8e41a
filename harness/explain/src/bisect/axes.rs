//! What can be set differently for a cell on this machine, and what cannot and why. Pure: what is here was found out
//! before; whether a target has a float type is seen when it is tried.

use burn_repro_target::{Class, Determinism, Dtype, Locator, Target};

use super::build::Build;
use super::setup::{Axis, Change, Effect, NotTried, Setup};

/// What is on this machine beside the cell.
#[derive(Debug, Default)]
pub struct Machine {
    /// Cores of the processor.
    pub cores: usize,
    /// Every target of the cell's class.
    pub places: Vec<Candidate>,
    /// Other builds of this program.
    pub builds: Vec<Build>,
}

/// A target, and whether only OpenGL shows it.
#[derive(Debug)]
pub struct Candidate {
    /// The target.
    pub target: Target,
    /// Whether it is seen with the adapters of OpenGL only.
    pub opengl: bool,
}

impl Candidate {
    fn effect(&self) -> Effect {
        Effect::Target { target: Box::new(self.target.clone()), opengl: self.opengl }
    }
}

/// What can be changed, and what cannot.
#[derive(Debug, Default)]
pub struct Axes {
    /// Single changes, those of an axis beside each other.
    pub changes: Vec<Change>,
    /// Why others are not tried.
    pub(crate) not_tried: Vec<NotTried>,
}

/// Every single change that can be tried.
pub fn axes(start: &Setup, here: &Machine) -> Axes {
    let mut axes = Axes::default();
    axes.determinism(start, here.cores);
    axes.threads(start, here.cores);
    axes.dtype(start);
    axes.places(start, here);
    axes.builds(start, here);
    axes
}

/// How the red cell is run, in words.
pub fn start_in_words(start: &Setup, cores: usize) -> String {
    let Setup { target, settings, .. } = start;
    let mut words = format!("determinism: {}, dtype: {}", settings.determinism, settings.dtype);
    if let Some(threads) = threads_of(start, cores) {
        words.push_str(&format!(", threads: {threads}"));
    }
    if !target.fingerprint.features.is_empty() {
        words.push_str(&format!(", built with {}", target.fingerprint.features.join(" and ")));
    }
    words
}

/// How many threads compute, where their number can be set.
fn threads_of(start: &Setup, cores: usize) -> Option<usize> {
    let Setup { target, settings, .. } = start;
    let fingerprint = &target.fingerprint;
    let set = |name: &str| fingerprint.environment.get(name).and_then(|value| value.parse().ok());
    match target.class {
        Class::Cpu => Some(match (settings.threads, settings.determinism) {
            (Some(threads), _) => threads,
            (None, Determinism::Full) => 1,
            (None, Determinism::Fast) => set("RAYON_NUM_THREADS").unwrap_or(cores),
        }),
        Class::Wgpu if fingerprint.device.as_ref().is_some_and(|it| it.contains("llvmpipe")) => {
            Some(settings.threads.or_else(|| set("LP_NUM_THREADS")).unwrap_or(cores))
        }
        Class::Wgpu | Class::Cuda => None,
    }
}

impl Axes {
    fn add(&mut self, axis: Axis, was: impl ToString, tried: impl ToString, effect: Effect) {
        let (was, tried) = (was.to_string(), tried.to_string());
        self.changes.push(Change { axis, was, tried, means: None, effect });
    }

    /// Says what the change that was added last amounts to.
    fn means(&mut self, words: impl Into<String>) {
        if let Some(change) = self.changes.last_mut() {
            change.means = Some(words.into());
        }
    }

    fn leave(&mut self, axis: Axis, reason: impl Into<String>) {
        self.not_tried.push(NotTried::new(axis, reason));
    }

    fn determinism(&mut self, start: &Setup, cores: usize) {
        let was = start.settings.determinism;
        let other = match was {
            Determinism::Full => Determinism::Fast,
            Determinism::Fast => Determinism::Full,
        };
        self.add(Axis::Determinism, was, other, Effect::Determinism(other));
        let class = start.target.class;
        match (class, other) {
            (Class::Cpu, _) if start.settings.threads.is_some() => {}
            (Class::Cpu, Determinism::Full) => self.means("one thread"),
            (Class::Cpu, Determinism::Fast) => self.means(format!("all {cores} cores")),
            (Class::Wgpu, Determinism::Full) => self.means("one stream, checked bounds"),
            (Class::Wgpu, Determinism::Fast) => self.means("Burn's own streams and bounds"),
            (Class::Cuda, Determinism::Full) => self.means("f32 products without TF32"),
            (Class::Cuda, Determinism::Fast) => self.means("f32 products with TF32"),
        }
        self.leave(
            Axis::Tf32,
            match class {
                Class::Cuda => {
                    "TF32 follows determinism: `full` keeps f32 in burn_repro::matmul; a plain `Tensor::matmul` of Burn \
                     0.22 cannot switch it off"
                }
                Class::Cpu | Class::Wgpu => "only CUDA targets have TF32",
            },
        );
    }

    fn threads(&mut self, start: &Setup, cores: usize) {
        let Some(was) = threads_of(start, cores) else {
            self.leave(Axis::Threads, "only CPU targets and llvmpipe have a number of threads");
            return;
        };
        let mut others = vec![1, 2, cores];
        others.retain(|threads| *threads != was);
        others.sort_unstable();
        others.dedup();
        for threads in others {
            self.add(Axis::Threads, was, threads, Effect::Threads(threads));
        }
    }

    fn dtype(&mut self, start: &Setup) {
        let was = start.settings.dtype;
        let wider: &[Dtype] = match was {
            Dtype::F16 | Dtype::Bf16 => &[Dtype::F32, Dtype::F64],
            Dtype::F32 => &[Dtype::F64],
            Dtype::F64 => &[],
        };
        if wider.is_empty() {
            self.leave(Axis::Dtype, format!("{was} is the widest float type"));
        }
        for &float in wider {
            self.add(Axis::Dtype, was, float, Effect::Float(float));
            self.means("the cause is rounding, not a wrong kernel");
        }
    }

    /// Other ways to the same device, and other devices.
    fn places(&mut self, start: &Setup, here: &Machine) {
        let was = &start.target;
        let others = here.places.iter().filter(|place| place.target.locator != was.locator);
        let (ways, devices): (Vec<&Candidate>, Vec<&Candidate>) =
            others.partition(|place| is_same_device(was, &place.target));
        for place in ways {
            let api = |target: &Target| match &target.locator {
                Locator::Wgpu(adapter) => adapter.api.clone(),
                _ => String::new(),
            };
            self.add(Axis::ShaderPath, api(was), api(&place.target), place.effect());
        }
        // OpenGL shows the other devices a second time.
        let tried = |place: &&Candidate| !place.opengl && !place.target.is_on_request();
        for place in devices.into_iter().filter(tried) {
            self.add(Axis::Adapter, &was.name, &place.target.name, place.effect());
            self.means(format!("the cause is the arithmetic of {}", was.name));
        }
        let has = |axis| self.changes.iter().any(|change: &Change| change.axis == axis);
        let (has_path, has_adapter) = (has(Axis::ShaderPath), has(Axis::Adapter));
        match was.class {
            Class::Wgpu => {
                if !has_path {
                    self.leave(Axis::ShaderPath, NO_OTHER_API);
                }
                self.leave(Axis::ShaderPath, NO_SPIRV);
            }
            Class::Cpu | Class::Cuda => {
                self.leave(Axis::ShaderPath, "only WGPU targets have a shader path")
            }
        }
        if !has_adapter {
            self.leave(Axis::Adapter, format!("this machine has no other {} target", was.class));
        }
    }

    fn builds(&mut self, start: &Setup, here: &Machine) {
        let own = &start.target.fingerprint.features;
        for build in &here.builds {
            let has = |features: &[String], name| features.iter().any(|known| known == name);
            let differs = |name| has(own, name) != has(&build.features, name);
            let (axis, words): (_, fn(&[String]) -> String) =
                match (differs("autotune"), differs("fusion")) {
                    (true, true) => (Axis::AutotuneAndFusion, both),
                    (true, false) => (Axis::Autotune, |it| on(it, "autotune")),
                    (false, true) => (Axis::Fusion, |it| on(it, "fusion")),
                    (false, false) => continue,
                };
            let effect = Effect::Build(build.program.clone());
            self.add(axis, words(own), words(&build.features), effect);
            self.means(build.program.display().to_string());
        }
        if !here.builds.is_empty() {
            return;
        }
        let help = if own.is_empty() { NO_TUNED } else { NO_PLAIN };
        self.leave(
            Axis::AutotuneAndFusion,
            match start.target.class {
                Class::Cpu => format!("Burn's CPU backends have neither; {help}"),
                Class::Wgpu | Class::Cuda => help.to_owned(),
            },
        );
    }
}

const NO_OTHER_API: &str = "no other graphics API shows this device; help: on Linux, OpenGL may show it (Debian: apt-get install \
     libegl1 libegl-mesa0 libgl1-mesa-dri)";
const NO_SPIRV: &str =
    "a build has one compiler for an adapter: SPIR-V is another one (`--features vulkan`)";
const NO_TUNED: &str = "this binary is built without them; help: name a build that has them with --tuned PATH (`cargo tuned list` \
     leaves one below target/debug/deps)";
const NO_PLAIN: &str = "this binary is built with them; help: name a build without them with --plain PATH (`cargo repro list` \
     leaves one below target/debug/deps)";

/// A build that differs in both features, in words.
fn both(features: &[String]) -> String {
    match features {
        [] => "neither".into(),
        [feature] => feature.clone(),
        _ => "both".into(),
    }
}

fn on(features: &[String], name: &str) -> String {
    if features.iter().any(|feature| feature == name) { "on".into() } else { "off".into() }
}

/// Whether two targets are ways to one device. By the address on the bus where both tell it; OpenGL adds words to the
/// name.
fn is_same_device(left: &Target, right: &Target) -> bool {
    let (Locator::Wgpu(left), Locator::Wgpu(right)) = (&left.locator, &right.locator) else {
        return false;
    };
    if left.api == right.api {
        return false;
    }
    if !left.pci_bus.is_empty() && !right.pci_bus.is_empty() {
        return left.pci_bus == right.pci_bus;
    }
    left.device.starts_with(&right.device) || right.device.starts_with(&left.device)
}

#[cfg(test)]
#[path = "axes_tests.rs"]
mod tests;
