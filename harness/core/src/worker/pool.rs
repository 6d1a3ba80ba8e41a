//! Which workers may run at the same time: those of processor targets as the cores allow, those of a GPU one after
//! another, so that no cell shares a device with another.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use burn_repro_target::{Class, Settings, Target};

use super::{Worker, WorkerCommand};

/// What cells wait for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// The cores of the processor.
    Processor,
    /// A device, known by its address or, without one, by its name.
    Device(String),
}

impl Lane {
    /// The lane of a target.
    #[must_use]
    pub fn of(target: &Target) -> Self {
        let fingerprint = &target.fingerprint;
        match target.class {
            Class::Cpu => Self::Processor,
            Class::Wgpu | Class::Cuda => {
                let known = fingerprint.pci_bus.as_ref().or(fingerprint.device.as_ref());
                Self::Device(known.unwrap_or(&target.name).clone())
            }
        }
    }

    /// How many cells may run in it at the same time.
    #[must_use]
    pub fn width(&self) -> usize {
        match self {
            Self::Processor => thread::available_parallelism().map_or(1, usize::from),
            Self::Device(_) => 1,
        }
    }
}

/// Workers of all targets, started when they are needed and kept for the next cell.
pub struct Pool {
    command: WorkerCommand,
    lanes: Mutex<BTreeMap<Lane, Arc<Slots>>>,
}

/// The places of a lane, and the workers that wait there.
struct Slots {
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    free: usize,
    idle: Vec<Worker>,
}

impl Slots {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the place back, also where the work panics.
struct Place<'a>(&'a Slots);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.state().free += 1;
        self.0.freed.notify_one();
    }
}

impl Pool {
    /// A pool without workers.
    #[must_use]
    pub fn new(command: WorkerCommand) -> Self {
        Self { command, lanes: Mutex::default() }
    }

    /// Waits for a place in the target's lane, and works with a worker there.
    pub fn with<T>(
        &self,
        target: &Target,
        settings: &Settings,
        work: impl FnOnce(&mut Worker) -> T,
    ) -> T {
        let lane = Lane::of(target);
        let width = lane.width();
        let slots = self.slots(lane);
        let mut state = slots.state();
        while state.free == 0 {
            state = slots.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.free -= 1;
        let place = Place(&slots);
        let known = state.idle.iter().position(|worker| worker.is_for(target, settings));
        let mut worker = match known {
            Some(index) => state.idle.remove(index),
            None => Worker::new(self.command.clone(), target.clone(), *settings),
        };
        // Those that were used least lately go; of a device, every other goes, because it holds memory of it.
        let kept = if width == 1 { 0 } else { 2 * width };
        let surplus = state.idle.len().saturating_sub(kept);
        let ended: Vec<Worker> = state.idle.drain(..surplus).collect();
        drop(state);
        drop(ended);
        let result = work(&mut worker);
        slots.state().idle.push(worker);
        drop(place);
        result
    }

    /// Ends the workers that wait.
    pub(crate) fn end_idle(&self) {
        for slots in self.lanes.lock().unwrap_or_else(PoisonError::into_inner).values() {
            let ended = std::mem::take(&mut slots.state().idle);
            drop(ended);
        }
    }

    fn slots(&self, lane: Lane) -> Arc<Slots> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let width = lane.width();
        let new = || Slots {
            state: Mutex::new(State { free: width, idle: Vec::new() }),
            freed: Condvar::new(),
        };
        Arc::clone(lanes.entry(lane).or_insert_with(|| Arc::new(new())))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use burn_repro_target::{Dtype, Fingerprint, Locator};

    use super::*;

    fn target(name: &str, class: Class, device: Option<&str>, pci_bus: Option<&str>) -> Target {
        let fingerprint = Fingerprint {
            device: device.map(Into::into),
            pci_bus: pci_bus.map(Into::into),
            ..Fingerprint::default()
        };
        Target { name: name.into(), class, locator: Locator::Flex, fingerprint }
    }

    #[test]
    fn two_targets_of_one_device_share_a_lane() {
        let vulkan = target("wgpu:h100", Class::Wgpu, Some("H100"), Some("0000:01:00.0"));
        let cuda = target("cuda:0", Class::Cuda, Some("H100 PCIe"), Some("0000:01:00.0"));
        let second = target("cuda:1", Class::Cuda, Some("H100 PCIe"), Some("0000:02:00.0"));
        let software = target("wgpu:llvmpipe", Class::Wgpu, Some("llvmpipe"), None);
        assert_eq!(Lane::of(&vulkan), Lane::of(&cuda));
        assert_ne!(Lane::of(&cuda), Lane::of(&second));
        assert_eq!(Lane::of(&software), Lane::Device("llvmpipe".into()));
        assert_eq!(Lane::of(&target("flex", Class::Cpu, None, None)), Lane::Processor);
    }

    /// The most that worked at the same time, of eight that ask at once.
    fn most_at_once(target: &Target) -> usize {
        let pool = Pool::new(WorkerCommand::current().unwrap());
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    pool.with(target, &Dtype::F32.into(), |_| {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::sleep(Duration::from_millis(20));
                        now.fetch_sub(1, Ordering::SeqCst);
                    });
                });
            }
        });
        most.into_inner()
    }

    #[test]
    fn a_device_runs_one_cell_at_a_time_and_the_processor_as_many_as_it_has_cores() {
        assert_eq!(most_at_once(&target("cuda:0", Class::Cuda, Some("H100"), None)), 1);
        let cores = Lane::Processor.width();
        assert_eq!(most_at_once(&target("flex", Class::Cpu, None, None)), cores.min(8));
    }

    #[test]
    fn a_place_is_free_again_after_a_panic() {
        let pool = Pool::new(WorkerCommand::current().unwrap());
        let gpu = target("cuda:0", Class::Cuda, Some("H100"), None);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.with(&gpu, &Dtype::F32.into(), |_| panic!("planted"));
        }));
        assert!(panicked.is_err());
        assert_eq!(pool.with(&gpu, &Dtype::F32.into(), |_| 7), 7);
    }
}
