//! Trials that need what a machine may lack: ignored with the reason where it is missing, failed where that is demanded.
//! A test that returns early instead would be green without having looked.

#![allow(dead_code, reason = "every test binary uses a part of it")]

use libtest_mimic::{Completion, Failed, Trial};

/// A trial of something that `missing` says is not here, if it is not.
pub fn trial(
    name: &str,
    missing: fn() -> Option<String>,
    demanded: bool,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    // nextest would count a trial that ignores itself while it runs as passed: there it is marked beforehand.
    if std::env::var_os("NEXTEST").is_some()
        && !demanded
        && let Some(reason) = missing()
    {
        return Trial::test(name, move || Err(reason.into())).with_ignored_flag(true);
    }
    Trial::ignorable_test(name, move || match missing() {
        None => test().map(|()| Completion::Completed),
        Some(reason) if demanded => Err(format!("demanded, and {reason}").into()),
        Some(reason) => Ok(Completion::ignored_with(reason)),
    })
}

/// Whether `BURN_REPRO_REQUIRE` names a target, or a class or a target of it.
pub fn is_required(wanted: &str) -> bool {
    let required = std::env::var("BURN_REPRO_REQUIRE").unwrap_or_default();
    let mut required = required.split(',').map(str::trim);
    required.any(|name| name == wanted || name.split(':').next() == Some(wanted))
}
