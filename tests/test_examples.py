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
names = ["digits", "iris", "wine"]
print(f"1..{2 * len(names)}")


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
