"""That each family of the suite planted-1 has what its knob says, by NumPy alone: losses, gradients and
Hessians of the stored numbers, from formulas of their own. suite_knobs.py DIR"""

import glob
import itertools
import os
import re
import sys

import h5py
import numpy as np

GAP, RATIO, CLOSE, KINK, CONDITION, FACTOR, WIDER = 1 / 16, 2.0, 0.05, 1 / 64, 1e6, 1.5, 3
ACTIVATIONS = {  # f, f', f''
    "sin": lambda z: (np.sin(z), np.cos(z), -np.sin(z)),
    "tanh": lambda z: (np.tanh(z), 1 - np.tanh(z) ** 2, -2 * np.tanh(z) * (1 - np.tanh(z) ** 2)),
    "relu": lambda z: (np.maximum(z, 0), (z > 0).astype(float), np.zeros_like(z)),
    "identity": lambda z: (z, np.ones_like(z), np.zeros_like(z)),
    "gaussian": lambda z: (np.exp(-z * z), -2 * z * np.exp(-z * z), (4 * z * z - 2) * np.exp(-z * z)),
}


class Landscape:
    """One hidden layer: f = g(V s(W x + b)), no output bias."""

    def __init__(self, path):
        with h5py.File(path) as file:
            self.x, self.y = file["inputs"][:], file["targets"][:]
            self.points = file["points/weights"][:]
            self.losses = file["points/loss"][:]
            self.basins = file["points/basin"][:] if "points/basin" in file else None
            self.widths = file["model/widths"][:]
            names = [name.decode() if isinstance(name, bytes) else name
                     for name in file["model/activations"][:]]
            self.bias = bool(file["model/bias"][0])
        self.hidden, self.output = (ACTIVATIONS[name] for name in names)
        self.n = len(self.x)
        self.extended = np.hstack([self.x, np.ones((self.n, 1))]) if self.bias else self.x

    def parts(self, w):
        d, h, outputs = (int(k) for k in self.widths)
        weights, rest = w[:d * h].reshape(h, d), w[d * h:]
        if self.bias:
            weights, rest = np.hstack([weights, rest[:h, None]]), rest[h:]
        return weights, rest.reshape(outputs, h)

    def columns(self):
        """Where the extended weights of unit j stand, and output weight (o, j)."""
        d, h, outputs = (int(k) for k in self.widths)
        units = [[j * d + i for i in range(d)] + ([d * h + j] if self.bias else []) for j in range(h)]
        first = d * h + (h if self.bias else 0)
        return units, [[first + o * h + j for j in range(h)] for o in range(outputs)]

    def loss(self, w):
        weights, outputs = self.parts(w)
        f = self.output(self.hidden(self.extended @ weights.T)[0] @ outputs.T)[0]
        return np.sum((f - self.y) ** 2) / (2 * self.n)

    def derivatives(self, w):
        """Gradient and Hessian."""
        weights, outputs = self.parts(w)
        units, places = self.columns()
        s, s1, s2 = self.hidden(self.extended @ weights.T)
        f, f1, f2 = self.output(s @ outputs.T)
        gradient, hessian = np.zeros(len(w)), np.zeros((len(w), len(w)))
        x, h = self.extended, len(units)
        for o in range(outputs.shape[0]):
            inner = np.zeros((self.n, len(w)))  # the derivatives of the sum into the output unit
            for j in range(h):
                inner[:, units[j]] = outputs[o, j] * s1[:, j, None] * x
                inner[:, places[o][j]] = s[:, j]
            r = f[:, o] - self.y[:, o]
            gradient += inner.T @ (r * f1[:, o]) / self.n
            hessian += inner.T @ ((f1[:, o] ** 2 + r * f2[:, o])[:, None] * inner) / self.n
            weight = r * f1[:, o] / self.n
            for j in range(h):
                cross = x.T @ (weight * s1[:, j])
                hessian[units[j], places[o][j]] += cross
                hessian[places[o][j], units[j]] += cross
                hessian[np.ix_(units[j], units[j])] += x.T @ (
                    (weight * outputs[o, j] * s2[:, j])[:, None] * x)
        return gradient, hessian

    def eigenvalues(self, k):
        return np.linalg.eigvalsh(self.derivatives(self.points[k])[1])


def signs(values, size):
    """How many are negative and how many are 0, beyond rounding."""
    noise = 1e-11 * size
    return int(np.sum(values < -noise)), int(np.sum(np.abs(values) <= noise))


def are_minima(one, ks):
    for k in ks:
        values = one.eigenvalues(k)
        if signs(values, values[-1]) != (0, 0):
            yield f"point {k} has the eigenvalues {values[0]:g} to {values[-1]:g}"


def levels(one):
    yield from are_minima(one, range(3))
    for k in range(3):
        loss = one.loss(one.points[k])
        if abs(loss - one.loss(one.points[0]) - k * GAP) > 1e-9:
            yield f"point {k} is {loss - one.loss(one.points[0]):g} above point 0"
    for a, b in itertools.combinations(range(3), 2):
        (first, va), (second, vb) = one.parts(one.points[a]), one.parts(one.points[b])
        units = np.hstack([first, va.T]), np.hstack([second, vb.T])
        nearest = [min(min(np.linalg.norm(u - v), np.linalg.norm(u + v)) for v in units[1])
                   for u in units[0]]  # a bound of the distance that no symmetry can lower
        if np.linalg.norm(nearest) < 0.5:
            yield f"points {a} and {b} are {np.linalg.norm(nearest):g} apart"


def basins(one):
    yield from are_minima(one, range(2))
    if not one.loss(one.points[0]) < one.loss(one.points[1]):
        yield "the narrow one is not the deep one"
    if not 0 < WIDER * one.basins[0] <= one.basins[1]:
        yield f"the basins are {one.basins[0]:g} and {one.basins[1]:g}"


def ladder(one):
    losses = [one.loss(point) for point in one.points]
    if sorted(losses) != losses:
        yield f"the losses are {losses}"
    for k in range(len(one.points)):
        values = one.eigenvalues(k)
        if signs(values, values[-1]) != (k, 0):
            yield f"point {k} has {signs(values, values[-1])} negative and null eigenvalues"


def plateaus(one):
    middle, beyond, minimum = one.points
    yield from are_minima(one, [2])
    if not one.loss(minimum) < one.loss(middle):
        yield "the plateau is not above the minimum"
    changed = np.flatnonzero(middle != beyond)
    if len(changed) != 2:
        yield f"{len(changed)} weights differ on the plateau"
    for t in (0.5, 0.25, 0.875, 1.5, -1, 3):  # anywhere on the line, not only where it was planted
        w = middle + (t - 0.5) * (beyond - middle)
        gradient, hessian = one.derivatives(w)
        values = np.linalg.eigvalsh(hessian)
        inside = 0 < t < 1
        if np.linalg.norm(gradient) > 1e-9:
            yield f"at {t} the gradient is {np.linalg.norm(gradient):g}"
        if signs(values, values[-1]) != (0 if inside else 4, 1):
            yield f"at {t} there are {signs(values, values[-1])} negative and null eigenvalues"


def conditioned(one):
    for k in range(len(one.points)):
        values = one.eigenvalues(k)
        if not CONDITION / FACTOR <= values[-1] / values[0] <= FACTOR * CONDITION:
            yield f"the condition of point {k} is {values[-1] / values[0]:g}"


def close(one):
    a, b = one.points
    yield from are_minima(one, range(2))
    if abs(np.linalg.norm(b - a) - CLOSE) > 1e-3 * CLOSE:
        yield f"they are {np.linalg.norm(b - a):.17g} apart"
    between = max(one.loss(a + t * (b - a)) for t in np.linspace(0, 1, 41))
    if not between > max(one.loss(a), one.loss(b)):
        yield "nothing lies between them"


def kinks(one):
    for k, w in enumerate(one.points):
        nearest = np.min(np.abs(one.extended @ one.parts(w)[0].T))
        if nearest < KINK:
            yield f"point {k} is {nearest:g} from a kink"
        values = one.eigenvalues(k)
        units = int(one.widths[1])  # each can be rescaled
        if signs(values, values[-1]) != (0, units):
            yield f"point {k} has {signs(values, values[-1])} negative and null eigenvalues"


def exponentials(one):
    yield from are_minima(one, range(len(one.points)))
    t = one.x[:, 0] ** 2
    for k, w in enumerate(one.points):
        weights, outputs = one.parts(w)
        rates = weights[:, 0] ** 2
        f = one.hidden(one.x @ weights.T)[0] @ outputs.T
        if np.max(np.abs(f - np.exp(-np.outer(t, rates)) @ outputs.T)) > 1e-12:
            yield f"point {k} is no sum of exponentials"
        ratios = rates[1:] / rates[:-1]
        if np.max(np.abs(ratios - RATIO)) > 0.01 * RATIO:
            yield f"the rates of point {k} are in the ratios {ratios}"


FAMILIES = (levels, basins, ladder, plateaus, conditioned, close, kinks, exponentials)


def check(path):
    one = Landscape(path)
    family = int(re.search(r"_f(\d)_i\d\.h5$", path).group(1))
    for k, w in enumerate(one.points):
        gradient, _ = one.derivatives(w)
        if np.linalg.norm(gradient) > 1e-9 or abs(one.loss(w) - one.losses[k]) > 1e-9 * one.losses[k]:
            yield f"point {k}: gradient {np.linalg.norm(gradient):g}, loss {one.loss(w):g}"
    yield from FAMILIES[family - 1](one)


def main():
    paths, failures = sorted(glob.glob(os.path.join(sys.argv[1], "*.h5"))), 0
    for path in paths:
        for finding in check(path):
            failures += 1
            print(f"{os.path.basename(path)}: {finding}")
    print(f"{len(paths)} landscapes, {failures} findings")
    return not paths or failures > 0


if __name__ == "__main__":
    sys.exit(main())
