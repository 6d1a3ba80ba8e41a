//! Opens the adapter on which the difference was seen. What is computed on it is not told here.

use burn::tensor::Device;
use burn_wgpu::{RuntimeOptions, WgpuSetup, init_device};
use wgpu::{Backends, DeviceDescriptor, Instance, InstanceDescriptor, InstanceFlags};

/// The first adapter of a name; where there is none, Burn's default adapter, which may well agree.
///
/// # Panics
/// If the driver gives no device.
pub fn open(name: &str, api: &str) -> Device {
    let instance = Instance::new(InstanceDescriptor {
        backends: Backends::all(),
        // No debugging flags, whatever the profile: they change what is run.
        flags: InstanceFlags::VALIDATION_INDIRECT_CALL,
        ..InstanceDescriptor::new_without_display_handle()
    });
    let adapters = pollster::block_on(instance.enumerate_adapters(Backends::all()));
    let found = adapters.into_iter().find(|adapter| {
        let info = adapter.get_info();
        info.name == name && info.backend.to_str() == api
    });
    let Some(adapter) = found else {
        println!("`{name}` of {api} is not here: Burn's default adapter is asked instead");
        return Device::wgpu(Default::default());
    };
    let backend = adapter.get_info().backend;
    // What Burn asks for itself, less what wgpu calls experimental.
    let unwanted =
        wgpu::Features::MAPPABLE_PRIMARY_BUFFERS | wgpu::Features::all_experimental_mask();
    let asked = DeviceDescriptor {
        required_features: adapter.features().difference(unwanted),
        required_limits: adapter.limits(),
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..DeviceDescriptor::default()
    };
    let (device, queue) =
        pollster::block_on(adapter.request_device(&asked)).expect("the driver gives a device");
    let setup = WgpuSetup { instance, adapter, device, queue, backend };
    init_device(setup, RuntimeOptions::default()).into()
}
