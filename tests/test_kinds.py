#!/usr/bin/env python3
"""Kinds of degenerate points against 40 digits (mpmath): a minimum on the complement of its null
space has no descent along null directions, of third order or any, once the other directions are
minimised away. TAP."""

import ctypes

from library import call, library, pointer, size, skip_all
from exact_network import Sample, loss_derivatives, mp, offsets

try:
    import numpy
except ImportError as missing:
    skip_all(f"NumPy is not here, its comparisons are NOT made: {missing}")

NOT_CRITICAL, MINIMUM, MAXIMUM, SADDLE, ON_COMPLEMENT, DEGENERATE = range(6)
IDENTITY, TANH, SIGMOID, SQUARE, RELU, LEAKY_RELU = 0, 1, 2, 8, 10, 11
N_SAMPLES = 40
for name in ("n_positive", "nullity", "n_null_directions"):
    getattr(library, f"critpt_spectrum_{name}").restype = ctypes.c_size_t


class Point:
    """A network at a critical point: targets f - t r with J'r = 0, for a chosen t."""

    def __init__(self, n_inputs, layers, weights, inputs):
        self.n_inputs, self.layers, self.weights, self.inputs = n_inputs, layers, weights, inputs
        self.model, self.landscape = ctypes.c_void_p(), ctypes.c_void_p()
        call("critpt_mlp_create", ctypes.byref(self.model), size(n_inputs))
        for width, activation, bias in layers:
            call("critpt_mlp_add_layer", self.model, size(width), activation, bias)
        self.n, self.outputs = len(weights), layers[-1][0]
        call("critpt_landscape_create", ctypes.byref(self.landscape), self.model,
             size(len(inputs)), pointer(inputs), size(n_inputs))

    def evaluate(self, function, *shape):
        result = numpy.empty(shape)
        call(function, self.landscape, None, pointer(self.weights), size(self.n), pointer(result),
             size(shape[-1]))
        return result

    def set_targets(self, targets):
        self.targets = numpy.ascontiguousarray(targets)
        call("critpt_landscape_set_targets", self.landscape, pointer(self.targets),
             size(self.outputs))

    def plant(self, random, strength):
        """`strength` in units of the distance at which the first eigenvalue changes its sign."""
        f = self.evaluate("critpt_landscape_outputs", len(self.inputs), self.outputs)
        J = self.evaluate("critpt_landscape_jacobian", f.size, self.n)
        left, singular, _ = numpy.linalg.svd(J)
        rank = (singular > 1e-10 * singular[0]).sum()
        r = left[:, rank:] @ random.standard_normal(f.size - rank)
        self.set_targets(f - r.reshape(f.shape))
        G = self.evaluate("critpt_landscape_gauss_newton", self.n, self.n)
        S = self.evaluate("critpt_landscape_residual_curvature", self.n, self.n)
        values, vectors = numpy.linalg.eigh(G)
        vectors = vectors[:, values > 1e-10 * values[-1]]
        root = vectors / numpy.sqrt(values[values > 1e-10 * values[-1]])
        least = numpy.linalg.eigvalsh(root.T @ S @ root)[0]
        self.set_targets(f - (strength / -least if least < -1e-12 else strength) *
                         r.reshape(f.shape))

    def classify(self, extended=0):
        spectrum, options = ctypes.c_void_p(), ctypes.c_void_p()
        call("critpt_spectrum_options_create", ctypes.byref(options))
        call("critpt_spectrum_options_set_extended_precision", options, extended)
        call("critpt_spectrum_create", ctypes.byref(spectrum), self.landscape,
             pointer(self.weights), size(self.n), options)
        self.kind = library.critpt_spectrum_kind(spectrum)
        self.index = library.critpt_spectrum_index(spectrum)
        self.positive = library.critpt_spectrum_n_positive(spectrum)
        self.nullity = library.critpt_spectrum_nullity(spectrum)
        self.named = 0
        for i in range(library.critpt_spectrum_n_null_directions(spectrum)):
            n = ctypes.c_size_t()
            call("critpt_spectrum_null_direction", spectrum, size(i), None, None, None,
                 ctypes.byref(n))
            self.named += n.value
        library.critpt_spectrum_destroy(spectrum)
        library.critpt_spectrum_options_destroy(options)

    def loss(self, weights):
        """In 40 digits."""
        weights = [mp.mpf(float(w)) for w in weights]
        return sum((f - mp.mpf(float(t))) ** 2 for x, y in zip(self.inputs, self.targets)
                   for f, t in zip(Sample(self.n_inputs, self.layers, weights, x).outputs, y))

    def descends(self, random, hessian):
        """Whether the loss falls along null directions once the others are minimised away."""
        values, vectors = numpy.linalg.eigh(numpy.array(hessian.tolist(), float))
        null = numpy.isin(numpy.arange(self.n), numpy.argsort(abs(values))[:self.nullity])
        inverse = vectors[:, ~null] / values[~null] @ vectors[:, ~null].T
        here, moved = self.weights, self.loss(self.weights)
        for _ in range(4):
            step = vectors[:, null] @ random.standard_normal(null.sum())
            self.weights = here + 1e-2 * step / numpy.linalg.norm(step)
            for _ in range(12):
                gradient = numpy.empty(self.n)
                call("critpt_landscape_gradient", self.landscape, None, pointer(self.weights),
                     size(self.n), pointer(gradient), size(self.n), None)
                self.weights = self.weights - inverse @ gradient
                if not numpy.linalg.norm(self.weights - here) < 0.1:
                    break  # Newton's method leaves for elsewhere
            else:
                moved = min(moved, self.loss(self.weights))
        self.weights = here
        return moved < self.loss(here) * (1 - mp.mpf(10) ** -12)

    def false_claims(self, random):
        """What is said and not so."""
        _, hessian = loss_derivatives(self.n_inputs, self.layers, self.weights, self.inputs,
                                      self.targets)
        values = sorted(mp.eigsy(hessian, eigvals_only=True))
        false = []
        if self.index > sum(v < 0 for v in values) or self.positive > sum(v > 0 for v in values):
            false.append("signs")
        if self.named > self.nullity:
            false.append(f"{self.named} directions named of {self.nullity}")
        if self.kind == ON_COMPLEMENT and self.descends(random, hessian):
            false.append("minimum on the complement")
        return false

    def destroy(self):
        library.critpt_landscape_destroy(self.landscape)
        library.critpt_model_destroy(self.model)


def dead_input(weights, inputs, layers, n_inputs):
    inputs[:, 0] = 0


def dependent_input(weights, inputs, layers, n_inputs):
    inputs[:, 0] = inputs[:, 1] - 2 * inputs[:, 2]


def duplicated_unit(weights, inputs, layers, n_inputs):
    (first, biases, k), width = offsets(n_inputs, layers)[0][0], layers[0][0]
    weights[first:first + k] = weights[first + k:first + 2 * k]
    if layers[0][2]:
        weights[biases] = weights[biases + 1]


def no_influence(weights, inputs, layers, n_inputs):
    first, _, k = offsets(n_inputs, layers)[0][1]
    weights[first:first + k * layers[1][0]:k] = 0


def nothing(weights, inputs, layers, n_inputs):
    pass


def draw(random, activation, change):
    n_inputs, outputs = 3, int(random.integers(1, 3))
    layers = [(3, activation, int(random.integers(0, 2)))]
    if random.random() < 0.3:
        layers.append((2, int(random.choice([TANH, SIGMOID, activation])), 1))
    layers.append((outputs, IDENTITY, int(random.integers(0, 2))))
    weights = random.standard_normal(offsets(n_inputs, layers)[1])
    inputs = random.standard_normal((N_SAMPLES, n_inputs))
    change(weights, inputs, layers, n_inputs)
    return Point(n_inputs, layers, weights, inputs)


number = 0


def report(good, what):
    global number
    number += 1
    print(f"{'ok' if good else 'not ok'} {number} - {what}")


# Claims at random: 1 is a fold, where G and S cancel in one direction.
for change in (nothing, dead_input, dependent_input, duplicated_unit, no_influence):
    false, kinds = [], [0] * 6
    for seed in range(16):
        random = numpy.random.default_rng(seed)
        point = draw(random, int(random.integers(0, 12)), change)
        try:
            point.plant(random, float(random.choice([0.3, 1, 1, 3])))
            point.classify()
        except AssertionError as error:
            assert "kink" in str(error)
            continue
        kinds[point.kind] += 1
        false += [f"{claim} (seed {seed})" for claim in point.false_claims(random)]
        point.destroy()
    report(not false, f"{change.__name__}: {sum(kinds)} points, {kinds[ON_COMPLEMENT]} minima on a "
           f"complement, {kinds[DEGENERATE]} degenerate, false: {', '.join(false) or 'nothing'}")

# At its first fold a smooth network whose units neither rescale nor mix has a null direction that no
# structure explains.
explained = 0
for seed in range(100):
    random = numpy.random.default_rng(seed)
    point = draw(random, int(random.integers(1, 8)), nothing)
    point.plant(random, 1)
    point.classify()
    explained += point.kind in (MINIMUM, ON_COMPLEMENT) or point.named > 0
    point.destroy()
report(explained == 0, f"100 folds of smooth networks: {explained} explained or called minima")

# What structure explains must be seen: below the first fold, null directions of each kind.
for activation, change in ((RELU, nothing), (LEAKY_RELU, nothing), (SQUARE, nothing),
                           (IDENTITY, nothing), (TANH, dead_input), (SIGMOID, dependent_input),
                           (RELU, dead_input)):
    missed = []
    for seed in range(4):
        random = numpy.random.default_rng(seed)
        weights = random.standard_normal(15)
        inputs = random.standard_normal((N_SAMPLES, 4))
        layers = [(3, activation, 0), (1, IDENTITY, 0)]
        change(weights, inputs, layers, 4)
        point = Point(4, layers, weights, inputs)
        point.plant(random, 0.1)
        point.classify()
        if point.kind != ON_COMPLEMENT or point.named != point.nullity or not point.nullity:
            missed.append(f"seed {seed}: kind {point.kind}, {point.named} of {point.nullity}")
        point.destroy()
    report(not missed, f"activation {activation}, {change.__name__}: minima on a complement, every "
           f"direction named{': not ' + '; '.join(missed) if missed else ''}")


def dead_above(weights, inputs, layers, n_inputs):
    """The first unit of the second layer is never on."""
    first, biases, k = offsets(n_inputs, layers)[0][1]
    weights[first:first + k] = -abs(weights[first:first + k])
    if layers[1][2]:
        weights[biases] = -0.5


def few_on(weights, inputs, layers, n_inputs):
    """The first unit of the second layer is on where only one of those below it is."""
    first, _, k = offsets(n_inputs, layers)[0][1]
    weights[first:first + k] = -10
    weights[first] = 1


# Deep networks: products of linear layers with what biases carry on, units without effect above
# others, and inputs of a unit that depend on each other where it is on.
SHAPES = [([(3, IDENTITY, b), (2, IDENTITY, c), (1, IDENTITY, d)], nothing)
          for b in (0, 1) for c in (0, 1) for d in (0, 1)] + \
         [([(2, IDENTITY, 1), (2, IDENTITY, 1), (2, IDENTITY, 1), (1, IDENTITY, 1)], nothing),
          ([(3, RELU, 0), (3, RELU, 0), (1, IDENTITY, 0)], dead_above),
          ([(3, RELU, 1), (3, RELU, 1), (1, IDENTITY, 1)], dead_above),
          ([(3, RELU, 0), (2, RELU, 0), (2, IDENTITY, 0)], few_on)]
for layers, change in SHAPES:
    false, seen, missed = [], 0, []
    for seed in range(6):
        random = numpy.random.default_rng(seed)
        weights = random.standard_normal(offsets(2, layers)[1])
        inputs = random.standard_normal((N_SAMPLES, 2))
        change(weights, inputs, layers, 2)
        point = Point(2, layers, weights, inputs)
        point.plant(random, 0.1)
        point.classify()
        seen += point.kind == ON_COMPLEMENT
        if point.named < point.nullity:
            missed.append(f"seed {seed}: {point.named} of {point.nullity}")
        false += [f"{claim} (seed {seed})" for claim in point.false_claims(random)]
        point.destroy()
    every = layers[0][1] == IDENTITY
    report(not false and seen >= (6 if every else 2),
           f"{layers}, {change.__name__}: {seen} of 6 minima on a complement, false: "
           f"{', '.join(false) or 'nothing'}; not all named: {'; '.join(missed) or 'none'}")

# H is diagonal, one entry -1e-7 = 0.2128 - 0.2128.
inputs = numpy.array([[0.5], [1], [1.7]])
fold = Point(1, [(3, 6, 0)], numpy.array([0.7, 0.9, 1.1]), inputs)
fold.set_targets(numpy.array([
    [-67107989.99962263, 0.4597358118032531, 0.4554794634268455],
    [-66025730.512706436, 0.7826156423717109, 0.7520548140009726],
    [129813461.51683827, 0.8446989779056905, 0.7724367019032568]]))
fold.classify()
kinds = [fold.kind]
fold.classify(1)
report(kinds + [fold.kind, fold.index] == [DEGENERATE, SADDLE, 1],
       "where G and S cancel a point is degenerate, in extended precision a saddle")
fold.destroy()

# One tanh unit with all weights 0: the null space of H is its second input weight.
idle = Point(2, [(1, TANH, 0), (1, IDENTITY, 1)], numpy.zeros(4),
             numpy.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]))
idle.set_targets(numpy.array([[1.0], [-1], [0], [0]]))
idle.classify()
report([idle.kind, idle.index, idle.nullity, idle.named] == [SADDLE, 1, 1, 1],
       "of a unit without influence the weight that H maps to 0 is named, and no other")
idle.destroy()
print(f"1..{number}")
