//! What a device is asked: an operation on inputs, with its known answer, or a fact that is measured. Nothing is asked
//! here; that is in `service`.

use burn::tensor::kind::Basic;
use burn::tensor::{DType, Tensor, TensorData};
use burn_repro_device::Device;

use super::arithmetic::Fact;
use super::expected::Expected;
use super::grade::Rule;
use crate::numeric::flushed;

/// A row of numbers on a device.
pub(super) type Row = Tensor<1>;

type Ask = Box<dyn Fn(&Device) -> Result<Reading, String>>;

/// One question to a device.
pub(super) struct Probe {
    /// The row of the table.
    pub operation: &'static str,
    /// The inputs in words: `2048 numbers from -8 to 8`.
    pub input: String,
    /// It may break the device: it comes last and has a process of its own.
    pub isolated: bool,
    pub question: Question,
}

/// What is asked.
pub(super) enum Question {
    /// A result that is known.
    Known(KnownResult),
    /// A property of the device's arithmetic.
    Fact(fn(&Device) -> Result<Fact, String>),
}

/// A computation whose result is known.
pub(super) struct KnownResult {
    pub rule: Rule,
    pub ask: Ask,
    pub answers: Box<dyn Fn() -> Vec<Expected>>,
    /// The input of an element of the flattened result, where one can be named.
    pub element: Box<dyn Fn(usize) -> Option<String>>,
}

/// What came back from a device.
pub(super) struct Reading {
    pub values: Vec<f32>,
    /// What the device said when it was asked afterwards, if that was not that all is well.
    pub sync_error: Option<String>,
}

impl Probe {
    /// A result that is not a function of single elements.
    pub fn of(
        operation: &'static str,
        input: impl Into<String>,
        rule: Rule,
        ask: impl Fn(&Device) -> Result<Reading, String> + 'static,
        answers: impl Fn() -> Vec<Expected> + 'static,
    ) -> Self {
        let element = Box::new(|_| None);
        let (ask, answers) = (Box::new(ask), Box::new(answers));
        let question = Question::Known(KnownResult { rule, ask, answers, element });
        Self { operation, input: input.into(), isolated: false, question }
    }

    /// A function of single numbers.
    pub(crate) fn function(
        operation: &'static str,
        (input, x): (String, Vec<f32>),
        rule: Rule,
        device: fn(Row) -> Row,
        host: impl Fn(f64) -> Expected + 'static,
    ) -> Self {
        let answer = move |&x: &f32| host(f64::from(x)).flushed(host(f64::from(flushed(x))).value);
        let (asked, named) = (x.clone(), x.clone());
        let ask = move |on: &Device| read(on, device(line(on, &asked)));
        let mut probe =
            Self::of(operation, input, rule, ask, move || x.iter().map(&answer).collect());
        probe.name_elements(move |index| named.get(index).map(|x| format!("x = {x:?}")));
        probe
    }

    /// A function of pairs of numbers.
    pub(crate) fn function_of_two(
        operation: &'static str,
        (input, pairs): (String, Vec<[f32; 2]>),
        rule: Rule,
        device: fn(Row, Row) -> Row,
        host: fn(f64, f64) -> Expected,
    ) -> Self {
        let answer = move |pair: &[f32; 2]| {
            let [x, y] = pair.map(f64::from);
            let [flushed_x, flushed_y] = pair.map(|number| f64::from(flushed(number)));
            host(x, y).flushed(host(flushed_x, flushed_y).value)
        };
        let (asked, named) = (pairs.clone(), pairs.clone());
        let ask = move |on: &Device| {
            let side = |side: usize| asked.iter().map(|pair| pair[side]).collect::<Vec<_>>();
            read(on, device(line(on, &side(0)), line(on, &side(1))))
        };
        let mut probe =
            Self::of(operation, input, rule, ask, move || pairs.iter().map(answer).collect());
        probe.name_elements(move |index| {
            named.get(index).map(|[x, y]| format!("x = {x:?}, y = {y:?}"))
        });
        probe
    }

    /// A property of the device's arithmetic.
    pub fn fact(operation: &'static str, measure: fn(&Device) -> Result<Fact, String>) -> Self {
        let question = Question::Fact(measure);
        Self { operation, input: String::new(), isolated: false, question }
    }

    fn name_elements(&mut self, name: impl Fn(usize) -> Option<String> + 'static) {
        if let Question::Known(known) = &mut self.question {
            known.element = Box::new(name);
        }
    }
}

/// Numbers as a row on a device.
pub(super) fn line(device: &Device, values: &[f32]) -> Row {
    tensor(device, values, [values.len()])
}

/// Numbers as a tensor on a device, row-major.
pub(super) fn tensor<const D: usize>(
    device: &Device,
    values: &[f32],
    shape: [usize; D],
) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

/// Reads a tensor as a program does that trusts its device, and only then asks the device whether all went well: for
/// some devices reading is no question of that.
pub(super) fn read<const D: usize, K: Basic>(
    device: &Device,
    tensor: Tensor<D, K>,
) -> Result<Reading, String> {
    read_some(device, tensor, 1)
}

/// As [`read`], but keeps only every so many-th number.
pub(super) fn read_some<const D: usize, K: Basic>(
    device: &Device,
    tensor: Tensor<D, K>,
    every: usize,
) -> Result<Reading, String> {
    let data = tensor.try_into_data().map_err(|error| format!("{error:?}"))?;
    let sync_error = device.sync().err().map(|error| format!("{error:?}"));
    let values = match data.dtype() {
        DType::F32 => {
            let values = data.as_slice::<f32>().map_err(|error| format!("{error:?}"))?;
            values.iter().copied().step_by(every).collect()
        }
        _ => data.iter::<f32>().step_by(every).collect(),
    };
    Ok(Reading { values, sync_error })
}
