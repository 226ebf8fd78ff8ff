"""Targets that examples/mpi/plant.c wrote, judged by a network in NumPy that shares no code with the
library: both points are critical, and no targets with that are nearer to the mean of the outputs.
    mpi_targets.py TARGETS
Prints what it measured; exit 0 if it will do, 1 if not, 77 without NumPy."""

import ctypes
import sys

from library import call, library, pointer, size

try:
    import numpy
except ImportError:
    sys.exit(77)

SAMPLES, INPUTS, HIDDEN, OUTPUTS, SEED, SCALE = 3000, 20, 30, 10, 7, 1.5


def draws(n_weights):
    """The inputs, and both points' weights as they were drawn: numbers that a seed stands for."""
    inputs = numpy.empty((SAMPLES, INPUTS))
    call("critpt_random_normal", ctypes.c_uint64(SEED), ctypes.c_uint64(0), ctypes.c_uint64(0),
         pointer(inputs), size(inputs.size))
    model = ctypes.c_void_p()
    call("critpt_mlp_create", ctypes.byref(model), size(INPUTS))
    call("critpt_mlp_add_layer", model, size(HIDDEN), 1, 1)
    call("critpt_mlp_add_layer", model, size(OUTPUTS), 0, 1)
    weights = numpy.empty((2, n_weights))
    for point, row in enumerate(weights):
        call("critpt_mlp_draw_weights", model, ctypes.c_uint64(SEED), size(point),
             ctypes.c_double(SCALE), pointer(row), size(n_weights))
    library.critpt_model_destroy(model)
    return inputs, weights


class Point:
    def __init__(self, inputs, weights):
        first, second = HIDDEN * INPUTS, HIDDEN * INPUTS + HIDDEN
        third = second + OUTPUTS * HIDDEN
        self.inputs = inputs
        self.hidden = numpy.tanh(inputs @ weights[:first].reshape(HIDDEN, INPUTS).T
                                 + weights[first:second])
        self.last = weights[second:third].reshape(OUTPUTS, HIDDEN)
        self.outputs = self.hidden @ self.last.T + weights[third:]

    def pull(self, field):
        """J' field"""
        delta = (field @ self.last) * (1 - self.hidden ** 2)
        return numpy.concatenate([(delta.T @ self.inputs).ravel(), delta.sum(0),
                                  (field.T @ self.hidden).ravel(), field.sum(0)])

    def push(self, direction):
        """J direction"""
        first, second = HIDDEN * INPUTS, HIDDEN * INPUTS + HIDDEN
        third = second + OUTPUTS * HIDDEN
        dz = self.inputs @ direction[:first].reshape(HIDDEN, INPUTS).T + direction[first:second]
        return ((1 - self.hidden ** 2) * dz) @ self.last.T \
            + self.hidden @ direction[second:third].reshape(OUTPUTS, HIDDEN).T + direction[third:]

    def column_norms(self):
        delta = (1 - self.hidden ** 2) ** 2 * (self.last ** 2).sum(0)
        hidden = numpy.tile((self.hidden ** 2).sum(0), OUTPUTS)
        return numpy.sqrt(numpy.concatenate([(delta.T @ self.inputs ** 2).ravel(), delta.sum(0),
                                             hidden, numpy.full(OUTPUTS, SAMPLES)]))


def rest_beside(points, field):
    """How much of the field is no combination of the Jacobians' columns, by CGLS."""
    scale = 1 / numpy.concatenate([point.column_norms() for point in points])
    half = len(scale) // 2
    def multiply(x):
        return points[0].push((scale * x)[:half]) + points[1].push((scale * x)[half:])
    def multiply_transposed(r):
        return scale * numpy.concatenate([point.pull(r) for point in points])
    rest = field.copy()
    s = multiply_transposed(rest)
    direction, gamma = s.copy(), s @ s
    for _ in range(1500):
        image = multiply(direction)
        step = gamma / (image * image).sum()
        rest -= step * image
        s = multiply_transposed(rest)
        gamma, last = s @ s, gamma
        direction = s + gamma / last * direction
        if numpy.sqrt((rest * rest).sum()) < 1e-12 * numpy.sqrt((field * field).sum()):
            break
    return numpy.sqrt((rest * rest).sum() / (field * field).sum())


def main():
    targets = numpy.loadtxt(sys.argv[1])
    n_weights = HIDDEN * INPUTS + HIDDEN + OUTPUTS * HIDDEN + OUTPUTS
    inputs, weights = draws(n_weights)
    means = [Point(inputs, row).outputs.mean(0) for row in weights]
    for row, mean in zip(weights, means): # the output biases move to one mean output
        row[-OUTPUTS:] += sum(means) / 2 - mean
    points = [Point(inputs, row) for row in weights]
    good = targets.shape == (SAMPLES, OUTPUTS)
    for point in points:
        residual = point.outputs - targets
        size_of = point.column_norms() * numpy.sqrt((residual ** 2).sum())
        worst = (abs(point.pull(residual)) / size_of).max()
        print(f"gradient beside its terms: {worst:.1e}")
        good = good and worst <= 1e-13
    moved = targets - (points[0].outputs + points[1].outputs) / 2
    rest = rest_beside(points, moved)
    print(f"distance {numpy.sqrt((moved ** 2).sum() / SAMPLES):.6f}, of which {rest:.1e} is not "
          "needed")
    return 0 if good and rest <= 1e-10 else 1


if __name__ == "__main__":
    sys.exit(main())
