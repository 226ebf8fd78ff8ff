"""Judges basins by descents of its own: from as far as a radius that is stated to come back, most must."""

import math

import numpy

from oracle import Long, cotangent, evaluate, norm, outputs, to_float

STARTS = 16
FEWEST = 5  # of which come back: four or fewer of 16 have odds of 3e-4 where 7 of 10 do
STEPS = 300


def ball_step(gradient, eigenvalues, V, radius):
    """The least value of the quadratic model in a ball, by bisection of the shift; not on the boundary
    only where the model is convex."""
    along = V.T @ gradient
    step = lambda shift: -along / (eigenvalues + shift)
    low = max(0.0, -eigenvalues[0]) * (1 + 1e-12) + 1e-300
    if eigenvalues[0] > 0 and norm(step(0.0)) <= radius:
        return V @ step(0.0)
    high = low + norm(gradient) / radius + abs(eigenvalues).max()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if norm(step(middle)) > radius else (low, middle)
    return V @ step(high)


def fall(problem, a, b):
    """The loss at a less that at b, not by their difference: (f - g)' Mn (f + g - 2y) / 2, and the like of
    the penalty."""
    f, g = outputs(problem, a), outputs(problem, b)
    penalty = Long.array(problem.penalty) * (a - b) * (a + b - 2 * problem.centre)
    return float(((f - g) * cotangent(problem, f + g - 2 * problem.targets, Long)).sum() + penalty.sum()) / 2


def comes_back(problem, minimum, start, radius):
    """Whether a descent by steps of at most an eighth of the radius ends within a thousandth of it."""
    w, ball = start, radius / 8
    for _ in range(STEPS):
        values = evaluate(problem, w, Long)
        gradient, H = to_float(values.gradient), to_float(values.hessian)
        step = ball_step(gradient, *numpy.linalg.eigh(H), ball)
        expected = float(-(gradient @ step + step @ H @ step / 2))
        if norm(step) <= radius * 1e-5 or not expected > 0:
            break
        gained = fall(problem, w, w + step) / expected
        if gained < 0.25:
            ball = min(ball, norm(step)) / 4
        elif gained > 0.75:
            ball = min(2 * ball, radius / 8)
        if gained > 0:
            w = w + step
    return norm(w - minimum) <= radius / 1000


def judge_basin(v, where, land, k):
    """A radius is one of those that are tried, with the share of starts that it takes to come back."""
    radius, share, asked = land.number("basin", k), land.number("basin_share", k), \
        land.spec["points"][k].get("basin")
    if asked and not land.refused:
        v.judge("basin met", where, radius >= asked, radius, f"{asked} with exit 0")
    if not radius > 0:
        return
    weights = land.weights[k]
    halvings = math.log2(norm(weights) / radius)
    v.judge("basin", where, abs(halvings - round(halvings)) < 1e-9 and 0 <= round(halvings) <= 12
            and 29 / 32 <= share <= 1, (radius, share), "|w| / 2^j, j to 12, and 29 of 32 at least")
    if land.number("nullity", k) > 0:
        return  # it is a curve of minima that they come back to
    random, back = numpy.random.default_rng(1), 0
    for _ in range(STARTS):
        away = random.standard_normal(len(weights))
        back += comes_back(land.problem, weights, weights + radius / norm(away) * away, radius)
    v.judge("basin: descents", where, back >= FEWEST, f"{share:.3g} of the starts {radius:.3g} away come back",
            f"{back} of {STARTS}")
