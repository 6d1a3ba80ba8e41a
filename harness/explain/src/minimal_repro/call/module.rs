//! Calls of `burn::tensor::module`: convolutions, pools, attention and their like. Gradients have no call. Pure.

use burn_repro_device::ir::{
    AttentionOpIr, DeformConv2dOpIr, ModuleOperationIr as Module, ScalarIr, TensorIr,
};

use super::super::literal::{array, float};
use super::super::names::Names;
use super::Call;

/// The call that is an operation, if there is one.
pub(super) fn call(operation: &Module, names: &Names) -> Option<Call> {
    let moved = |tensor: &TensorIr| names.argument(tensor);
    Some(match operation {
        // The public API embeds tables of indices only.
        Module::Embedding(op) if op.indices.shape.num_dims() == 2 => {
            Call::function("embedding", [moved(&op.weights), moved(&op.indices)])
                .importing(["burn::tensor::module::embedding"])
        }
        Module::Linear(op) => {
            let arguments = [moved(&op.x), moved(&op.weight), optional(op.bias.as_ref(), names)];
            Call::function("linear", arguments).importing(["burn::tensor::module::linear"])
        }
        Module::Interpolate(op) => {
            let options = format!(
                "InterpolateOptions::new(InterpolateMode::{:?}).with_align_corners({})",
                op.options.mode, op.options.align_corners
            );
            let arguments = [moved(&op.x), array(&op.output_size), options];
            Call::function("interpolate", arguments).importing([
                "burn::tensor::module::interpolate",
                "burn::tensor::ops::InterpolateMode",
                "burn::tensor::ops::InterpolateOptions",
            ])
        }
        Module::Attention(op) => attention(op, names)?,
        Module::DeformableConv2d(op) => deformable(op, names),
        Module::CtcLoss(op) => {
            let tensors = [&op.log_probs, &op.targets, &op.input_lengths, &op.target_lengths];
            let arguments = tensors.map(moved).into_iter().chain([op.blank.to_string()]);
            Call::function("ctc_loss", arguments).importing(["burn::tensor::module::ctc_loss"])
        }
        Module::Rfft(op) => {
            let arguments = [moved(&op.signal), op.dim.to_string(), format!("{:?}", op.n)];
            Call::function("rfft", arguments).importing(["burn::tensor::signal::rfft"])
        }
        Module::IRfft(op) => {
            let spectrum = [moved(&op.input_re), moved(&op.input_im)];
            let arguments = spectrum.into_iter().chain([op.dim.to_string(), format!("{:?}", op.n)]);
            Call::function("irfft", arguments).importing(["burn::tensor::signal::irfft"])
        }
        _ => return convolution(operation, names).or_else(|| pool(operation, names)),
    })
}

fn optional(tensor: Option<&TensorIr>, names: &Names) -> String {
    tensor.map_or_else(|| "None".to_owned(), |tensor| format!("Some({})", names.argument(tensor)))
}

/// The call of one function; the options have one maker for all ranks.
macro_rules! convolution {
    ($names:ident, $op:expr, $name:literal, $options:literal, $($field:ident),+) => {{
        let options = &$op.options;
        let fields = [$(format!("{:?}", options.$field)),+];
        let arguments = [
            $names.argument(&$op.x),
            $names.argument(&$op.weight),
            optional($op.bias.as_ref(), $names),
            format!(concat!($options, "::new({})"), fields.join(", ")),
        ];
        Call::function($name, arguments).importing([
            concat!("burn::tensor::module::", $name),
            concat!("burn::tensor::ops::", $options),
        ])
    }};
}
macro_rules! direct {
    ($names:ident, $op:expr, $name:literal) => {
        convolution!($names, $op, $name, "ConvOptions", stride, padding, dilation, groups)
    };
}
macro_rules! transposed {
    ($names:ident, $op:expr, $name:literal) => {
        convolution!(
            $names,
            $op,
            $name,
            "ConvTransposeOptions",
            stride,
            padding,
            padding_out,
            dilation,
            groups
        )
    };
}

fn convolution(operation: &Module, names: &Names) -> Option<Call> {
    Some(match operation {
        Module::Conv1d(op) => direct!(names, op, "conv1d"),
        Module::Conv2d(op) => direct!(names, op, "conv2d"),
        Module::Conv3d(op) => direct!(names, op, "conv3d"),
        Module::ConvTranspose1d(op) => transposed!(names, op, "conv_transpose1d"),
        Module::ConvTranspose2d(op) => transposed!(names, op, "conv_transpose2d"),
        Module::ConvTranspose3d(op) => transposed!(names, op, "conv_transpose3d"),
        _ => return None,
    })
}

fn deformable(operation: &DeformConv2dOpIr, names: &Names) -> Call {
    let options = &operation.options;
    let options = format!(
        "DeformConvOptions::new({:?}, {:?}, {:?}, {}, {})",
        options.stride,
        options.padding,
        options.dilation,
        options.weight_groups,
        options.offset_groups
    );
    let arguments = [
        names.argument(&operation.x),
        names.argument(&operation.offset),
        names.argument(&operation.weight),
        optional(operation.mask.as_ref(), names),
        optional(operation.bias.as_ref(), names),
        options,
    ];
    Call::function("deform_conv2d", arguments)
        .importing(["burn::tensor::module::deform_conv2d", "burn::tensor::ops::DeformConvOptions"])
}

fn pool(operation: &Module, names: &Names) -> Option<Call> {
    /// The call of one function with the fields of its operation.
    macro_rules! pool {
        ($op:expr, $name:literal, $($field:ident),+) => {{
            let fields = [$(format!("{:?}", $op.$field)),+];
            let arguments = [names.argument(&$op.x)].into_iter().chain(fields);
            Call::function($name, arguments).importing([concat!("burn::tensor::module::", $name)])
        }};
    }
    macro_rules! average {
        ($op:expr, $name:literal) => {
            pool!($op, $name, kernel_size, stride, padding, count_include_pad, ceil_mode)
        };
    }
    macro_rules! largest {
        ($op:expr, $name:literal) => {
            pool!($op, $name, kernel_size, stride, padding, dilation, ceil_mode)
        };
    }
    Some(match operation {
        Module::AvgPool1d(op) => average!(op, "avg_pool1d"),
        Module::AvgPool2d(op) => average!(op, "avg_pool2d"),
        Module::AdaptiveAvgPool1d(op) => pool!(op, "adaptive_avg_pool1d", output_size),
        Module::AdaptiveAvgPool2d(op) => pool!(op, "adaptive_avg_pool2d", output_size),
        Module::MaxPool1d(op) => largest!(op, "max_pool1d"),
        Module::MaxPool2d(op) => largest!(op, "max_pool2d"),
        Module::MaxPool1dWithIndices(op) => largest!(op, "max_pool1d_with_indices"),
        Module::MaxPool2dWithIndices(op) => largest!(op, "max_pool2d_with_indices"),
        _ => return None,
    })
}

fn attention(operation: &AttentionOpIr, names: &Names) -> Option<Call> {
    let options = &operation.options;
    let scale = number(options.scale)?;
    let softcap = number(options.softcap)?;
    let options = format!(
        "AttentionModuleOptions {{ scale: {scale}, softcap: {softcap}, is_causal: {} }}",
        options.is_causal
    );
    let arguments = [
        names.argument(&operation.query),
        names.argument(&operation.key),
        names.argument(&operation.value),
        optional(operation.mask.as_ref(), names),
        optional(operation.attn_bias.as_ref(), names),
        options,
    ];
    Some(Call::function("attention", arguments).importing([
        "burn::tensor::module::attention",
        "burn::tensor::ops::AttentionModuleOptions",
    ]))
}

/// An optional `f64`; there is none for another scalar.
fn number(scalar: Option<ScalarIr>) -> Option<String> {
    match scalar {
        None => Some("None".to_owned()),
        Some(ScalarIr::Float(value)) => Some(format!("Some({})", float(value))),
        Some(_) => None,
    }
}
