//! The adapters that wgpu finds: listing them, and finding one again by name. CubeCL is not touched here.

use wgpu::{
    Adapter as Handle, AdapterInfo, Backends, DeviceType, Instance, InstanceDescriptor,
    InstanceFlags, Limits,
};

use crate::slug::unique_slugs;
use crate::{build_facts, host};
use burn_repro_target::{
    Adapter, Class, Discovery, Fingerprint, Locator, Missing, OPENGL, Target, VULKAN, switch,
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

/// A device and its queue, as CubeCL asks for them.
///
/// # Errors
/// What the driver says.
pub(crate) fn request(handle: &Handle) -> Result<(wgpu::Device, wgpu::Queue), String> {
    #[cfg(feature = "vulkan")]
    if handle.get_info().backend == wgpu::Backend::Vulkan {
        let native = cubecl::wgpu::vulkan::try_request_vulkan_device(handle);
        if let Some(opened) = pollster::block_on(native).map_err(|error| error.to_string())? {
            return Ok(opened);
        }
    }
    pollster::block_on(handle.request_device(&as_cubecl_asks(handle)))
        .map_err(|error| error.to_string())
}

/// The request that cubecl-wgpu makes (`backend/wgsl.rs`), less the features that wgpu calls experimental: they need
/// `unsafe`, and no WGSL kernel of CubeCL uses one.
fn as_cubecl_asks(handle: &wgpu::Adapter) -> wgpu::DeviceDescriptor<'static> {
    let unwanted =
        wgpu::Features::MAPPABLE_PRIMARY_BUFFERS | wgpu::Features::all_experimental_mask();
    wgpu::DeviceDescriptor {
        label: None,
        required_features: handle.features().difference(unwanted),
        required_limits: handle.limits(),
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        trace: wgpu::Trace::Off,
        experimental_features: wgpu::ExperimentalFeatures::disabled(),
    }
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
    let infos: Vec<AdapterInfo> = handles.iter().map(Handle::get_info).collect();
    let seen: Vec<_> = infos.iter().map(identity).map(|found| (found.device, found.api)).collect();
    let prefix = |info: &AdapterInfo| if is_spirv(info) { VULKAN } else { "wgpu:" };
    let names = unique_slugs(&seen).into_iter().zip(&infos);
    names.map(|(slug, info)| format!("{}{slug}", prefix(info))).zip(handles).collect()
}

/// CubeCL has one compiler for an adapter: with its feature `vulkan` what reaches Vulkan is SPIR-V, and there is no
/// switch to WGSL. That it is SPIR-V is asserted when the target is opened.
fn is_spirv(info: &AdapterInfo) -> bool {
    cfg!(feature = "vulkan") && info.backend == wgpu::Backend::Vulkan
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
        compiler: Some(match is_spirv(info) {
            true => format!("cubecl {} (spirv)", build_facts::version("cubecl")),
            false => format!("naga {} (wgsl)", build_facts::version("naga")),
        }),
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
