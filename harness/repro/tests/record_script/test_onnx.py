"""Tests of `repro record-script onnx`. Run in this folder: python -B -m unittest test_onnx."""

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import sys
import tempfile
import unittest

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open

# The folder of the script is no place for compiled files.
sys.dont_write_bytecode = True
SCRIPT = os.path.join(os.path.dirname(__file__), "../../src/cli/record_script/onnx.py")
SPECIFICATION = importlib.util.spec_from_file_location("record_onnx", SCRIPT)
record_onnx = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(record_onnx)

IMAGES = numpy.linspace(-1, 1, 2 * 3 * 4 * 4, dtype=numpy.float32).reshape(2, 3, 4, 4)


def network():
    """The nodes and the weights of a convolution, a norm, a ReLU and a layer."""
    source = numpy.random.default_rng(7)

    def weight(name, *shape):
        return numpy_helper.from_array(source.random(shape, numpy.float32) + 0.5, name)

    nodes = [
        helper.make_node("Conv", ["images", "conv.weight"], ["/conv/Conv_output_0"],
                         pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization",
                         ["/conv/Conv_output_0", "scale", "shift", "mean", "variance"],
                         ["norm"], epsilon=1e-5),
        helper.make_node("Relu", ["norm"], ["relu"]),
        helper.make_node("Flatten", ["relu"], ["flat"]),
        helper.make_node("Gemm", ["flat", "layer.weight"], ["logits"], transB=1),
    ]
    weights = [weight("conv.weight", 5, 3, 3, 3), weight("layer.weight", 7, 80)]
    weights += [weight(name, 5) for name in ("scale", "shift", "mean", "variance")]
    return nodes, weights


class RecordTest(unittest.TestCase):
    def setUp(self):
        folder, models = tempfile.TemporaryDirectory(), tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(models.cleanup)
        self.folder = folder.name
        self.path = os.path.join(self.folder, "reference.safetensors")
        self.model = os.path.join(models.name, "model.onnx")

    def save(self, nodes, weights=(), inputs=None, outputs=("logits",), kind=TensorProto.FLOAT):
        inputs = {"images": TensorProto.FLOAT} if inputs is None else inputs
        graph = helper.make_graph(
            nodes, "graph",
            [helper.make_tensor_value_info(name, kind, None) for name, kind in inputs.items()],
            [helper.make_tensor_value_info(name, kind, None) for name in outputs],
            list(weights))
        onnx.save(helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), self.model)

    def record(self, inputs):
        """The tensors and the metadata of a recording."""
        record_onnx.record(self.model, inputs, self.path)
        self.assertEqual(os.listdir(self.folder), ["reference.safetensors"])
        with safe_open(self.path, "np") as file:
            metadata = dict(file.metadata())
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        for name in ("order", "modules", "node_inputs"):
            metadata[name] = json.loads(metadata[name], parse_constant=self.fail)
        return tensors, metadata

    def refused(self, words, inputs):
        """Recording fails with a ValueError of these words and leaves no file."""
        with self.assertRaises(ValueError) as caught:
            record_onnx.record(self.model, inputs, self.path)
        for word in words:
            self.assertIn(word, str(caught.exception))
        self.assertEqual(os.listdir(self.folder), [])


class Values(RecordTest):
    def test_every_node_of_a_network(self):
        nodes, weights = network()
        self.save(nodes, weights)
        tensors, metadata = self.record({"images": IMAGES})
        order = ["/conv/Conv_output_0", "norm", "relu", "flat", "logits"]
        self.assertEqual(metadata["order"], order)
        self.assertEqual(set(tensors), {
            "inputs/images", *order, *(f"{name}/input" for name in order),
            *(f"weights/{weight.name}" for weight in weights)})
        for weight in weights:
            numpy.testing.assert_array_equal(tensors[f"weights/{weight.name}"],
                                             numpy_helper.to_array(weight))
        numpy.testing.assert_array_equal(tensors["/conv/Conv_output_0/input"], IMAGES)
        numpy.testing.assert_array_equal(tensors["relu"], numpy.maximum(tensors["norm"], 0))
        numpy.testing.assert_array_equal(tensors["relu/input"], tensors["norm"])
        numpy.testing.assert_allclose(
            tensors["logits"], tensors["flat"] @ tensors["weights/layer.weight"].T, rtol=1e-5)
        session = onnxruntime.InferenceSession(self.model, providers=["CPUExecutionProvider"])
        numpy.testing.assert_allclose(
            tensors["logits"], session.run(["logits"], {"images": IMAGES})[0], rtol=1e-5)

    def test_no_node_is_fused_or_folded(self):
        seen = []
        whole = onnxruntime.InferenceSession
        self.addCleanup(setattr, onnxruntime, "InferenceSession", whole)

        def open_session(file, options, providers):
            seen.append(options)
            return whole(file, options, providers)

        onnxruntime.InferenceSession = open_session
        self.save(*network())
        self.record({"images": IMAGES})
        self.assertEqual(seen[0].graph_optimization_level,
                         onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
        self.assertEqual((seen[0].intra_op_num_threads, seen[0].inter_op_num_threads), (1, 1))

    def test_integers_bools_and_empty_tensors(self):
        table = numpy_helper.from_array(numpy.eye(4, dtype=numpy.float32), "table")
        nodes = [helper.make_node("Gather", ["table", "ids"], ["rows"]),
                 helper.make_node("Equal", ["ids", "ids"], ["same"]),
                 helper.make_node("NonZero", ["zero"], ["none"]),
                 helper.make_node("Size", ["rows"], ["count"])]
        self.save(nodes, [table], {"ids": TensorProto.INT64, "zero": TensorProto.FLOAT}, ["rows"])
        tensors, _ = self.record({"ids": numpy.array([[3, 1]]),
                                  "zero": numpy.zeros(2, numpy.float32)})
        self.assertEqual(tensors["inputs/ids"].dtype, numpy.int64)
        self.assertEqual(tensors["same"].tolist(), [[True, True]])
        self.assertEqual(tensors["none"].shape, (1, 0))
        self.assertEqual(tensors["count"].shape, ())
        # Of a weight and a value only the value, by its place.
        numpy.testing.assert_array_equal(tensors["rows/input.1"], [[3, 1]])
        self.assertNotIn("rows/input", tensors)

    def test_a_view_with_other_strides(self):
        self.save([helper.make_node("Relu", ["images"], ["logits"])])
        view = IMAGES.transpose(0, 2, 3, 1)
        tensors, _ = self.record({"images": view})
        numpy.testing.assert_array_equal(tensors["inputs/images"], view)
        numpy.testing.assert_array_equal(tensors["logits"], numpy.maximum(view, 0))

    def test_several_outputs_of_a_node(self):
        nodes = [helper.make_node("MaxPool", ["images"], ["logits", "places"],
                                  kernel_shape=[2, 2])]
        self.save(nodes)
        tensors, metadata = self.record({"images": IMAGES})
        self.assertEqual(metadata["order"], ["logits", "places"])
        self.assertEqual(tensors["places"].dtype, numpy.int64)
        self.assertIn("logits/input", tensors)

    def test_a_sequence_is_left_out(self):
        nodes = [helper.make_node("SplitToSequence", ["images"], ["parts"]),
                 helper.make_node("ConcatFromSequence", ["parts"], ["logits"], axis=0)]
        self.save(nodes)
        tensors, metadata = self.record({"images": IMAGES})
        self.assertEqual(metadata["order"], ["logits"])
        numpy.testing.assert_array_equal(tensors["logits"], IMAGES)

    def test_weights_in_a_file_of_their_own(self):
        nodes, weights = network()
        self.save(nodes, weights)
        onnx.save_model(onnx.load(self.model), self.model, save_as_external_data=True,
                        location="data", size_threshold=0)
        tensors, _ = self.record({"images": IMAGES})
        for weight in weights:
            numpy.testing.assert_array_equal(tensors[f"weights/{weight.name}"],
                                             numpy_helper.to_array(weight))


class Metadata(RecordTest):
    def test_attributes_and_the_rest(self):
        nodes, weights = network()
        nodes.append(helper.make_node("LeakyRelu", ["logits"], ["leaky"], alpha=float("inf")))
        self.save(nodes, weights)
        with contextlib.redirect_stderr(io.StringIO()):
            tensors, metadata = self.record({"images": IMAGES})
        modules = metadata["modules"]
        self.assertEqual(modules["norm"], {"class": "BatchNormalization", "epsilon": 1e-5})
        self.assertEqual(modules["/conv/Conv_output_0"], {"class": "Conv", "pads": [1, 1, 1, 1]})
        self.assertEqual(modules["logits"], {"class": "Gemm", "transB": 1})
        self.assertEqual(modules["leaky"]["alpha"], "inf")
        self.assertEqual(metadata["node_inputs"]["logits"], ["flat", "layer.weight"])
        digest = hashlib.sha256()
        for name in sorted(weight.name for weight in weights):
            digest.update(name.encode() + tensors[f"weights/{name}"].tobytes())
        self.assertEqual(metadata["weights_sha256"], digest.hexdigest())
        self.assertEqual(metadata["source"], f"ONNX Runtime {onnxruntime.__version__}")
        self.assertEqual(metadata["format"], "burn-repro reference")
        self.assertEqual(metadata["version"], "1")

    def test_texts(self):
        self.save([helper.make_node("Gelu", ["images"], ["logits"], approximate="tanh")])
        model = onnx.load(self.model)
        model.opset_import[0].version = 20
        model.ir_version = 9
        onnx.save(model, self.model)
        _, metadata = self.record({"images": IMAGES})
        self.assertEqual(metadata["modules"]["logits"], {"class": "Gelu", "approximate": "tanh"})


class Refusals(RecordTest):
    def test_training_mode(self):
        nodes, weights = network()
        nodes[1] = helper.make_node(
            "BatchNormalization", list(nodes[1].input), ["norm", "mean.1", "variance.1"],
            training_mode=1)
        self.save(nodes, weights)
        self.refused(["`norm`", "BatchNormalization", "training mode"], {"images": IMAGES})

    def test_a_random_node(self):
        nodes = [helper.make_node("Relu", ["images"], ["relu"]),
                 helper.make_node("RandomNormalLike", ["relu"], ["noise"]),
                 helper.make_node("Add", ["relu", "noise"], ["logits"])]
        self.save(nodes)
        self.refused(["`noise`", "random"], {"images": IMAGES})

    def test_inputs(self):
        self.save([helper.make_node("Relu", ["images"], ["logits"])])
        self.refused(["['image']", "['images']"], {"image": IMAGES})
        self.refused(["`images` is a list", "numpy.asarray"], {"images": [1.0]})

    def test_a_weight_is_no_input(self):
        nodes, weights = network()
        inputs = {"images": TensorProto.FLOAT, "scale": TensorProto.FLOAT}
        self.save(nodes, weights, inputs)
        self.record({"images": IMAGES})

    def test_a_graph_without_nodes(self):
        self.save([], outputs=["images"])
        self.refused(["no node"], {"images": IMAGES})

    def test_names(self):
        for name in ("inputs/a", "weights/a", "f32/a"):
            self.save([helper.make_node("Relu", ["images"], [name])], outputs=[name])
            self.refused([f"`{name}`", "starts with"], {"images": IMAGES})
        self.save([helper.make_node("Relu", ["images"], ["a"]),
                   helper.make_node("Relu", ["a"], ["a/input"])], outputs=["a"])
        self.refused(["`a/input`", "taken"], {"images": IMAGES})

    def test_a_file_is_whole_or_not_there(self):
        self.save([helper.make_node("Relu", ["images"], ["logits"])])

        def fail(tensors, path, metadata):
            with open(path, "w") as file:
                file.write("half")
            raise OSError("no space left")

        whole, record_onnx.save_file = record_onnx.save_file, fail
        self.addCleanup(setattr, record_onnx, "save_file", whole)
        with self.assertRaises(OSError):
            record_onnx.record(self.model, {"images": IMAGES}, self.path)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_value_that_is_not_finite(self):
        self.save([helper.make_node("Log", ["images"], ["log"]),
                   helper.make_node("Relu", ["log"], ["logits"])])
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            tensors, _ = self.record({"images": IMAGES})
        self.assertEqual(said.getvalue(), "warning: the output `log` is not finite\n")
        self.assertTrue(numpy.isnan(tensors["log"]).any())

    def test_a_type_that_safetensors_has_not(self):
        nodes = [helper.make_node("Relu", ["images"], ["logits"]),
                 helper.make_node("Identity", ["words"], ["same"])]
        words = helper.make_tensor("words", TensorProto.STRING, [1], [b"text"])
        self.save(nodes, [words])
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            tensors, metadata = self.record({"images": IMAGES})
        self.assertEqual(said.getvalue(),
                         "warning: `weights/words` is left out: its type is object\n")
        self.assertNotIn("weights/words", tensors)
        self.assertEqual(metadata["order"], ["logits"])


if __name__ == "__main__":
    unittest.main()
