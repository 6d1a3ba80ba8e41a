//! Inputs of every kind, and what cannot be read.

use rstest::rstest;
use safetensors::tensor::{Dtype, TensorView};

use super::*;

/// A file with floats `x` of two dimensions, integers `ids` and booleans `mask`.
fn inputs(folder: &std::path::Path) -> Inputs {
    let floats: Vec<u8> = [0.5_f32, -1.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let ids: Vec<u8> = [7_i64, -1].iter().flat_map(|value| value.to_le_bytes()).collect();
    let file = folder.join("inputs.safetensors");
    let tensors = [
        ("x", TensorView::new(Dtype::F32, vec![1, 2], &floats).unwrap()),
        ("ids", TensorView::new(Dtype::I64, vec![2], &ids).unwrap()),
        ("mask", TensorView::new(Dtype::BOOL, vec![2], &[1, 0]).unwrap()),
    ];
    fs::write(&file, safetensors::serialize(tensors, None).unwrap()).unwrap();
    let named = |tensor: &str, file: PathBuf| {
        (tensor.to_owned(), Input::File { file, tensor: tensor.into() })
    };
    let absent = folder.join("absent.safetensors");
    Inputs(
        ["x", "ids", "mask", "y"]
            .map(|tensor| named(tensor, file.clone()))
            .into_iter()
            .chain([named("absent", absent)])
            .collect(),
    )
}

#[test]
fn every_kind_is_read_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, device) = (inputs(folder.path()), Device::flex());
    assert_eq!(inputs.floats("x").unwrap(), ([1, 2], vec![0.5, -1.0]));
    let ids: Vec<i64> = inputs.integers::<1>("ids", &device).unwrap().into_data().iter().collect();
    assert_eq!(ids, [7, -1]);
    let mask: Vec<bool> =
        inputs.booleans::<1>("mask", &device).unwrap().into_data().iter().collect();
    assert_eq!(mask, [true, false]);
}

/// `torch.manual_seed(7); torch.randn(2, 2)`, of torch 2.3.1, and `numpy.save` beside it.
#[test]
fn a_draw_is_torchs_and_an_array_numpys() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.npy");
    let header = "{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }\n";
    let length = [header.len() as u8, 0];
    let array: [&[u8]; 4] = [b"\x93NUMPY\x01\0", &length, header.as_bytes(), &[1, 0]];
    fs::write(&file, array.concat()).unwrap();
    let draw = InputDraw { normal: true, shape: vec![2, 2] };
    let inputs = Inputs(BTreeMap::from([
        ("noise".into(), Input::Draw(draw, Seed::from(7))),
        ("mask".into(), Input::File { file, tensor: String::new() }),
    ]));
    let (_, noise) = inputs.floats::<2>("noise").unwrap();
    let want = [-0.146_795_094, 0.786_141_276, 0.946_821_63, -1.114_344];
    assert!(noise.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-7), "{noise:?}");
    let mask = inputs.booleans::<1>("mask", &Device::flex()).unwrap().into_data();
    assert_eq!(mask.iter::<bool>().collect::<Vec<_>>(), [true, false]);
    assert_eq!(inputs.asks().unwrap()["inputs"]["noise"], serde_json::json!([true, [2, 2]]));
    assert_eq!(inputs.files().count(), 1);
}

/// A script that records once more writes what its file says of itself in another order.
#[test]
fn the_same_tensor_of_another_file_is_the_same_question() {
    let folder = tempfile::tempdir().unwrap();
    let asks = |value: f32, words: &str| {
        let file = folder.path().join("x.safetensors");
        let bytes = value.to_le_bytes();
        let view = TensorView::new(Dtype::F32, vec![1], &bytes).unwrap();
        let says = std::iter::once(("by".to_owned(), words.to_owned())).collect();
        fs::write(&file, safetensors::serialize([("x", view)], Some(says)).unwrap()).unwrap();
        Inputs(BTreeMap::from([("x".into(), Input::File { file, tensor: "x".into() })])).asks()
    };
    assert_eq!(asks(0.5, "torch"), asks(0.5, "torch once more"));
    assert_ne!(asks(0.5, "torch"), asks(-0.5, "torch"));
    assert!(asks(0.5, "torch").is_some());
}

#[rstest]
#[case::unknown("z", "the scenario has no `z` among its `inputs`: it has absent, ids, mask, x, y")]
#[case::missing("y", "has no tensor `y`")]
#[case::absent("absent", "absent.safetensors: ")]
#[case::kind("ids", "the input `ids` holds no floats")]
#[case::rank("x", "the input `x` has the shape [1, 2]: expected 1 dimensions")]
fn what_cannot_be_read_is_said(#[case] name: &str, #[case] words: &str) {
    let folder = tempfile::tempdir().unwrap();
    let error = inputs(folder.path()).floats::<1>(name).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn nothing_is_asked_where_a_tensor_is_not_here() {
    let folder = tempfile::tempdir().unwrap();
    let mut inputs = inputs(folder.path());
    for missing in ["absent", "y"] {
        assert_eq!(inputs.asks(), None, "{missing}");
        inputs.0.remove(missing);
    }
    let asks = inputs.asks().unwrap();
    assert_eq!(asks["inputs"].as_object().unwrap().len(), 3, "{asks}");
}
