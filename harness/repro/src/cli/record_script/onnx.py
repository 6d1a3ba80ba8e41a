"""Writes an ONNX model's inputs, weights and values in each node to a safetensors file.

    from record_onnx import record
    images = numpy.load("images.npy")
    record("model.onnx", {"images": images}, "reference.safetensors")
"""

import hashlib
import json
import os
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from safetensors.numpy import save_file

RESERVED = ("inputs/", "weights/", "f32/")
STORABLE = {"bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
            "float16", "bfloat16", "float32", "float64"}


def record(model, inputs, path):
    """Runs the file `model` with the named inputs in ONNX Runtime and writes the file `path`."""
    proto = onnx.load(os.fspath(model))
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor)
               for tensor in proto.graph.initializer}
    check(proto.graph, inputs, weights)
    computed, second = run(proto, inputs)
    for name, value in computed.items():
        if value.tobytes() != second[name].tobytes():
            raise ValueError(f"the tensor `{name}` is the first that differs between two runs, "
                             "expected the same bits: remove the random node, such as Dropout in "
                             "training mode, in this place or before it")
    for name, value in computed.items():
        if not numpy.isfinite(value).all():
            print(f"warning: the output `{name}` is not finite", file=sys.stderr)
            break
    tensors, order = name_values(proto.graph, {**inputs, **computed}, computed)
    tensors.update((f"inputs/{name}", value) for name, value in inputs.items())
    write(proto.graph, weights, tensors, order, path)


def check(graph, inputs, weights):
    """Refuses what cannot be recorded before the model is run."""
    expected = {value.name for value in graph.input} - set(weights)
    if set(inputs) != expected:
        raise ValueError(f"the inputs are named {sorted(inputs)}, expected {sorted(expected)}: "
                         "pass an array by name for each input of the graph")
    for name, value in inputs.items():
        if not isinstance(value, numpy.ndarray):
            raise ValueError(f"the input `{name}` is a {type(value).__name__}, expected a "
                             "numpy.ndarray: convert it with numpy.asarray")
    if not any(name for node in graph.node for name in node.output):
        raise ValueError("the graph has no node, expected at least one: record a model that "
                         "computes its outputs")
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name == "training_mode" and attribute.i:
                raise ValueError(f"the node of `{node.output[0]}` ({node.op_type}) is in training "
                                 "mode, expected evaluation mode: export after model.eval()")


def run(proto, inputs):
    """The tensors that two runs of one session compute, each by name in the nodes' order."""
    graph = proto.graph
    names = [name for node in graph.node for name in node.output if name]
    known = {value.name for value in graph.output}
    # ONNX Runtime infers the types.
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in known)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3  # Errors; its warnings are of optimizations.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        # By a file, because a model with its weights may be too large for one message.
        file = os.path.join(folder, "model.onnx")
        onnx.save_model(proto, file, save_as_external_data=True, location="weights")
        session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])
        runs = [dict(zip(names, session.run(names, inputs))) for _ in range(2)]
    # Leaves out sequences and texts.
    return [{name: value for name, value in values.items()
             if isinstance(value, numpy.ndarray) and value.dtype.kind != "O"} for values in runs]


def name_values(graph, values, computed):
    """The tensors by name and the names of the outputs in the nodes' order."""
    pairs, order = [], []
    for node in graph.node:
        outputs = [name for name in node.output if name]
        order.extend(name for name in outputs if name in computed)
        pairs.extend((name, values[name]) for name in outputs if name in computed)
        for index, name in enumerate(node.input):
            if name in values:
                suffix = f".{index}" if index else ""
                pairs.append((f"{outputs[0]}/input{suffix}", values[name]))
    tensors = {}
    for name, value in pairs:
        if name in tensors or name.startswith(RESERVED):
            raise ValueError(f"the name `{name}` is taken or starts with one of {RESERVED}; "
                             "expected a name of its own: rename the tensor in the model")
        tensors[name] = value
    return tensors, order


def attributes(node):
    """The operator and the attributes that a port must have too."""
    found = {"class": node.op_type}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        elif isinstance(value, float):
            # An attribute is a float32: 1e-05, not 9.999999747378752e-06.
            value = float(str(numpy.float32(value)))
            value = value if numpy.isfinite(value) else str(value)  # JSON has no infinity.
        numbers = isinstance(value, list) and all(isinstance(part, int) for part in value)
        if isinstance(value, (int, float, str)) or numbers:
            found[attribute.name] = value
    return found


def write(graph, weights, tensors, order, path):
    """Adds the weights and writes the file under another name first, so that it is whole."""
    tensors.update((f"weights/{name}", value) for name, value in weights.items())
    for name, value in list(tensors.items()):
        # A copy that keeps an array without axes, as numpy.ascontiguousarray does not.
        tensors[name] = numpy.array(value, order="C")
        if value.dtype.name not in STORABLE:
            print(f"warning: `{name}` is left out: its type is {value.dtype}", file=sys.stderr)
            del tensors[name]
    order = [name for name in order if name in tensors]
    digest = hashlib.sha256()
    for name in sorted(weights):
        if f"weights/{name}" in tensors:
            digest.update(name.encode() + tensors[f"weights/{name}"].tobytes())
    named = {next(filter(None, node.output)): node for node in graph.node}
    modules = {name: attributes(node) for name, node in named.items()}
    node_inputs = {name: list(node.input) for name, node in named.items()}
    metadata = {"format": "burn-repro reference", "version": "1",
                "source": f"ONNX Runtime {onnxruntime.__version__}",
                "weights_sha256": digest.hexdigest(),
                "order": json.dumps(order), "modules": json.dumps(modules),
                "node_inputs": json.dumps(node_inputs)}
    part = f"{os.fspath(path)}.{os.getpid()}.part"
    try:
        save_file(tensors, part, metadata)
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)
