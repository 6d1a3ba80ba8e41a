//! What a lockstep keeps of the operations that went by. Plain data.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn_repro_device::ir::OperationIr;

use crate::operation::Description;
use burn_repro_core::diagnose::{Error, TOLD};

/// What is kept of an operation.
#[derive(Debug, Clone)]
pub struct OpResult {
    pub number: usize,
    pub place: Arc<str>,
    pub source: Option<String>,
    pub parameter: Option<Arc<str>>,
    pub kind: Subject,
    pub local: Error,
    pub accumulated: Error,
    pub allowed: f64,
}

/// What was compared.
#[derive(Debug, Clone)]
pub enum Subject {
    /// Host data that became a tensor of this shape.
    Host(Vec<usize>),
    /// An operation of the recording.
    Operation(Box<OperationIr>),
}

impl Subject {
    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Self::Host(_) => "from_data".to_owned(),
            Self::Operation(operation) => Description::of(operation).name,
        }
    }
}

impl OpResult {
    /// Its local error beside what is allowed; above 1 it needs an explanation.
    fn excess(&self) -> f64 {
        self.local.ulp / self.allowed
    }
}

/// Of all that went by, what is told: memory does not grow with the length of a run.
#[derive(Debug, Default)]
pub struct Stats {
    /// How many were compared.
    pub operations: usize,
    /// Those with the largest error beside what is allowed, the worst first.
    pub worst: Vec<OpResult>,
    /// The first that has more than it may.
    pub first: Option<OpResult>,
    /// How many have more than they may, by name.
    pub inaccurate: BTreeMap<String, usize>,
}

impl Stats {
    /// Takes the next one.
    pub fn take(&mut self, compared: OpResult) {
        self.operations += 1;
        if compared.excess() > 1.0 {
            *self.inaccurate.entry(compared.kind.name()).or_default() += 1;
            self.first.get_or_insert_with(|| compared.clone());
        }
        let place = self.worst.partition_point(|worse| worse.excess() >= compared.excess());
        if place < TOLD {
            self.worst.insert(place, compared);
            self.worst.truncate(TOLD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_are_kept_and_the_first_that_is_off() {
        let mut kept = Stats::default();
        for number in 0..100 {
            let local = Error { ulp: f64::from(number as u32 * 37 % 100), ..Error::default() };
            let (place, kind) = ("".into(), Subject::Host(Vec::new()));
            let accumulated = Error::default();
            kept.take(OpResult {
                number,
                place,
                source: None,
                parameter: None,
                kind,
                local,
                accumulated,
                allowed: 50.0,
            });
        }
        let ulp: Vec<f64> = kept.worst.iter().map(|compared| compared.local.ulp).collect();
        assert_eq!(ulp, [99.0, 98.0, 97.0, 96.0, 95.0, 94.0, 93.0, 92.0, 91.0, 90.0]);
        assert_eq!(kept.first.map(|first| first.local.ulp), Some(74.0));
        assert_eq!((kept.operations, kept.inaccurate["from_data"]), (100, 49));
    }
}
