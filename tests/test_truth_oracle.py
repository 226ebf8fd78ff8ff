#!/usr/bin/env python3
"""The oracle of bench/truth is held against PyTorch in double and against closed forms, and it finds
the lies that are put into a true file. TAP."""

import math
import os
import shutil
import subprocess
import sys
import tempfile
import types
import warnings

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "bench", "truth"))
try:
    import h5py
    import mpmath
    import numpy
    import equations
    import judge
    import judge_points
    import landscape
    import refusals
    from equations import CONSISTENT, CONTRADICTORY
    from oracle import (EPSILON, Exact, Long, Problem, evaluate, forward_error, kink_margin, loss_at,
                        outputs, rounding_units, second_directional, spectrum, to_float)
except ImportError as missing:
    print(f"1..0 # SKIP the oracle needs NumPy, h5py and mpmath, it is NOT tested: {missing}")
    sys.exit(0)
try:
    import torch
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
except ImportError:
    torch = None

warnings.simplefilter("ignore")
number = 0


def report(passed, what):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}", flush=True)


def apart(ours, theirs):
    return abs(to_float(ours) - theirs).max() / max(abs(theirs).max(), 1e-300)


# ---- PyTorch -----------------------------------------------------------------------------------

def torch_loss(problem, activations, weights):
    values, at = torch.tensor(problem.inputs), 0
    for l, name in enumerate(problem.activations):
        units, width = problem.widths[l + 1], problem.widths[l]
        z = values @ weights[at:at + units * width].reshape(units, width).t()
        at += units * width
        if problem.bias[l]:
            z, at = z + weights[at:at + units], at + units
        values = activations[name](z)
    residual = values - torch.tensor(problem.targets)
    metric = torch.tensor(problem.metric)
    return (torch.tensor(problem.sample_weights) * ((residual @ metric) * residual).sum(1)).sum() \
        / (2 * len(problem.inputs))


def random_problem(random, activations):
    widths = [int(n) for n in random.integers(1, 5, len(activations) + 1)]
    root = random.standard_normal((widths[-1], widths[-1]))
    return Problem(widths, activations, [bool(b) for b in random.integers(0, 2, len(activations))],
                   random.standard_normal((40, widths[0])), random.standard_normal((40, widths[-1])),
                   random.uniform(0.5, 2, 40), root @ root.T + numpy.eye(widths[-1]))


def compare_with_torch():
    functions = {
        "identity": lambda z: z, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
        "softplus": lambda z: torch.nn.functional.softplus(z, threshold=1e9),
        "silu": torch.nn.functional.silu, "gelu": torch.nn.functional.gelu, "sin": torch.sin,
        "gaussian": lambda z: torch.exp(-z * z), "square": torch.square,
        "elu": torch.nn.functional.elu, "relu": torch.relu,
        "leaky_relu": torch.nn.functional.leaky_relu}
    names, random = list(functions), numpy.random.default_rng(1)
    for case, name in enumerate(names):
        layers = [names[(case + 5 * l) % 12] for l in range(1 + case % 4)]
        problem = random_problem(random, layers)
        weights = random.standard_normal(problem.n_weights)
        loss = lambda w: torch_loss(problem, functions, w)
        at = torch.tensor(weights, requires_grad=True)
        gradient = torch.autograd.grad(loss(at), at)[0].numpy()
        hessian = torch.autograd.functional.hessian(loss, torch.tensor(weights)).numpy()
        for arithmetic in (Long, Exact):
            values = evaluate(problem, weights, arithmetic)
            worst = max(abs(float(values.loss) / loss(at).item() - 1),
                        apart(values.gradient, gradient), apart(values.hessian, hessian))
            report(worst <= 1e-12, f"{'-'.join(layers)} in {arithmetic.name}: loss, gradient and "
                                   f"Hessian are PyTorch's, {worst:.0e} apart")


# ---- Closed forms ------------------------------------------------------------------------------

def test_long_against_exact():
    """Long double and 50 digits agree to long double's rounding."""
    random = numpy.random.default_rng(2)
    problem = random_problem(random, ["gelu", "tanh", "silu"])
    weights = random.standard_normal(problem.n_weights)
    a, b = evaluate(problem, weights, Long), evaluate(problem, weights, Exact)
    away = abs(Exact.array(to_float(a.hessian)) + Exact.array(
        to_float(a.hessian - to_float(a.hessian))) - b.hessian).max() / abs(b.hessian).max()
    report(float(away) < 1e-16, f"long double is within {float(away):.0e} of 50 digits")


def test_saddle():
    """(w0 w1 x - y)^2 at the origin: eigenvalues -+ mean(x y)."""
    x = numpy.array([[1.0], [2.0]])
    problem = Problem([1, 1, 1], ["identity", "identity"], [False, False], x, x.copy())
    values, error, V = spectrum(evaluate(problem, numpy.zeros(2), Exact).hessian, Exact)
    report(abs(float(values[0]) + 2.5) <= error and abs(float(values[1]) - 2.5) <= error
           and error < 1e-45, "the saddle of w0 w1 x - y has eigenvalues -2.5 and 2.5")


def test_toeplitz():
    """The second difference of order n: 2 - 2 cos(k pi / (n + 1))."""
    n = 24
    matrix = Exact.array(2 * numpy.eye(n) - numpy.eye(n, k=1) - numpy.eye(n, k=-1))
    values, error, _ = spectrum(matrix, Exact)
    worst = max(abs(mpmath.mpf(str(values[k - 1])) - (2 - 2 * mpmath.cos(k * mpmath.pi / (n + 1))))
                for k in range(1, n + 1))
    report(worst <= error and worst < 1e-44, f"eigenvalues of the second difference to {float(worst):.0e}")


def test_graded():
    """Eigenvalues of sizes 1 to 1e-30 and a double one, behind exact reflections."""
    wanted = [10.0 ** -e for e in (0, 0, 5, 10, 20, 30)]
    matrix = Exact.array(numpy.diag(wanted))
    for j in range(1, 6):
        u = Exact.array(numpy.arange(1.0, 7.0) ** j)
        reflection = Exact.array(numpy.eye(6)) - numpy.outer(u, u) * 2 / (u @ u)
        matrix = reflection @ matrix @ reflection
    values, error, _ = spectrum((matrix + matrix.T) / 2, Exact)
    worst = max(abs(float(value - Exact.array(numpy.array([true]))[0]))
                for value, true in zip(values, sorted(wanted)))
    report(worst <= error and error < 1e-44, f"eigenvalues from 1e-30 to 1, a double one: {worst:.0e} off")


def test_second_directional():
    """u' D2f[v, v] = v' S(u) v, where S is held against PyTorch above."""
    random = numpy.random.default_rng(3)
    problem = random_problem(random, ["sin", "softplus", "gaussian"])
    weights, v = (random.standard_normal(problem.n_weights) for _ in range(2))
    values = evaluate(problem, weights, Long)
    field = second_directional(problem, weights, v, v)
    u = problem.sample_weights[:, None] / 40 * (values.residual @ problem.metric)
    one, two = float((u * field).sum()), float(v @ values.S @ v)
    report(abs(one - two) <= 1e-15 * (1 + abs(two)), f"D2f[v, v] and S(u): {one!r}, {two!r}")


def test_rows():
    """A y - b is the gradient, v'Hu and a difference of losses, less what is asked for."""
    random = numpy.random.default_rng(4)
    problem = random_problem(random, ["tanh", "silu"])
    weights, other, v, u = (random.standard_normal(problem.n_weights) for _ in range(4))
    y, values = problem.targets.reshape(-1), evaluate(problem, weights, Long)
    checks = [(equations.gradient_rows(problem, weights), to_float(values.gradient)),
              (equations.curvature_row(problem, weights, v, u, 0.25),
               numpy.array([float(v @ values.hessian @ u) - 0.25])),
              (equations.difference_row(problem, weights, other, 2.0),
               numpy.array([float(values.loss - loss_at(problem, other)) - 2.0]))]
    worst = max(apart(b - A @ y, there) for (A, b, _), there in checks)
    report(worst < 1e-12, f"rows of gradients, curvatures and differences: {worst:.0e} off")


def test_decide():
    free, y = numpy.array([True, True, False]), numpy.array([0.0, 0.0, 1.0])
    row = lambda a, b: (numpy.array([a]), numpy.array([b]), numpy.array([abs(b)]))
    one, double, other = row([1.0, 2.0, 0.0], 1.0), row([2.0, 4.0, 0.0], 2.0), row([2.0, 4.0, 0.0], 3.0)
    frozen = row([0.0, 0.0, 1.0], 2.0)
    found = [equations.decide(parts, free, y)
             for parts in ([one, double], [one, other], [frozen], [one])]
    report(found == [equations.CONSISTENT, equations.CONTRADICTORY, equations.CONTRADICTORY,
                     equations.CONSISTENT], f"handmade systems: {found}")


def test_rounding():
    """What double precision gets wrong is within the first-order bound, and not 1e4 times below it."""
    random, inside, sharp = numpy.random.default_rng(5), True, False
    for scale in (1.0, 1e3, 1e6):
        problem = random_problem(random, ["sin", "tanh", "identity"])
        problem = problem.changed(inputs=problem.inputs * scale)
        weights = random.standard_normal(problem.n_weights)
        a, at = problem.inputs, problem.layers(weights)
        for (matrix, bias), name in zip(at, problem.activations):
            z = a @ matrix.T + (0 if bias is None else bias)
            a = {"sin": numpy.sin, "tanh": numpy.tanh}.get(name, lambda z: z)(z)
        wrong = abs(a - to_float(outputs(problem, weights)))
        bound = EPSILON * forward_error(problem, weights)[0]
        inside = inside and (wrong <= bound).all()
        sharp = sharp or wrong.max() > 1e-4 * bound.max()
    report(inside and sharp, "rounding of outputs in double is within its bound")


def test_kinks():
    """z is identically 0 near the point where the units before are off; at the point alone it is a
    kink."""
    x = numpy.array([[1.0], [2.0]])
    net = Problem([1, 1, 1, 1], ["relu", "relu", "identity"], [False] * 3, x, x.copy())
    off, on = kink_margin(net, numpy.array([-1.0, 1.0, 1.0])), kink_margin(net, numpy.array([1.0, 0.0, 1.0]))
    report(off == 1.0 and on == 0.0, f"kink margins: {off}, {on}")


def test_copies():
    def copies(widths, activations, bias, weights):
        n = len(activations)
        problem = Problem(widths, activations, [bias] * n, numpy.zeros((1, widths[0])),
                          numpy.zeros((1, widths[-1])))
        return judge_points.symmetric_copies(problem, numpy.array(weights, dtype=float))
    found = [copies([1, 2, 1], ["tanh", "square"], False, [1, 2, 3, 4]),
             copies([1, 2, 1], ["gelu", "sin"], True, range(1, 8)),
             copies([1, 3, 1], ["tanh", "identity"], False, range(1, 7)),
             copies([1, 2, 1], ["sigmoid", "identity"], True, range(1, 8)),
             copies([1, 2, 1], ["tanh", "identity"], False, [1, 1, 3, 4]),
             copies([1, 2, 1], ["tanh", "identity"], False, [1, 2, 0, 4])]
    report(found == [16, math.inf, 48, 8, math.inf, math.inf], f"symmetric copies: {found}")


# ---- Lies --------------------------------------------------------------------------------------

SPEC = """{"model": {"widths": [3, 2, 1], "activations": ["tanh", "identity"], "bias": false},
 "inputs": {"normal": {"samples": 60}}, "seed": 3, "base_targets": {"noise": 1.0},
 "points": [{"conditions": [{"curvature": [{"unit": 0}, {"unit": 0}], "value": 0.25}]},
            {"nature": "minimum", "margin": 1e-3}]}"""


def change(name, entry, factor=None, shift=None, value=None):
    def lie(file):
        old = file[name][entry]
        file[name][entry] = value if value is not None else old * factor if factor else old + shift
    return lie


def change_report(name, value):
    def lie(file):
        file["report"].attrs[name] = file["report"].attrs[name] * value
    return lie


LIES = {
    "loss": change("points/loss", 0, factor=1 + 1e-9),
    "gradient_norm": change("targets", (0, 0), shift=1e-9),
    "gradient_norm_float32": change("points/gradient_norm_float32", 0, factor=0.5),
    "kink_margin": change("points/kink_margin", 0, value=1.0),
    "loss_checked": change("points/loss_checked", 0, factor=1 + 1e-13),
    "gradient_norm_checked": change("points/gradient_norm_checked", 1, factor=2),
    "gradient_max_checked": change("points/gradient_max_checked", 0, value=1e-9),
    "gradient_scaled_checked": change("points/gradient_scaled_checked", 0, factor=1e-3),
    "gradient_max beside its check": change("points/gradient_max", 0, value=1e-9),
    "kink_margin_checked": change("points/kink_margin_checked", 1, value=2.0),
    "eigenvalue": change("points/eigenvalues", (0, 2), factor=1 + 1e-6),
    "index": change("points/index", 0, shift=1),
    "nullity": change("points/nullity", 1, shift=1),
    "kind": change("points/kind", 1, value="minimum_on_complement"),
    "escape": change("points/escape", (0, 0), shift=1e-3),
    "margin_achieved": change("points/margin_achieved", 1, factor=1.01),
    "symmetric_copies": change("points/symmetric_copies", 0, factor=2),
    "curvature: achieved": change("conditions/achieved", 0, shift=1e-6),
    "curvature: residual": change("targets", (1, 0), shift=1e-6),
    "request": change("conditions/requested", 0, shift=1e-6),
    "distance": change_report("distance", 1.001),
    "amplification": change_report("amplification", 1.001),
    "unknowns": change_report("unknowns", 2),
    "accounts": change_report("rank", 2),
}


def test_sentences():
    """The three sentences in which a refusal names what contradicts."""
    one, two = "points[1].conditions[0] (condition 2, curvature)", "points[1].loss (condition 3, loss)"
    for sentence, expected in (
            (f"In s.json these contradict each other; leaving out any one would do: {one}, {two}.",
             ([one, two], True)),
            (f"In s.json these contradict each other: {one}, {two}.", ([one, two], False)),
            (f"In s.json this cannot be had, even by itself: {one}.", ([one], False)),
            ("the loss of point 0 cannot be 1", ([], False))):
        found = refusals.named_set("refused\n  " + sentence + "\n  Conflict 0, of 2 equations: 1.")
        report(found == expected, f"{sentence}: {found}")


def test_losses():
    """Losses take part by their differences: 1 and 3 at a point and at its copy contradict, 2 and 2 do
    not, and one of them alone never does."""
    random = numpy.random.default_rng(5)
    problem = Problem([2, 2, 1], ["tanh", "identity"], [False, False], random.standard_normal((20, 2)),
                      random.standard_normal((20, 1)))
    w = random.standard_normal(problem.n_weights)
    copy = numpy.concatenate([w[2:4], w[:2], w[5:6], w[4:5]])
    names, free = ["points[0].loss (condition 0, loss)", "points[1].loss (condition 1, loss)"], \
        numpy.ones(20, bool)
    for losses, asked, expected in (((1, 3), names, CONTRADICTORY), ((2, 2), names, CONSISTENT),
                                    ((1, 3), names[1:], CONSISTENT)):
        land = types.SimpleNamespace(problem=problem, base=problem.targets,
                                     spec={"points": [{"loss": loss} for loss in losses]})
        found = refusals.decide(land, numpy.array([w, copy]), asked, None, free)
        report(found == expected, f"losses {losses} of copies, {len(asked)} asked: {found}")


def test_least_loss():
    """A curvature of 1 where tanh is saturated, with a row of 1e-50, beside a critical point: two
    equations in two targets, by hand in 50 digits."""
    x, w, apart = [1, 2], (0.5, 60.0), mpmath.mpf
    first = [1 / mpmath.cosh(apart(w[0]) * t) ** 2 for t in x]
    slopes = [1 / mpmath.cosh(apart(w[1]) * t) ** 2 for t in x]
    between = [mpmath.tanh(apart(w[1]) * t) - mpmath.tanh(apart(w[0]) * t) for t in x]
    bends = [-2 * mpmath.tanh(apart(w[1]) * t) * s for t, s in zip(x, slopes)]
    r = [-x[1] * first[1], x[0] * first[0]]  # critical, times the factor that the curvature asks for
    known = sum(t * t * (s * s + b * d) for t, s, b, d in zip(x, slopes, bends, between)) / 2
    factor = (1 - known) * 2 / sum(t * t * b * q for t, b, q in zip(x, bends, r))
    least = float(factor ** 2 * sum(q * q for q in r) / 4)
    problem = Problem([1, 1], ["tanh"], [False], numpy.array([[1.0], [2.0]]), numpy.zeros((2, 1)))
    weights = numpy.array([[w[0]], [w[1]]])
    spec = {"points": [{"loss": 1.0}, {"critical": False,
                                       "conditions": [{"hessian": [0, 0], "value": 1.0}]}]}
    land = types.SimpleNamespace(problem=problem, base=problem.targets, weights=weights,
                                 requested=weights, datasets={}, spec=spec)
    for stated, holds in ((least, True), (least * 0.99, False), (0.5, False)):
        v = landscape.Verdicts()
        refusals.judge_least_loss(v, land, "the loss of point 0 cannot be 1: with the other conditions "
                                  f"met it is at least {stated!r}; ask for that or more", None)
        report(v.counts and bool(v.false) != holds, f"a least loss of {stated:.3g} is {holds}: {v.false}")


def test_saturated_units():
    """At |z| of 1e15, uncertain by 1, tanh is constant all the same; the coarse unit does not see it."""
    random = numpy.random.default_rng(6)
    problem = Problem([1, 2, 1], ["tanh", "identity"], [False, False],
                      1e15 * (2 + random.random((20, 1))), random.standard_normal((20, 1)))
    w = numpy.array([1.0, -1.5, 0.7, 0.3])
    units = rounding_units(problem, w, evaluate(problem, w))
    report(units.gradient < 1e-13 and units.coarse > 1, f"units with saturated tails: {units}")


def test_lies():
    with tempfile.TemporaryDirectory() as directory:
        good, bad = os.path.join(directory, "good.h5"), os.path.join(directory, "bad.h5")
        with open(os.path.join(directory, "spec.json"), "w") as file:
            file.write(SPEC)
        subprocess.run([os.environ["CRITPT"], "plant", os.path.join(directory, "spec.json"), "-o", good,
                        "--quiet"], check=True)
        false = judge.judge_file(good, directory)[0].false
        report(not false, f"a file without lies has none: {false}")
        for kind, lie in LIES.items():
            shutil.copy(good, bad)
            with h5py.File(bad, "r+") as file:
                lie(file)
            found = {kind for kind, _ in judge.judge_file(bad, directory)[0].false}
            report(kind in found, f"a lie about {kind} is found: {sorted(found)}")


if torch:
    compare_with_torch()
else:
    number += 1
    print(f"ok {number} - comparisons with PyTorch # SKIP PyTorch is not here")
for test in (test_long_against_exact, test_saddle, test_toeplitz, test_graded, test_second_directional,
             test_rows, test_decide, test_rounding, test_kinks, test_copies, test_sentences,
             test_losses, test_least_loss, test_saturated_units, test_lies):
    test()
print(f"1..{number}")
