//! Calls of what all kinds of tensors have: shapes, slices, choices, masks. Pure.

use burn::tensor::IndexingUpdateOp;
use burn_repro_device::ir::{BaseOperationIr as Base, CreationOpIr, TensorIr};

use super::super::literal::{array, has_steps, scalar, shape, slices};
use super::super::names::Names;
use super::{Call, cast, placement, tensor_type};

/// The call that is an operation, if there is one.
pub(super) fn call(operation: &Base, names: &Names) -> Option<Call> {
    let method = |receiver, name, arguments: Vec<String>| {
        Some(Call::method(names, receiver, name, arguments))
    };
    match operation {
        Base::Reshape(op) => method(&op.input, "reshape", vec![shape(&op.out.shape)]),
        Base::Expand(op) => method(&op.input, "expand", vec![shape(&op.out.shape)]),
        Base::SwapDims(op) => {
            method(&op.input, "swap_dims", vec![op.dim1.to_string(), op.dim2.to_string()])
        }
        Base::Permute(op) => method(&op.input, "permute", vec![array(&op.axes)]),
        Base::Flip(op) => method(&op.input, "flip", vec![array(&op.axes)]),
        Base::Unfold(op) => {
            let name = format!("unfold::<{}, _>", op.out.shape.num_dims());
            let arguments = [op.dim, op.size, op.step].map(|number| number.to_string());
            method(&op.input, &name, arguments.to_vec())
        }
        Base::RepeatDim(op) => {
            method(&op.tensor, "repeat_dim", vec![op.dim.to_string(), op.times.to_string()])
        }
        Base::Cat(op) => {
            let tensors: Vec<_> = op.tensors.iter().map(|tensor| names.argument(tensor)).collect();
            let arguments = [format!("vec![{}]", tensors.join(", ")), op.dim.to_string()];
            Some(Call::function("Tensor::cat", arguments))
        }
        Base::Cast(op) if op.out.dtype.is_bool() => None,
        Base::Cast(op) => Some(cast(&op.input, &op.out, names)),
        Base::Equal(op) => method(&op.lhs, "equal", vec![names.argument(&op.rhs)]),
        Base::EqualElem(op) => method(&op.lhs, "equal_elem", vec![scalar(op.rhs)]),
        Base::Ones(op) => Some(creation(op, "ones", names)),
        Base::Zeros(op) => Some(creation(op, "zeros", names)),
        // What nobody has written yet has no value.
        Base::Empty(_) => None,
        _ => choice(operation, names),
    }
}

/// Calls that choose elements.
fn choice(operation: &Base, names: &Names) -> Option<Call> {
    let method = |receiver, name, arguments: Vec<String>| {
        Some(Call::method(names, receiver, name, arguments))
    };
    let moved = |tensor: &TensorIr| names.argument(tensor);
    match operation {
        Base::Slice(op) if op.ranges.is_empty() => None,
        Base::Slice(op) => Some(sliced(
            Call::method(names, &op.tensor, "slice", [slices(&op.ranges)]),
            has_steps(&op.ranges),
        )),
        Base::SliceAssign(op) if op.ranges.is_empty() => None,
        Base::SliceAssign(op) => {
            let arguments = [slices(&op.ranges), moved(&op.value)];
            let call = Call::method(names, &op.tensor, "slice_assign", arguments);
            Some(sliced(call, has_steps(&op.ranges)))
        }
        Base::Select(op) => {
            method(&op.tensor, "select", vec![op.dim.to_string(), moved(&op.indices)])
        }
        Base::Gather(op) => {
            method(&op.tensor, "gather", vec![op.dim.to_string(), moved(&op.indices)])
        }
        Base::GatherNd(op) => {
            let ranks = [&op.indices, &op.out].map(|tensor| tensor.shape.num_dims());
            let name = format!("gather_nd::<{}, {}>", ranks[0], ranks[1]);
            method(&op.data, &name, vec![moved(&op.indices)])
        }
        Base::MaskWhere(op) => {
            method(&op.tensor, "mask_where", vec![moved(&op.mask), moved(&op.value)])
        }
        Base::MaskFill(op) => {
            method(&op.tensor, "mask_fill", vec![moved(&op.mask), scalar(op.value)])
        }
        _ => update(operation, names),
    }
}

/// Calls that add to chosen elements, or change them otherwise.
fn update(operation: &Base, names: &Names) -> Option<Call> {
    let moved = |tensor: &TensorIr| names.argument(tensor);
    match operation {
        Base::SelectAssign(op) => {
            let arguments = [op.dim.to_string(), moved(&op.indices), moved(&op.value)];
            Some(updating(&op.tensor, "select_assign", arguments, &op.update, names))
        }
        Base::Scatter(op) => {
            let arguments = [op.dim.to_string(), moved(&op.indices), moved(&op.value)];
            Some(updating(&op.tensor, "scatter", arguments, &op.update, names))
        }
        Base::ScatterNd(op) => {
            let arguments = [moved(&op.indices), moved(&op.values)];
            Some(updating(&op.data, "scatter_nd", arguments, &op.reduction, names))
        }
        _ => None,
    }
}

fn sliced(call: Call, has_steps: bool) -> Call {
    call.importing(has_steps.then_some("burn::tensor::Slice"))
}

fn updating(
    receiver: &TensorIr,
    name: &str,
    arguments: impl IntoIterator<Item = String>,
    update: &IndexingUpdateOp,
    names: &Names,
) -> Call {
    let update = format!("IndexingUpdateOp::{update:?}");
    let arguments = arguments.into_iter().chain([update]);
    Call::method(names, receiver, name, arguments).importing(["burn::tensor::IndexingUpdateOp"])
}

fn creation(operation: &CreationOpIr, name: &str, names: &Names) -> Call {
    let dtype = names.dtype(&operation.out);
    let (kind, import) = tensor_type(&operation.out, dtype);
    let arguments = [shape(&operation.out.shape), placement(dtype)];
    Call::function(&format!("{kind}::{name}"), arguments).importing(import)
}
