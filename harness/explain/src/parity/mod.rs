//! Parity: which layer of a port differs from the model that it was ported from. Every layer is compared twice: as it
//! runs, and by itself, where each module is given what the reference gave it and hands on what the reference handed on.
//! Pure; who runs the pipeline is the command line's matter.

mod kinds;
mod onnx;
mod recorded;
mod table;

use burn_repro_core::trace::{Dtype, ElementType, HostTensor, NamedTensor, Trace};
use serde::Serialize;

pub use recorded::Recorded;
pub use table::table;

use kinds::Layer;

/// What a layer in `f64` may be off by itself, beside its largest element. A wrong constant, order or formula moves a
/// result by 1e-6 and more; one that is rounded to `f32` inside, as Burn rounds the scale of its attention, by 6e-8 at
/// most.
const WRONG: f64 = 1.2e-7;

/// What a layer in `f64` may be off from a reference of a narrower type, in epsilons of that type: the reference itself
/// was rounded. ONNX Runtime's convolution of 27 terms in `f32` is 2.1 off; this is four times that.
const NARROW: f64 = 8.0;

/// What a layer in `f64` is off through the order of its sums alone.
const ROUNDED: f64 = 1.0e-11;

/// A model beside its reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parity {
    /// The target that ran.
    pub target: String,
    /// The element type that it ran in.
    pub dtype: String,
    /// Every result that both sides have, in the order of execution.
    pub layers: Vec<LayerParity>,
    /// What the model records and the reference does not have.
    pub only_in_model: Vec<String>,
    /// What the reference has and the model does not record, by its name there.
    pub only_in_reference: Vec<String>,
}

/// One layer beside the reference's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerParity {
    /// Its name.
    pub name: String,
    /// The class it has in the reference.
    pub class: Option<String>,
    /// As it runs, behind all layers before it; nothing for what goes into a module, which is there where it is wrong.
    pub with_own_input: Option<Difference>,
    /// By itself, with the reference's input.
    pub with_reference_input: Difference,
    /// What it is.
    pub state: State,
    /// The mistake that gives exactly its result, where one is known.
    pub kind: Option<String>,
}

/// How far a result is from the reference's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// The largest absolute difference; infinite (JSON: null) where the shapes differ or a side is not finite.
    pub max_abs: f64,
    /// The same beside the reference's largest element.
    pub relative: f64,
}

/// What a layer is by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It gives what the reference gives.
    Right,
    /// It gives what the reference gives, but rounds to a narrower type inside.
    Rounded,
    /// It gives something else.
    Wrong,
}

impl State {
    fn of_port(self) -> Self {
        if self == Self::Rounded { Self::Right } else { self }
    }
}

impl Parity {
    /// Compares a run, and a run whose modules were fed, with a reference. A run in a narrower type than `f64` is held
    /// against the `port` in `f64`: a layer is wrong where it is there, or where it is farther off than half of the type's
    /// digits.
    #[must_use]
    pub fn new(
        target: &str,
        reference: &Recorded,
        [own, fed]: [&Trace; 2],
        port: Option<&Self>,
    ) -> Self {
        let mut only_in_model = Vec::new();
        let mut layers = Vec::new();
        for NamedTensor { name, tensor } in fed.records.iter().chain(&fed.outputs) {
            let as_it_runs = own.record(name).or(own.output(name));
            match reference.tensor(name) {
                Some(want) => {
                    let mut layer = layer(reference, name, want, as_it_runs, tensor);
                    if let Some(port) = port {
                        layer.state = port.state_of(name).max(layer.state);
                        layer.kind = None;
                    }
                    layers.push(layer);
                }
                None => only_in_model.push(name.clone()),
            }
        }
        let is_there = |name: &&str| fed.record(name).or(fed.output(name)).is_some();
        let rest = reference.results().filter(|name| !is_there(name));
        let only_in_reference = rest.map(ToOwned::to_owned).collect();
        // What goes into a module is told where the code before it is wrong.
        layers.retain(|layer| layer.with_own_input.is_some() || layer.state == State::Wrong);
        let dtype = fed.outputs.first().map(|named| named.tensor.dtype.as_str().to_owned());
        let (target, dtype) = (target.to_owned(), dtype.unwrap_or_default());
        Self { target, dtype, layers, only_in_model, only_in_reference }
    }

    /// What a layer of the port is: one that only rounds there is right.
    fn state_of(&self, name: &str) -> State {
        let layer = self.layers.iter().find(|layer| layer.name == name);
        layer.map_or(State::Right, |layer| layer.state).of_port()
    }

    /// The layers that are wrong by themselves, in the order of execution.
    pub fn wrong(&self) -> impl Iterator<Item = &LayerParity> {
        self.layers.iter().filter(|layer| layer.state == State::Wrong)
    }
}

/// What a layer is that is so far from the reference, beside its largest element, when it was given the reference's input.
fn state(fed: ElementType, want: ElementType, far: f64) -> State {
    // What rounding the reference explains.
    let narrow = match want {
        ElementType::Float(dtype) if dtype != Dtype::F64 => NARROW * dtype.epsilon(),
        _ => 0.0,
    };
    match fed {
        ElementType::Float(Dtype::F64) if far <= ROUNDED.max(narrow) => State::Right,
        ElementType::Float(Dtype::F64) if far <= WRONG => State::Rounded,
        ElementType::Float(dtype) if dtype != Dtype::F64 && far <= dtype.epsilon().sqrt() => {
            State::Right
        }
        ElementType::Integer | ElementType::Boolean if far <= 0.0 => State::Right,
        _ => State::Wrong,
    }
}

fn layer(
    reference: &Recorded,
    name: &str,
    want: &HostTensor,
    own: Option<&HostTensor>,
    fed: &HostTensor,
) -> LayerParity {
    let with_reference_input = Difference::of(fed, want);
    // What goes into a module has no class: it is the code before it that is wrong.
    let module = reference.module(name).filter(|_| own.is_some());
    let state = state(fed.dtype, want.dtype, with_reference_input.relative);
    let guess = || {
        let (class, attributes) = match module {
            Some(_) => reference.in_words_of_torch(name),
            None => ("", serde_json::Map::new()),
        };
        let kind = kinds::kind(&Layer {
            class,
            attributes: &attributes,
            inputs: &reference.inputs(name),
            weights: &reference.weights(name),
            want,
            got: fed,
        });
        match reference.is_onnx() {
            true => kind.map(|words| words.replace("torch's", "the original's")),
            false => kind,
        }
    };
    let is_wrong = state == State::Wrong;
    LayerParity {
        name: name.to_owned(),
        class: module.map(|module| module.class.clone()),
        with_own_input: own.map(|own| Difference::of(own, want)),
        with_reference_input,
        state,
        kind: if is_wrong { guess() } else { None },
    }
}

impl Difference {
    fn of(got: &HostTensor, want: &HostTensor) -> Self {
        let pairs = got.values.iter().zip(&want.values);
        let largest = |all: &mut dyn Iterator<Item = f64>| {
            all.fold(
                0.0,
                |largest, one| if one.is_finite() { f64::max(largest, one) } else { f64::INFINITY },
            )
        };
        let max_abs = match got.shape == want.shape {
            true => largest(&mut pairs.map(|(got, want)| (got - want).abs())),
            false => f64::INFINITY,
        };
        let beside = largest(&mut want.values.iter().map(|value| value.abs()));
        let relative = if max_abs == 0.0 { 0.0 } else { max_abs / beside };
        Self { max_abs, relative }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::order_of_sums(Dtype::F64, Dtype::F64, 9e-16, State::Right)]
    #[case::rounded_inside(Dtype::F64, Dtype::F64, 6e-8, State::Rounded)]
    #[case::epsilon(Dtype::F64, Dtype::F64, 1e-6, State::Wrong)]
    #[case::onnx_runtime_s_convolution(Dtype::F64, Dtype::F32, 2.5e-7, State::Right)]
    #[case::epsilon_beside_f32(Dtype::F64, Dtype::F32, 1e-6, State::Wrong)]
    #[case::run_in_f32(Dtype::F32, Dtype::F64, 1e-5, State::Right)]
    #[case::wrong_in_f32(Dtype::F32, Dtype::F64, 1e-3, State::Wrong)]
    fn a_layer_is_right_within_what_rounding_explains(
        #[case] fed: Dtype,
        #[case] want: Dtype,
        #[case] far: f64,
        #[case] expected: State,
    ) {
        assert_eq!(state(fed.into(), want.into(), far), expected);
    }
}
