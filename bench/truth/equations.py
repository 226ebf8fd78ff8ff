"""What a specification asks for as linear equations in the targets, formed from the model alone.

Every request is rows of A and a right-hand side b, so that A y = b with the N D targets in one
vector; MATH: the gradient J' Mn (f - y), v'Hu and differences of losses are affine in the targets."""

from dataclasses import dataclass

import numpy

from oracle import Long, Values, cotangent, first_and_second, forward, outputs, second_directional, \
    to_float


@dataclass
class Rows:
    """One request: its name as messages have it, rows and right-hand sides."""
    name: str
    A: numpy.ndarray
    b: numpy.ndarray


def weighted(problem, field):
    """Mn field as one vector, in double."""
    return to_float(cotangent(problem, field, Long)).reshape(-1)


def jacobian_of(problem, weights):
    tape = forward(problem, weights, Long)
    return tape[-1][2], first_and_second(problem, weights, tape, None, Long, second=False)[0]


def gradient_rows(problem, weights, gradient=0.0):
    f, J = jacobian_of(problem, weights)
    A = numpy.array([weighted(problem, J[:, :, j]) for j in range(J.shape[2])])
    return A, A @ to_float(f).reshape(-1) - gradient


def curvature_row(problem, weights, v, u, value):
    """(J v)' Mn (J u) + D2f[v, u]' Mn (f - y) = value"""
    f, J = jacobian_of(problem, weights)
    row = weighted(problem, second_directional(problem, weights, v, u))
    pushed = weighted(problem, J @ Long.array(v)) @ to_float(J @ Long.array(u)).reshape(-1)
    return row[None, :], numpy.array([pushed + row @ to_float(f).reshape(-1) - value])


def stack(parts):
    return numpy.concatenate([A for A, _ in parts]), numpy.concatenate([b for _, b in parts])


def eigenpair_rows(problem, weights, v, value):
    unit = numpy.eye(len(v))
    return stack([curvature_row(problem, weights, unit[a], v, value * v[a])
                  for a in range(len(v))])


def gauss_newton_rows(problem, weights):
    unit, P = numpy.eye(problem.n_weights), problem.n_weights
    f = to_float(outputs(problem, weights)).reshape(-1)
    A = numpy.array([weighted(problem, second_directional(problem, weights, unit[i], unit[j]))
                     for i in range(P) for j in range(i + 1)])
    return A, A @ f


def difference_row(problem, weights, below, value):
    """L(w) - L(below) = value"""
    f, g = outputs(problem, weights), outputs(problem, below)
    row = weighted(problem, f - g)
    half = to_float((f + g) / 2).reshape(-1)
    return row[None, :], numpy.array([row @ half - value])


def picture_rows(problem, corners, values):
    A, B, C = corners
    n = len(values)
    nodes = [A + i / (n - 1) * (B - A) + j / (n - 1) * (C - A) for j in range(n) for i in range(n)]
    flat = values.reshape(-1)
    return stack([difference_row(problem, node, nodes[0], value - flat[0])
                  for node, value in zip(nodes[1:], flat[1:])])


def root_metric(problem):
    """C' with M = C C', and sqrt(s_i / N)."""
    return numpy.linalg.cholesky(problem.metric).T, \
        numpy.sqrt(problem.sample_weights / len(problem.inputs))


def scaled(problem, A):
    """Rows Mn^(-1/2) applied to A: what they are in z = Mn^(1/2) y."""
    root, scale = root_metric(problem)
    n, D = len(problem.inputs), problem.widths[-1]
    fields = A.reshape(len(A), n, D) / scale[None, :, None]
    return numpy.linalg.solve(root.T, fields.reshape(-1, D).T).T.reshape(len(A), n * D)


CONSISTENT, CONTRADICTORY, UNCLEAR = "consistent", "contradictory", "unclear"


def decide(A, b, free, targets):
    """Whether A y = b can be had by changing the free targets alone; in double, where it is clear.

    The equations are scaled to norm 1 beforehand; what cannot be met must stand well above rounding,
    and the rank must be clear."""
    rest = b - A[:, ~free] @ targets[~free]
    size = abs(b) + abs(A) @ abs(targets) + 1e-300
    A = A[:, free]
    length = numpy.sqrt((A ** 2).sum(axis=1))
    dead = length <= 1e-13 * numpy.sqrt((length ** 2).mean() + 1e-300)
    if (abs(rest[dead]) > 1e-7 * size[dead]).any():
        return CONTRADICTORY
    if (abs(rest[dead]) > 1e-11 * size[dead]).any():
        return UNCLEAR
    A, rest = A[~dead] / length[~dead, None], rest[~dead] / length[~dead]
    size = size[~dead] / length[~dead]
    if not len(A):
        return CONSISTENT
    U, s, _ = numpy.linalg.svd(A, full_matrices=True)
    s = numpy.append(s, numpy.zeros(len(A) - len(s)))
    between = (s > 1e-13 * len(A)) & (s < 1e-9)
    small = U[:, s <= 1e-13 * len(A)]
    defect, scale = abs(small.T @ rest), abs(small).T @ size
    if (defect > 1e-7 * scale).any():
        return CONTRADICTORY
    return UNCLEAR if between.any() or (defect > 1e-11 * scale).any() else CONSISTENT
