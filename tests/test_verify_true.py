#!/usr/bin/env python3
"""What is true of a landscape and looks false at a first glance: verify passes it, and lists what it
cannot decide. TAP."""

import json
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"1..0 # SKIP h5py is not here, true files are NOT verified: {missing}")
    sys.exit(0)

critpt = os.environ["CRITPT"]
directory = tempfile.TemporaryDirectory()
os.chdir(directory.name)
results = []


def report(good, what, why=""):
    results.append(good)
    print(f"{'ok' if good else 'not ok'} {len(results)} - {what}")
    if not good:
        print("\n".join("# " + line for line in why.splitlines()))


def plant(**spec):
    with open("spec.json", "w") as file:
        json.dump(spec, file)
    subprocess.run([critpt, "plant", "spec.json", "-o", "l.h5"], capture_output=True, check=True)


def verify():
    done = subprocess.run([critpt, "verify", "l.h5"], capture_output=True, text=True)
    return done.returncode, done.stdout


def kind(k):
    with h5py.File("l.h5") as file:
        return file["points/kind"][k].decode()


def state(name, k, value):
    with h5py.File("l.h5", "r+") as file:
        file[name][k] = value


def passes(what, expected="minimum_on_complement"):
    code, output = verify()
    kinds = [kind(k) for k in range(len(h5py.File("l.h5")["points/kind"]))]
    report(code == 0 and {expected, "degenerate"} & set(kinds), f"{what}: {', '.join(kinds)}", output)


# Units saturate so far that their slopes are 0 beside any loss in double precision, and tiny numbers
# of either sign in extended.
for seed in (0, 1):
    plant(model={"widths": [2, 1, 1, 1], "activations": ["tanh", "tanh", "gaussian"],
                 "init": {"scale": 30.0}}, points=[{}], inputs={"normal": {"samples": 168}},
          base_targets={"noise": 1.0}, seed=seed)
    passes("a network that is saturated as a whole")
with open("w.csv", "w") as file:
    file.write(",".join(str(3 * (7 * i % 11 - 5)) for i in range(21)) + "\n")
plant(model={"widths": [6, 3, 1], "activations": ["square", "tanh"], "bias": False,
             "init": {"scale": 30.0}}, points=[{"critical": False}],
      values=[{"weights": {"csv": "w.csv"}, "above": 0, "value": 0.125}],
      inputs={"normal": {"samples": 32}}, seed=0)
passes("saturated outputs above rescaled units")

# Units that rescale: along their curve the Hessian is the gradient times its bend, and the gradient
# is what rounding of the targets leaves.
for seed in (3, 4):
    plant(model={"widths": [1, 3, 1, 3], "activations": ["leaky_relu", "tanh", "identity"],
                 "bias": False, "init": {"scale": 5.0}}, points=[{}, {}],
          inputs={"normal": {"samples": 36}}, seed=seed)
    passes("signs that rounding of the targets makes")
for seed in (0, 1):
    plant(model={"widths": [1, 1, 1, 2, 2],
                 "activations": ["identity", "gaussian", "identity", "identity"],
                 "init": {"scale": 30.0}}, points=[{}, {}], inputs={"normal": {"samples": 84}},
          seed=seed)
    passes("signs that rounding of the targets makes beside large curvatures")

# A linear model whose third input is 0; it is a minimum on the complement of that weight, and to call
# it degenerate says less. With a curvature of 1e-10 beside 1 that is listed, else it is false.
for size, code in ((1.0, 3), (1e-5, 0)):
    x = np.random.default_rng(1).standard_normal((40, 3)) * [1, size, 0]
    np.savetxt("x.csv", x, delimiter=",")
    plant(model={"widths": [3, 1], "activations": ["identity"], "bias": False}, points=[{}],
          inputs={"csv": "x.csv"}, seed=5)
    passes(f"an input that is 0 beside one of size {size:g}")
    state("points/kind", 0, b"degenerate")
    found, output = verify()
    listed = "point 0: kind (degenerate" in output
    report(found == code and listed == (code == 0),
           f"degenerate in its place is {'false' if code else 'listed'}", output)
    state("points/kind", 0, b"minimum")
    report(verify()[0] == 3, "a minimum in its place is false", output)

# Residuals along which the output metric nearly vanishes: the terms of the loss cancel.
np.savetxt("m.csv", [[8.87262167, 8.22349049], [8.22349049, 7.63503296]], delimiter=",")
rng = np.random.default_rng(2)
np.savetxt("y.csv", 1e5 * rng.standard_normal((40, 1)) * [1.0, -1.078], delimiter=",")
plant(model={"widths": [2, 2, 2], "activations": ["sigmoid", "identity"]},
      points=[{"critical": False, "conditions": [{"gauss_newton": True, "soft": 1e-9}]}],
      inputs={"normal": {"samples": 40}}, base_targets={"csv": "y.csv"},
      output_metric={"csv": "m.csv"}, seed=6)
loss = h5py.File("l.h5")["points/loss"][0]
for change, false in ((2e-13, False), (1e-9, True)):
    state("points/loss", 0, loss * (1 + change))
    output = verify()[1]
    report(("FALSE: point 0: loss is" in output) == false,
           f"a loss whose terms cancel, off by {change:g} of itself", output)

# A residual is a bound: one that is larger than need be is true, one that is too small is not.
plant(model={"widths": [3, 3, 1], "activations": ["tanh", "identity"]},
      points=[{"conditions": [{"curvature": [{"unit": 0}, {"unit": 0}], "value": 1, "soft": 1}]}],
      inputs={"normal": {"samples": 60}}, seed=7)
residual = h5py.File("l.h5")["conditions/residual"][0]
for factor, code in ((1, 0), (2, 0), (0.99, 3)):
    state("conditions/residual", 0, residual * factor)
    found, output = verify()
    report(found == code, f"{factor:g} times the residual {residual:.3g} of a soft condition", output)

print(f"1..{len(results)}")
