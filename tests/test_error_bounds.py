#!/usr/bin/env python3
"""Stated errors of gradients and eigenvalues against 100 digits (mpmath), as saturated units have
curvatures of 1e-30 beside others, whose signs are stated, too: networks of all
activations, many of them badly scaled, so that the error of a pre-activation, not rounding of the
result, decides. TAP."""

import ctypes

from library import call, library, pointer, size, skip_all
from exact_network import loss_derivatives, mp, offsets

try:
    import numpy
except ImportError as missing:
    skip_all(f"NumPy is not here, its comparisons are NOT made: {missing}")

SIN = 6
mp.mp.dps = 100


def draw_network(random, scaled):
    """n_inputs, layers, weights, inputs, targets; badly scaled ones have sines of huge arguments,
    saturated units, inflections."""
    depth, n_inputs = random.integers(1, 5), int(random.integers(1, 4))
    layers = []
    for layer in range(depth):
        hidden = layer < depth - 1
        activation = random.integers(0, 12) if hidden or random.random() < 0.3 else 0
        layers.append((int(random.integers(1, 4)), int(activation), int(random.integers(0, 2))))
    places, n_weights = offsets(n_inputs, layers)
    n_samples = random.integers(3, 9)
    inputs = random.standard_normal((n_samples, n_inputs))
    targets = random.standard_normal((n_samples, layers[-1][0]))
    weights = random.standard_normal(n_weights)
    ends = [place[0] for place in places[1:]] + [n_weights]
    for (_, activation, _), (first, _, _), end in zip(layers, places, ends):
        if scaled and random.random() < 0.6:
            weights[first:end] *= 10 ** (random.uniform(0, 8) if activation == SIN
                                         else random.uniform(-2, 4))
    if scaled:
        inputs *= 10 ** random.choice([0, 0, random.uniform(-3, 6)])
        targets *= 10 ** random.choice([0, 0, random.uniform(-3, 8)])
    return n_inputs, layers, weights, inputs, targets


class Computed:
    """What the library says: gradient, its unit, eigenvalues with errors, certain signs; `refused`
    where it overflows or stands on a kink."""

    def __init__(self, n_inputs, layers, weights, inputs, targets, extended=0):
        model, landscape = ctypes.c_void_p(), ctypes.c_void_p()
        spectrum, options = ctypes.c_void_p(), ctypes.c_void_p()
        call("critpt_mlp_create", ctypes.byref(model), size(n_inputs))
        for width, activation, bias in layers:
            call("critpt_mlp_add_layer", model, size(width), activation, bias)
        n = len(weights)
        call("critpt_landscape_create", ctypes.byref(landscape), model, size(len(inputs)),
             pointer(inputs), size(n_inputs))
        call("critpt_landscape_set_targets", landscape, pointer(targets), size(layers[-1][0]))
        self.gradient, unit = numpy.empty(n), ctypes.c_double()
        call("critpt_landscape_gradient", landscape, None, pointer(weights), size(n),
             pointer(self.gradient), size(n), None)
        call("critpt_landscape_gradient_unit", landscape, None, pointer(weights), size(n),
             ctypes.byref(unit))
        self.unit = unit.value
        call("critpt_spectrum_options_create", ctypes.byref(options))
        call("critpt_spectrum_options_set_extended_precision", options, extended)
        self.refused = library.critpt_spectrum_create(ctypes.byref(spectrum), landscape,
                                                      pointer(weights), size(n), options) != 0
        self.pairs, self.index, self.n_positive = [], 0, 0
        if not self.refused:
            self.pairs = [self.pair(spectrum, i) for i in range(n)]
            self.index = library.critpt_spectrum_index(spectrum)
            self.n_positive = library.critpt_spectrum_n_positive(spectrum)
        library.critpt_spectrum_destroy(spectrum)
        library.critpt_spectrum_options_destroy(options)
        library.critpt_landscape_destroy(landscape)
        library.critpt_model_destroy(model)

    @staticmethod
    def pair(spectrum, i):
        value, error = ctypes.c_double(), ctypes.c_double()
        call("critpt_spectrum_eigenvalue", spectrum, size(i), ctypes.byref(value),
             ctypes.byref(error))
        return mp.mpf(value.value), mp.mpf(error.value)


library.critpt_spectrum_n_positive.restype = ctypes.c_size_t


def ratio(error, bound):
    return float(error / bound) if bound > 0 else float(error > 0)


def compare(scaled, count, extended):
    """The largest errors of gradients and eigenvalues beside what is stated, and the medians."""
    gradients, eigenvalues, false_signs = [], [], 0
    for seed in range(count):
        network = draw_network(numpy.random.default_rng(seed), scaled)
        ours = Computed(*network, extended)
        if ours.refused:
            continue
        gradient, hessian = loss_derivatives(*network)
        values = sorted(mp.eigsy(hessian, eigvals_only=True))
        noise = mp.mpf(10) ** -80 * max(abs(values[0]), abs(values[-1]))
        false_signs += ours.index > sum(v < -noise for v in values)
        false_signs += ours.n_positive > sum(v > noise for v in values)
        apart = mp.norm([mp.mpf(g) - t for g, t in zip(ours.gradient.tolist(), gradient)])
        gradients.append(ratio(apart, ours.unit))
        eigenvalues.append(max(ratio(abs(value - truth), error)
                               for (value, error), truth in zip(ours.pairs, values)))
    return numpy.array(gradients), numpy.array(eigenvalues), false_signs


number = 0
for what, scaled, count, extended in (("ordinary networks", False, 60, 0),
                                      ("badly scaled ones", True, 150, 0),
                                      ("badly scaled ones in extended precision", True, 60, 1)):
    number += 1
    gradients, eigenvalues, false_signs = compare(scaled, count, extended)
    good = gradients.max() <= 1 and eigenvalues.max() <= 1 and false_signs == 0
    if not scaled:  # and the bounds say something
        good = good and numpy.median(gradients) >= 0.01 and numpy.median(eigenvalues) >= 0.001
    print(f"{'ok' if good else 'not ok'} {number} - {len(gradients)} {what}: gradients up to "
          f"{gradients.max():.2g} units, eigenvalues {eigenvalues.max():.2g} bounds, medians "
          f"{numpy.median(gradients):.2g} and {numpy.median(eigenvalues):.2g}; "
          f"{false_signs} false signs")
print(f"1..{number}")
