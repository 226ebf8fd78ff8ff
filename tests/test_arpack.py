#!/usr/bin/env python3
"""ARPACK (through SciPy) as oracle of the Lanczos spectra of larger networks. TAP."""

import ctypes

from library import call, library, pointer, size, skip_all

try:
    import numpy
    from scipy.sparse.linalg import LinearOperator, eigsh
except ImportError as missing:
    skip_all(f"SciPy is not here, its comparisons are NOT made: {missing}")


class Network:
    """A network with hidden tanh units (softplus in every other layer), biases and a linear end."""

    def __init__(self, widths, n_samples, seed):
        random = numpy.random.default_rng(seed)
        self.model, self.landscape = ctypes.c_void_p(), ctypes.c_void_p()
        self.workspace = ctypes.c_void_p()
        call("critpt_mlp_create", ctypes.byref(self.model), size(widths[0]))
        for layer, width in enumerate(widths[1:], 2):
            activation = 0 if layer == len(widths) else 1 + 2 * (layer % 2)
            call("critpt_mlp_add_layer", self.model, size(width), activation, 1)
        self.n_weights = library.critpt_model_n_weights(self.model)
        self.inputs = random.standard_normal((n_samples, widths[0]))
        self.targets = random.standard_normal((n_samples, widths[-1]))
        self.weights = random.standard_normal(self.n_weights) / numpy.sqrt(widths[0])
        call("critpt_landscape_create", ctypes.byref(self.landscape), self.model, size(n_samples),
             pointer(self.inputs), size(widths[0]))
        call("critpt_landscape_set_targets", self.landscape, pointer(self.targets),
             size(widths[-1]))
        call("critpt_workspace_create", ctypes.byref(self.workspace), self.landscape)

    def product(self, vector):
        vector = numpy.ascontiguousarray(vector, dtype=float).reshape(-1)
        result = numpy.empty(self.n_weights)
        call("critpt_landscape_hessian_vector", self.landscape, self.workspace,
             pointer(self.weights), size(self.n_weights), pointer(vector), size(self.n_weights),
             pointer(result), size(self.n_weights))
        return result

    def extremes(self, wanted):
        """Our extreme eigenvalues and their error bounds, and the index seen."""
        options, spectrum = ctypes.c_void_p(), ctypes.c_void_p()
        call("critpt_spectrum_options_create", ctypes.byref(options))
        call("critpt_spectrum_options_set_n_extreme", options, size(wanted))
        call("critpt_spectrum_options_set_tolerance", options, ctypes.c_double(1e-10))
        call("critpt_spectrum_create", ctypes.byref(spectrum), self.landscape,
             pointer(self.weights), size(self.n_weights), options)
        pairs = numpy.empty((library.critpt_spectrum_n_eigenvalues(spectrum), 2))
        for i, pair in enumerate(pairs):
            value, error = ctypes.c_double(), ctypes.c_double()
            call("critpt_spectrum_eigenvalue", spectrum, size(i), ctypes.byref(value),
                 ctypes.byref(error))
            pair[:] = value.value, error.value
        index = library.critpt_spectrum_index(spectrum)
        library.critpt_spectrum_destroy(spectrum)
        library.critpt_spectrum_options_destroy(options)
        return pairs, index

    def destroy(self):
        for name in ("workspace", "landscape", "model"):
            getattr(library, f"critpt_{name}_destroy")(getattr(self, name))


number = 0
for widths, n_samples, wanted in (((30, 25, 5), 600, 6), ((20, 20, 20, 3), 500, 4),
                                  ((50, 30, 10), 800, 10)):
    number += 1
    network = Network(widths, n_samples, number)
    operator = LinearOperator((network.n_weights,) * 2, matvec=network.product, dtype=float)
    theirs = numpy.sort(numpy.concatenate([
        eigsh(operator, wanted, which=end, tol=1e-12, return_eigenvectors=False)
        for end in ("SA", "LA")]))
    ours, index = network.extremes(wanted)
    network.destroy()
    apart = numpy.abs(ours[:, 0] - theirs)
    norm = numpy.abs(theirs).max()
    good = (apart <= ours[:, 1] + 1e-11 * norm).all() and ours[:, 1].max() <= 1e-8 * norm
    good = good and index == (theirs < 0).sum()
    print(f"{'ok' if good else 'not ok'} {number} - {'-'.join(map(str, widths))}, {wanted} at each "
          f"end: apart {apart.max() / norm:.1e}, bounds {ours[:, 1].max() / norm:.1e}")
print(f"1..{number}")
