//! Values as Rust text: scalars, shapes and slices. Pure.

use burn::tensor::{Shape, Slice};
use burn_repro_device::ir::ScalarIr;

/// A scalar as an argument of a tensor's method.
pub(super) fn scalar(value: ScalarIr) -> String {
    match value {
        ScalarIr::Float(value) => float(value),
        // What has no suffix is an `i32`.
        ScalarIr::Int(value) if i32::try_from(value).is_ok() => value.to_string(),
        ScalarIr::Int(value) => format!("{value}_i64"),
        ScalarIr::UInt(value) => format!("{value}_u64"),
        ScalarIr::Bool(value) => value.to_string(),
    }
}

/// A number that is read back as the same `f64`.
pub(super) fn float(value: f64) -> String {
    match value {
        _ if value.is_nan() => "f64::NAN".to_owned(),
        f64::INFINITY => "f64::INFINITY".to_owned(),
        f64::NEG_INFINITY => "f64::NEG_INFINITY".to_owned(),
        _ => format!("{value:?}"),
    }
}

/// `[1, 2, 3]`.
pub(super) fn array(numbers: &[usize]) -> String {
    format!("{numbers:?}")
}

/// A shape as an array.
pub(super) fn shape(shape: &Shape) -> String {
    array(&shape.to_vec())
}

/// `[0..2, 1..4]`, or slices with steps.
pub(super) fn slices(slices: &[Slice]) -> String {
    let ranges: Option<Vec<String>> = slices.iter().map(range).collect();
    let texts = ranges.unwrap_or_else(|| {
        let slice =
            |slice: &Slice| format!("Slice::new({}, {:?}, {})", slice.start, slice.end, slice.step);
        slices.iter().map(slice).collect()
    });
    format!("[{}]", texts.join(", "))
}

/// Whether [`slices`] needs the type `Slice`.
pub(super) fn has_steps(slices: &[Slice]) -> bool {
    slices.iter().any(|slice| range(slice).is_none())
}

fn range(slice: &Slice) -> Option<String> {
    let end = slice.end.filter(|&end| end >= 0 && slice.start >= 0 && slice.step == 1)?;
    Some(format!("{}..{end}", slice.start))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(ScalarIr::Float(0.1), "0.1")]
    #[case(ScalarIr::Float(2.0), "2.0")]
    #[case(ScalarIr::Float(-1e-12), "-1e-12")]
    #[case(ScalarIr::Float(f64::NEG_INFINITY), "f64::NEG_INFINITY")]
    #[case(ScalarIr::Float(f64::NAN), "f64::NAN")]
    #[case(ScalarIr::Int(-3), "-3")]
    #[case(ScalarIr::Int(1 << 40), "1099511627776_i64")]
    #[case(ScalarIr::UInt(3), "3_u64")]
    #[case(ScalarIr::Bool(true), "true")]
    fn scalars_are_literals(#[case] value: ScalarIr, #[case] text: &str) {
        assert_eq!(scalar(value), text);
    }

    #[rstest]
    #[case(&[Slice::new(0, Some(2), 1), Slice::new(1, Some(4), 1)], "[0..2, 1..4]")]
    #[case(&[Slice::new(0, None, -2)], "[Slice::new(0, None, -2)]")]
    #[case(&[Slice::new(-3, Some(-1), 1)], "[Slice::new(-3, Some(-1), 1)]")]
    fn slices_are_ranges_where_they_can_be(#[case] given: &[Slice], #[case] text: &str) {
        assert_eq!(slices(given), text);
        assert_eq!(has_steps(given), text.contains("Slice"));
    }
}
