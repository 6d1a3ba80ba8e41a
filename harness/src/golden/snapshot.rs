//! The reference trial: does the pipeline in `f64` still give its golden? Asked through insta, so
//! that `cargo insta review` is how a golden changes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::comparator::ReferenceComparator;
use super::store::Store;
use super::text::GoldenText;
use super::{REFERENCE_BOUND, TENSORS_SUFFIX};
use crate::compare::compare;
use crate::scenario::{Bounds, Scenario};
use crate::tensor_file;
use crate::trace::{NamedTensor, Trace};

/// Bytes of elements that a golden has at most, so that goldens fit into git: the outputs, and as
/// many intermediate tensors as there is room for.
const SIZE_BUDGET: usize = 60 * 1024;

/// Compares a reference run with the golden of its scenario; insta writes pending files where they
/// differ, unless it runs in CI.
///
/// # Errors
/// If the reference is not finite, or what insta says.
pub fn assert_reference(store: &Store, scenario: &Scenario, trace: &Trace) -> Result<(), String> {
    for NamedTensor { name, tensor } in &trace.outputs {
        if let Some(flat) = tensor.first_non_finite() {
            return Err(format!(
                "the reference's {name} is {} at {:?}; a golden must be finite",
                tensor.values[flat],
                tensor.coordinates(flat)
            ));
        }
    }
    let records = kept_records(trace);
    let text = GoldenText::new(scenario, trace, &records).to_yaml();
    let tensors: Vec<NamedTensor> = trace.outputs.iter().chain(&records).cloned().collect();
    let bytes = tensor_file::encode(&tensors);

    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(store.folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(scenario.description.clone());
    settings.set_comparator(Box::new(ReferenceComparator));
    // Both halves are asserted before either panics, so that one review shows both.
    let text_half =
        settings.bind(|| catch(|| insta::assert_snapshot!(scenario.name.as_str(), text)));
    settings.set_snapshot_suffix(TENSORS_SUFFIX);
    let tensor_half = settings.bind(|| {
        let name = format!("{}.safetensors", scenario.name);
        catch(|| insta::assert_binary_snapshot!(&name, bytes))
    });
    text_half.and(tensor_half).map_err(|reason| {
        let moved = moved(store, scenario, trace);
        format!("the reference no longer gives its golden: {moved}; insta says: {reason}")
    })
}

/// How far each output is from the golden, where there is one that can be compared.
fn moved(store: &Store, scenario: &Scenario, trace: &Trace) -> String {
    let golden = match store.load(&scenario.name) {
        Ok(golden) => golden,
        Err(error) => return error.to_string(),
    };
    let bounds = Bounds { abs_sum: REFERENCE_BOUND, pixel: REFERENCE_BOUND };
    let sentence = |NamedTensor { name, tensor }: &NamedTensor| {
        let Some(want) = golden.tensor(name) else { return format!("{name} is new") };
        match compare(tensor, want, want.abs_sum(), &bounds) {
            Err(error) => format!("{name}: {error}"),
            Ok(comparison) => format!(
                "{name} moved by at most {:.3e}, {} of {} elements by more than the reference may",
                comparison.max_abs_diff, comparison.outside, comparison.count
            ),
        }
    };
    trace.outputs.iter().map(sentence).collect::<Vec<_>>().join("; ")
}

fn catch(assertion: impl FnOnce()) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(assertion)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("insta panicked without a message").to_owned()
    })
}

/// As many records as fit beside the outputs, evenly spread, the last one among them.
fn kept_records(trace: &Trace) -> Vec<NamedTensor> {
    let records = &trace.records;
    let largest = records.iter().map(|named| named.tensor.values.len() * 8).max();
    let outputs: usize = trace.outputs.iter().map(|named| named.tensor.values.len() * 8).sum();
    let room = SIZE_BUDGET.saturating_sub(outputs);
    let fitting = largest.map_or(0, |bytes| room / bytes).min(records.len());
    (1..=fitting).map(|part| records[part * records.len() / fitting - 1].clone()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SIZE_BUDGET, kept_records};
    use crate::trace::{Dtype, HostTensor, NamedTensor, Trace};

    proptest! {
        #[test]
        fn keeps_what_fits_and_the_last(steps in 1_usize..300, elements in 1_usize..6000) {
            let tensor =
                HostTensor { shape: vec![elements], dtype: Dtype::F64, values: vec![0.0; elements] };
            let records = (0..steps)
                .map(|step| NamedTensor { name: step.to_string(), tensor: tensor.clone() })
                .collect();
            let kept = kept_records(&Trace { records, ..Trace::default() });
            prop_assert!(kept.len() * elements * 8 <= SIZE_BUDGET);
            let all_fit = steps * elements * 8 <= SIZE_BUDGET;
            prop_assert_eq!(kept.len() == steps, all_fit);
            if let Some(last) = kept.last() {
                prop_assert_eq!(&last.name, &(steps - 1).to_string());
            }
            let steps: Vec<usize> = kept.iter().map(|named| named.name.parse().unwrap()).collect();
            prop_assert!(steps.is_sorted_by(|left, right| left < right));
        }
    }
}
