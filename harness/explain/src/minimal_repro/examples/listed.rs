//! Operations of the tensor API, and the calls that they should become.

use burn::tensor::{BoolStore, DType, IndexingUpdateOp, Shape, Slice};
use burn_repro_device::ir::{
    BaseOperationIr as Base, BinaryOpIr, BoolOperationIr as Bool, CastOpIr, ClampOpIr,
    CreationOpIr, CrossOpIr, DimOpIr, FlipOpIr, FloatOperationIr as Float, FullOpIr, GatherNdOpIr,
    GatherOpIr, GridSample2dOpIr, GridSampleOptionsIr, GridSamplePaddingModeIr,
    IntOperationIr as Int, InterpolateModeIr, MaskFillOpIr, MaskWhereOpIr, MatmulOpIr,
    NumericOperationIr as Numeric, OperationIr, PermuteOpIr, ReduceDimOpIr,
    ReduceDimWithIndicesOpIr, ReduceOpIr, RepeatDimOpIr, ScalarIr, ScalarOpIr, ScatterNdOpIr,
    ScatterOpIr, SelectAssignOpIr, SelectOpIr, ShapeOpIr, SliceAssignOpIr, SliceOpIr, SwapDimsOpIr,
    TensorId, UnaryOpIr, UnfoldOpIr,
};

use super::{bool, cat, float, int, numeric, out};

type Listed = (OperationIr, &'static str);

const NATIVE: DType = DType::Bool(BoolStore::Native);

pub(super) fn calls() -> Vec<Listed> {
    let families =
        [shapes(), choices(), masks(), arithmetic(), reductions(), functions(), floats(), others()];
    families.into_iter().flatten().collect()
}

fn shapes() -> Vec<Listed> {
    let x = || float(1, &[2, 3, 4]);
    let shape = |sizes: &[usize]| Shape::from(sizes.to_vec());
    let unfold =
        UnfoldOpIr { input: x(), out: float(100, &[2, 3, 2, 3]), dim: 2, size: 3, step: 1 };
    let list = vec![
        (Base::Reshape(ShapeOpIr::reshape(x(), shape(&[6, 4]), out)), "input.reshape([6, 4])"),
        (
            Base::Expand(ShapeOpIr::expand(float(1, &[1, 3]), shape(&[2, 2, 3]), out)),
            "input.expand([2, 2, 3])",
        ),
        (Base::SwapDims(SwapDimsOpIr::create(x(), 0, 2, out)), "input.swap_dims(0, 2)"),
        (Base::Permute(PermuteOpIr::create(x(), vec![0, 2, 1], out)), "input.permute([0, 2, 1])"),
        (Base::Flip(FlipOpIr::create(x(), vec![0, 2], out)), "input.flip([0, 2])"),
        (Base::Unfold(unfold), "input.unfold::<4, _>(2, 3, 1)"),
        (Base::RepeatDim(RepeatDimOpIr::create(x(), 1, 2, out)), "tensor.repeat_dim(1, 2)"),
        (Base::Cat(cat()), "Tensor::cat(vec![tensors_0, tensors_1], 1)"),
        (Base::Cast(CastOpIr::create(x(), DType::F16, out)), "input.cast(FloatDType::F16)"),
        (
            Base::Zeros(CreationOpIr::create(shape(&[2]), DType::F32, out)),
            "Tensor::<B, 1>::zeros([2], (device, DType::F32))",
        ),
    ];
    let ones = Base::Ones(CreationOpIr::create(shape(&[2]), NATIVE, out));
    let mut list: Vec<Listed> =
        list.into_iter().map(|(base, call)| (OperationIr::BaseFloat(base), call)).collect();
    list.push((OperationIr::BaseBool(ones), "Tensor::<B, 1, Bool>::ones([2], device)"));
    list
}

fn choices() -> Vec<Listed> {
    let x = || float(1, &[4, 3]);
    let ranges = vec![Slice::new(0, Some(2), 1), Slice::new(1, Some(3), 1)];
    let steps = vec![Slice::new(0, None, 2)];
    let (rows, places) = (|| int(2, &[2]), || int(2, &[2, 3]));
    let (add, value) = (IndexingUpdateOp::Add, || float(3, &[2, 3]));
    let assign = SliceAssignOpIr::create(x(), ranges.clone(), float(2, &[2, 2]), out);
    let list = vec![
        (Base::Slice(SliceOpIr::create(x(), ranges, out)), "tensor.slice([0..2, 1..3])"),
        (Base::Slice(SliceOpIr::create(x(), steps, out)), "tensor.slice([Slice::new(0, None, 2)])"),
        (Base::SliceAssign(assign), "tensor.slice_assign([0..2, 1..3], value)"),
        (Base::Select(SelectOpIr::create(x(), 0, rows(), out)), "tensor.select(0, indices)"),
        (
            Base::SelectAssign(SelectAssignOpIr::create(x(), 0, rows(), value(), add, out)),
            "tensor.select_assign(0, indices, value, IndexingUpdateOp::Add)",
        ),
        (Base::Gather(GatherOpIr::create(x(), 0, places(), out)), "tensor.gather(0, indices)"),
        (
            Base::Scatter(ScatterOpIr::create(x(), 0, places(), value(), add, out)),
            "tensor.scatter(0, indices, value, IndexingUpdateOp::Add)",
        ),
        (
            Base::GatherNd(GatherNdOpIr::create(x(), int(2, &[2, 1]), out)),
            "data.gather_nd::<2, 2>(indices)",
        ),
        (
            Base::ScatterNd(ScatterNdOpIr::create(x(), int(2, &[2, 1]), value(), add, out)),
            "data.scatter_nd(indices, values, IndexingUpdateOp::Add)",
        ),
    ];
    list.into_iter().map(|(base, call)| (OperationIr::BaseFloat(base), call)).collect()
}

fn masks() -> Vec<Listed> {
    let x = || float(1, &[2, 2]);
    let mask = || bool(2, &[2, 2]);
    let fill = MaskFillOpIr::create(x(), mask(), ScalarIr::Float(f64::NEG_INFINITY), out);
    let equal = BinaryOpIr::create_comparison(x(), float(2, &[2, 2]), NATIVE, out);
    let one = ScalarOpIr::create_comparison(int(1, &[2]), ScalarIr::Int(1), NATIVE, out);
    let yes = ScalarOpIr::create_comparison(bool(1, &[2]), ScalarIr::Bool(true), NATIVE, out);
    let chosen = MaskWhereOpIr::create(x(), mask(), float(3, &[2, 2]), out);
    vec![
        (OperationIr::BaseFloat(Base::MaskWhere(chosen)), "tensor.mask_where(mask, value)"),
        (OperationIr::BaseFloat(Base::MaskFill(fill)), "tensor.mask_fill(mask, f64::NEG_INFINITY)"),
        (OperationIr::BaseFloat(Base::Equal(equal)), "lhs.equal(rhs)"),
        (OperationIr::BaseInt(Base::EqualElem(one)), "lhs.equal_elem(1)"),
        (OperationIr::BaseBool(Base::EqualElem(yes)), "lhs.equal_elem(true)"),
    ]
}

fn arithmetic() -> Vec<Listed> {
    let pair = || BinaryOpIr::create(float(1, &[2, 3]), float(2, &[1, 3]), out);
    let compared = || BinaryOpIr::create_comparison(float(1, &[2]), float(2, &[2]), NATIVE, out);
    let scaled = |value| ScalarOpIr::create(float(1, &[3]), ScalarIr::Float(value), out);
    let limit =
        |value| ScalarOpIr::create_comparison(float(1, &[3]), ScalarIr::Float(value), NATIVE, out);
    let ends = (ScalarIr::Float(-1.0), ScalarIr::Float(1.0));
    let full = FullOpIr::create(Shape::from(vec![2, 2]), DType::F32, ScalarIr::Float(0.25), out);
    let list = vec![
        (Numeric::Add(pair()), "lhs.add(rhs)"),
        (Numeric::Sub(pair()), "lhs.sub(rhs)"),
        (Numeric::Mul(pair()), "lhs.mul(rhs)"),
        (Numeric::Div(pair()), "lhs.div(rhs)"),
        (Numeric::Rem(pair()), "lhs.remainder(rhs)"),
        (Numeric::AddScalar(scaled(0.1)), "lhs.add_scalar(0.1)"),
        (Numeric::SubScalar(scaled(-1e-12)), "lhs.sub_scalar(-1e-12)"),
        (Numeric::MulScalar(scaled(-1.0)), "lhs.mul_scalar(-1.0)"),
        (Numeric::DivScalar(scaled(3.0)), "lhs.div_scalar(3.0)"),
        (Numeric::RemScalar(scaled(0.3)), "lhs.remainder_scalar(0.3)"),
        (Numeric::PowiScalar(scaled(2.0)), "lhs.powi_scalar(2.0)"),
        (Numeric::Greater(compared()), "lhs.greater(rhs)"),
        (Numeric::GreaterEqual(compared()), "lhs.greater_equal(rhs)"),
        (Numeric::Lower(compared()), "lhs.lower(rhs)"),
        (Numeric::LowerEqual(compared()), "lhs.lower_equal(rhs)"),
        (Numeric::GreaterElem(limit(0.5)), "lhs.greater_elem(0.5)"),
        (Numeric::GreaterEqualElem(limit(0.5)), "lhs.greater_equal_elem(0.5)"),
        (Numeric::LowerElem(limit(0.5)), "lhs.lower_elem(0.5)"),
        (Numeric::LowerEqualElem(limit(0.0)), "lhs.lower_equal_elem(0.0)"),
        (Numeric::Abs(UnaryOpIr::create(float(1, &[2]), out)), "input.abs()"),
        (
            Numeric::Clamp(ClampOpIr::create(float(1, &[3]), ends.0, ends.1, out)),
            "tensor.clamp(-1.0, 1.0)",
        ),
        (Numeric::Full(full), "Tensor::<B, 2>::full([2, 2], 0.25, (device, DType::F32))"),
    ];
    list.into_iter().map(|(operation, call)| (numeric(operation), call)).collect()
}

fn reductions() -> Vec<Listed> {
    let x = || float(1, &[3, 5]);
    let whole = || ReduceOpIr::create(x(), out);
    let along = || ReduceDimOpIr::create(x(), 1, 1, out);
    let place = || ReduceDimOpIr::create_arg(x(), 1, 1, DType::I32, out);
    let running = || DimOpIr::create(x(), 0, out);
    let mut id = 100;
    let mut with_indices = || {
        ReduceDimWithIndicesOpIr::create(float(1, &[3, 5]), 1, DType::I32, || {
            id += 1;
            TensorId::new(id)
        })
    };
    let list = vec![
        (Numeric::Sum(whole()), "input.sum()"),
        (Numeric::Mean(whole()), "input.mean()"),
        (Numeric::Prod(whole()), "input.prod()"),
        (Numeric::Max(whole()), "input.max()"),
        (Numeric::Min(whole()), "input.min()"),
        (Numeric::MaxAbs(whole()), "input.max_abs()"),
        (Numeric::SumDim(along()), "input.sum_dim(1)"),
        (Numeric::MeanDim(along()), "input.mean_dim(1)"),
        (Numeric::ProdDim(along()), "input.prod_dim(1)"),
        (Numeric::MaxDim(along()), "input.max_dim(1)"),
        (Numeric::MinDim(along()), "input.min_dim(1)"),
        (Numeric::MaxAbsDim(along()), "input.max_abs_dim(1)"),
        (Numeric::ArgMax(place()), "input.argmax(1)"),
        (Numeric::ArgMin(place()), "input.argmin(1)"),
        (Numeric::TopK(ReduceDimOpIr::create(x(), 1, 2, out)), "input.topk(2, 1)"),
        (
            Numeric::ArgTopK(ReduceDimOpIr::create_arg(x(), 1, 2, DType::I32, out)),
            "input.argtopk(2, 1)",
        ),
        (Numeric::MaxDimWithIndices(with_indices()), "tensor.max_dim_with_indices(1)"),
        (Numeric::MinDimWithIndices(with_indices()), "tensor.min_dim_with_indices(1)"),
        (Numeric::CumSum(running()), "input.cumsum(0)"),
        (Numeric::CumProd(running()), "input.cumprod(0)"),
        (Numeric::CumMin(running()), "input.cummin(0)"),
        (Numeric::CumMax(running()), "input.cummax(0)"),
    ];
    list.into_iter().map(|(operation, call)| (numeric(operation), call)).collect()
}

fn functions() -> Vec<Listed> {
    let x = || UnaryOpIr::create(float(1, &[2, 3]), out);
    let list = vec![
        (Float::Exp(x()), "input.exp()"),
        (Float::Log(x()), "input.log()"),
        (Float::Log1p(x()), "input.log1p()"),
        (Float::Erf(x()), "input.erf()"),
        (Float::Sqrt(x()), "input.sqrt()"),
        (Float::Recip(x()), "input.recip()"),
        (Float::Cos(x()), "input.cos()"),
        (Float::Sin(x()), "input.sin()"),
        (Float::Tan(x()), "input.tan()"),
        (Float::Cosh(x()), "input.cosh()"),
        (Float::Sinh(x()), "input.sinh()"),
        (Float::Tanh(x()), "input.tanh()"),
        (Float::ArcCos(x()), "input.acos()"),
        (Float::ArcCosh(x()), "input.acosh()"),
        (Float::ArcSin(x()), "input.asin()"),
        (Float::ArcSinh(x()), "input.asinh()"),
        (Float::ArcTan(x()), "input.atan()"),
        (Float::ArcTanh(x()), "input.atanh()"),
        (Float::Round(x()), "input.round()"),
        (Float::Floor(x()), "input.floor()"),
        (Float::Ceil(x()), "input.ceil()"),
        (Float::Trunc(x()), "input.trunc()"),
    ];
    list.into_iter()
        .map(|(operation, call)| (OperationIr::Float(DType::F32, operation), call))
        .collect()
}

fn floats() -> Vec<Listed> {
    let pair = || BinaryOpIr::create(float(1, &[2, 3]), float(2, &[2, 3]), out);
    let seen = || UnaryOpIr::create_comparison(float(1, &[2, 3]), NATIVE, out);
    let product = MatmulOpIr::create(float(1, &[2, 3, 4]), float(2, &[2, 4, 5]), out);
    let power = ScalarOpIr::create(float(1, &[2]), ScalarIr::Float(1.5), out);
    let cross = CrossOpIr { lhs: pair().lhs, rhs: pair().rhs, out: pair().out, dim: 1 };
    let options = GridSampleOptionsIr {
        mode: InterpolateModeIr::Bilinear,
        padding_mode: GridSamplePaddingModeIr::Border,
        align_corners: true,
    };
    let (image, grid) = (float(1, &[1, 2, 4, 4]), float(2, &[1, 3, 3, 2]));
    let sampled = GridSample2dOpIr::create(image, grid, options, out);
    let list = vec![
        (Float::ArcTan2(pair()), "lhs.atan2(rhs)"),
        (Float::IsNan(seen()), "input.is_nan()"),
        (Float::IsInf(seen()), "input.is_inf()"),
        (Float::Powf(pair()), "lhs.powf(rhs)"),
        (Float::PowfScalar(power), "lhs.powf_scalar(1.5)"),
        (Float::Matmul(product), "lhs.matmul(rhs)"),
        (Float::Cross(cross), "lhs.cross(rhs, 1)"),
        (
            Float::IntoInt(CastOpIr::create(float(1, &[2]), DType::I32, out)),
            "input.cast(IntDType::I32)",
        ),
        (
            Float::GridSample2d(sampled),
            "tensor.grid_sample_2d(\n        grid,\n        GridSampleOptions::new(InterpolateMode::Bilinear)\
             .with_padding_mode(GridSamplePaddingMode::Border).with_align_corners(true),\n    )",
        ),
    ];
    list.into_iter()
        .map(|(operation, call)| (OperationIr::Float(DType::F32, operation), call))
        .collect()
}

fn others() -> Vec<Listed> {
    let pair = || BinaryOpIr::create(int(1, &[2, 2]), int(2, &[2, 2]), out);
    let pair_of = |operation: fn(BinaryOpIr) -> Numeric| {
        OperationIr::NumericInt(DType::I32, operation(pair()))
    };
    let both = || BinaryOpIr::create(bool(1, &[2]), bool(2, &[2]), out);
    let product = MatmulOpIr::create(int(1, &[2, 2]), int(2, &[2, 2]), out);
    let scaled = ScalarOpIr::create(int(1, &[2]), ScalarIr::Int(3), out);
    let cast = |input, dtype| CastOpIr::create(input, dtype, out);
    vec![
        (pair_of(Numeric::Add), "lhs.add(rhs)"),
        (pair_of(Numeric::Powi), "lhs.powi(rhs)"),
        (OperationIr::NumericInt(DType::I32, Numeric::MulScalar(scaled)), "lhs.mul_scalar(3)"),
        (OperationIr::Int(Int::Matmul(product)), "lhs.matmul(rhs)"),
        (OperationIr::Int(Int::BitwiseAnd(pair())), "lhs.bitwise_and(rhs)"),
        (OperationIr::Int(Int::BitwiseOr(pair())), "lhs.bitwise_or(rhs)"),
        (OperationIr::Int(Int::BitwiseXor(pair())), "lhs.bitwise_xor(rhs)"),
        (
            OperationIr::Int(Int::BitwiseNot(UnaryOpIr::create(int(1, &[2]), out))),
            "input.bitwise_not()",
        ),
        (OperationIr::Int(Int::BitwiseLeftShift(pair())), "lhs.bitwise_left_shift(rhs)"),
        (OperationIr::Int(Int::BitwiseRightShift(pair())), "lhs.bitwise_right_shift(rhs)"),
        (
            OperationIr::Int(Int::IntoFloat(cast(int(1, &[2]), DType::F32))),
            "input.cast(FloatDType::F32)",
        ),
        (
            OperationIr::Bool(Bool::IntoFloat(cast(bool(1, &[2]), DType::F32))),
            "input.cast(FloatDType::F32)",
        ),
        (
            OperationIr::Bool(Bool::IntoInt(cast(bool(1, &[2]), DType::I32))),
            "input.cast(IntDType::I32)",
        ),
        (OperationIr::Bool(Bool::Not(UnaryOpIr::create(bool(1, &[2]), out))), "input.bool_not()"),
        (OperationIr::Bool(Bool::And(both())), "lhs.bool_and(rhs)"),
        (OperationIr::Bool(Bool::Or(both())), "lhs.bool_or(rhs)"),
    ]
}
