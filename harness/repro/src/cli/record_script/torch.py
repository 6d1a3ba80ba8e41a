"""Writes a PyTorch model's inputs, weights and values in each submodule to a safetensors file.

    from record_torch import record
    model.eval()
    record(model, {"images": images}, "reference.safetensors")
"""

import copy
import ctypes
import dataclasses
import hashlib
import inspect
import json
import os
import sys
from collections.abc import Mapping

import torch
from safetensors.torch import save_file

RESERVED = ("inputs/", "weights/", "f32/")
RANDOM_IN_TRAINING = (torch.nn.modules.dropout._DropoutNd, torch.nn.modules.batchnorm._BatchNorm)


def record(model, inputs, path, outputs=(), float64=True):
    """Calls the model with the named inputs and writes the file `path`.

    `outputs` names what the model returns; without it, `output`, `output.1`, ...
    `float64=False` records float32 only, under the plain names.
    """
    model = getattr(model, "_orig_mod", model)  # torch.compile hides the submodules' calls.
    check(model, inputs)
    first, order = run(model, inputs, outputs, torch.float32)
    second, _ = run(model, inputs, outputs, torch.float32)
    for name in {**first, **second}:
        if name not in first or name not in second or raw(first[name]) != raw(second[name]):
            raise ValueError(f"the tensor `{name}` is the first that differs between two float32 "
                             "passes, expected the same bits: turn off the random operation, such "
                             "as dropout, in this module or before it")
    tensors = first
    if float64:
        tensors, order = run(model, inputs, outputs, torch.float64)
        tensors.update((f"f32/{name}", tensor) for name, tensor in first.items())
    for name in [*order, *(f"f32/{name}" for name in order)]:
        if name in tensors and not torch.isfinite(tensors[name]).all():
            print(f"warning: the output `{name}` is not finite", file=sys.stderr)
            break
    tensors.update((f"inputs/{name}", stored(tensor)) for name, tensor in inputs.items())
    write(model, tensors, order, path)


def check(model, inputs):
    for name, value in inputs.items():
        if not isinstance(value, torch.Tensor):
            raise ValueError(f"the input `{name}` is a {type(value).__name__}, expected a "
                             "torch.Tensor: convert it with torch.as_tensor")
    for name, module in model.named_modules():
        if module.training and isinstance(module, RANDOM_IN_TRAINING):
            raise ValueError(f"the module `{name}` ({type(module).__name__}) is in training mode, "
                             "expected evaluation mode: call model.eval()")


def run(model, inputs, outputs, dtype):
    """Calls a copy of the model in `dtype`: the tensors by name, the outputs' names in order."""
    kept, order, running, tensors = [], [], [], {}
    before = settings(dtype, False)
    try:
        with torch.no_grad():
            # Not Module.to, which drops the imaginary part of complex buffers.
            own = copy.deepcopy(model)._apply(lambda tensor: cast(tensor, dtype))
            watch(own, kept, order, running)
            result = call(own, {name: cast(value, dtype) for name, value in inputs.items()})
    except Exception as error:
        place = f"module `{running[-1][1]}`" if running else "model outside its submodules"
        hint = "; float64=False records float32 only" if dtype == torch.float64 else ""
        raise ValueError(f"the {dtype} pass failed in the {place}: {error}{hint}") from error
    finally:
        settings(*before)
    found = [(f"output{suffix}", stored(value)) for suffix, value in flatten(result)]
    if len(found) < max(1, len(outputs)):
        raise ValueError(f"the model returned {len(found)} tensors, expected at least one and one "
                         "for each name in `outputs`: return more or name fewer")
    found[:len(outputs)] = [(name, value) for name, (_, value) in zip(outputs, found)]
    order.extend(name for name, _ in found)
    for name, tensor in kept + found:
        if name in tensors or name.startswith(RESERVED):
            raise ValueError(f"the name `{name}` is taken or starts with one of {RESERVED}; "
                             "expected a name of its own: use outputs=[...] or rename the module")
        tensors[name] = tensor
    return tensors, order


def settings(dtype, fast_path):
    """Sets the type of the tensors that forward makes, and the fast path; returns the old."""
    attention = getattr(torch.backends, "mha", None)
    before = torch.get_default_dtype(), attention and attention.get_fastpath_enabled()
    torch.set_default_dtype(dtype)
    if attention:  # The fast path of nn.TransformerEncoderLayer calls no submodule.
        attention.set_fastpath_enabled(fast_path)
    return before


def watch(model, kept, order, running):
    """Adds hooks that keep what each submodule takes and returns."""
    names = {module: name for name, module in model.named_modules() if module is not model}
    calls = dict.fromkeys(names, 0)

    def enter(module, arguments, keywords=()):
        calls[module] += 1
        running.append((module, names[module] + f"#{calls[module]}" * (calls[module] > 1)))
        # Kept now, because the module may change its input in place.
        for suffix, tensor in flatten(arguments) + flatten(keywords):
            kept.append((f"{running[-1][1]}/input{suffix}", stored(tensor)))

    def leave(module, *rest):
        while running[-1][0] is not module:
            running.pop()  # The model caught the exception that ended this call.
        name = running.pop()[1]
        # Calls are in the order of their ends, so that a child, where a difference arises,
        # is before its parent, which passes the difference on.
        for suffix, tensor in flatten(rest[-1]):
            kept.append((f"{name}/output{suffix}" if suffix else name, stored(tensor)))
            order.append(kept[-1][0])

    keywords = {"with_kwargs": True} if torch.__version__ >= "2.0" else {}
    for module in names:
        if hasattr(module, "activation_relu_or_gelu"):
            module.activation_relu_or_gelu = 0  # No fast path without torch.backends.mha either.
        module.register_forward_pre_hook(enter, **keywords)
        module.register_forward_hook(leave, **keywords)


def call(model, inputs):
    """Passes the inputs by name if forward has all the names, otherwise by position."""
    names = {parameter.name for parameter in inspect.signature(model.forward).parameters.values()
             if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)}
    return model(**inputs) if names.issuperset(inputs) else model(*inputs.values())


def flatten(value, path=()):
    """The tensors in tuples, lists, dicts and dataclasses, each with what it adds to a name."""
    if isinstance(value, torch.Tensor):
        return [("" if path in ((), ("0",)) else "." + ".".join(path), value)]
    if isinstance(value, (tuple, list)):
        value = dict(enumerate(value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, Mapping):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    items = value.items() if isinstance(value, Mapping) else ()
    return [found for key, inner in items for found in flatten(inner, (*path, str(key)))]


def cast(tensor, dtype):
    other = torch.promote_types(tensor.dtype, dtype) if tensor.is_complex() else tensor.dtype
    return tensor.detach().to(dtype if tensor.is_floating_point() else other, copy=True)


def stored(tensor):
    """A contiguous copy on the CPU; a complex number becomes two in a last axis."""
    tensor = torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor
    return tensor.detach().clone(memory_format=torch.contiguous_format).cpu()


def attributes(module):
    """The class and the settings that a port must have too."""
    found = {"class": type(module).__name__}
    for name, value in vars(module).items():
        value = value.__name__ if inspect.isroutine(value) else value  # Such as activation=F.relu.
        simple = value is None or isinstance(value, (bool, int, float, str))
        numbers = isinstance(value, (tuple, list)) and all(isinstance(part, int) for part in value)
        if not name.startswith("_") and (simple or numbers):
            # JSON has no infinity.
            found[name] = str(value) if str(value) in ("inf", "-inf", "nan") else value
    # Not named_parameters, which leaves out a bias that is None.
    return {**found, **{name: part is not None for name, part in module._parameters.items()}}


def raw(tensor):
    # Not by numpy, which has no bfloat16.
    return ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size())


def write(model, tensors, order, path):
    """Adds the weights and writes the file under another name first, so that it is whole."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        if isinstance(value, torch.Tensor):
            tensors[f"weights/{name}"] = stored(value)
            digest.update(name.encode() + raw(tensors[f"weights/{name}"]))
    modules = {name: attributes(module) for name, module in model.named_modules()}
    metadata = {"format": "burn-repro reference", "version": "1",
                "source": f"PyTorch {torch.__version__}", "weights_sha256": digest.hexdigest(),
                "order": json.dumps(order), "modules": json.dumps(modules)}
    part = f"{os.fspath(path)}.{os.getpid()}.part"
    try:
        save_file(tensors, part, metadata)
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)
