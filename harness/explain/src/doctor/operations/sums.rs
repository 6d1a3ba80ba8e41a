//! Sums along a dimension or into one place, and what is made of them: means, variances, softmax.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use burn_repro_device::Device;

use crate::doctor::arithmetic::scattered;
use crate::doctor::expected::Expected;
use crate::doctor::grade::Rule;
use crate::doctor::inputs::uniform;
use crate::doctor::oracle;
use crate::doctor::probe::{Probe, read, tensor};

const ROWS: usize = 24;
const COLUMNS: usize = 300;

type Table = Tensor<2>;

pub(super) fn probes() -> Vec<Probe> {
    let sum = Rule::Sum(COLUMNS);
    vec![
        of_lines("sum_dim", sum, 1, |x| x.sum_dim(1), |line| vec![oracle::sum(line)]),
        of_lines("sum_dim", sum, 0, |x| x.sum_dim(0), |line| vec![oracle::sum(line)]),
        of_lines("mean_dim", sum, 1, |x| x.mean_dim(1), |line| vec![oracle::mean(line)]),
        of_lines("mean_dim", sum, 0, |x| x.mean_dim(0), |line| vec![oracle::mean(line)]),
        of_lines("var", sum, 1, |x| x.var(1), |line| vec![oracle::variance(line)]),
        of_lines("scatter, add", sum, 1, scattered, |line| vec![oracle::sum(line)]),
        of_lines("softmax", Rule::Function, 1, |x| softmax(x, 1), oracle::softmax),
        of_lines("softmax", Rule::Function, 0, |x| softmax(x, 0).swap_dims(0, 1), oracle::softmax),
        huge_softmax(),
    ]
}

/// Along dimension 0 the lines are the columns of a matrix that is as high as the other is wide.
fn of_lines(
    name: &'static str,
    rule: Rule,
    dimension: usize,
    device: fn(Table) -> Table,
    host: fn(&[f32]) -> Vec<Expected>,
) -> Probe {
    let lines = uniform(5000, ROWS * COLUMNS, -4.0, 4.0);
    let asked = lines.clone();
    let ask = move |on: &_| {
        let x = tensor(on, &asked, [ROWS, COLUMNS]);
        let x = if dimension == 0 { transposed(on, &asked) } else { x };
        read(on, device(x))
    };
    let answers = move || lines.chunks(COLUMNS).flat_map(host).collect();
    let text = format!("{ROWS} lines of {COLUMNS} numbers along dimension {dimension}");
    Probe::of(name, text, rule, ask, answers)
}

/// Made on the host, so that nothing but the reduction is asked of the device.
fn transposed(device: &Device, lines: &[f32]) -> Table {
    let element = |index: usize| lines[index % ROWS * COLUMNS + index / ROWS];
    let columns: Vec<f32> = (0..ROWS * COLUMNS).map(element).collect();
    tensor(device, &columns, [COLUMNS, ROWS])
}

/// Where exponentials would overflow if the largest were not taken off first.
fn huge_softmax() -> Probe {
    let x = [1000.0, 999.0, 998.5, -1000.0, -3e38, 997.0, 1000.0, 0.0];
    let ask = move |on: &_| read(on, softmax(tensor(on, &x, [1, 8]), 1));
    let text = "a row of numbers from -3e38 to 1000";
    Probe::of("softmax", text, Rule::Function, ask, move || oracle::softmax(&x))
}
