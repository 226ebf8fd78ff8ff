"""What a specification asks for as linear equations in the targets, formed from the model alone.

The gradient J' Mn (f - y) + Lambda (w - c), v'Hu and differences of losses are affine in the targets:
every request is rows of A and a right-hand side b with A y = b for the N D targets in one vector.
Beside b stands its size: what was added up for it without signs, of which rounding leaves a share."""

import numpy

from oracle import EPSILON, Long, cotangent, first_and_second, forward, forward_error, norm, outputs, \
    penalty_at, second_directional, to_float


def weighted(problem, field):
    """Mn field as one vector, in double."""
    return to_float(cotangent(problem, field, Long)).reshape(-1)


def jacobian_of(problem, weights):
    tape = forward(problem, weights, Long)
    return tape[-1][2], first_and_second(problem, weights, tape, None, Long, second=False)[0]


def gradient_rows(problem, weights, gradient=0.0):
    f, J = jacobian_of(problem, weights)
    A = numpy.array([weighted(problem, J[:, :, j]) for j in range(J.shape[2])])
    f, slope = to_float(f).reshape(-1), to_float(penalty_at(problem, weights)[1])
    return A, A @ f + slope - gradient, abs(A) @ abs(f) + abs(slope) + abs(gradient)


def gradient_errors(problem, weights):
    """A bound of what rounding makes of J' Mn, row by row."""
    wrong = EPSILON * forward_error(problem, weights)[1]
    return numpy.array([abs(weighted(problem, wrong[:, :, j])) for j in range(wrong.shape[2])])


def curvature_row(problem, weights, v, u, value):
    """(J v)' Mn (J u) + v' Lambda u + D2f[v, u]' Mn (f - y) = value"""
    f, J = jacobian_of(problem, weights)
    row = weighted(problem, second_directional(problem, weights, v, u))
    left, right = weighted(problem, J @ Long.array(v)), to_float(J @ Long.array(u)).reshape(-1)
    f, curved = to_float(f).reshape(-1), problem.penalty * v * u
    return (row[None, :], numpy.array([left @ right + curved.sum() + row @ f - value]),
            numpy.array([abs(left) @ abs(right) + abs(curved).sum() + abs(row) @ abs(f) + abs(value)]))


def lengths(A):
    """The norms of rows whose squares may underflow."""
    largest = abs(A).max(axis=1, initial=0)
    return largest * numpy.sqrt(((A / numpy.where(largest > 0, largest, 1)[:, None]) ** 2).sum(axis=1))


def stack(parts):
    """Several requests as one."""
    return tuple(numpy.concatenate(part) for part in zip(*parts))


def eigenpair_rows(problem, weights, v, value):
    unit = numpy.eye(len(v))
    return stack([curvature_row(problem, weights, unit[a], v, value * v[a])
                  for a in range(len(v))])


def gauss_newton_rows(problem, weights):
    unit, P = numpy.eye(problem.n_weights), problem.n_weights
    f = to_float(outputs(problem, weights)).reshape(-1)
    A = numpy.array([weighted(problem, second_directional(problem, weights, unit[i], unit[j]))
                     for i in range(P) for j in range(i + 1)])
    return A, A @ f, abs(A) @ abs(f)


def difference_row(problem, weights, below, value):
    """L(w) - L(below) = value"""
    f, g = outputs(problem, weights), outputs(problem, below)
    row = weighted(problem, f - g)
    if norm(row) <= 1e-15 * norm(weighted(problem, f)):  # copies, but for the rounding of long double
        row = row * 0
    half = to_float((f + g) / 2).reshape(-1)
    over, under = (penalty_at(problem, w)[0] for w in (weights, below))
    return (row[None, :], numpy.array([row @ half + float(over - under) - value]),
            numpy.array([abs(row) @ abs(half) + float(over + under) + abs(value)]))


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


def decide(requests, free, targets):
    """Whether the requests can be had together by changing the free targets alone; in double, where
    that is clear. Rows of a gradient below the rounding of the others hold to rounding: it must be
    clear with and without them."""
    found = {decide_rows(*stack([without_tiny(request, tiny) for request in requests]), free, targets)
             for tiny in (0.0, 1e-13)}
    return found.pop() if len(found) == 1 else UNCLEAR


def without_tiny(request, tiny):
    A, b, size = request
    length = lengths(A)
    seen = length >= tiny * length.max()
    keep = seen | (abs(b) > 1e-11 * size.max())
    return numpy.where(seen[:, None], A, 0.0)[keep], b[keep], size[keep]


def decide_rows(A, b, size, free, targets):
    """Rows are scaled to norm 1; the rank must be clear, and what cannot be met stand above rounding."""
    rest = b - A[:, ~free] @ targets[~free]
    size = size + abs(b) + abs(A[:, ~free]) @ abs(targets[~free]) + 1e-300
    A = A[:, free]
    length = lengths(A)
    dead = length == 0
    if (abs(rest[dead]) > 1e-7 * size[dead]).any():
        return CONTRADICTORY
    if (abs(rest[dead]) > 2e-15 * size[dead]).any():
        return UNCLEAR
    if dead.all():
        return CONSISTENT
    A, rest = A[~dead] / length[~dead, None], rest[~dead] / length[~dead]
    size = size[~dead] / length[~dead]
    U, s, _ = numpy.linalg.svd(A, full_matrices=True)
    s = numpy.append(s, numpy.zeros(len(A) - len(s)))
    rounding = 1e-15 * numpy.sqrt(len(A))
    if ((s > rounding) & (s < 1e-9)).any():
        return UNCLEAR
    small = U[:, s <= rounding]
    defect, scale = abs(small.T @ rest), abs(small).T @ size
    noise = 1e-12 * abs(rest).max()  # of the singular vectors
    if (defect > 1e-7 * scale + noise).any():
        return CONTRADICTORY
    return UNCLEAR if (defect > 2e-15 * scale).any() else CONSISTENT
