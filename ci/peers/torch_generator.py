"""Replays the vectors of PyTorch's generator with the torch that is installed, and says which steps differ.

    python ci/peers/torch_generator.py            # exit code 1 if a step differs
    python ci/peers/torch_generator.py --write    # records what this torch draws in their place
"""

import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

VECTORS = Path(__file__).parents[2] / "harness/torch/tests/data/torch_generator_vectors.json"
# Below this many values all of them are listed, above the first and last 8.
LISTED = 40


def draw(torch, generator, step):
    """The values of a step in memory order."""
    call, args = step["call"], step["args"]
    dtype = getattr(torch, step["dtype"])
    n = args.get("n", 0)
    options = {"dtype": dtype, "generator": generator}
    if call in ("rand", "randn"):
        return getattr(torch, call)(n, **options)
    if call == "uniform_":
        return torch.empty(n, dtype=dtype).uniform_(args["from"], args["to"], generator=generator)
    if call == "normal_":
        return draw_normal(torch, generator, step, dtype)
    if call == "randint":
        return torch.randint(int(args["low"]), int(args["high"]), (n,), **options)
    if call == "random_":
        return torch.empty(n, dtype=dtype).random_(generator=generator)
    if call == "random_full64":
        return torch.empty(n, dtype=dtype).random_(-(2**63), None, generator=generator)
    if call == "randperm":
        return torch.randperm(n, generator=generator)
    if call == "bernoulli":
        wide = args["p_dtype"] == "float64"
        code, integer = ("<d", "<Q") if wide else ("<f", "<I")
        p = [struct.unpack(code, struct.pack(integer, int(bits, 16)))[0] for bits in args["p_bits"]]
        return torch.bernoulli(torch.tensor(p, dtype=getattr(torch, args["p_dtype"])), generator=generator).to(dtype)
    if call == "bernoulli_":
        return torch.empty(n, dtype=dtype).bernoulli_(args["p"], generator=generator)
    if call == "manual_seed":
        generator.manual_seed(int(args["seed"]))
        return torch.empty(0, dtype=dtype)
    raise SystemExit(f"unknown call {call}")


def draw_normal(torch, generator, step, dtype):
    args, shape = step["args"], step["shape"]
    memory = torch.empty(args["n"], dtype=dtype)
    view = memory
    if args.get("layout") == "stride2":
        memory = torch.empty(2 * args["n"], dtype=dtype)
        view = memory[::2]
    elif args.get("layout") == "transposed":
        view = memory.view(*reversed(shape)).t()
    elif args.get("layout") == "channels_last":
        batch, channels, height, width = shape
        view = memory.view(batch, height, width, channels).permute(0, 3, 1, 2)
    view.normal_(args["mean"], args["std"], generator=generator)
    return memory[::2] if args.get("layout") == "stride2" else memory


def recorded(torch, generator, step):
    """The fields of a step as the file has them."""
    values = draw(torch, generator, step).contiguous()
    data = values.view(torch.uint8).numpy().tobytes()
    width = values.element_size()
    listed = [data[i : i + width][::-1].hex() for i in range(0, len(data), width)]
    state = generator.get_state().numpy().tobytes()
    cached = state[5024:5032][::-1].hex() if state[5040] else None
    fields = {"values": listed} if len(listed) <= LISTED else {"values_head": listed[:8], "values_tail": listed[-8:]}
    return fields | {
        "values_sha256": hashlib.sha256(data).hexdigest(),
        "state": {
            "sha256": hashlib.sha256(state).hexdigest(),
            "left": struct.unpack("<i", state[8:12])[0],
            "next": struct.unpack("<Q", state[16:24])[0],
            "normal_cached": cached,
        },
    }


def replay(section):
    """The steps of a section that this torch draws otherwise."""
    import torch

    file = json.loads(VECTORS.read_text())
    differing = 0
    for case in file[section]:
        generator = torch.Generator().manual_seed(int(case["seed"]))
        for index, step in enumerate(case["steps"]):
            now = recorded(torch, generator, step)
            if any(step.get(key) != value for key, value in now.items()):
                print(f"{case['id']}, step {index}: {step['call']} {step['dtype']} {step['args']}")
                differing += 1
            step.update(now)
    print(f"torch {torch.__version__}, {section}: {differing} steps differ")
    if "--write" in sys.argv:
        file["meta"]["torch"] = torch.__version__
        VECTORS.write_text(json.dumps(file, separators=(",", ":")))
    return differing


def main():
    if "--section" in sys.argv:
        sys.exit(replay(sys.argv[sys.argv.index("--section") + 1]) != 0)
    ended = 0
    for section, capability in (("cases", "avx2"), ("cases_default_capability", "default")):
        # torch reads the capability once, when it is loaded.
        environment = os.environ | {"ATEN_CPU_CAPABILITY": capability}
        command = [sys.executable, __file__, *sys.argv[1:], "--section", section]
        ended |= subprocess.run(command, env=environment).returncode
    sys.exit(ended)


if __name__ == "__main__":
    main()
