//! Which of torch's compiled arithmetics a generator follows. Not here: the arithmetic itself.

/// `torch.backends.cpu.get_cpu_capability()`, as far as it changes random bits.
///
/// Integers, `rand` and permutations do not depend on it. In `randn` about 38 % of the float32
/// values do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CpuCapability {
    /// x86-64 with AVX2 and FMA, and also AVX-512: what nearly every machine of the last ten years
    /// runs.
    #[default]
    Avx2,
    /// `ATEN_CPU_CAPABILITY=default` on x86-64: multiplication and addition rounded separately,
    /// float32 normals from the C library's `logf`, `sinf` and `cosf`. Exact where these are
    /// glibc's.
    Default,
}
