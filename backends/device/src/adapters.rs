//! The adapters that wgpu finds: listing them, and finding one again by name. CubeCL is not touched here.

use wgpu::{
    Adapter as Handle, AdapterInfo, Backends, DeviceType, Instance, InstanceDescriptor,
    InstanceFlags, Limits,
};

use crate::slug::unique_slugs;
use crate::{build_facts, host};
use burn_repro_target::{
    Adapter, Class, Discovery, Fingerprint, Locator, Missing, OPENGL, Target, switch,
};

/// The machine's native graphics APIs. OpenGL is left out unless somebody asks for it: it shows the same devices a second
/// time, without float atomics and with other shader limits.
fn backends() -> Backends {
    // A value that says neither was refused before this process was started.
    match switch(OPENGL) {
        Ok(true) => Backends::PRIMARY | Backends::GL,
        _ => Backends::PRIMARY,
    }
}

/// One target for each adapter of the machine's graphics APIs.
pub(crate) fn probe() -> Discovery {
    let targets: Vec<Target> = enumerate(&instance())
        .into_iter()
        .map(|(name, handle)| target(name, &handle.get_info(), &handle.limits()))
        .collect();
    let missing = if targets.is_empty() {
        vec![Missing::class(Class::Wgpu, none_found(), CURE)]
    } else {
        Vec::new()
    };
    Discovery { targets, missing }
}

/// The adapter that was listed under a name, unless another one has that name by now.
pub(crate) fn find(name: &str, adapter: &Adapter) -> Option<(Instance, Handle)> {
    let instance = instance();
    let handle = enumerate(&instance)
        .into_iter()
        .find(|(listed, handle)| listed == name && identity(&handle.get_info()) == *adapter)
        .map(|(_, handle)| handle)?;
    Some((instance, handle))
}

/// No debugging flags, whatever the profile: a validation layer of the machine would change what is run.
fn instance() -> Instance {
    Instance::new(InstanceDescriptor {
        backends: backends(),
        flags: InstanceFlags::VALIDATION_INDIRECT_CALL,
        ..InstanceDescriptor::new_without_display_handle()
    })
}

fn enumerate(instance: &Instance) -> Vec<(String, Handle)> {
    let handles = pollster::block_on(instance.enumerate_adapters(backends()));
    let seen: Vec<_> = handles
        .iter()
        .map(|handle| identity(&handle.get_info()))
        .map(|adapter| (adapter.device, adapter.api))
        .collect();
    unique_slugs(&seen)
        .into_iter()
        .map(|slug| format!("{}:{slug}", Class::Wgpu))
        .zip(handles)
        .collect()
}

fn identity(info: &AdapterInfo) -> Adapter {
    Adapter {
        device: info.name.clone(),
        api: info.backend.to_str().to_owned(),
        vendor_id: info.vendor,
        device_id: info.device,
        pci_bus: info.device_pci_bus_id.clone(),
    }
}

fn target(name: String, info: &AdapterInfo, limits: &Limits) -> Target {
    let adapter = identity(info);
    let fingerprint = Fingerprint {
        device: Some(info.name.clone()),
        device_type: Some(device_type(info.device_type).to_owned()),
        driver: Some(format!("{} {}", info.driver, info.driver_info).trim().to_owned()),
        api: Some(adapter.api.clone()),
        pci_bus: Some(adapter.pci_bus.clone()).filter(|address| !address.is_empty()),
        largest_tensor: Some(limits.max_storage_buffer_binding_size),
        compiler: Some(format!("naga {} (wgsl)", build_facts::version("naga"))),
        ..host::fingerprint()
    };
    Target { name, class: Class::Wgpu, locator: Locator::Wgpu(adapter), fingerprint }
}

const fn device_type(kind: DeviceType) -> &'static str {
    match kind {
        DeviceType::DiscreteGpu => "discrete gpu",
        DeviceType::IntegratedGpu => "integrated gpu",
        DeviceType::VirtualGpu => "virtual gpu",
        DeviceType::Cpu => "software",
        DeviceType::Other => "other",
    }
}

fn none_found() -> String {
    let hidden = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]
        .into_iter()
        .find_map(|name| Some((name, std::env::var(name).ok()?)));
    match hidden {
        Some((name, value)) => format!(
            "wgpu found no adapter; {name} is set, so that only the drivers in it are seen: {value}"
        ),
        None => "wgpu found no adapter".to_owned(),
    }
}

#[cfg(target_os = "linux")]
const CURE: &str = "install a Vulkan driver; on Debian or Ubuntu without a GPU: apt-get install mesa-vulkan-drivers libvulkan1";
#[cfg(target_os = "macos")]
const CURE: &str = "run on a machine where Metal is available; virtual machines often have none";
#[cfg(target_os = "windows")]
const CURE: &str = "install the graphics driver of the GPU's maker; without a GPU, Windows brings a software adapter for DirectX 12";
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
const CURE: &str = "install a Vulkan driver";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_of_another_machine_is_not_found() {
        let adapter = Adapter {
            device: "none such".into(),
            api: "vulkan".into(),
            vendor_id: 1,
            device_id: 2,
            pci_bus: String::new(),
        };
        assert!(find("wgpu:none-such", &adapter).is_none());
    }
}
