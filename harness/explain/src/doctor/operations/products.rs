//! Matrix products and convolutions.

use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn_repro_device::Device;

use crate::doctor::grade::Rule;
use crate::doctor::inputs::uniform;
use crate::doctor::oracle::{Convolution, matmul};
use crate::doctor::probe::{Probe, line, read, tensor};

const THREE: Convolution = Convolution {
    batch: 2,
    channels_in: 5,
    channels_out: 7,
    height: 9,
    width: 8,
    kernel: 3,
    stride: 1,
    padding: 1,
};

const ONE: Convolution =
    Convolution { channels_in: 32, channels_out: 16, kernel: 1, padding: 0, ..THREE };

const HALVING: Convolution = Convolution { stride: 2, ..THREE };

const DOUBLING: Convolution = Convolution { kernel: 4, stride: 2, ..THREE };

pub(super) fn probes() -> Vec<Probe> {
    vec![
        products("(2, 33, 77) by (2, 77, 19)", false, |_| {}),
        products("(2, 33, 77) by a transposed (2, 19, 77)", true, |_| {}),
        products("(2, 33, 77) by (2, 77, 19), a NaN and an infinity in them", false, |left| {
            (left[5], left[77 * 3 + 1]) = (f32::NAN, f32::INFINITY);
        }),
        convolution("3 by 3, padded, with bias", THREE, |_| {}),
        convolution("3 by 3, padded, a NaN among the inputs", THREE, |x| x[77] = f32::NAN),
        convolution("3 by 3, padded, every other place", HALVING, |_| {}),
        convolution("1 by 1 with bias", ONE, |_| {}),
        transposed(),
    ]
}

/// With the right one as it is or, as keys are in attention, transposed by the device.
fn products(text: &'static str, transposed: bool, spoil: fn(&mut [f32])) -> Probe {
    const SIZES: [usize; 4] = [2, 33, 77, 19];
    let [batch, rows, inner, columns] = SIZES;
    let mut left = uniform(7000, batch * rows * inner, -2.0, 2.0);
    let right = uniform(7001, batch * inner * columns, -2.0, 2.0);
    spoil(&mut left);
    let asked = (left.clone(), right.clone());
    let ask = move |on: &Device| {
        let left = tensor(on, &asked.0, [batch, rows, inner]);
        let right = match transposed {
            true => tensor(on, &asked.1, [batch, columns, inner]).swap_dims(1, 2),
            false => tensor(on, &asked.1, [batch, inner, columns]),
        };
        read(on, left.matmul(right))
    };
    let answers = move || match transposed {
        true => matmul(&left, &transposed_on_host(&right, [batch, columns, inner]), SIZES),
        false => matmul(&left, &right, SIZES),
    };
    Probe::of("matmul", text, Rule::Sum(inner), ask, answers)
}

fn transposed_on_host(x: &[f32], [batch, rows, columns]: [usize; 3]) -> Vec<f32> {
    let element = |flat: usize| {
        let (pair, column, row) = (flat / (rows * columns), flat / rows % columns, flat % rows);
        x[(pair * rows + row) * columns + column]
    };
    (0..batch * rows * columns).map(element).collect()
}

/// Inputs, weights and bias.
fn operands(of: Convolution) -> [Vec<f32>; 3] {
    let Convolution { batch, channels_in, channels_out, height, width, kernel, .. } = of;
    let weights = channels_in * channels_out * kernel * kernel;
    [
        uniform(7100, batch * channels_in * height * width, -2.0, 2.0),
        uniform(7101, weights, -1.0, 1.0),
        uniform(7102, channels_out, -1.0, 1.0),
    ]
}

fn convolution(text: &'static str, of: Convolution, spoil: fn(&mut [f32])) -> Probe {
    let [mut x, weight, bias] = operands(of);
    spoil(&mut x);
    let asked = [x.clone(), weight.clone(), bias.clone()];
    let ask = move |on: &Device| {
        let [x, weight, bias] = &asked;
        let weights = [of.channels_out, of.channels_in, of.kernel, of.kernel];
        let result = conv2d(
            tensor(on, x, [of.batch, of.channels_in, of.height, of.width]),
            tensor(on, weight, weights),
            Some(line(on, bias)),
            ConvOptions::new([of.stride; 2], [of.padding; 2], [1; 2], 1),
        );
        read(on, result)
    };
    let answers = move || of.forward(&x, &weight, &bias);
    Probe::of("conv2d", text, Rule::Sum(of.terms()), ask, answers)
}

fn transposed() -> Probe {
    let of = DOUBLING;
    let [x, weight, bias] = operands(of);
    let asked = [x.clone(), weight.clone(), bias.clone()];
    let ask = move |on: &Device| {
        let [x, weight, bias] = &asked;
        let weights = [of.channels_in, of.channels_out, of.kernel, of.kernel];
        let result = conv_transpose2d(
            tensor(on, x, [of.batch, of.channels_in, of.height, of.width]),
            tensor(on, weight, weights),
            Some(line(on, bias)),
            ConvTransposeOptions::new([of.stride; 2], [of.padding; 2], [0; 2], [1; 2], 1),
        );
        read(on, result)
    };
    let answers = move || of.transposed(&x, &weight, &bias);
    let text = "4 by 4 in steps of 2, with bias";
    Probe::of("conv_transpose2d", text, Rule::Sum(of.terms()), ask, answers)
}
