#!/usr/bin/env python3
"""PETSc's LSQR as oracle of planted targets, on rows that NumPy makes of the weights, and SLEPc as
oracle of extreme eigenvalues. TAP."""

import ctypes
import glob
import sys

from library import call, library, pointer, size, skip_all

for kind in ("petsc", "slepc"):  # where Debian puts them
    sys.path += glob.glob(f"/usr/lib/{kind}dir/*/*/lib/python3/dist-packages")
try:
    import numpy
    import petsc4py
    petsc4py.init(["test", "-options_left", "no"])
    from petsc4py import PETSc
    from slepc4py import SLEPc
except ImportError as missing:
    skip_all(f"petsc4py and slepc4py are not here, their comparisons are NOT made: {missing}")

number = 0


def report(passed, what):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}", flush=True)


def outputs_and_rows(weights, inputs, h, D):
    """f and J' of W2 tanh(W1 x + b1) + b2, the rows of J' being the weights."""
    N, d = inputs.shape
    W1, b1 = weights[:h * d].reshape(h, d), weights[h * d:h * d + h]
    W2, b2 = weights[h * d + h:-D].reshape(D, h), weights[-D:]
    a = numpy.tanh(inputs @ W1.T + b1)
    slope = 1 - a * a
    rows = numpy.zeros((len(weights), N, D))
    rows[:h * d] = numpy.einsum("op,ip,ir->prio", W2, slope, inputs).reshape(h * d, N, D)
    rows[h * d:h * d + h] = numpy.einsum("op,ip->pio", W2, slope)
    for o in range(D):
        rows[h * d + h + o * h:h * d + h + (o + 1) * h, :, o] = a.T
        rows[-D + o, :, o] = 1
    return a @ W2.T + b2, rows.reshape(len(weights), N * D)


def least_norm(rows, right):
    """The shortest x with rows x = right, by PETSc."""
    matrix = PETSc.Mat().createDense(rows.shape, array=numpy.asfortranarray(rows))
    matrix.assemble()
    solver, x, b = PETSc.KSP().create(), matrix.createVecRight(), matrix.createVecLeft()
    b.setArray(right)
    solver.setType("lsqr")
    solver.setOperators(matrix)
    solver.getPC().setType("none")
    solver.setTolerances(rtol=1e-14, atol=0, max_it=20000)
    solver.solve(b, x)
    return x.getArray().copy()


class Landscape:
    """Two points of a d-h-D network, planted."""

    def __init__(self, d, h, D, N, seed):
        self.model, self.landscape, self.plan = (ctypes.c_void_p() for _ in range(3))
        self.inputs = numpy.random.default_rng(seed).standard_normal((N, d))
        call("critpt_mlp_create", ctypes.byref(self.model), size(d))
        call("critpt_mlp_add_layer", self.model, size(h), 1, 1)
        call("critpt_mlp_add_layer", self.model, size(D), 0, 1)
        self.P = library.critpt_model_n_weights(self.model)
        call("critpt_landscape_create", ctypes.byref(self.landscape), self.model, size(N),
             pointer(self.inputs), size(d))
        call("critpt_plan_create", ctypes.byref(self.plan), self.landscape)
        self.weights = numpy.empty((2, self.P))
        for k, row in enumerate(self.weights):
            call("critpt_mlp_draw_weights", self.model, ctypes.c_uint64(seed), ctypes.c_uint64(k),
                 ctypes.c_double(2), pointer(row), size(self.P))
            call("critpt_plan_add_point", self.plan, pointer(row), size(self.P), None)
            call("critpt_plan_let_point_move", self.plan, size(k))
        call("critpt_plan_solve", self.plan, None)
        for k, row in enumerate(self.weights):
            call("critpt_plan_point_weights", self.plan, size(k), pointer(row), size(self.P))
        self.targets, self.base = numpy.empty((N, D)), numpy.empty((N, D))
        call("critpt_landscape_targets", self.landscape, pointer(self.targets), size(D))
        call("critpt_plan_base_targets", self.plan, pointer(self.base), size(D))

    def product(self, vector):
        result = numpy.empty(self.P)
        call("critpt_landscape_hessian_vector", self.landscape, None, pointer(self.weights[0]),
             size(self.P), pointer(numpy.ascontiguousarray(vector)), size(self.P), pointer(result),
             size(self.P))
        return result

    def extremes(self, wanted):
        options, spectrum = ctypes.c_void_p(), ctypes.c_void_p()
        call("critpt_spectrum_options_create", ctypes.byref(options))
        call("critpt_spectrum_options_set_n_extreme", options, size(wanted))
        call("critpt_spectrum_create", ctypes.byref(spectrum), self.landscape,
             pointer(self.weights[0]), size(self.P), options)
        pairs = numpy.empty((library.critpt_spectrum_n_eigenvalues(spectrum), 2))
        for i, pair in enumerate(pairs):
            value, error = ctypes.c_double(), ctypes.c_double()
            call("critpt_spectrum_eigenvalue", spectrum, size(i), ctypes.byref(value),
                 ctypes.byref(error))
            pair[:] = value.value, error.value
        library.critpt_spectrum_destroy(spectrum)
        library.critpt_spectrum_options_destroy(options)
        return pairs

    def destroy(self):
        for name in ("plan", "landscape", "model"):
            getattr(library, f"critpt_{name}_destroy")(getattr(self, name))


class Products:
    def __init__(self, of):
        self.of = of

    def mult(self, _, x, y):
        y.setArray(self.of.product(x.getArray()))


def slepc_extremes(of, wanted):
    """The `wanted` least and largest eigenvalues."""
    shell = PETSc.Mat().createPython((of.P, of.P), Products(of))
    shell.setUp()
    found = []
    for end in (SLEPc.EPS.Which.SMALLEST_REAL, SLEPc.EPS.Which.LARGEST_REAL):
        solver = SLEPc.EPS().create()
        solver.setOperators(shell)
        solver.setProblemType(SLEPc.EPS.ProblemType.HEP)
        solver.setWhichEigenpairs(end)
        solver.setDimensions(wanted)
        solver.setTolerances(1e-11, 5000)
        solver.solve()
        found += sorted(solver.getEigenvalue(i).real for i in range(solver.getConverged()))[:wanted] \
            if end == SLEPc.EPS.Which.SMALLEST_REAL else \
            sorted(solver.getEigenvalue(i).real for i in range(solver.getConverged()))[-wanted:]
    return numpy.array(found)


for d, h, D, N, seed in ((4, 5, 2, 200, 1), (8, 6, 3, 300, 2), (10, 12, 1, 900, 3)):
    of = Landscape(d, h, D, N, seed)
    rows, right = [], []
    for weights in of.weights:
        f, J = outputs_and_rows(weights, of.inputs, h, D)
        rows.append(J)
        right.append(J @ (f - of.base).reshape(-1))
    rows, right = numpy.concatenate(rows), numpy.concatenate(right)
    length = numpy.linalg.norm(rows, axis=1)
    move = least_norm(rows / length[:, None], right / length)
    distance = numpy.linalg.norm(of.targets - of.base)
    apart = numpy.linalg.norm(move - (of.targets - of.base).reshape(-1)) / distance
    report(apart < 1e-8, f"{d}-{h}-{D}, N {N}: LSQR's targets are {apart:.1e} of the distance apart")
    ours, theirs = of.extremes(3), slepc_extremes(of, 3)
    away = abs(numpy.sort(ours[:, 0]) - numpy.sort(theirs)) if len(ours) == len(theirs) else [numpy.inf]
    allowed = ours[:, 1] + 1e-9 * abs(ours[:, 0]).max()
    report(len(away) == len(allowed) and (away <= allowed).all(),
           f"{d}-{h}-{D}: three eigenvalues at each end are SLEPc's, to {max(away):.1e}")
    of.destroy()
print(f"1..{number}")
