#!/usr/bin/env python3
"""The examples' landscapes through examples/load.py: PyTorch finds the zero gradients. TAP."""

import json
import os
import subprocess
import sys
import tempfile

try:
    import h5py  # noqa: F401
    import torch  # noqa: F401
except ImportError as missing:
    print(f"1..0 # SKIP PyTorch or h5py is not here, the examples are NOT confirmed: {missing}")
    sys.exit(0)

critpt, examples = os.environ["CRITPT"], os.environ["CRITPT_EXAMPLES"]
from torch_network import ACTIVATIONS, Network, numpy  # noqa: E402

sys.dont_write_bytecode = True
sys.path.insert(0, examples)
import load  # noqa: E402

names = ["digits", "iris", "wine"]
print(f"1..{2 * len(names) + 2 * len(ACTIVATIONS) + 1}")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def without_natures(name, directory):
    """The example's specification with its points of any nature, which is quick, and its data."""
    with open(os.path.join(examples, name + ".json")) as file:
        spec = json.load(file)
    for data in (spec["inputs"], spec["base_targets"]):
        data["csv"] = os.path.join(examples, data["csv"])
    spec["points"] = [{} for _ in spec["points"]]
    path = os.path.join(directory, name + ".json")
    with open(path, "w") as file:
        json.dump(spec, file)
    return path


def outputs_apart(activation, name, scale):
    """Between the library's outputs and those of load.py's network, by the largest one."""
    layers = [(7, activation, 1), (3, activation, 0)]
    ours = Network(5, layers, 200, 1)
    ours.weights *= scale
    theirs = load.network([5, 7, 3], [name, name], [1, 0], parameters[name])
    torch.nn.utils.vector_to_parameters(torch.tensor(ours.weights), theirs.parameters())
    expected = ours.evaluate("critpt_landscape_outputs", numpy.empty((200, 3)))
    found = theirs(torch.tensor(ours.inputs)).detach().numpy()
    ours.destroy()
    return abs(found - expected).max() / max(1, abs(expected).max())


def with_activation(name, directory, **more):
    spec = {"model": {"widths": [3, 3, 2], "activations": [name, "identity"]},
            "inputs": {"normal": {"samples": 100}}, "points": [{}], **more}
    path = os.path.join(directory, "spec.json")
    with open(path, "w") as file:
        json.dump(spec, file)
    return path


def report(number, passed, what, result):
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")
    if not passed:
        print("\n".join("# " + line for line in (result.stdout + result.stderr).splitlines()))


with tempfile.TemporaryDirectory() as directory:
    for i, name in enumerate(names):
        file = os.path.join(directory, name + ".h5")
        run(critpt, "plant", without_natures(name, directory), "-o", file)
        check = os.path.join(examples, "load.py")
        result = run(sys.executable, check, file)
        report(2 * i + 1, result.returncode == 0, f"{name}: gradients are zero by autograd", result)
        with h5py.File(file, "r+") as changed:  # and the check can fail
            changed["targets"][0, 0] += 1e-9
        result = run(sys.executable, check, file)
        report(2 * i + 2, result.returncode == 1, f"{name}: a changed target is noticed", result)

    number, parameters = 2 * len(names), {}
    check, file = os.path.join(examples, "load.py"), os.path.join(directory, "activation.h5")
    for activation, (name, _) in enumerate(ACTIVATIONS):
        planted = run(critpt, "plant", with_activation(name, directory), "-o", file)
        result = run(sys.executable, check, file) if planted.returncode == 0 else planted
        report(number + 1, result.returncode == 0, f"{name}: gradients are zero by autograd", result)
        with h5py.File(file) as landscape:
            parameters[name] = [landscape["model/activation_parameters"][0]] * 2
        worst = max(outputs_apart(activation, name, 1), outputs_apart(activation, name, 50))
        report(number + 2, worst <= 1e-10, f"{name}: outputs are the library's, {worst:.1e} apart", result)
        number += 2
    with open(os.path.join(directory, "s.csv"), "w") as data:
        data.writelines(f"{1 + i % 3}\n" for i in range(100))
    with open(os.path.join(directory, "m.csv"), "w") as data:
        data.write("2,1\n1,3\n")
    weighted = with_activation("tanh", directory, sample_weights={"csv": "s.csv"},
                               output_metric={"csv": "m.csv"})
    run(critpt, "plant", weighted, "-o", file)
    result = run(sys.executable, check, file)
    report(number + 1, result.returncode == 0, "weights of samples and a metric: likewise", result)
