"""Random specifications over everything that critpt-landscape(5) allows, crossed at random.

Instance i of a seed is the same on every machine. It is a directory with spec.json and the files
that it names; real data are copied from the examples.

usage: generate.py SEED I DIRECTORY"""

import json
import os
import shutil
import sys

import h5py
import numpy

from oracle import Problem

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")
HIDDEN = ("tanh", "sigmoid", "softplus", "silu", "gelu", "sin", "gaussian", "square", "elu", "relu",
          "leaky_relu", "identity")


class Instance:
    """One specification on its way."""

    def __init__(self, seed, number, directory):
        self.random = numpy.random.default_rng([seed, number])
        self.crossing = numpy.random.default_rng([seed, number, 1])
        self.directory = directory
        self.spec = {}
        self.n_files = 0
        self.daring = self.chance(0.25)  # whether requests may well contradict each other
        self.theme = self.pick("any", "any", "natures", "natures", "natures", "conditions", "small",
                               "scaled", "picture", "points")
        os.makedirs(directory, exist_ok=True)

    # ---- Choices

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return choices[self.random.integers(len(choices))]

    def magnitude(self, low, high):
        """A power of ten between those of low and high."""
        return float(10 ** self.random.uniform(low, high))

    def vector(self, n, scale=1.0):
        return self.random.standard_normal(n) * scale

    # ---- Files

    def csv(self, values, **more):
        name = f"{'abcdefghijklmnopqrstuvwxyz'[self.n_files % 26]}{self.n_files}.csv"
        self.n_files += 1
        with open(os.path.join(self.directory, name), "w") as file:
            for row in numpy.atleast_2d(values):
                file.write(",".join(repr(float(x)) for x in row) + "\n")
        return {"csv": name, **more}

    def hdf5(self, values):
        name = f"h{self.n_files}.h5"
        self.n_files += 1
        with h5py.File(os.path.join(self.directory, name), "w") as file:
            file["values"] = numpy.atleast_2d(values)
        return {"hdf5": name, "dataset": "values"}

    def file(self, values):
        return self.hdf5(values) if self.chance(0.15) else self.csv(values)

    def vector_source(self, n):
        """A direction: a list, a unit vector or a file."""
        form = self.random.random()
        if form < 0.4:
            return {"unit": int(self.random.integers(n))}
        values = self.vector(n, self.magnitude(-2, 1) if self.chance(0.3) else 1.0)
        if form < 0.5:
            return self.file(values)
        return [float(x) for x in values]


# ---- Network and data --------------------------------------------------------------------------

def choose_widths(make):
    """Widths and activations: small where natures, eigenpairs or bad scales are the theme."""
    random = make.random
    if make.theme in ("natures", "small", "scaled"):
        n_layers = make.pick(2, 2, 2, 3) if make.theme == "natures" else make.pick(2, 2, 3)
        widest = {"natures": (4, 4), "small": (2, 2), "scaled": (6, 3)}[make.theme]
        widths = [int(random.integers(1, widest[0] + 1))]
        widths += [int(random.integers(1, widest[1] + 1)) for _ in range(n_layers - 1)]
        usual = "sin" if make.theme == "scaled" else "tanh"
        return n_layers, [*widths, make.pick(1, 1, 2)], usual
    n_layers = make.pick(1, 2, 2, 2, 2, 3, 3, 4)
    narrow = n_layers > 2
    widths = [int(random.integers(1, 5 if narrow else 8))]
    for _ in range(n_layers - 1):
        widths.append(int(random.integers(1, 4 if narrow else 6)))
    return n_layers, [*widths, make.pick(1, 1, 1, 2, 2, 3)], "tanh"


def choose_model(make):
    n_layers, widths, usual = choose_widths(make)
    other = 0.35 if make.theme in ("natures", "scaled") else 0.7
    if make.theme == "scaled" and make.chance(0.4):  # each layer makes the errors of the last larger
        widths, usual, other = [1] * (n_layers + 1), "sin", 0.2
    activations = [make.pick(*HIDDEN) if make.chance(other) else usual for _ in range(n_layers - 1)]
    linear = 0.8 if make.theme == "natures" else 0.65
    activations.append("identity" if make.chance(linear) else make.pick(*HIDDEN, usual, usual))
    model = {"widths": widths, "activations": activations}
    if make.chance(0.6):
        model["bias"] = make.pick(True, False, False, [make.chance(0.5) for _ in range(n_layers)])
    if make.chance(0.5):
        model["init"] = {"scale": make.pick(0.3, 0.5, 2.0, 2.0, 5.0, 30.0)}
    make.spec["model"] = model


def awkward_columns(make, values):
    """Columns that are constant, double, dependent, of odd sizes, rare or offset."""
    n, d = values.shape
    for j in range(d):
        kind = make.pick("plain", "plain", "scale", "constant", "zero", "double", "dependent",
                         "nearly", "rare", "offset")
        other = values[:, make.random.integers(d)]
        if kind == "scale":
            values[:, j] *= make.magnitude(-8, 8)
        elif kind == "constant":
            values[:, j] = make.pick(1.0, -2.5, 1e6)
        elif kind == "zero" and make.chance(0.5):
            values[:, j] = 0.0
        elif kind == "double":
            values[:, j] = other
        elif kind == "dependent":
            values[:, j] = values @ make.vector(d)
        elif kind == "nearly":
            values[:, j] = other + make.magnitude(-12, -3) * make.vector(n)
        elif kind == "rare":
            values[:, j] = 0.0
            values[make.random.integers(n, size=2), j] = make.vector(2)
        elif kind == "offset":
            values[:, j] = make.pick(2.0 ** 52, 1e6, 1e10) + make.random.integers(0, 2, n)
    return values


def wanted_samples(make, n_rows):
    """Enough for the equations most of the time, and sometimes not."""
    outputs = make.spec["model"]["widths"][-1]
    if make.theme == "natures":
        return int(min(max(make.pick(3, 8, 15, 30) * n_rows / outputs, 10), 400))
    ratio = make.pick(0.5, 1.05, 1.5, 2, 3, 6) if make.daring else make.pick(1.3, 2, 3, 4, 6, 8)
    return int(min(max(ratio * n_rows / outputs, 3), 400))


def real_inputs(make):
    """Iris, wine or digits; the model's first width follows."""
    name, columns, width = make.pick(("iris.csv", "0-3", 4), ("wine_data.csv", "0-5", 6),
                                     ("digits.csv.gz", "18-23", 6))
    shutil.copy(os.path.join(EXAMPLES, name), make.directory)
    source = {"csv": name, "columns": columns}
    source["skip_rows"] = 1497 if name == "digits.csv.gz" else 1  # 300 of 1797 are enough
    if make.chance(0.8):
        source["standardize"] = True
    make.spec["model"]["widths"][0] = width
    make.spec["inputs"] = source
    if name == "iris.csv":
        return 150, {"csv": name, "columns": "4", "skip_rows": 1, "one_hot": True}
    return (178, {"csv": name, "columns": "13", "skip_rows": 1, "one_hot": True}) \
        if name == "wine_data.csv" else (300, None)


def scaled_inputs(make, n):
    """Columns between 1e-3 and 1e6: arguments whose rounding shows."""
    width = make.spec["model"]["widths"][0]
    if make.chance(0.3):
        size = make.magnitude(1, 6)
        make.spec["inputs"] = {"uniform": {"samples": n, "low": -size, "high": size}}
        return n
    sizes = numpy.array([make.magnitude(-3, 6) for _ in range(width)])
    make.spec["inputs"] = make.file(make.random.standard_normal((n, width)) * sizes)
    return n


def dropped_inputs(make, n):
    """A file with constant and rare columns among those that the network takes."""
    width = make.spec["model"]["widths"][0]
    columns = [make.random.standard_normal(n) for _ in range(width)]
    rare = n >= 10 and make.chance(0.5)
    more = {"drop_rare": 4} if rare else {"drop_constant": True}
    for _ in range(make.pick(1, 2, 3)):
        column = numpy.full(n, make.pick(0.0, 1.0, -3.5))
        if rare:
            column[make.random.integers(n, size=3)] = make.vector(1)
        columns.insert(int(make.random.integers(len(columns) + 1)), column)
    source = make.file(numpy.array(columns).T)
    if make.chance(0.3):
        more["standardize"] = True
    make.spec["inputs"] = {**source, **more}
    return n


def random_inputs(make, n):
    """Random numbers by the program, or a file of them with or without awkward columns."""
    form, width = make.random.random(), make.spec["model"]["widths"][0]
    if make.theme == "scaled":
        return scaled_inputs(make, n)
    if form < 0.4:
        make.spec["inputs"] = {"normal": {"samples": n}}
        return n
    if form < 0.5:
        bounds = make.pick({}, {"low": -1, "high": 1}, {"low": -10.0, "high": 10.0},
                           {"low": -1e6, "high": 1e6}, {"low": 1e-8, "high": 2e-8})
        make.spec["inputs"] = {"uniform": {"samples": n, **bounds}}
        return n
    if form < 0.58:
        return dropped_inputs(make, n)
    values = make.random.standard_normal((n, width))
    if make.chance(0.5):
        values = awkward_columns(make, values)
    source = make.file(values)
    if make.chance(0.25) and all(len(set(column)) > 1 for column in values.T):
        source["standardize"] = True
    make.spec["inputs"] = source
    return n


# ---- What targets shall be near to, and weights of the loss ------------------------------------

def choose_base(make, n, labels):
    outputs = make.spec["model"]["widths"][-1]
    if labels and outputs == 3 and make.chance(0.6):
        make.spec["base_targets"] = labels
        return
    form = make.random.random()
    if form < 0.25:
        return
    if form < 0.35:
        make.spec["base_targets"] = "points-mean"
    elif form < 0.5:
        make.spec["base_targets"] = "zero"
    elif form < 0.75:
        make.spec["base_targets"] = {"noise": make.pick(0.1, 1.0, 1.0, 10.0)}
    else:
        scale = make.pick(1.0, 1.0, make.magnitude(-3, 3))
        make.spec["base_targets"] = make.csv(make.random.standard_normal((n, outputs)) * scale)


def choose_norm(make, n):
    outputs = make.spec["model"]["widths"][-1]
    often = 0.4 if make.theme == "natures" else 0.25
    if make.chance(often):
        weights = make.random.uniform(0.5, 2, n) if make.chance(0.7) else \
            10 ** make.random.uniform(-4, 4, n)
        make.spec["sample_weights"] = make.csv(weights[:, None])
    if make.chance(often):
        root = make.random.standard_normal((outputs, outputs))
        metric = root @ root.T + make.pick(1.0, 0.1, 1e-4) * numpy.eye(outputs)
        make.spec["output_metric"] = make.csv(metric * make.pick(1.0, 1.0, make.magnitude(-4, 4)))
    if make.chance(often - 0.1):
        mask = make.random.random((n, outputs)) < make.pick(0.02, 0.1, 0.3)
        make.spec["frozen"] = make.csv(mask.astype(float))


# ---- Points ------------------------------------------------------------------------------------

def network(make):
    model = make.spec["model"]
    bias = model.get("bias", True)
    n_layers = len(model["activations"])
    return Problem(model["widths"], model["activations"],
                   bias if isinstance(bias, list) else [bias] * n_layers,
                   numpy.zeros((1, model["widths"][0])), numpy.zeros((1, model["widths"][-1])))


def permuted(make, net, weights):
    """A copy of the same function: hidden units permuted, odd ones with other signs."""
    layers = [[matrix.copy(), None if bias is None else bias.copy()]
              for matrix, bias in net.layers(weights)]
    for l in range(len(layers) - 1):
        order = make.random.permutation(net.widths[l + 1])
        sign = make.random.choice([-1.0, 1.0], net.widths[l + 1]) \
            if net.activations[l] in ("tanh", "sin") else numpy.ones(net.widths[l + 1])
        layers[l][0] = (sign[:, None] * layers[l][0])[order]
        if layers[l][1] is not None:
            layers[l][1] = (sign * layers[l][1])[order]
        layers[l + 1][0] = (layers[l + 1][0] * sign)[:, order]
    parts = []
    for matrix, bias in layers:
        parts += [matrix.reshape(-1)] + ([] if bias is None else [bias])
    return numpy.concatenate(parts)


def given_weights(make, net, earlier):
    """A weight vector: by itself, or in an awkward relation to an earlier one."""
    kind = make.pick("plain", "plain", "scaled", "copy", "near", "twin", "zeros", "double_unit") \
        if make.daring else make.pick("plain", "plain", "scaled", "copy", "near")
    w = make.vector(net.n_weights)
    if kind == "scaled":
        return w * make.magnitude(-3, 2)
    if kind == "zeros":
        w[make.random.integers(net.n_weights, size=1 + net.n_weights // 8)] = 0.0
    if kind == "double_unit" and net.widths[1] > 1 and len(net.widths) > 2:
        matrix, bias = net.layers(w)[0]
        matrix[1] = matrix[0]
        if bias is not None:
            bias[1] = bias[0]
    if not earlier:
        return w
    other = earlier[make.random.integers(len(earlier))]
    if kind == "copy":
        return permuted(make, net, other)
    if kind == "near":
        return other + make.magnitude(-8, -1) * w
    if kind == "twin":
        first = net.offsets()[-2]
        return numpy.concatenate([other[:first], w[first:]])
    return w


def choose_condition(make, net):
    P = net.n_weights
    kind = make.pick("hessian", "hessian", "curvature", "curvature", "curvature", "eigenpair",
                     "gauss_newton", "gradient") \
        if make.daring else make.pick("eigenpair", "eigenpair", "gauss_newton", "curvature") \
        if make.theme == "small" else make.pick("hessian", "curvature", "curvature", "gradient",
                                      *(("gauss_newton", "eigenpair") if P <= 12 else ()))
    value = float(make.random.standard_normal() * make.magnitude(-3, 1))
    if kind == "hessian":
        reach = P if make.daring else net.offsets()[1]  # the output layer's curvature is fixed
        entry = [int(i) for i in make.random.integers(reach, size=2)]
        condition = {"hessian": entry, "value": value}
    elif kind == "curvature":
        v = make.vector_source(P)
        condition = {"curvature": [v, v if make.chance(0.5) else make.vector_source(P)],
                     "value": value}
    elif kind == "eigenpair":
        condition = {"eigenpair": make.vector_source(P), "value": value}
    elif kind == "gradient":
        condition = {"gradient": [float(x) for x in make.vector(P, make.magnitude(-3, 0))]}
    elif P <= 14:
        condition = {"gauss_newton": True}
    else:
        return None
    return soften(make, condition)


def soften(make, condition):
    if make.chance(0.25):
        condition["soft"] = make.magnitude(-6, 6)
    return condition


def choose_nature(make, net):
    P, outputs = net.n_weights, net.n_weights - net.offsets()[-2]
    kind, reach = make.random.random(), max(2, P // 2 if make.daring else (P - outputs) // 2)
    nature = {"nature": "minimum"} if kind < 0.5 else \
        {"nature": "saddle", "index": int(make.random.integers(1, reach))} \
        if kind < 0.93 else {"nature": "maximum"}
    if make.chance(0.4):
        nature["margin"] = make.magnitude(-6, -1)
    if kind < 0.5 and make.chance(0.3):
        nature["allow"] = ["minimum_on_complement"]
    return nature


def choose_point(make, net, k, n_points, earlier):
    point = {}
    if make.chance(0.35):
        weights = given_weights(make, net, earlier)
        earlier.append(weights)
        point["weights"] = make.file(weights)
        if make.chance(0.3 if make.daring else 0.8):
            point["fixed"] = False
    elif make.chance(0.1) and make.daring:
        point["fixed"] = True
    if make.theme == "picture" or make.chance(0.15):
        point["critical"] = False
    elif make.theme != "points" and make.chance(0.8 if make.theme == "natures" else 0.3):
        point.update(choose_nature(make, net))
    form = make.random.random()
    if make.theme in ("points", "picture"):
        return point
    if form < 0.12:
        point["loss"] = make.magnitude(-2, 3)
    elif form < 0.27 and n_points > 1:
        other = int((k + 1 + make.random.integers(n_points - 1)) % n_points)
        point["loss_above"] = soften(make, {
            "point": other, "by": float(make.random.standard_normal() * make.magnitude(-2, 1))})
    if make.chance(0.7 if make.theme in ("conditions", "small") else 0.3 if make.daring else 0.15):
        found = [choose_condition(make, net)
                 for _ in range(make.pick(1, 2, 3) if make.daring else 1)]
        found = [condition for condition in found if condition]
        gradients = [c for c in found if "gradient" in c]
        found = [c for c in found if c not in gradients[1:]]
        if gradients and ("nature" in point or "critical" not in point):
            for key in ("nature", "index", "margin", "allow"):
                point.pop(key, None)
        if found:
            point["conditions"] = found
    return point


def harden(points):
    """Natures hold together with hard conditions only."""
    for point in points:
        for request in [point.get("loss_above", {}), *point.get("conditions", [])]:
            request.pop("soft", None)


def choose_values(make, P, n_points):
    values = []
    if make.chance(0.1):
        for _ in range(make.pick(1, 2, 4)):
            values.append(soften(make, {
                "weights": make.csv(make.vector(P, make.pick(1.0, 3.0))),
                "above": int(make.random.integers(n_points)),
                "value": float(make.random.standard_normal() * make.magnitude(-2, 1))}))
    if n_points == 3 and (make.theme == "picture" or make.chance(0.05)):
        grid = make.pick(2, 3, 4, 6)
        values.append(soften(make, {"plane": [0, 1, 2], "grid": grid,
                                    **make.csv(make.random.standard_normal((grid, grid)))}))
    if values:
        make.spec["values"] = values


def count_rows(net, points, values):
    P, rows = net.n_weights, 0
    for point in points:
        rows += P if point.get("critical", True) else 0
        rows += "loss_above" in point
        for condition in point.get("conditions", []):
            rows += P * (P + 1) // 2 if "gauss_newton" in condition else \
                P if "eigenpair" in condition or "gradient" in condition else 1
    for value in values:
        rows += value["grid"] ** 2 if "grid" in value else 1
    return rows


def choose_options(make):
    spec = make.spec
    if make.chance(0.1):
        spec["balance_output_bias"] = False
    if make.chance(0.1):
        spec["rank_tolerance"] = make.magnitude(-13, -6)
    if make.chance(0.05):
        spec["amplification_limit"] = make.magnitude(0, 4)
    if make.chance(0.03):
        spec["memory_limit"] = int(make.magnitude(5, 9))
    if make.chance(0.12):
        spec["separate_points"] = make.pick(True, 4, 12)


# ---- What crosses all of that ------------------------------------------------------------------

def choose_penalty(make, P, earlier):
    form = make.random.random()
    if form < 0.4:
        penalty = {"weights": make.magnitude(-6, 0)}
    else:
        values = 10 ** make.random.uniform(-4 if form < 0.8 else -9, 0 if form < 0.8 else 3, P)
        penalty = {"weights": make.file(values * (make.random.random(P) < make.pick(0.2, 0.6, 1.0)))}
    if earlier and make.chance(0.25):  # at a point: no slope there
        penalty["centre"] = make.file(earlier[make.random.integers(len(earlier))])
    elif make.chance(0.3):
        penalty["centre"] = make.file(make.vector(P, make.magnitude(-2, 1)))
    make.spec["penalty"] = penalty


def choose_bounds(make, points, P):
    """Least eigenvalues in place of margins, and basins where they take seconds."""
    for point in points:
        if "nature" in point and make.chance(0.35):
            point.pop("margin", None)
            point["eigenvalue"] = make.magnitude(-7, -1)
        if point.get("nature") == "minimum" and P <= 20 and make.chance(0.3):
            point["basin"] = make.magnitude(-5, -2)


def choose_form(make):
    """Another separator for a file of inputs, a header, and some of its columns by their names."""
    source, width = make.spec["inputs"], make.spec["model"]["widths"][0]
    if set(source) != {"csv"} or make.chance(0.4):
        return
    with open(os.path.join(make.directory, source["csv"])) as file:
        rows = [line.rstrip("\n").split(",") for line in file]
    names = [f"x{j}" for j in range(width)]
    if make.chance(0.5):
        source["header"] = True
        rows.insert(0, names)
        if make.chance(0.6):
            source["columns"] = [names[j] for j in make.random.permutation(width)]
    if make.chance(0.6):
        source["separator"] = make.pick(";", "\t", "|", " ")
    with open(os.path.join(make.directory, source["csv"]), "w") as file:
        file.writelines(source.get("separator", ",").join(row) + "\n" for row in rows)


def cross(make, net, points, earlier):
    """Choices from a stream of their own, so that all others are as they were without them."""
    make.random = make.crossing
    if make.chance(0.25):
        choose_penalty(make, net.n_weights, earlier)
    choose_bounds(make, points, net.n_weights)
    choose_form(make)
    if make.chance(0.03):
        make.spec["time_limit"] = make.pick(1e-3, 0.1, 20.0)
    if make.chance(0.05):
        make.spec["nature_products"] = int(make.magnitude(0, 5))


def generate(seed, number, directory):
    """Writes the instance and returns its specification."""
    make = Instance(seed, number, directory)
    choose_model(make)
    net = network(make)
    while net.n_weights > 60:
        make.spec["model"]["widths"] = [max(1, (width + 1) // 2)
                                        for width in make.spec["model"]["widths"]]
        net = network(make)
    real = make.chance(0.05)
    labels = None
    if real:
        n, labels = real_inputs(make)
        net = network(make)
    n_points = 3 if make.theme == "picture" else make.pick(1, 1, 2, 2, 2, 3, 3)
    earlier = []
    points = [choose_point(make, net, k, n_points, earlier) for k in range(n_points)]
    if any("nature" in point for point in points) and make.chance(0.9):
        harden(points)
    make.spec["points"] = points
    choose_values(make, net.n_weights, n_points)
    if not real:
        rows = count_rows(net, points, make.spec.get("values", []))
        n = random_inputs(make, wanted_samples(make, rows))
    choose_base(make, n, labels)
    choose_norm(make, n)
    choose_options(make)
    make.spec["seed"] = int(make.random.integers(2 ** 62))
    cross(make, net, points, earlier)
    with open(os.path.join(directory, "spec.json"), "w") as file:
        json.dump(make.spec, file, indent=1)
    return make.spec


if __name__ == "__main__":
    generate(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
