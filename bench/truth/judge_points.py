"""Judges what is stated about single points: losses, gradients, spectra, kinds, margins, copies."""

import math

import numpy

from judge_basins import judge_basin
from landscape import relative
from oracle import EPSILON, UNDERFLOW, Long, evaluate, kink_margin, kink_range, norm, outputs, \
    penalty_at, rounding_units, spectrum, to_float, whitening

ACCEPTED_GRADIENT = 100  # units up to which critpt_spectrum(3) takes a gradient for zero

HOMOGENEOUS = ("identity", "square", "relu", "leaky_relu")


def judge_loss(v, where, land, k, point):
    stated, true = land.number("loss", k), float(point.values.loss)
    v.judge("loss", where, abs(stated - true) <= 4 * point.units.loss, repr(stated), repr(true))


def judge_gradient(v, where, land, k, point):
    true, largest = norm(point.values.gradient), float(abs(to_float(point.values.gradient)).max())
    stated, scaled = land.number("gradient_norm", k), land.number("gradient_scaled", k)
    unit = stated / scaled if stated > 0 and scaled > 0 else point.units.gradient
    slack = min(unit, point.units.gradient)
    v.judge("gradient_norm", where, true <= stated * (1 + 1e-9) + slack, stated, true)
    v.judge("gradient_max", where, largest <= land.number("gradient_max", k) * (1 + 1e-9) + slack,
            land.number("gradient_max", k), largest)
    # what no sum in double can tell from zero, or whose square underflows
    least = EPSILON ** 2 * float(point.values.loss) + 1e-200
    v.judge("gradient unit", where, unit <= 30 * point.units.coarse + least, unit,
            f"at most {point.units.coarse}")
    critical = land.label("nature_requested", k) != "free"
    if critical and not land.refused:
        condition = land.report.get("condition", float("nan"))
        limit = 2 if condition <= 1e6 else 100
        least = min(unit, 30 * point.units.gradient)
        v.judge("planted", where, true <= (limit + 1) * least, f"planted at condition {condition:.2g}",
                f"{true:.3g} with a unit of {least:.3g}")
    return true / unit if unit > 0 else 0.0


def judge_float32(v, where, land, k, point):
    with numpy.errstate(over="ignore"):
        single = [x.astype(numpy.float32).astype(float)
                  for x in (point.problem.inputs, point.problem.targets, point.weights)]
    stated = land.number("gradient_norm_float32", k)
    if not all(numpy.isfinite(x).all() for x in single):
        v.judge("gradient_norm_float32", where, stated == math.inf, stated, math.inf)
        return
    changed = point.problem.changed(inputs=single[0], targets=single[1])
    rounded = evaluate(changed, single[2], Long, second=False)
    true, unit = norm(rounded.gradient), rounding_units(changed, single[2], rounded).coarse
    v.judge("gradient_norm_float32", where,
            true <= stated * (1 + 1e-9) + unit
            and stated <= 1.01 * true + 100 * unit + EPSILON ** 2 * float(point.values.loss), stated, true)


def judge_kink(v, where, land, k, point):
    stated = land.number("kink_margin", k)
    low, high = kink_range(point.problem, point.weights)
    if not math.isnan(stated):
        v.judge("kink_margin", where, low * (1 - 1e-9) <= stated <= high * (1 + 1e-9)
                or stated == low, stated, (low, high))


def judge_checked(v, where, land, k, point):
    """The checker's numbers are true in extended precision; what is stated is theirs to one unit."""
    loss, gradient = to_float(point.values.loss), point.values.gradient
    norm_stated, scaled = land.number("gradient_norm", k), land.number("gradient_scaled", k)
    unit = norm_stated / scaled if norm_stated > 0 and scaled > 0 else point.units.gradient
    for name, true, error in (
            ("loss", float(loss), point.units.loss),
            ("gradient_norm", norm(gradient), point.units.gradient),
            ("gradient_max", float(abs(to_float(gradient)).max()), point.units.gradient)):
        checked, stated = land.number(name + "_checked", k), land.number(name, k)
        if math.isnan(checked):
            continue
        v.judge(name + "_checked", where, abs(checked - true) <= error / 64 + 2 * EPSILON * abs(true),
                repr(checked), repr(true))
        if name != "loss":
            slack = unit / 64 + 1e-9 * abs(checked)
            v.judge(name + " beside its check", where,
                    checked <= stated + slack and stated <= checked + 2 * unit + slack, stated,
                    f"checked {checked}, unit {unit}")
    scaled, checked = land.number("gradient_scaled_checked", k), land.number("gradient_norm_checked", k)
    if scaled > 0 and checked > 0:
        v.judge("gradient_scaled_checked", where, checked / scaled <= 30 * point.units.coarse,
                f"a unit of {checked / scaled}", f"at most {point.units.coarse}")
    margin, true = land.number("kink_margin_checked", k), kink_margin(point.problem, point.weights)
    if not math.isnan(margin):
        low, high = kink_range(point.problem, point.weights)
        v.judge("kink_margin_checked", where, margin == true or abs(margin - true)
                <= 1e-9 * abs(true) + (high - low) / 8, margin, true)


# ---- Spectra -----------------------------------------------------------------------------------

def judge_eigenvalues(v, where, land, k, point):
    stated, error = land.point("eigenvalues", k), land.number("eigenvalue_error", k)
    values, own, _ = point.eigen()
    away = abs(to_float(values - point.arithmetic.array(stated)))
    bound = error * (1 + 1e-9) + own
    if not (away <= bound).all() and point.sharpen():
        return judge_eigenvalues(v, where, land, k, point)
    for i in range(len(stated)):
        v.judge("eigenvalue", f"{where}, eigenvalue {i}", away[i] <= bound,
                f"{stated[i]!r} +- {error:.3g}", repr(float(values[i])))
    return None


def judge_signs(v, where, land, k, point):
    """Certain signs are right, and what stands clear of its error is certain."""
    index, nullity = land.number("index", k), land.number("nullity", k)
    error, P = land.number("eigenvalue_error", k), len(point.weights)
    values, own, _ = point.eigen()
    values = to_float(values)
    if (abs(values) <= 4 * own).any() and point.sharpen():
        return judge_signs(v, where, land, k, point)
    negative, positive = int((values < -own).sum()), int((values > own).sum())
    unknown = P - negative - positive
    certain = P - index - nullity
    v.judge("index", where, index <= negative + unknown and index >= (values < -2.01 * error).sum(),
            index, f"{negative} negative, {(values < -2.01 * error).sum()} clearly")
    v.judge("nullity", where,
            certain <= positive + unknown and certain >= (values > 2.01 * error).sum(), nullity,
            f"{positive} of {P} positive, {(values > 2.01 * error).sum()} clearly")
    return None


def weighted_jacobian(point):
    """Mn^(1/2) J as a matrix, in double."""
    n, D, P = point.values.jacobian.shape
    scale = numpy.sqrt(point.problem.sample_weights / n)
    root = numpy.linalg.cholesky(point.problem.metric)
    rows = numpy.einsum("idp,do->iop", to_float(point.values.jacobian), root)
    return (scale[:, None, None] * rows).reshape(n * D, P)


def weighted_rows(point):
    """Those that make G: Mn^(1/2) J and Lambda^(1/2)."""
    roots = numpy.sqrt(point.problem.penalty)
    return numpy.concatenate([weighted_jacobian(point), numpy.diag(roots)[roots > 0]])


def output_size(point):
    """The outputs' size in the norm of the loss."""
    problem = point.problem
    f = to_float(outputs(problem, point.weights))
    squares = numpy.einsum("io,op,ip->i", f, problem.metric, f)
    return math.sqrt(float((problem.sample_weights * squares).mean()))


def n_vanishing(rows, tolerance, hidden=0.0):
    """The dimension of the directions in which all rows vanish to a share of the largest, for either
    scaling of the weights, or are at most `hidden`."""
    found = 0
    length = numpy.sqrt((rows ** 2).sum(axis=0))
    for scale, least in ((numpy.ones(len(length)), hidden), (numpy.where(length > 0, length, 1), 0)):
        s = numpy.linalg.svd(rows / scale, compute_uv=False)
        vanishing = s <= max(tolerance * s[0], least)
        found = max(found, int(vanishing.sum()) + max(0, rows.shape[1] - len(s)))
    return found


def still_directions(point, orbits=False):
    """How many directions there are in which J, Lambda and S vanish at the point's targets, to 1e-8 of
    their size, or to what a move as long as the weights takes to change the outputs in double, and S
    to what rounding of the targets makes of it. Along a curve that leaves the outputs as they are, J
    vanishes and H is the gradient times its bend, which `orbits` lets pass where it is small."""
    J, S = weighted_rows(point), to_float(point.values.S)
    size = norm(numpy.concatenate([J, S])) + 1e-300
    bend = min(10 * norm(point.values.gradient) / size, 1e-6) if orbits else 0.0
    tolerance, hidden = 1e-8 + bend, (
        EPSILON * output_size(point) / (norm(point.weights) + 1e-300) + UNDERFLOW)
    rounding = 10 * point.curvature_unit() / (tolerance * size)
    return n_vanishing(numpy.concatenate([J, S / (1 + rounding)]), tolerance, hidden)


def residual_curvature(point, root, scale, z):
    """S for the residuals Mn^(-1/2) z."""
    n, D = point.problem.targets.shape
    r = numpy.linalg.solve(root.T, (z.reshape(n, D) / scale[:, None]).T).T
    f = to_float(outputs(point.problem, point.weights))
    return to_float(evaluate(point.problem.changed(targets=f - r), point.weights).S)


def null_directions(point, tolerance=1e-9, critical=True):
    """How many directions no targets curve: J and Lambda vanish there, and S for all residuals, or
    those only for which the point is critical: J' Mn takes them to what the penalty pulls."""
    random = numpy.random.default_rng(1)
    rows = weighted_rows(point)
    basis, s, V = numpy.linalg.svd(weighted_jacobian(point), full_matrices=False)
    seen = s > 1e-12 * s[0]
    basis, s, V = basis[:, seen], s[seen], V[seen]
    problem, parts = point.problem, [rows]
    n, D = problem.targets.shape
    root = numpy.linalg.cholesky(problem.metric)
    scale = numpy.sqrt(problem.sample_weights / n)
    balance = basis @ (V @ -to_float(penalty_at(problem, point.weights)[1]) / s)
    for _ in range(4):
        z = random.standard_normal(n * D)
        size = norm(residual_curvature(point, root, scale, z))  # before S is made to cancel
        for _ in range(2 if critical else 0):
            z = z - basis @ (basis.T @ z)
        if critical and balance.any():
            z = z + balance * (norm(z) / norm(balance)) * random.standard_normal()
        parts.append(residual_curvature(point, root, scale, z) * norm(rows) / (size + 1e-300))
    return n_vanishing(numpy.concatenate(parts), tolerance)


def has_twins(matrix, bias, name):
    """Whether two units see the same, or but for a sign that their activation takes over."""
    rows = matrix if bias is None else numpy.column_stack([matrix, bias])
    seen = [tuple(row) for row in rows]
    if name in ODD + EVEN:
        seen += [tuple(-row) for row in rows if (row != 0).any()]
    return len(set(seen)) < len(seen)


def has_symmetric_units(problem, weights):
    """Whether hidden units can be rescaled or mixed exactly, whatever the inputs are."""
    return any(name in HOMOGENEOUS for name in problem.activations[:-1]) or any(
        has_twins(*layer, name)
        for layer, name in zip(problem.layers(weights)[:-1], problem.activations))


def margin_null_directions(point, tolerance=1e-9):
    """Those that margins leave out. Where S cancels for residuals of critical points only, along a
    rescaling of homogeneous units, or of units that are nearly linear, it does so exactly or what is
    left of it may curve with large targets."""
    return null_directions(point, tolerance, critical=has_symmetric_units(point.problem, point.weights))


def judge_kind(v, where, land, k, point, units):
    kind, P = land.label("kind", k), len(point.weights)
    index, nullity = land.number("index", k), land.number("nullity", k)
    values, own, _ = point.eigen()
    values = to_float(values)
    negative, positive = int((values < -own).sum()), int((values > own).sum())
    if kind == "not_critical":
        holds, truth = units > ACCEPTED_GRADIENT - 1, f"{units:.3g} units"
    elif units > ACCEPTED_GRADIENT + 1:
        holds, truth = False, f"not critical, {units:.3g} units"
    elif kind == "minimum":
        holds, truth = positive == P and nullity == 0, f"{positive} of {P} positive"
    elif kind == "maximum":
        holds, truth = negative == P and nullity == 0, f"{negative} of {P} negative"
    elif kind == "saddle":
        holds, truth = negative and positive and index > 0 and index + nullity < P, \
            f"{negative} negative, {positive} positive"
    elif kind == "minimum_on_complement":
        still = still_directions(point)
        holds = 0 < nullity <= still and nullity < P and index == 0
        truth = f"J and S vanish in {still} directions, {nullity:.0f} are undecided; least " \
                f"eigenvalues {values[0]:.3g}, {values[min(still, P - 1)]:.3g}"
    else:
        holds = nullity > 0 or kind != "degenerate"
        truth = f"{negative} negative, {positive} positive"
    v.judge("kind", where, bool(holds), kind, truth)


def judge_escape(v, where, land, k, point):
    escape = land.point("escape", k)
    if escape is None or numpy.isnan(escape).any():
        return
    values, own, _ = point.eigen()
    e = point.arithmetic.array(escape)
    quotient = float(e @ (point.values.hessian @ e) / (e @ e))
    error = 3 * land.number("eigenvalue_error", k) + own
    v.judge("escape", where, abs(norm(escape) - 1) <= 1e-12
            and abs(quotient - float(values[0])) <= error, quotient, float(values[0]))


def judge_nature(v, where, land, k, point):
    """A nature that was asked for is there, and its margin is what it is said to be."""
    nature = land.label("nature_requested", k)
    if nature in ("any", "free"):
        return
    n_null = null_directions(point)
    judge_margin(v, where, land, k, point)
    judge_basin(v, where, land, k)
    if land.refused:
        return
    spec = land.spec["points"][k]
    P, kind, index = len(point.weights), land.label("kind", k), land.number("index", k)
    wanted = {"minimum": 0, "maximum": P - n_null}.get(nature, spec.get("index"))
    allowed = {"minimum": ("minimum",), "maximum": ("maximum",), "saddle": ("saddle",)}[nature]
    if n_null or "minimum_on_complement" in spec.get("allow", []):
        allowed += {"minimum": ("minimum_on_complement",), "maximum": ("degenerate",),
                    "saddle": ()}[nature]
    v.judge("nature", where, kind in allowed and (index == wanted or nature == "minimum"),
            f"{nature} {spec.get('index', '')} with exit 0",
            f"{kind} of index {index:.0f}, {n_null} directions that no targets curve")


def margin_range(point, n_null, own=False):
    """The least |eigenvalue| of the whitened Hessian, or its own one, that of null directions left out:
    what it is, and between what rounding of the Hessian in double may take it."""
    ar = point.arithmetic
    T = ar.array(numpy.eye(len(point.weights))) if own else whitening(point.values, ar)
    values, _, V = spectrum(T.T @ point.values.hessian @ T, ar)
    values, directions = to_float(values), to_float(T @ V)
    rounding = 100 * point.curvature_unit()
    kept = numpy.argsort(abs(values))[n_null:]
    least = abs(values[kept])
    slack = rounding * (directions[:, kept] ** 2).sum(axis=0) + 1e-6 * least + (0 if own else 1e-9)
    return tuple(float(x.min(initial=numpy.inf)) for x in (least, least - slack, least + slack))


def fits_vague_margin(point, stated, own=False):
    """Whether this is the margin for another number of null directions, where that depends on what is
    0: from rounding beside the other directions to what whitening's floor makes of G."""
    counts = (null_directions(point, 1e-14, critical=False), margin_null_directions(point, 1e-6))
    ranges = [margin_range(point, n, own) for n in range(counts[0], counts[1] + 1)]
    return any(low <= stated <= high for _, low, high in ranges)


def judge_margin(v, where, land, k, point):
    """The margin or the least eigenvalue: which was asked for, what it is, and that it is met. For a
    basin it is raised."""
    spec = land.spec["points"][k]
    own = "eigenvalue" in spec
    name = "eigenvalue" if own else "margin"
    stated, asked = land.number(name + "_achieved", k), land.number(name + "_requested", k)
    true, low, high = margin_range(point, margin_null_directions(point), own)
    if not math.isnan(stated):
        fits = low <= stated <= high
        if not fits and fits_vague_margin(point, stated, own):
            v.leave(name + "_achieved")
        else:
            v.judge(name + "_achieved", where, fits, stated, (true, low, high))
    if name in spec and not math.isnan(asked):
        v.judge(name + "_requested", where, relative(asked, spec[name], 1e-15)
                or "basin" in spec and asked > spec[name], asked, spec[name])
        v.judge(name + " met", where, land.refused or high >= spec[name] * (1 - 1e-3),
                f"{spec[name]:.3g} with exit 0", true)


# ---- Symmetric copies --------------------------------------------------------------------------

ODD, EVEN = ("tanh", "sin"), ("gaussian", "square")


def symmetric_copies(problem, weights):
    """The weight vectors that compute the same function by the symmetries of this point; None where
    a unit is constant, which this does not count."""
    layers, copies = problem.layers(weights), 1.0
    for l, (matrix, bias) in enumerate(layers):
        name, last = problem.activations[l], l + 1 == len(layers)
        units = len(matrix)
        rows = matrix if bias is None else numpy.column_stack([matrix, bias])
        if name == "sin" and bias is not None:
            return math.inf
        if last:
            moving = (rows != 0).any(axis=1)
            return copies * (2.0 ** moving.sum() if name in EVEN else 1)
        if (layers[l + 1][0] == 0).all(axis=0).any() or name in HOMOGENEOUS:
            return math.inf
        if len({tuple(row) for row in rows}) < units:
            return math.inf
        if name in ODD + EVEN and len({tuple(s * r for r in row) for row in rows for s in (-1, 1)}) \
                < 2 * units:
            return math.inf
        if (matrix == 0).all(axis=1).any():
            return None
        flips = name in ODD + EVEN or (name == "sigmoid" and layers[l + 1][1] is not None)
        copies *= math.factorial(units) * (2.0 ** units if flips else 1)
    return copies


def judge_point(v, land, k, point):
    where = f"point {k}"
    judge_loss(v, where, land, k, point)
    units = judge_gradient(v, where, land, k, point)
    judge_float32(v, where, land, k, point)
    judge_kink(v, where, land, k, point)
    judge_checked(v, where, land, k, point)
    copies, true = land.number("symmetric_copies", k), symmetric_copies(point.problem, point.weights)
    if true is not None and not math.isnan(copies):
        v.judge("symmetric_copies", where, copies == true, copies, true)
    eigenvalues = land.point("eigenvalues", k)
    if eigenvalues is None or numpy.isnan(eigenvalues).any():
        return
    judge_eigenvalues(v, where, land, k, point)
    judge_signs(v, where, land, k, point)
    judge_kind(v, where, land, k, point, units)
    judge_escape(v, where, land, k, point)
    judge_nature(v, where, land, k, point)
