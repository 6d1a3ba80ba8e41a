"""Tests of `repro record-script torch`. Run in this folder: python -B -m unittest test_torch."""

import contextlib
import dataclasses
import hashlib
import importlib.util
import io
import json
import os
import sys
import tempfile
import unittest

import torch
from safetensors import safe_open
from torch import nn

# The folder of the script is no place for compiled files.
sys.dont_write_bytecode = True
SCRIPT = os.path.join(os.path.dirname(__file__), "../../src/cli/record_script/torch.py")
SPECIFICATION = importlib.util.spec_from_file_location("record_torch", SCRIPT)
record_torch = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(record_torch)


class Function(nn.Module):
    """A model of some submodules and a function of them."""

    def __init__(self, function, **children):
        super().__init__()
        self.function = function
        for name, child in children.items():
            self.add_module(name, child)
        self.eval()

    def forward(self, x):
        return self.function(self, x)


class RecordTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(7)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(self.folder, "reference.safetensors")

    def record(self, model, inputs, **options):
        """The tensors and the metadata of a recording."""
        record_torch.record(model, inputs, self.path, **options)
        self.assertEqual(os.listdir(self.folder), ["reference.safetensors"])
        with safe_open(self.path, "pt") as file:
            metadata = dict(file.metadata())
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        for name in ("order", "modules"):
            metadata[name] = json.loads(metadata[name], parse_constant=self.fail)
        return tensors, metadata

    def refused(self, words, model, inputs, **options):
        """Recording fails with a ValueError of these words and leaves no file."""
        with self.assertRaises(ValueError) as caught:
            record_torch.record(model, inputs, self.path, **options)
        for word in words:
            self.assertIn(word, str(caught.exception))
        self.assertEqual(os.listdir(self.folder), [])

    def near(self, got, want, tolerance):
        self.assertEqual(got.shape, want.shape)
        self.assertLess((got.double() - want.double()).abs().max().item(), tolerance)


class Values(RecordTest):
    def test_a_network_with_batch_norm(self):
        model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4),
                              nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(4 * 36, 5))
        model(torch.randn(8, 3, 6, 6))
        model.eval()
        images = torch.randn(2, 3, 6, 6)
        kept, before = images.clone(), {k: v.clone() for k, v in model.state_dict().items()}
        tensors, metadata = self.record(model, {"images": images}, outputs=["logits"])
        with torch.no_grad():
            wide = model.double()
            norm = wide[1](wide[0](images.double()))
            self.near(tensors["1"], norm, 1e-14)
            self.near(tensors["2/input"], norm, 1e-14)  # Not what the ReLU made of it.
            self.near(tensors["2"], norm.relu(), 1e-14)
            self.near(tensors["logits"], wide(images.double()), 1e-14)
        self.assertTrue(torch.equal(tensors["inputs/images"], kept))
        self.assertEqual(tensors["inputs/images"].dtype, torch.float32)
        self.assertEqual(tensors["weights/1.num_batches_tracked"].dtype, torch.int64)
        self.assertEqual({k for k in tensors if k.startswith("weights/")},
                         {f"weights/{k}" for k in before})
        for name, value in before.items():
            self.assertTrue(torch.equal(tensors[f"weights/{name}"], value))
        self.assertEqual(metadata["order"], ["0", "1", "2", "3", "4", "logits"])

    def test_the_callers_model_and_settings_stay(self):
        model = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(3, 3)).eval()
        inputs = torch.randn(2, 3)
        kept = inputs.clone()
        self.record(model, {"x": inputs})
        self.assertEqual(model[1].weight.dtype, torch.float32)
        self.assertTrue(torch.equal(inputs, kept))
        self.assertFalse(model[0]._forward_hooks or model[0]._forward_pre_hooks)
        self.assertEqual(torch.get_default_dtype(), torch.float32)

    def test_float64_and_float32_differ_by_rounding(self):
        model = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64)).eval()
        tensors, _ = self.record(model, {"x": torch.randn(4, 64)})
        for name in ("0", "1", "2", "2/input", "output"):
            wide, single = tensors[name], tensors[f"f32/{name}"]
            self.assertEqual((wide.dtype, single.dtype), (torch.float64, torch.float32))
            self.near(single, wide, 1e-5)
            self.assertGreater((single.double() - wide).abs().max().item(), 1e-10)

    def test_tensors_that_forward_makes_are_wide_too(self):
        model = Function(lambda own, x: own.layer(x + torch.rsqrt(torch.full((3,), 3.0))),
                         layer=nn.Linear(3, 3))
        tensors, _ = self.record(model, {"x": torch.zeros(1, 3)})
        self.near(tensors["layer/input"], torch.full((1, 3), 3.0).double().rsqrt(), 1e-15)

    def test_float32_alone(self):
        tensors, metadata = self.record(nn.Sequential(nn.Linear(3, 3)).eval(),
                                        {"x": torch.randn(2, 3)}, float64=False)
        self.assertEqual(set(tensors), {"inputs/x", "weights/0.weight", "weights/0.bias",
                                        "0", "0/input", "output"})
        self.assertEqual(tensors["0"].dtype, torch.float32)
        self.assertEqual(metadata["order"], ["0", "output"])

    def test_bfloat16_weights_stay_and_are_computed_wide(self):
        model = nn.Sequential(nn.Linear(3, 3)).eval().bfloat16()
        tensors, _ = self.record(model, {"x": torch.randn(2, 3).bfloat16()})
        self.assertEqual(tensors["weights/0.weight"].dtype, torch.bfloat16)
        self.assertEqual(tensors["inputs/x"].dtype, torch.bfloat16)
        self.assertEqual(tensors["f32/0"].dtype, torch.float32)
        self.near(tensors["0"], model.double()(tensors["inputs/x"].double()).detach(), 1e-15)

    def test_token_ids(self):
        model = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 9)).eval()
        tensors, _ = self.record(model, {"ids": torch.tensor([[1, 8, 0]])})
        for name in ("inputs/ids", "0/input", "f32/0/input"):
            self.assertEqual(tensors[name].dtype, torch.int64)
            self.assertEqual(tensors[name].tolist(), [[1, 8, 0]])
        self.assertEqual(tensors["0"].dtype, torch.float64)

    def test_bool_empty_transposed_and_complex_tensors(self):
        model = Function(lambda own, x: (x > 0, x[:0], x.t(), torch.complex(x, -x).conj()))
        tensors, _ = self.record(model, {"x": torch.tensor([[1.0, -2.0, 3.0]]).t()})
        self.assertEqual(tensors["output"].tolist(), [[True], [False], [True]])
        self.assertEqual(list(tensors["output.1"].shape), [0, 1])
        self.assertEqual(tensors["output.2"].tolist(), [[1, -2, 3]])
        self.assertEqual(tensors["output.3"].tolist(), [[[1, 1]], [[-2, -2]], [[3, 3]]])

    def test_complex_buffers_keep_their_imaginary_part(self):
        model = Function(lambda own, x: torch.view_as_real((x + 0j) @ own.turn))
        model.register_buffer("turn", torch.tensor([[1 + 2j]]))
        tensors, _ = self.record(model, {"x": torch.ones(1, 1)})
        self.assertEqual(tensors["output"].tolist(), [[[1, 2]]])
        self.assertEqual(tensors["output"].dtype, torch.float64)
        self.assertEqual(tensors["weights/turn"].tolist(), [[[1, 2]]])

    def test_tied_weights_are_written_under_each_name(self):
        model = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 9, bias=False)).eval()
        model[1].weight = model[0].weight
        tensors, _ = self.record(model, {"ids": torch.tensor([1, 2])})
        self.assertTrue(torch.equal(tensors["weights/0.weight"], tensors["weights/1.weight"]))


class Names(RecordTest):
    def test_a_child_is_before_its_parent(self):
        block = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        _, metadata = self.record(nn.Sequential(block, nn.Linear(3, 2)).eval(),
                                  {"x": torch.randn(2, 3)})
        self.assertEqual(metadata["order"], ["0.0", "0.1", "0", "1", "output"])

    def test_each_call_of_a_module(self):
        model = Function(lambda own, x: own.layer(own.layer(x)), layer=nn.Linear(3, 3))
        tensors, metadata = self.record(model, {"x": torch.randn(2, 3)})
        self.assertEqual(metadata["order"], ["layer", "layer#2", "output"])
        self.assertTrue(torch.equal(tensors["layer"], tensors["layer#2/input"]))
        self.assertTrue(torch.equal(tensors["layer#2"], tensors["output"]))

    def test_the_fast_path_of_attention_hides_no_submodule(self):
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")
        model = nn.TransformerEncoder(layer, 2).eval()
        mha = getattr(torch.backends, "mha", None)
        tensors, metadata = self.record(model, {"src": torch.randn(2, 3, 8)})
        for name in ("self_attn", "linear1", "linear2", "norm1", "norm2"):
            self.assertIn(f"layers.1.{name}", metadata["order"])
        self.assertEqual(mha is None or mha.get_fastpath_enabled(), True)
        self.assertEqual(metadata["modules"]["layers.0"]["activation"], "gelu")
        with torch.no_grad():
            self.near(tensors["output"], model.double()(tensors["inputs/src"].double()), 1e-12)

    def test_inputs_go_by_name(self):
        class Model(nn.Module):
            def forward(self, left, right, *, scale=None):
                return left - right if scale is None else (left - right) * scale

        one, two, three = torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor([3.0])
        tensors, _ = self.record(Model(), {"right": two, "scale": three, "left": one})
        self.assertEqual(tensors["output"].tolist(), [-3.0])

    def test_inputs_go_by_position_without_their_names(self):
        class Model(nn.Module):
            def forward(self, *input):
                return input[0] - input[-1]

        one, two = torch.tensor([1.0]), torch.tensor([2.0])
        tensors, _ = self.record(Model(), {"input": one, "other": two})
        self.assertEqual(tensors["output"].tolist(), [-1.0])
        tensors, _ = self.record(Model(), {"input": one})
        self.assertEqual(tensors["output"].tolist(), [0.0])

    @unittest.skipUnless(hasattr(torch, "compile"), "this version does not compile")
    def test_a_compiled_model(self):
        model = torch.compile(nn.Sequential(nn.Linear(3, 3)).eval(), backend="eager")
        _, metadata = self.record(model, {"x": torch.randn(2, 3)})
        self.assertEqual(metadata["order"], ["0", "output"])
        self.assertEqual(set(metadata["modules"]), {"", "0"})

    @unittest.skipIf(torch.__version__ < "2.0", "hooks of this version see no keyword")
    def test_keywords_of_a_submodule(self):
        model = Function(lambda own, x: own.layer(input=x), layer=nn.Linear(3, 3))
        tensors, _ = self.record(model, {"x": torch.randn(2, 3)})
        self.assertIn("layer/input.input", tensors)

    def test_tuples_dicts_and_dataclasses(self):
        @dataclasses.dataclass
        class Result:
            hidden: torch.Tensor
            note: str = "text"

        children = {
            "lstm": nn.LSTM(3, 4),
            "named": Function(lambda own, x: {"mean": x.mean(), "none": None}),
            "result": Function(lambda own, x: [Result(x)]),
        }
        model = Function(lambda own, x: (own.lstm(x)[0], [own.named(x), own.result(x)][2:], "text",
                                         x), **children)
        tensors, metadata = self.record(model, {"x": torch.randn(2, 1, 3)}, outputs=["hidden"])
        self.assertEqual(metadata["order"], [
            "lstm", "lstm/output.1.0", "lstm/output.1.1", "named/output.mean",
            "result/output.0.hidden", "hidden", "output.3"])
        self.assertEqual(list(tensors["lstm/output.1.1"].shape), [1, 1, 4])

    def test_a_call_that_ends_in_a_caught_exception(self):
        def attempt(own, x):
            try:
                own.bad(x)
            except RuntimeError:
                return own.good(x)

        model = Function(lambda own, x: own.outer(x), outer=Function(
            attempt, bad=nn.Linear(2, 2), good=nn.Linear(3, 3)))
        _, metadata = self.record(model, {"x": torch.randn(2, 3)})
        self.assertEqual(metadata["order"], ["outer.good", "outer", "output"])


class Metadata(RecordTest):
    def test_settings_of_modules(self):
        model = nn.Sequential(
            nn.LayerNorm((3,), eps=1e-6), nn.GELU(approximate="tanh"),
            nn.Linear(3, 3, bias=False), nn.Hardtanh(-1.0, float("inf"))).eval()
        _, metadata = self.record(model, {"x": torch.randn(2, 3)})
        modules = metadata["modules"]
        self.assertEqual(modules["0"], {
            "class": "LayerNorm", "training": False, "normalized_shape": [3], "eps": 1e-6,
            "elementwise_affine": True, "weight": True, "bias": True})
        self.assertEqual(modules["1"],
                         {"class": "GELU", "training": False, "approximate": "tanh"})
        self.assertIs(modules["2"]["bias"], False)
        self.assertEqual(modules["3"]["max_val"], "inf")
        self.assertEqual(modules[""]["class"], "Sequential")

    def test_the_rest(self):
        tensors, metadata = self.record(nn.Linear(2, 2).eval(), {"x": torch.ones(1, 2)})
        digest = hashlib.sha256()
        for name in ("bias", "weight"):
            digest.update(name.encode() + tensors[f"weights/{name}"].numpy().tobytes())
        self.assertEqual(metadata["weights_sha256"], digest.hexdigest())
        self.assertEqual(metadata["source"], f"PyTorch {torch.__version__}")
        self.assertEqual(metadata["format"], "burn-repro reference")
        self.assertEqual(metadata["version"], "1")

    def test_a_state_that_is_no_tensor(self):
        class Model(nn.Module):
            def forward(self, x):
                return x * torch.is_grad_enabled()

            def get_extra_state(self):
                return "text"

        tensors, _ = self.record(Model().eval(), {"x": torch.ones(1)})
        self.assertEqual(set(tensors), {"inputs/x", "output", "f32/output"})
        self.assertEqual(tensors["output"].tolist(), [0.0])


class Refusals(RecordTest):
    def test_training_mode(self):
        x = {"x": torch.randn(2, 3)}
        for layer in (nn.BatchNorm1d(3), nn.Dropout(0.5)):
            model = nn.Sequential(nn.Linear(3, 3), layer)
            self.refused(["`1`", type(layer).__name__, "model.eval()"], model, x)
            model.eval()
            layer.train()
            self.refused(["`1`"], model, x)

    def test_an_input_without_tensor(self):
        self.refused(["`x` is a list", "torch.as_tensor"], nn.Linear(1, 1).eval(), {"x": [1.0]})

    def test_a_random_operation(self):
        noise = Function(lambda own, x: x + torch.rand(3))
        model = Function(lambda own, x: own.last(own.noise(own.first(x))), first=nn.Linear(3, 3),
                         noise=noise, last=nn.Linear(3, 3))
        self.refused(["`noise`", "random"], model, {"x": torch.randn(2, 3)})

    def test_the_order_of_a_random_operation_before_a_module(self):
        model = Function(lambda own, x: own.layer(x + torch.rand(3)), layer=nn.Linear(3, 3))
        self.refused(["`layer/input`"], model, {"x": torch.randn(2, 3)})

    def test_a_module_that_is_called_at_random(self):
        passes = []

        def sometimes(own, x):
            passes.append(x)
            return own.layer(x) if len(passes) == calls else x

        for calls in (1, 2):
            passes.clear()
            model = Function(sometimes, layer=nn.Identity())
            self.refused(["`layer/input`"], model, {"x": torch.randn(2, 3)})

    def test_an_operation_without_float64(self):
        def single(own, x):
            if x.dtype == torch.float64:
                raise RuntimeError("no kernel")
            return x

        model = nn.Sequential(nn.Linear(3, 3), Function(single)).eval()
        x = {"x": torch.randn(2, 3)}
        self.refused(["float64 pass", "module `1`", "no kernel", "float64=False"], model, x)
        self.record(model, x, float64=False)
        self.assertEqual(torch.get_default_dtype(), torch.float32)

    def test_a_model_that_fails(self):
        model = nn.Sequential(nn.Linear(3, 3), nn.Linear(4, 4)).eval()
        self.refused(["float32 pass", "module `1`"], model, {"x": torch.randn(2, 3)})
        if hasattr(torch.backends, "mha"):
            self.assertTrue(torch.backends.mha.get_fastpath_enabled())

    def test_outputs(self):
        x = {"x": torch.randn(2, 3)}
        self.refused(["returned 0 tensors"], Function(lambda own, x: None), x)
        self.refused(["returned 1 tensors"], nn.ReLU().eval(), x, outputs=["a", "b"])

    def test_names(self):
        x = {"x": torch.randn(2, 3)}
        model = Function(lambda own, x: own.output(x), output=nn.Linear(3, 3))
        self.refused(["`output`", "outputs="], model, x)
        self.record(model, x, outputs=["result"])
        os.remove(self.path)
        for prefix in ("inputs/", "weights/", "f32/"):
            self.refused([f"`{prefix}x`"], nn.ReLU().eval(), x, outputs=[f"{prefix}x"])

    def test_a_file_is_whole_or_not_there(self):
        model, x = nn.Linear(3, 3).eval(), {"x": torch.randn(2, 3)}
        self.record(model, x)
        with open(self.path, "rb") as file:
            before = file.read()

        def fail(tensors, path, metadata):
            with open(path, "w") as file:
                file.write("half")
            raise OSError("no space left")

        whole, record_torch.save_file = record_torch.save_file, fail
        try:
            with self.assertRaises(OSError):
                record_torch.record(model, x, self.path)
        finally:
            record_torch.save_file = whole
        self.assertEqual(os.listdir(self.folder), ["reference.safetensors"])
        with open(self.path, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_a_value_that_is_not_finite(self):
        model = nn.Sequential(nn.Linear(3, 3), Function(lambda own, x: x / 0), nn.ReLU()).eval()
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            tensors, _ = self.record(model, {"x": torch.randn(2, 3)})
        self.assertEqual(said.getvalue(), "warning: the output `1` is not finite\n")
        self.assertFalse(torch.isfinite(tensors["1"]).any())


if __name__ == "__main__":
    unittest.main()
