#!/usr/bin/env python3
"""Standardized columns against exact rational arithmetic: offsets, huge and tiny scales. TAP."""

import decimal
import json
import os
import random
import subprocess
import sys
import tempfile
from fractions import Fraction

try:
    import h5py
    import numpy
except ImportError as missing:
    print(f"1..0 # SKIP NumPy or h5py is not here, standardized columns are NOT checked: {missing}")
    sys.exit(0)

critpt = os.environ["CRITPT"]
EPSILON = Fraction(1, 2**52)
N = 40
draw = random.Random(7)
sines = [draw.uniform(-1, 1) for _ in range(N)]
columns = {
    "2^52 + {0, 1}": [2.0**52 + i % 2 for i in range(N)],
    "2^52 + {0, 1, 1}": [2.0**52 + (i % 3 > 0) for i in range(N)],
    "-1e15 + small integers": [-1e15 + draw.randrange(100) for _ in range(N)],
    "seconds since 1970": [1.7e9 + 3600 * i + draw.random() for i in range(N)],
    "neighbours of 0.1": [0.1 + draw.randrange(3) * 2.0**-56 for _ in range(N)],
    "no offset": sines,
    "1e300": [1e300 * (3 + x) for x in sines],
    "the largest numbers": [1.7e308 * (-1) ** i for i in range(N)],
    "1e-300": [1e-300 * (3 + x) for x in sines],
    "just above subnormal": [6e-308 * (3 + x) for x in sines],
    "an outlier": [1e17] + sines[1:],
    "what cancels": [1e300, -1e300] + sines[2:],
    "one value off": [1.0] * (N - 1) + [1.0 + 2.0**-52],
}
refused = {
    "subnormal": ([1e-310 * (3 + x) for x in sines], "where doubles lose digits; rescale"),
    "the smallest": ([i % 2 * 5e-324 for i in range(N)], "where doubles lose digits; rescale"),
    "too wide": ([1.7e308] + [-1.7e308] * (N - 1), "by more than the range of double; rescale"),
    "constant": ([2.0**52] * N, "in every row and cannot be standardized; set drop_constant"),
    "NaN": (["nan"] + sines[1:], 'line 1, column 0: "nan" is not finite'),
}
print(f"1..{3 + len(columns) + len(refused)}")
number = 0


def report(good, what, *details):
    global number
    number += 1
    print(f"{'ok' if good else 'not ok'} {number} - {what}")
    if not good:
        print("\n".join(f"# {detail}" for detail in details))


def plant(table):
    with open("data.csv", "w") as file:
        for row in zip(*table):
            file.write(",".join(map(str, row)) + "\n")
    with open("spec.json", "w") as file:
        json.dump({"model": {"widths": [len(table), 1], "activations": ["tanh"]},
                   "inputs": {"csv": "data.csv", "standardize": True},
                   "points": [{}]}, file)
    return subprocess.run([critpt, "plant", "spec.json", "-o", "out.h5", "--quiet"],
                          capture_output=True, text=True)


def root(square):
    """To 100 digits, as a fraction."""
    with decimal.localcontext() as context:
        context.prec = 100
        context.Emin, context.Emax = -10000, 10000
        value = (decimal.Decimal(square.numerator) / decimal.Decimal(square.denominator)).sqrt()
        return Fraction(value)


with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    result = plant(list(columns.values()))
    report(result.returncode == 0, "standardized columns are planted", result.stderr)
    with h5py.File("out.h5") as file:
        inputs = file["inputs"][:]
        mean, low, scale = (file["inputs"].attrs[name] for name in ("mean", "mean_low", "scale"))
    raw = numpy.array(list(columns.values())).T
    report(numpy.array_equal(((raw - mean) - low) / scale, inputs),
           "mean, mean_low and scale reproduce the inputs bit for bit")
    for j, (name, column) in enumerate(columns.items()):
        exact = [Fraction(x) for x in column]
        average = sum(exact) / N
        deviation = root(sum((x - average) ** 2 for x in exact) / N)
        away = max(abs(Fraction(z) - (x - average) / deviation) / abs((x - average) / deviation)
                   for z, x in zip(inputs[:, j].tolist(), exact) if x != average)
        on_mean = [z for z, x in zip(inputs[:, j].tolist(), exact) if x == average]
        report(away <= 4 * EPSILON and not any(on_mean),
               f"{name}: within 4 eps, {float(away / EPSILON):.2f} here")
    for name, (column, words) in refused.items():
        result = plant([column])
        report(result.returncode == 2 and words in result.stderr and result.stderr.count("\n") == 1,
               f"{name} is refused: {words}", result.returncode, result.stderr)
    with h5py.File("empty.h5", "w") as file:
        file["x"] = numpy.zeros((0, 1))
    with open("spec.json") as file:
        spec = json.load(file)
    spec["inputs"] = {"hdf5": "empty.h5", "dataset": "x", "standardize": True}
    with open("spec.json", "w") as file:
        json.dump(spec, file)
    result = subprocess.run([critpt, "plant", "spec.json", "-o", "out.h5"], capture_output=True,
                            text=True)
    report(result.returncode == 2 and "empty.h5: dataset x has 0 rows and 1 columns" in result.stderr,
           "a dataset without rows is refused", result.stderr)
