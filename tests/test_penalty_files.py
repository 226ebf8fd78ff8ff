#!/usr/bin/env python3
"""Penalties in specifications and files: planted, verified, read by PyTorch, exported; what is changed in
a file is found, what is wrong in a specification refused. TAP."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    import torch
except ImportError as missing:
    print(f"1..0 # SKIP a library is not here, penalties in files are NOT tested: {missing}")
    sys.exit(0)

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "examples"))
import load

critpt = os.environ["CRITPT"]
P = 3 * 4 + 4 + 4 * 2 + 2
count = 0


def check(good, what):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {what}")


def run(*arguments):
    done = subprocess.run([critpt, *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def write(penalty, name="spec.json", points=({}, {}), **others):
    spec = {"model": {"widths": [3, 4, 2], "activations": ["tanh", "identity"]},
            "inputs": {"normal": {"samples": 120}}, "seed": 5, "points": list(points), "penalty": penalty,
            **others}
    with open(name, "w") as file:
        json.dump(spec, file)
    return name


def gradients(path, penalty, centre):
    """|gradient| at each point, by torch, of the loss that the file should be of."""
    with h5py.File(path) as file:
        net = load.network(file["model/widths"][:].tolist(), file["model/activations"].asstr()[:],
                           file["model/bias"][:], file["model/activation_parameters"][:].tolist())
        inputs, targets = torch.tensor(file["inputs"][:]), torch.tensor(file["targets"][:])
        points, losses = torch.tensor(file["points/weights"][:]), file["points/loss"][:]
    found = []
    for point, stated in zip(points, losses):
        torch.nn.utils.vector_to_parameters(point, net.parameters())
        net.zero_grad()
        away = torch.nn.utils.parameters_to_vector(net.parameters()) - torch.tensor(centre)
        loss = ((net(inputs) - targets) ** 2).sum() / (2 * len(inputs))
        loss = loss + (torch.tensor(penalty) * away * away).sum() / 2
        loss.backward()
        gradient = torch.cat([p.grad.flatten() for p in net.parameters()]).norm().item()
        found.append(max(gradient, abs(loss.item() - stated) / loss.item()))
    return max(found)


def plant_and_verify():
    rng = np.random.default_rng(3)
    some, centre = rng.uniform(0, 0.1, P) * (rng.random(P) < 0.6), rng.standard_normal(P)
    np.savetxt("some.csv", some[None], delimiter=",", fmt="%.17g")
    np.savetxt("centre.csv", centre[None], delimiter=",", fmt="%.17g")
    zeros = np.zeros(P)
    cases = (
        ("one number", {"weights": 0.01}, np.full(P, 0.01), zeros, {}),
        ("a vector", {"weights": {"csv": "some.csv"}}, some, zeros, {}),
        ("a centre", {"weights": {"csv": "some.csv"}, "centre": {"csv": "centre.csv"}}, some, centre, {}),
        ("natures", {"weights": 0.02}, np.full(P, 0.02), zeros,
         {"points": [{"nature": "minimum"}, {"nature": "saddle", "index": 2}]}),
    )
    for i, (name, penalty, wanted, middle, others) in enumerate(cases):
        path = f"l{i}.h5"
        status, text = run("plant", write(penalty, **others), "-o", path)
        check(status == 0, f"{name}: planted {text if status else ''}")
        worst = gradients(path, wanted, middle)
        check(worst < 1e-13, f"{name}: critical for torch, with the loss stated ({worst:.1e})")
        with h5py.File(path) as file:
            same = np.array_equal(file["penalty"][:], wanted) and (
                np.array_equal(file["penalty_centre"][:], middle) if middle.any()
                else "penalty_centre" not in file)
            check(same and "penalty" in [x for x in file.attrs["requires"]], f"{name}: in the file")
        status, text = run("verify", path)
        check(status == 0, f"{name}: verified {text if status else ''}")
        done = subprocess.run([sys.executable, load.__file__, path], capture_output=True, text=True)
        check(done.returncode == 0, f"{name}: examples/load.py {done.stdout + done.stderr if done.returncode else ''}")


def export():
    status, _ = run("export", "l2.h5", "--npy", "out")
    check(status == 0 and np.array_equal(np.load("out/penalty.npy"), np.loadtxt("some.csv", delimiter=","))
          and np.array_equal(np.load("out/penalty_centre.npy"), np.loadtxt("centre.csv", delimiter=",")),
          "exported")


def random_spec(rng, i):
    """A specification that crosses a penalty with other features."""
    d, hidden, outputs, n = rng.integers(1, 4), rng.integers(1, 5), rng.integers(1, 3), int(rng.integers(80, 160))
    widths = [int(d), int(hidden), int(outputs)]
    bias = [bool(b) for b in rng.random(2) < 0.7]
    size = hidden * (d + bias[0]) + outputs * (hidden + bias[1])
    values = 10 ** rng.uniform(-4, 0) * rng.random(size) * (rng.random(size) < 0.7)
    np.savetxt("p.csv", values[None], delimiter=",", fmt="%.17g")
    np.savetxt("c.csv", rng.standard_normal((1, size)), delimiter=",", fmt="%.17g")
    np.savetxt("s.csv", rng.uniform(0.2, 3, (n, 1)), fmt="%.17g")
    np.savetxt("m.csv", 0.5 + 1.5 * np.eye(outputs), delimiter=",", fmt="%.17g")
    np.savetxt("f.csv", rng.random((n, outputs)) < 0.1, delimiter=",", fmt="%d")
    points = [dict(rng.choice([{}, {"nature": "minimum"}, {"nature": "saddle", "index": 1}])),
              dict(rng.choice([{}, {"loss_above": {"point": 0, "by": 0.1}}, {"critical": False},
                               {"conditions": [{"hessian": [0, 1], "value": 0.2}]},
                               {"conditions": [{"gradient": [0.01] * int(size)}], "critical": False}]))]
    penalty = {"weights": {"csv": "p.csv"} if rng.random() < 0.6 else float(10 ** rng.uniform(-4, 0))}
    if rng.random() < 0.4:
        penalty["centre"] = {"csv": "c.csv"}
    others = {name: {"csv": path} for name, path in (("sample_weights", "s.csv"), ("output_metric", "m.csv"),
                                                     ("frozen", "f.csv")) if rng.random() < 0.3}
    if rng.random() < 0.3:
        others["values"] = [{"weights": {"csv": "c.csv"}, "above": 0, "value": 2.5}]
    name = str(rng.choice(["tanh", "sigmoid", "softplus", "sin", "gelu"]))
    with open("random.json", "w") as file:
        json.dump({"model": {"widths": widths, "activations": [name, "identity"], "bias": bias,
                             "init": {"scale": 2}}, "inputs": {"normal": {"samples": n}}, "seed": i,
                   "points": points, "penalty": penalty, **others}, file)


def cross():
    """Whatever is planted is verified by the checker, which shares no code, and critical for torch."""
    planted, wrong = 0, []
    for i in range(40):
        random_spec(np.random.default_rng(i), i)
        status, text = run("plant", "random.json", "-o", "random.h5")
        if status == 0:
            planted += 1
            verified, said = run("verify", "random.h5")
            seen = subprocess.run([sys.executable, load.__file__, "random.h5"], capture_output=True,
                                  text=True) if i % 4 == 0 else None
            if verified != 0 or (seen and seen.returncode != 0):
                wrong.append((i, said[-300:], seen.stdout + seen.stderr if seen else ""))
            os.remove("random.h5")
        elif not text.strip() or (status != 1 and "constants without penalty" not in text):
            wrong.append((i, status, text[-300:]))
    check(not wrong, f"40 random specifications, {planted} planted: {wrong}")
    check(planted >= 15, "enough of them")


def lie():
    def changed(edit):
        shutil.copy("l0.h5", "lie.h5")
        with h5py.File("lie.h5", "r+") as file:
            edit(file)
        return run("verify", "lie.h5")

    def negative(file):
        file["penalty"][2] = -1.0

    def larger(file):
        file["penalty"][:] = 0.02

    def unnamed(file):
        del file.attrs["requires"]

    def gone(file):
        del file["penalty"]

    def centred(file):
        file["penalty_centre"] = np.full(P, 0.5)

    def short(file):
        del file["penalty"]
        file["penalty"] = np.ones(3)

    for name, edit, wanted in (("another penalty", larger, 3), ("a centre", centred, 3), ("no penalty", gone, 3),
                               ("a penalty that nothing names", unnamed, 2), ("a negative one", negative, 2), ("a short one", short, 2)):
        status, text = changed(edit)
        check(status == wanted, f"a file with {name} ends with {status}: {text.splitlines()[-1:]}")


def refuse():
    for name, penalty, words in (
            ("negative", {"weights": -1}, "penalty"), ("text", {"weights": "a"}, "penalty"),
            ("none", {}, "weights"), ("unknown", {"weights": 1, "center": 0}, "center"),
            ("short", {"weights": {"csv": "short.csv"}}, "short.csv")):
        with open("short.csv", "w") as file:
            file.write("1,2\n")
        status, text = run("plant", write(penalty), "-o", "refused.h5")
        check(status == 2 and words in text and not os.path.exists("refused.h5"),
              f"{name} is refused: {text.strip()[-120:]}")


with tempfile.TemporaryDirectory() as directory:
    critpt = os.path.abspath(critpt)
    os.chdir(directory)
    plant_and_verify()
    export()
    cross()
    lie()
    refuse()
print(f"1..{count}")
