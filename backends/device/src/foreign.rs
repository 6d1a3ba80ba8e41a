//! Every call into C that has no safe wrapper, and nothing else: no decision is taken here.

#![expect(unsafe_code, reason = "cudarc, llvm-sys and libc offer these functions as unsafe only")]

#[cfg(feature = "cuda")]
use std::ffi::c_int;

#[cfg(feature = "cuda")]
use cudarc::driver::sys::CUdevice_attribute;

/// Whether the CUDA driver's library can be loaded.
#[cfg(feature = "cuda")]
pub(crate) fn driver_is_present() -> bool {
    // SAFETY: it loads a library by name and drops it again; that library is the one Burn would load.
    unsafe { cudarc::driver::sys::is_culib_present() }
}

/// Whether the library that compiles CUDA kernels at run time can be loaded.
#[cfg(feature = "cuda")]
pub(crate) fn nvrtc_is_present() -> bool {
    // SAFETY: as for `driver_is_present`.
    unsafe { cudarc::nvrtc::sys::is_culib_present() }
}

/// The newest CUDA that the driver supports, as 1000 * major + 10 * minor.
#[cfg(feature = "cuda")]
pub(crate) fn driver_version() -> Option<c_int> {
    let mut version = 0;
    // SAFETY: the function only writes the number; asked for after the library was found.
    let result = unsafe { cudarc::driver::sys::cuDriverGetVersion(&raw mut version) };
    result.result().ok().map(|()| version)
}

/// The version of the kernel compiler.
#[cfg(feature = "cuda")]
pub(crate) fn nvrtc_version() -> Option<(c_int, c_int)> {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the function only writes the two numbers; asked for after the library was found.
    let result = unsafe { cudarc::nvrtc::sys::nvrtcVersion(&raw mut major, &raw mut minor) };
    (result == cudarc::nvrtc::sys::nvrtcResult::NVRTC_SUCCESS).then_some((major, minor))
}

/// The LLVM that is linked: `llvm 22.1.8`.
#[cfg(feature = "llvm")]
pub(crate) fn llvm_version() -> String {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: the function only writes the three numbers.
    unsafe {
        llvm_sys::core::LLVMGetVersion(&raw mut major, &raw mut minor, &raw mut patch);
    }
    format!("llvm {major}.{minor}.{patch}")
}

/// One attribute of the GPU at a place of the driver's list.
#[cfg(feature = "cuda")]
pub(crate) fn attribute(index: c_int, attribute: CUdevice_attribute) -> Option<c_int> {
    let device = cudarc::driver::result::device::get(index).ok()?;
    // SAFETY: the handle comes from the driver itself.
    unsafe { cudarc::driver::result::device::get_attribute(device, attribute) }.ok()
}

/// Ends this process at once, without what libraries have asked to be run at its end: a driver may hang in that.
#[cfg(unix)]
pub fn leave(code: u8) -> ! {
    // SAFETY: it takes no memory and does not return.
    unsafe { libc::_exit(i32::from(code)) }
}

/// Ends this process.
#[cfg(not(unix))]
pub fn leave(code: u8) -> ! {
    std::process::exit(i32::from(code))
}

/// The version of the C library that runs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn glibc_version() -> Option<String> {
    // SAFETY: glibc returns a pointer to a constant, terminated text.
    let text = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    text.to_str().ok().map(str::to_owned)
}

/// Only glibc can be asked.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn glibc_version() -> Option<String> {
    None
}
