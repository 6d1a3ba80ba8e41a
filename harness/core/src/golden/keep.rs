//! What a golden keeps of a reference run, so that it fits into git. Pure.

use burn_repro_compare::sketch::{reduced, reduced_shape, sketch};

use super::text::Summary;
use crate::trace::{HostTensor, NamedTensor, Trace};

/// Bytes that a golden's files have at most, together.
pub const SIZE_LIMIT: usize = 64 * 1024;

/// Bytes of elements among them; the rest is for the text and for the names of the tensors.
const ELEMENTS_LIMIT: usize = 52 * 1024;

/// Intermediate tensors that a golden's text lists at most.
const RECORDS_LIMIT: usize = 32;

/// The tensors as they lie in the file, and the summaries of the text.
pub(super) struct Content {
    pub(super) tensors: Vec<NamedTensor>,
    pub(super) outputs: Vec<Summary>,
    pub(super) records: Vec<Summary>,
}

/// The name under which a tensor's block means lie in the file.
pub(crate) fn reduced_name(name: &str) -> String {
    format!("{name}#reduced")
}

/// The name under which a tensor's sketch lies in the file.
pub(crate) fn sketch_name(name: &str) -> String {
    format!("{name}#sketch")
}

/// Every output whole if they fit, and as many whole records as there is room for: sketches of them where there is none for
/// the largest. Otherwise outputs are reduced and steps sketched.
pub(super) fn keep(trace: &Trace) -> Content {
    let mut kept = Content { tensors: Vec::new(), outputs: Vec::new(), records: Vec::new() };
    let whole: usize = trace.outputs.iter().map(|named| bytes(&named.tensor)).sum();
    if whole <= ELEMENTS_LIMIT {
        for named in &trace.outputs {
            kept.whole(named, false);
        }
        let room = ELEMENTS_LIMIT - whole;
        let largest = trace.records.iter().map(|named| bytes(&named.tensor)).max().unwrap_or(1);
        if largest > room {
            kept.sketches(&trace.records, room);
        } else {
            spread(&trace.records, room / largest.max(1)).for_each(|named| kept.whole(named, true));
        }
        return kept;
    }
    // Half for the outputs, the other half for the steps.
    let share = ELEMENTS_LIMIT / 2 / trace.outputs.len();
    for named in &trace.outputs {
        kept.reduced(named, share);
    }
    kept.sketches(&trace.records, ELEMENTS_LIMIT / 2);
    kept
}

fn bytes(tensor: &HostTensor) -> usize {
    tensor.values.len() * size_of::<f64>()
}

/// At most so many, evenly spread, the last one among them.
fn spread(records: &[NamedTensor], room: usize) -> impl Iterator<Item = &NamedTensor> {
    let fitting = room.min(records.len()).min(RECORDS_LIMIT);
    (1..=fitting).map(move |part| &records[part * records.len() / fitting - 1])
}

/// The side of the smallest blocks whose means fit into so many bytes; nothing if none do.
fn block_side(shape: &[usize], room: usize) -> Option<usize> {
    let fits = |side: &usize| {
        let count: usize = reduced_shape(shape, *side).iter().product();
        count * size_of::<f64>() <= room
    };
    let longest = shape.iter().copied().max().unwrap_or(1);
    (1..=longest).find(fits)
}

impl Content {
    fn whole(&mut self, named: &NamedTensor, record: bool) {
        let summary = Summary::whole(&named.name, &named.tensor);
        self.tensors.push(named.clone());
        if record { self.records.push(summary) } else { self.outputs.push(summary) }
    }

    fn reduced(&mut self, NamedTensor { name, tensor }: &NamedTensor, room: usize) {
        let side = block_side(&tensor.shape, room.saturating_sub(bytes(&sketch(&[0.0]))));
        self.outputs.push(Summary::part(name, tensor, side));
        if let Some(side) = side {
            self.add(reduced_name(name), reduced(tensor, side));
        }
        self.add(sketch_name(name), sketch(&tensor.values));
    }

    fn sketches(&mut self, records: &[NamedTensor], room: usize) {
        for NamedTensor { name, tensor } in spread(records, room / bytes(&sketch(&[0.0]))) {
            self.records.push(Summary::part(name, tensor, None));
            self.add(sketch_name(name), sketch(&tensor.values));
        }
    }

    fn add(&mut self, name: String, tensor: HostTensor) {
        self.tensors.push(NamedTensor { name, tensor });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::golden::text::Kept;
    use crate::tensor_file;
    use crate::trace::Dtype;

    fn named(name: &str, shape: &[usize]) -> NamedTensor {
        let values = vec![0.5; shape.iter().product()];
        let tensor = HostTensor { shape: shape.to_vec(), dtype: Dtype::F64.into(), values };
        NamedTensor { name: name.into(), tensor }
    }

    #[rstest]
    #[case::small(&[1, 8, 8, 3], &[Kept::Whole; 2])]
    #[case::largest_whole(&[1, 32, 32, 3], &[Kept::Whole; 2])]
    #[case::photograph(&[1, 512, 512, 3], &[Kept::Reduced; 2])]
    #[case::large_batch(&[4096, 3, 2, 2], &[Kept::Sketch; 2])]
    fn outputs_are_reduced_where_they_do_not_fit(#[case] shape: &[usize], #[case] kept: &[Kept]) {
        let outputs = vec![named("latents", shape), named("image", shape)];
        let content = keep(&Trace { outputs, ..Trace::default() });
        assert_eq!(content.outputs.iter().map(|s| s.kept).collect::<Vec<_>>(), kept);
        assert!(content.outputs.iter().all(|s| s.sha256.is_some() == (s.kept != Kept::Whole)));
        assert!(tensor_file::encode(&content.tensors).len() <= SIZE_LIMIT);
    }

    /// A model with layers that are larger than what its outputs leave.
    #[test]
    fn layers_are_sketched_beside_a_whole_output() {
        let records =
            (0..6).map(|layer| named(&format!("layer{layer}"), &[1, 64, 32, 32])).collect();
        let outputs = vec![named("logits", &[1, 10])];
        let content = keep(&Trace { records, outputs, ..Trace::default() });
        assert_eq!(content.outputs[0].kept, Kept::Whole);
        assert_eq!(content.records.iter().map(|s| s.kept).collect::<Vec<_>>(), [Kept::Sketch; 6]);
    }

    proptest! {
        // A case makes up to 300 tensors.
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn whatever_is_kept_fits_and_the_last_step_is_among_it(
            steps in 1_usize..300,
            side in 1_usize..50,
            outputs in 1_usize..4,
        ) {
            let shape = [1, 3, side, side];
            let trace = Trace {
                records: (0..steps).map(|step| named(&format!("{step:03}"), &shape)).collect(),
                outputs: (0..outputs).map(|index| named(&format!("o{index}"), &shape)).collect(),
                ..Trace::default()
            };
            let content = keep(&trace);
            prop_assert!(tensor_file::encode(&content.tensors).len() <= SIZE_LIMIT * 9 / 10);
            prop_assert_eq!(content.outputs.len(), outputs);
            let kept: Vec<usize> = content.records.iter().map(|s| s.name.parse().unwrap()).collect();
            prop_assert!(kept.is_sorted_by(|left, right| left < right));
            prop_assert!(kept.last().is_none_or(|last| *last == steps - 1));
            // Nothing is whole beside something of its kind that had to be made smaller.
            let whole = |s: &Summary| s.kept == Kept::Whole;
            for kind in [&content.outputs, &content.records] {
                prop_assert!(kind.iter().all(whole) || !kind.iter().any(whole));
            }
        }
    }
}
