//! Reads the vector file and draws one step of it. Not here: what the step should have given.

use burn_repro_torch::Generator;
use half::{bf16, f16};
use serde_json::Value;

const VECTORS: &str = include_str!("../data/torch_generator_vectors.json");

/// The whole vector file.
pub fn file() -> Value {
    serde_json::from_str(VECTORS).expect("the vector file is JSON")
}

/// The values of a step as little-endian bytes, and the bytes per value.
pub struct Drawn {
    pub bytes: Vec<u8>,
    pub width: usize,
}

impl Drawn {
    pub fn of<T, const WIDTH: usize>(
        values: impl IntoIterator<Item = T>,
        to_le_bytes: impl Fn(T) -> [u8; WIDTH],
    ) -> Self {
        let parts: Vec<_> = values.into_iter().map(to_le_bytes).collect();
        Self { bytes: parts.concat(), width: WIDTH }
    }
}

macro_rules! drawn_as {
    ($element:ty, $type:ident => $values:expr) => {{
        type $type = $element;
        Drawn::of($values, $type::to_le_bytes)
    }};
}

/// Draws `$values` with `$type` standing for the Rust type of a floating point dtype.
macro_rules! for_float {
    ($dtype:expr, $type:ident => $values:expr) => {
        match $dtype {
            "float16" => drawn_as!(f16, $type => $values),
            "bfloat16" => drawn_as!(bf16, $type => $values),
            "float32" => drawn_as!(f32, $type => $values),
            "float64" => drawn_as!(f64, $type => $values),
            other => panic!("no float dtype {other}"),
        }
    };
}

/// [`for_float`] with the integer types and `bool`.
macro_rules! for_any {
    ($dtype:expr, $type:ident => $values:expr) => {
        match $dtype {
            "bool" => {
                type $type = bool;
                Drawn::of($values, |value| [u8::from(value)])
            }
            "uint8" => drawn_as!(u8, $type => $values),
            "int8" => drawn_as!(i8, $type => $values),
            "int16" => drawn_as!(i16, $type => $values),
            "int32" => drawn_as!(i32, $type => $values),
            "int64" => drawn_as!(i64, $type => $values),
            other => for_float!(other, $type => $values),
        }
    };
}

/// The text in a field, or a panic that names the place.
pub fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no text {field} in {value}"))
}

fn number(value: &Value, field: &str) -> f64 {
    value[field].as_f64().unwrap_or_else(|| panic!("no number {field} in {value}"))
}

/// The list in a field.
pub fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().unwrap_or_else(|| panic!("no list {field} in {value}"))
}

fn parsed<T: std::str::FromStr>(value: &Value, field: &str) -> T {
    text(value, field).parse().unwrap_or_else(|_| panic!("no integer {field} in {value}"))
}

/// Seeds are decimal and may be negative, which torch reads as two's complement.
pub fn seed_of(value: &Value) -> u64 {
    parsed::<i128>(value, "seed") as u64
}

fn elements(value: &Value) -> usize {
    let numel = value["n"].as_u64();
    numel.unwrap_or_else(|| panic!("no count n in {value}")) as usize
}

/// Makes the call of a step.
pub fn draw(generator: &mut Generator, step: &Value) -> Drawn {
    let (args, dtype) = (&step["args"], text(step, "dtype"));
    match text(step, "call") {
        "rand" => for_float!(dtype, T => generator.rand::<T>(elements(args))),
        "uniform_" => {
            let (low, high) = (number(args, "from"), number(args, "to"));
            for_float!(dtype, T => generator.uniform::<T>(elements(args), low, high))
        }
        "randn" => for_float!(dtype, T => generator.randn::<T>(elements(args))),
        "normal_" => draw_normal(generator, args, dtype),
        "randint" => {
            let (low, high) = (parsed(args, "low"), parsed(args, "high"));
            for_any!(dtype, T => generator.randint::<T>(elements(args), low, high))
        }
        "random_" => for_any!(dtype, T => generator.random::<T>(elements(args))),
        "random_full64" => Drawn::of(generator.random_full_range(elements(args)), i64::to_le_bytes),
        "randperm" => Drawn::of(generator.randperm(elements(args)), i64::to_le_bytes),
        "bernoulli" | "bernoulli_" => draw_bernoulli(generator, args, dtype),
        "manual_seed" => {
            generator.reseed(seed_of(args));
            Drawn::of([], f32::to_le_bytes)
        }
        other => panic!("no call {other}"),
    }
}

fn draw_normal(generator: &mut Generator, args: &Value, dtype: &str) -> Drawn {
    let (numel, mean, std) = (elements(args), number(args, "mean"), number(args, "std"));
    if args["contiguous"] == Value::Bool(false) {
        for_float!(dtype, T => generator.normal_non_contiguous::<T>(numel, mean, std))
    } else {
        for_float!(dtype, T => generator.normal::<T>(numel, mean, std))
    }
}

fn draw_bernoulli(generator: &mut Generator, args: &Value, dtype: &str) -> Drawn {
    let kept = if args["p"].is_number() {
        generator.bernoulli_scalar(elements(args), number(args, "p"))
    } else {
        let bits = list(args, "p_bits").iter().map(|p| p.as_str().expect("hex"));
        let bits = bits.map(|p| u64::from_str_radix(p, 16).expect("hex"));
        match text(args, "p_dtype") {
            "float32" => generator
                .bernoulli::<f32>(&bits.map(|p| f32::from_bits(p as u32)).collect::<Vec<_>>()),
            "float64" => generator.bernoulli::<f64>(&bits.map(f64::from_bits).collect::<Vec<_>>()),
            other => panic!("no probability dtype {other}"),
        }
    };
    match dtype {
        "bool" => Drawn::of(kept, |value| [u8::from(value)]),
        "float32" => Drawn::of(kept, |value| f32::from(u8::from(value)).to_le_bytes()),
        "float64" => Drawn::of(kept, |value| f64::from(u8::from(value)).to_le_bytes()),
        other => panic!("no mask dtype {other}"),
    }
}
