//! Operations of `burn::tensor::module` with the calls that they should become, and operations without one.

use burn::tensor::{DType, Distribution, Shape, Slice};
use burn_repro_device::ir::{
    AdaptiveAvgPool1dOpIr, AdaptiveAvgPool2dOpIr, AttentionOpIr, AttentionOptionsIr, AvgPool1dOpIr,
    AvgPool2dBackwardOpIr, AvgPool2dOpIr, BaseOperationIr as Base, BinaryOpIr, Conv1dOpIr,
    Conv1dOptionsIr, Conv2dOpIr, Conv2dOptionsIr, Conv2dXBackwardOpIr, Conv3dOpIr, Conv3dOptionsIr,
    ConvTranspose1dOpIr, ConvTranspose1dOptionsIr, ConvTranspose2dOpIr, ConvTranspose2dOptionsIr,
    ConvTranspose3dOpIr, ConvTranspose3dOptionsIr, CreationOpIr, DeformConv2dOpIr,
    DeformableConv2dOptionsIr, EmbeddingOpIr, FloatOperationIr as Float, IRfftOpIr,
    IntOperationIr as Int, InterpolateModeIr, InterpolateOpIr, InterpolateOptionsIr, LinearOpIr,
    MaxPool1dOpIr, MaxPool1dWithIndicesOpIr, MaxPool2dOpIr, MaxPool2dWithIndicesOpIr,
    ModuleOperationIr as Module, NumericOperationIr as Numeric, OperationIr, RandomOpIr,
    ReduceDimOpIr, RfftOpIr, ScalarIr, ScalarOpIr, SliceOpIr, TensorId,
};

use super::{float, int, numeric, out};

type Listed = (OperationIr, &'static str);

/// Numbers for several results.
fn outs() -> impl FnMut() -> TensorId {
    let mut id = 100;
    move || {
        id += 1;
        TensorId::new(id)
    }
}

pub(super) fn calls() -> Vec<Listed> {
    let families = [convolutions(), transposed(), pools(), others()];
    let modules = families.into_iter().flatten();
    modules.map(|(module, call)| (OperationIr::Module(module), call)).collect()
}

fn convolutions() -> Vec<(Module, &'static str)> {
    let one = Conv1dOptionsIr { stride: [2], padding: [1], dilation: [1], groups: 1 };
    let two = Conv2dOptionsIr { stride: [1, 2], padding: [1, 1], dilation: [1, 1], groups: 2 };
    let three = Conv3dOptionsIr { stride: [1; 3], padding: [0; 3], dilation: [1; 3], groups: 1 };
    let deformable = DeformableConv2dOptionsIr {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        weight_groups: 1,
        offset_groups: 1,
    };
    let (x, weight) = (float(1, &[1, 2, 4, 4]), float(2, &[2, 1, 3, 3]));
    let conv2d = Conv2dOpIr::create(x, weight, Some(float(3, &[2])), two, out);
    let conv1d = Conv1dOpIr::create(float(1, &[1, 2, 6]), float(2, &[4, 2, 3]), None, one, out);
    let (x, weight) = (float(1, &[1, 1, 3, 3, 3]), float(2, &[1, 1, 2, 2, 2]));
    let conv3d = Conv3dOpIr::create(x, weight, None, three, out);
    let (x, offset) = (float(1, &[1, 1, 3, 3]), float(4, &[1, 18, 3, 3]));
    let weight = float(2, &[1, 1, 3, 3]);
    let deform = DeformConv2dOpIr::create(x, offset, weight, None, None, deformable, out);
    vec![
        (Module::Conv1d(conv1d), "conv1d(x, weight, None, ConvOptions::new([2], [1], [1], 1))"),
        (
            Module::Conv2d(conv2d),
            "conv2d(x, weight, Some(bias), ConvOptions::new([1, 2], [1, 1], [1, 1], 2))",
        ),
        (
            Module::Conv3d(conv3d),
            "conv3d(x, weight, None, ConvOptions::new([1, 1, 1], [0, 0, 0], [1, 1, 1], 1))",
        ),
        (
            Module::DeformableConv2d(Box::new(deform)),
            "deform_conv2d(\n        x,\n        offset,\n        weight,\n        None,\n        None,\n        \
             DeformConvOptions::new([1, 1], [1, 1], [1, 1], 1, 1),\n    )",
        ),
    ]
}

fn transposed() -> Vec<(Module, &'static str)> {
    let one = ConvTranspose1dOptionsIr {
        stride: [2],
        padding: [0],
        padding_out: [1],
        dilation: [1],
        groups: 1,
    };
    let two = ConvTranspose2dOptionsIr {
        stride: [2, 2],
        padding: [0, 0],
        padding_out: [0, 0],
        dilation: [1, 1],
        groups: 1,
    };
    let three = ConvTranspose3dOptionsIr {
        stride: [1; 3],
        padding: [0; 3],
        padding_out: [0; 3],
        dilation: [1; 3],
        groups: 1,
    };
    let (x, weight) = (float(1, &[1, 2, 3]), float(2, &[2, 1, 3]));
    let first = ConvTranspose1dOpIr::create(x, weight, None, one, out);
    let (x, weight) = (float(1, &[1, 2, 3, 3]), float(2, &[2, 1, 2, 2]));
    let second = ConvTranspose2dOpIr::create(x, weight, Some(float(3, &[1])), two, out);
    let (x, weight) = (float(1, &[1, 1, 2, 2, 2]), float(2, &[1, 1, 2, 2, 2]));
    let third = ConvTranspose3dOpIr::create(x, weight, None, three, out);
    vec![
        (
            Module::ConvTranspose1d(first),
            "conv_transpose1d(x, weight, None, ConvTransposeOptions::new([2], [0], [1], [1], 1))",
        ),
        (
            Module::ConvTranspose2d(second),
            "conv_transpose2d(\n        x,\n        weight,\n        Some(bias),\n        \
             ConvTransposeOptions::new([2, 2], [0, 0], [0, 0], [1, 1], 1),\n    )",
        ),
        (
            Module::ConvTranspose3d(third),
            "conv_transpose3d(\n        x,\n        weight,\n        None,\n        \
             ConvTransposeOptions::new([1, 1, 1], [0, 0, 0], [0, 0, 0], [1, 1, 1], 1),\n    )",
        ),
    ]
}

fn pools() -> Vec<(Module, &'static str)> {
    let (line, image) = (|| float(1, &[1, 2, 6]), || float(1, &[1, 2, 6, 6]));
    let average = AvgPool2dOpIr::create(image(), [2, 2], [2, 2], [0, 0], true, false, out);
    let largest = MaxPool2dOpIr::create(image(), [3, 3], [2, 2], [1, 1], [1, 1], false, out);
    let line_with_indices =
        MaxPool1dWithIndicesOpIr::create(line(), 2, 2, 0, 1, false, DType::I32, outs());
    let (kernel, padding) = ([2, 2], [0, 0]);
    let with_indices = MaxPool2dWithIndicesOpIr::create(
        image(),
        kernel,
        kernel,
        padding,
        [1, 1],
        false,
        DType::I32,
        outs(),
    );
    vec![
        (
            Module::AvgPool1d(AvgPool1dOpIr::create(line(), 3, 1, 1, false, false, out)),
            "avg_pool1d(x, 3, 1, 1, false, false)",
        ),
        (Module::AvgPool2d(average), "avg_pool2d(x, [2, 2], [2, 2], [0, 0], true, false)"),
        (
            Module::AdaptiveAvgPool1d(AdaptiveAvgPool1dOpIr::create(line(), 3, out)),
            "adaptive_avg_pool1d(x, 3)",
        ),
        (
            Module::AdaptiveAvgPool2d(AdaptiveAvgPool2dOpIr::create(image(), [3, 2], out)),
            "adaptive_avg_pool2d(x, [3, 2])",
        ),
        (
            Module::MaxPool1d(MaxPool1dOpIr::create(line(), 2, 2, 0, 1, false, out)),
            "max_pool1d(x, 2, 2, 0, 1, false)",
        ),
        (Module::MaxPool2d(largest), "max_pool2d(x, [3, 3], [2, 2], [1, 1], [1, 1], false)"),
        (
            Module::MaxPool1dWithIndices(line_with_indices),
            "max_pool1d_with_indices(x, 2, 2, 0, 1, false)",
        ),
        (
            Module::MaxPool2dWithIndices(with_indices),
            "max_pool2d_with_indices(x, [2, 2], [2, 2], [0, 0], [1, 1], false)",
        ),
    ]
}

fn others() -> Vec<(Module, &'static str)> {
    let linear =
        LinearOpIr::create(float(1, &[2, 3]), float(2, &[3, 4]), Some(float(3, &[4])), out);
    let embedding = EmbeddingOpIr {
        weights: float(1, &[4, 3]),
        indices: int(2, &[1, 2]),
        out: float(100, &[1, 2, 3]),
    };
    let mode = InterpolateModeIr::Nearest;
    let options = InterpolateOptionsIr { mode, align_corners: false };
    let interpolate = InterpolateOpIr::create(float(1, &[1, 1, 3, 3]), [6, 6], options, out);
    let attention = AttentionOpIr {
        query: float(1, &[1, 2, 3, 4]),
        key: float(2, &[1, 2, 3, 4]),
        value: float(3, &[1, 2, 3, 4]),
        mask: None,
        attn_bias: None,
        options: AttentionOptionsIr {
            scale: Some(ScalarIr::Float(0.5)),
            softcap: None,
            is_causal: true,
        },
        out: float(100, &[1, 2, 3, 4]),
    };
    let rfft = RfftOpIr::create(float(1, &[2, 8]), 1, None, outs());
    let irfft = IRfftOpIr::create(float(1, &[2, 5]), float(2, &[2, 5]), 1, Some(8), out);
    vec![
        (Module::Linear(linear), "linear(x, weight, Some(bias))"),
        (Module::Embedding(embedding), "embedding(weights, indices)"),
        (
            Module::Interpolate(interpolate),
            "interpolate(\n        x,\n        [6, 6],\n        \
             InterpolateOptions::new(InterpolateMode::Nearest).with_align_corners(false),\n    )",
        ),
        (
            Module::Attention(attention),
            "attention(\n        query,\n        key,\n        value,\n        None,\n        None,\n        \
             AttentionModuleOptions { scale: Some(0.5), softcap: None, is_causal: true },\n    )",
        ),
        (Module::Rfft(rfft), "rfft(signal, 1, None)"),
        (Module::IRfft(irfft), "irfft(input_re, input_im, 1, Some(8))"),
    ]
}

/// Operations that no function of the public API is.
pub(super) fn executed() -> Vec<OperationIr> {
    let x = || float(1, &[1, 1, 4, 4]);
    let options = Conv2dOptionsIr { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };
    let gradient = Conv2dXBackwardOpIr::create(
        x(),
        float(2, &[1, 1, 3, 3]),
        float(3, &[1, 1, 4, 4]),
        options,
        out,
    );
    let (kernel, grad) = ([2, 2], float(2, &[1, 1, 2, 2]));
    let pooled = AvgPool2dBackwardOpIr::create(x(), grad, kernel, kernel, [0, 0], true, false, out);
    let powers = BinaryOpIr { lhs: float(1, &[3]), rhs: int(2, &[3]), out: float(100, &[3]) };
    let all = ReduceDimOpIr::create(float(1, &[3]), 0, 3, out);
    let and = ScalarOpIr::create(int(1, &[3]), ScalarIr::Int(6), out);
    vec![
        OperationIr::Module(Module::Conv2dXBackward(gradient)),
        OperationIr::Module(Module::AvgPool2dBackward(pooled)),
        numeric(Numeric::Powi(powers)),
        numeric(Numeric::TopK(all)),
        OperationIr::Int(Int::BitwiseAndScalar(and)),
        OperationIr::BaseFloat(Base::Slice(SliceOpIr::create(x(), Vec::<Slice>::new(), out))),
        OperationIr::BaseFloat(Base::Empty(CreationOpIr::create(
            Shape::from(vec![2]),
            DType::F32,
            out,
        ))),
        OperationIr::Float(
            DType::F32,
            Float::Random(RandomOpIr::create(
                Shape::from(vec![2]),
                DType::F32,
                Distribution::Default,
                out,
            )),
        ),
    ]
}
