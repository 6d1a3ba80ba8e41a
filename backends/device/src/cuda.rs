//! The GPUs that the CUDA driver finds, and what of CUDA's installation is missing for kernels to run on them.
//!
//! Each question is only safe to ask after those before it were answered well: cudarc and cubecl-cuda panic where a
//! library, a device or a header is missing.

use std::path::PathBuf;

use cubecl::cuda::compiler::CudaBackend;
use cudarc::driver::result;
use cudarc::driver::sys::CUdevice_attribute::{
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR as MAJOR,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR as MINOR, CU_DEVICE_ATTRIBUTE_PCI_BUS_ID as BUS,
    CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID as SLOT, CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID as DOMAIN,
};

use crate::{foreign, host};
use burn_repro_target::{Class, Discovery, Fingerprint, Locator, Missing, Target};

/// One target for each GPU, or the first thing that is missing.
pub(crate) fn probe() -> Discovery {
    let mut report = Discovery::default();
    match usable_gpus(&Machine) {
        Ok(count) => report.targets.extend((0..count).filter_map(target)),
        Err(missing) => report.missing.push(missing),
    }
    report
}

/// What is asked of the machine, in this order.
trait Installation {
    fn compiler(&self) -> CudaBackend;
    fn driver_is_present(&self) -> bool;
    fn nvrtc_is_present(&self) -> bool;
    fn start(&self) -> Result<(), String>;
    fn count(&self) -> Result<usize, String>;
    fn toolkit(&self) -> Option<PathBuf>;
}

struct Machine;

impl Installation for Machine {
    fn compiler(&self) -> CudaBackend {
        CudaBackend::default()
    }

    fn driver_is_present(&self) -> bool {
        foreign::driver_is_present()
    }

    fn nvrtc_is_present(&self) -> bool {
        foreign::nvrtc_is_present()
    }

    fn start(&self) -> Result<(), String> {
        result::init().map_err(|error| error.to_string())
    }

    fn count(&self) -> Result<usize, String> {
        let count = result::device::get_count().map_err(|error| error.to_string())?;
        usize::try_from(count).map_err(|error| error.to_string())
    }

    /// Where CubeCL looks.
    fn toolkit(&self) -> Option<PathBuf> {
        let usual = ["/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda", "/usr"];
        let set = std::env::var_os("CUDA_PATH").map(PathBuf::from);
        let is_here = |root: &PathBuf| root.join("nvvm").join("libdevice").is_dir();
        match self.compiler() {
            CudaBackend::Cpp => cubecl::cuda::install::cuda_path(),
            CudaBackend::Llvm => set.or_else(|| usual.into_iter().map(PathBuf::from).find(is_here)),
        }
    }
}

fn usable_gpus(machine: &impl Installation) -> Result<usize, Missing> {
    let missing = |reason: &str, help: &str| Err(Missing::class(Class::Cuda, reason, help));
    if !machine.driver_is_present() {
        return missing(
            "the library of the NVIDIA driver (libcuda, nvcuda) cannot be loaded",
            DRIVER,
        );
    }
    if machine.compiler() == CudaBackend::Cpp && !machine.nvrtc_is_present() {
        return missing(
            "the library that compiles CUDA kernels at run time (NVRTC) cannot be loaded",
            NVRTC,
        );
    }
    if let Err(error) = machine.start() {
        return missing(&format!("the NVIDIA driver does not start: {error}"), BROKEN);
    }
    let count = match machine.count() {
        Ok(0) => return missing("the NVIDIA driver sees no GPU", NO_GPU),
        Ok(count) => count,
        Err(error) => {
            return missing(&format!("the NVIDIA driver does not count its GPUs: {error}"), BROKEN);
        }
    };
    let Some(toolkit) = machine.toolkit() else {
        return missing("CUDA_PATH is not set and no CUDA toolkit is in its usual place", TOOLKIT);
    };
    let needed = match machine.compiler() {
        CudaBackend::Cpp => toolkit.join("include").join("cuda_runtime.h"),
        // Of it, kernels that take exp, log, sin, pow or erf are linked.
        CudaBackend::Llvm => toolkit.join("nvvm").join("libdevice").join("libdevice.10.bc"),
    };
    if !needed.exists() {
        return missing(
            &format!("a part of the CUDA toolkit is not here: {} does not exist", needed.display()),
            TOOLKIT,
        );
    }
    Ok(count)
}

const DRIVER: &str = "run on Linux or Windows with an NVIDIA GPU and its driver; a container needs to be given the GPU (docker run --gpus all)";
const NVRTC: &str = "install the CUDA toolkit 12 or newer and put its libraries where the loader looks (LD_LIBRARY_PATH on Linux, PATH on Windows)";
const BROKEN: &str =
    "see whether `nvidia-smi` works; after an update of the driver the machine may need a restart";
const NO_GPU: &str = "unset CUDA_VISIBLE_DEVICES or correct it; a container needs to be given the GPU (docker run --gpus all)";
const TOOLKIT: &str =
    "install the CUDA toolkit and set CUDA_PATH to the folder that holds `include` and `nvvm`";

fn target(index: usize) -> Option<Target> {
    let place = i32::try_from(index).ok()?;
    let device = result::device::get(place)
        .and_then(result::device::get_name)
        .unwrap_or_else(|_| "unknown".to_owned());
    let capability = foreign::attribute(place, MAJOR).zip(foreign::attribute(place, MINOR));
    let fingerprint = Fingerprint {
        device: Some(device.clone()),
        device_type: Some("discrete gpu".to_owned()),
        driver: Some(driver()),
        api: Some("cuda".to_owned()),
        pci_bus: pci_bus(place),
        compiler: compiler(),
        compute_capability: capability.map(|(major, minor)| format!("{major}.{minor}")),
        ..host::fingerprint()
    };
    Some(Target {
        name: format!("{}:{index}", Class::Cuda),
        class: Class::Cuda,
        locator: Locator::Cuda { index, device },
        fingerprint,
    })
}

/// What turns kernels into PTX. Either is in the binary; which one runs is proven by what was compiled.
fn compiler() -> Option<String> {
    match CudaBackend::default() {
        CudaBackend::Llvm => Some(foreign::llvm_version()),
        CudaBackend::Cpp => {
            foreign::nvrtc_version().map(|(major, minor)| format!("nvrtc {major}.{minor}"))
        }
    }
}

/// The address as Vulkan writes it, too.
fn pci_bus(place: i32) -> Option<String> {
    let part = |attribute| foreign::attribute(place, attribute);
    Some(format!("{:04x}:{:02x}:{:02x}.0", part(DOMAIN)?, part(BUS)?, part(SLOT)?))
}

/// The CUDA version that the driver supports, and on Linux the driver's own.
fn driver() -> String {
    let supports = foreign::driver_version().map_or_else(
        || "unknown".to_owned(),
        |version| format!("{}.{}", version / 1000, version % 1000 / 10),
    );
    let module = std::fs::read_to_string("/sys/module/nvidia/version").unwrap_or_default();
    format!("nvidia {} (cuda {supports})", module.trim()).replace("  ", " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[derive(Clone)]
    struct Fake {
        driver: bool,
        nvrtc: bool,
        compiler: CudaBackend,
        start: Result<(), String>,
        count: Result<usize, String>,
        toolkit: Option<PathBuf>,
    }

    impl Installation for Fake {
        fn compiler(&self) -> CudaBackend {
            self.compiler
        }
        fn driver_is_present(&self) -> bool {
            self.driver
        }
        fn nvrtc_is_present(&self) -> bool {
            assert!(self.driver, "asked without a driver");
            self.nvrtc
        }
        fn start(&self) -> Result<(), String> {
            assert!(self.driver, "started without a driver");
            self.start.clone()
        }
        fn count(&self) -> Result<usize, String> {
            assert!(self.start.is_ok(), "counted without a start");
            self.count.clone()
        }
        fn toolkit(&self) -> Option<PathBuf> {
            self.toolkit.clone()
        }
    }

    fn whole() -> Fake {
        Fake {
            compiler: CudaBackend::Llvm,
            driver: true,
            nvrtc: true,
            start: Ok(()),
            count: Ok(2),
            toolkit: Some(PathBuf::from("nowhere")),
        }
    }

    #[rstest]
    #[case::driver(Fake { driver: false, ..whole() }, "the library of the NVIDIA driver", DRIVER)]
    #[case::nvrtc(Fake { nvrtc: false, compiler: CudaBackend::Cpp, ..whole() }, "NVRTC", NVRTC)]
    #[case::start(Fake { start: Err("CUDA_ERROR_UNKNOWN".into()), ..whole() }, "does not start: CUDA_ERROR_UNKNOWN", BROKEN)]
    #[case::no_gpu(Fake { count: Ok(0), ..whole() }, "sees no GPU", NO_GPU)]
    #[case::count(Fake { count: Err("lost".into()), ..whole() }, "does not count its GPUs: lost", BROKEN)]
    #[case::toolkit(Fake { toolkit: None, ..whole() }, "CUDA_PATH is not set", TOOLKIT)]
    #[case::headers(Fake { compiler: CudaBackend::Cpp, ..whole() }, "cuda_runtime.h does not exist", TOOLKIT)]
    #[case::libdevice(whole(), "libdevice.10.bc does not exist", TOOLKIT)]
    fn the_first_missing_part_is_named_with_its_cure(
        #[case] machine: Fake,
        #[case] reason: &str,
        #[case] help: &str,
    ) {
        let missing = usable_gpus(&machine).unwrap_err();
        assert!(missing.reason.contains(reason), "{}", missing.reason);
        assert_eq!(
            (missing.name.as_str(), missing.class, missing.help.as_str()),
            ("cuda", Class::Cuda, help)
        );
    }

    #[rstest]
    #[case(CudaBackend::Cpp, "include/cuda_runtime.h")]
    #[case(CudaBackend::Llvm, "nvvm/libdevice/libdevice.10.bc")]
    fn a_whole_installation_gives_its_gpus(#[case] compiler: CudaBackend, #[case] part: &str) {
        let name = format!("burn-repro-toolkit-{}-{compiler:?}", std::process::id());
        let toolkit = std::env::temp_dir().join(name);
        let part = toolkit.join(part);
        std::fs::create_dir_all(part.parent().unwrap()).unwrap();
        std::fs::write(part, "").unwrap();
        let count = usable_gpus(&Fake { compiler, toolkit: Some(toolkit.clone()), ..whole() });
        std::fs::remove_dir_all(&toolkit).unwrap();
        assert_eq!(count, Ok(2));
    }
}
