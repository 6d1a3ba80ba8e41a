//! How much memory a process holds. Linux only; elsewhere no limit is kept.

use std::path::Path;

/// Bytes a process holds in memory and in swap; `None` where that cannot be known.
pub(crate) fn held(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    Some(kibibytes(&status, "VmRSS:")? + kibibytes(&status, "VmSwap:").unwrap_or(0))
}

/// Half of what this machine, or the container, has: what a cell may take where its scenario says nothing.
#[must_use]
pub fn default_memory_limit() -> Option<u64> {
    let total = kibibytes(&std::fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")?;
    let container = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .into_iter()
        .find_map(|file| std::fs::read_to_string(Path::new(file)).ok()?.trim().parse().ok());
    Some(container.unwrap_or(total).min(total) / 2)
}

fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_holds_more_after_it_took_more() {
        let before = held(std::process::id()).unwrap();
        // Far more than the tests beside this one give back meanwhile.
        let taken = vec![1_u8; 512 << 20];
        let after = held(std::process::id()).unwrap();
        assert!(after >= before + (128 << 20), "{before} {after} {}", taken[taken.len() - 1]);
        assert!(default_memory_limit().unwrap() > 1 << 20);
    }

    #[test]
    fn nobody_holds_nothing() {
        assert_eq!(held(u32::MAX), None);
        assert_eq!(kibibytes("VmRSS:\t  12 kB\nVmSwap:\t 0 kB\n", "VmRSS:"), Some(12 * 1024));
    }
}
