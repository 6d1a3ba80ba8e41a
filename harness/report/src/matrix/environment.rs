//! What computed a result, as facts in a fixed order, and which of them differ between two targets. Pure.

use burn_repro_target::{Fingerprint, Target};

use super::Machine;

/// A fact about a target: what it is about, and what it is.
pub type Fact = (String, String);

/// Everything that is recorded about what computed a target's results.
#[must_use]
pub fn facts(machine: &Machine, target: &str) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    // Shards of one machine may have run on different hosts: both are told.
    for target in machine.targets(target) {
        for (name, value) in of_target(target) {
            match facts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) if known.split(" | ").any(|one| one == value) => {}
                Some((_, known)) => known.push_str(&format!(" | {value}")),
                None => facts.push((name, value)),
            }
        }
    }
    if let Some(precision) = machine.run.precision.get(target) {
        facts.push(("matrix product".into(), precision.to_string()));
    }
    facts.extend(machine_facts(machine));
    facts
}

/// What holds for all targets of a machine.
#[must_use]
pub(crate) fn machine_facts(machine: &Machine) -> Vec<Fact> {
    let run = &machine.run;
    let mut facts = vec![("build".to_owned(), run.build.clone())];
    let others = [
        ("threads", run.threads.map(|threads| threads.to_string())),
        ("commit", run.commit.clone()),
        ("harness", Some(run.burn_repro.clone())),
    ];
    let known = others.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    facts.extend(known);
    facts
}

fn of_target(target: &Target) -> Vec<Fact> {
    let Fingerprint {
        os,
        arch,
        libc,
        cpu_model,
        cpu_features,
        cpu_l1d,
        device,
        device_type,
        driver,
        api,
        largest_tensor,
        compiler,
        compute_capability,
        rustc,
        burn,
        crates,
        features,
        environment,
        pci_bus: _,
    } = &target.fingerprint;
    let features = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
    let plain = [
        ("device", device.clone()),
        ("device type", device_type.clone()),
        ("driver", driver.clone()),
        ("API", api.clone()),
        ("shader compiler", compiler.clone()),
        ("compute capability", compute_capability.clone()),
        ("largest tensor", largest_tensor.map(|bytes| format!("{} MiB", bytes >> 20))),
        ("operating system", Some(os.clone())),
        ("architecture", Some(arch.clone())),
        ("C library", libc.clone()),
        ("processor", Some(cpu_model.clone())),
        ("instruction sets", Some(cpu_features.join(", "))),
        ("L1 cache", cpu_l1d.clone()),
        ("Burn", Some(burn.clone())),
        ("Burn features", Some(features)),
        ("rustc", Some(rustc.clone())),
    ];
    let plain = plain.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let crates = crates.iter().filter(|(name, _)| *name != "burn");
    let crates = crates.map(|(name, version)| (format!("crate {name}"), version.clone()));
    let variables = environment.iter().map(|(name, value)| (name.clone(), value.clone()));
    plain.chain(crates).chain(variables).filter(|(_, value)| !value.is_empty()).collect()
}

/// The facts in which one side differs from the other, as `driver (A; B)`; what only one side has is listed, too.
#[must_use]
pub fn differences(left: &[Fact], right: &[Fact]) -> Vec<String> {
    let value = |facts: &[Fact], name: &str| {
        facts.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let names = left.iter().chain(right).map(|(name, _)| name);
    let mut told: Vec<&String> = Vec::new();
    let mut differences = Vec::new();
    for name in names {
        let (one, other) = (value(left, name), value(right, name));
        if one != other && !told.contains(&name) {
            told.push(name);
            let words = |value: Option<String>| value.unwrap_or_else(|| "none".into());
            differences.push(format!("{name} ({}; {})", words(one), words(other)));
        }
    }
    differences
}
