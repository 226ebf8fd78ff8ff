"""Holds every statement of a landscape file against the oracle.

A statement is false if the truth lies outside what critpt-landscape(5), critpt_spectrum(3) and
critpt_plan_report(3) say it means. Where long double leaves that open, 50 digits decide."""

import json
import math
import os

import h5py
import numpy

import equations
from oracle import (DIGITS, EPSILON, Exact, Long, Problem, cotangent, evaluate, kink_margin, loss_at,
                    norm, outputs, rounding_units, spectrum, to_float, whitened)

ACCEPTED_GRADIENT = 100  # units up to which critpt_spectrum(3) takes a gradient for zero
EXACT_BUDGET = 8e6       # multiplications of a Hessian up to which 50 digits are taken at once


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


class Landscape:
    """A file's content, and the problem that it states."""

    def __init__(self, path):
        with h5py.File(path) as file:
            self.datasets = {}
            file.visititems(lambda name, item: self.datasets.__setitem__(
                name, item[()]) if isinstance(item, h5py.Dataset) else None)
            self.root = {name: value for name, value in file.attrs.items()}
            self.report = {name: float(value) for name, value in file["report"].attrs.items()
                           if numpy.isscalar(value) or numpy.ndim(value) == 0} \
                if "report" in file else {}
            self.input_notes = dict(file["inputs"].attrs.items())
        self.refused = "refused" in self.root
        self.spec = json.loads(text(self.datasets["spec"]))
        self.problem = Problem(
            [int(w) for w in self.datasets["model/widths"]],
            [text(name) for name in self.datasets["model/activations"]],
            [bool(b) for b in self.datasets["model/bias"]],
            self.datasets["inputs"], self.datasets["targets"],
            self.datasets.get("sample_weights"), self.datasets.get("output_metric"))
        self.base = self.datasets.get("base_targets")
        if self.base is None:  # a file that was kept after a refusal has them for targets
            self.base = self.problem.targets
        self.weights = self.datasets["points/weights"]
        self.requested = self.datasets["points/weights_requested"]

    def point(self, name, k):
        values = self.datasets.get("points/" + name)
        return None if values is None else values[k]

    def number(self, name, k):
        value = self.point(name, k)
        return float("nan") if value is None else float(value)

    def label(self, name, k):
        value = self.point(name, k)
        return "" if value is None else text(value)


class Verdicts:
    """Counts of statements by kind; those that are false; and how many the oracle leaves open."""

    def __init__(self):
        self.counts, self.false, self.open = {}, [], {}

    def leave(self, kind):
        self.open[kind] = self.open.get(kind, 0) + 1

    def judge(self, kind, where, holds, stated, truth):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if not holds:
            self.false.append((kind, f"{where}: stated {stated}, true {truth}"))
        return holds


def relative(a, b, tolerance):
    if math.isinf(a) or math.isinf(b):
        return a == b
    return abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-300)


# ---- Points ------------------------------------------------------------------------------------

class Point:
    """What the oracle knows of one point; in 50 digits at once where that is cheap."""

    def __init__(self, problem, weights):
        self.problem, self.weights = problem, weights
        work = len(problem.inputs) * sum(problem.widths[1:]) * problem.n_weights ** 2
        self.use(Exact if work <= EXACT_BUDGET else Long)

    def use(self, arithmetic):
        self.arithmetic = arithmetic
        self.values = evaluate(self.problem, self.weights, arithmetic)
        self.units = rounding_units(self.problem, self.weights, self.values)
        self.spectrum = None

    def eigen(self):
        if self.spectrum is None:
            self.spectrum = spectrum(self.values.hessian, self.arithmetic)
        return self.spectrum

    def sharpen(self):
        """Goes to 50 digits; whether it was not there yet."""
        if self.arithmetic is Exact:
            return False
        self.use(Exact)
        return True


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
    v.judge("gradient unit", where, unit <= 30 * point.units.gradient, unit,
            f"at most {point.units.gradient}")
    critical = land.label("nature_requested", k) != "free"
    if critical and not land.refused:
        condition = land.report.get("condition", float("nan"))
        limit = 2 if condition <= 1e6 else 100
        v.judge("planted", where, true <= (limit + 1) * unit, f"planted at condition {condition:.2g}",
                f"{true / unit:.3g} units")
    return true / unit if unit > 0 else 0.0


def judge_float32(v, where, land, k, point):
    with numpy.errstate(over="ignore"):
        single = [x.astype(numpy.float32).astype(float)
                  for x in (point.problem.inputs, point.problem.targets, point.weights)]
    stated = land.number("gradient_norm_float32", k)
    if not all(numpy.isfinite(x).all() for x in single) or math.isnan(stated):
        return
    changed = point.problem.changed(inputs=single[0], targets=single[1])
    rounded = evaluate(changed, single[2], Long, second=False)
    true, unit = norm(rounded.gradient), rounding_units(changed, single[2], rounded).gradient
    v.judge("gradient_norm_float32", where,
            true <= stated * (1 + 1e-9) + unit and stated <= 1.01 * true + 100 * unit + 1e-300, stated, true)


def judge_kink(v, where, land, k, point):
    stated, true = land.number("kink_margin", k), kink_margin(point.problem, point.weights)
    if not math.isnan(stated):
        v.judge("kink_margin", where, relative(stated, true, 1e-9) or abs(stated - true) < 1e-13,
                stated, true)


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


def weighted_rows(point):
    """Mn^(1/2) J as a matrix, in double."""
    n, D, P = point.values.jacobian.shape
    scale = numpy.sqrt(point.problem.sample_weights / n)
    root = numpy.linalg.cholesky(point.problem.metric)
    rows = numpy.einsum("idp,do->iop", to_float(point.values.jacobian), root)
    return (scale[:, None, None] * rows).reshape(n * D, P)


def n_vanishing(rows, tolerance):
    """The dimension of the directions in which all rows vanish, for either scaling of the weights."""
    found = 0
    length = numpy.sqrt((rows ** 2).sum(axis=0))
    for scale in (numpy.ones(len(length)), numpy.where(length > 0, length, 1)):
        s = numpy.linalg.svd(rows / scale, compute_uv=False)
        found = max(found, int((s <= tolerance * s[0]).sum()) + max(0, rows.shape[1] - len(s)))
    return found


def still_directions(point):
    """How many directions there are in which J and S vanish at the point's targets, to 1e-8."""
    return n_vanishing(numpy.concatenate([weighted_rows(point), to_float(point.values.S)]), 1e-8)


def null_directions(point):
    """How many directions no targets curve for which the point is critical: J vanishes there, and S
    for all residuals that J' Mn takes to 0."""
    random = numpy.random.default_rng(1)
    rows = weighted_rows(point)
    basis, s, _ = numpy.linalg.svd(rows, full_matrices=False)
    basis = basis[:, s > 1e-12 * s[0]]
    problem, parts = point.problem, [rows]
    n, D = problem.targets.shape
    root = numpy.linalg.cholesky(problem.metric)
    scale = numpy.sqrt(problem.sample_weights / n)
    f = to_float(outputs(problem, point.weights))
    for _ in range(4):
        z = random.standard_normal(n * D)
        for _ in range(2):
            z = z - basis @ (basis.T @ z)
        r = numpy.linalg.solve(root.T, (z.reshape(n, D) / scale[:, None]).T).T
        S = to_float(evaluate(problem.changed(targets=f - r), point.weights).S)
        parts.append(S * norm(rows) / (norm(S) + 1e-300))
    return n_vanishing(numpy.concatenate(parts), 1e-9)


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
        holds = 0 < nullity <= still and index == 0
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
    if nature in ("any", "free") or land.refused:
        return
    spec = land.spec["points"][k]
    P, kind, index = len(point.weights), land.label("kind", k), land.number("index", k)
    n_null = null_directions(point)
    wanted = {"minimum": 0, "maximum": P - n_null}.get(nature, spec.get("index"))
    allowed = {"minimum": ("minimum",), "maximum": ("maximum",), "saddle": ("saddle",)}[nature]
    if n_null or "minimum_on_complement" in spec.get("allow", []):
        allowed += {"minimum": ("minimum_on_complement",), "maximum": ("degenerate",),
                    "saddle": ()}[nature]
    v.judge("nature", where, kind in allowed and (index == wanted or nature == "minimum"),
            f"{nature} {spec.get('index', '')} with exit 0",
            f"{kind} of index {index:.0f}, {n_null} directions that no targets curve")
    stated, asked = land.number("margin_achieved", k), land.number("margin_requested", k)
    values = numpy.sort(to_float(spectrum(whitened(point.values, point.arithmetic),
                                          point.arithmetic)[0]))
    least = abs(values[numpy.argsort(abs(values))[n_null:]])
    true = float(least.min(initial=numpy.inf))
    slack = 1e-6 * true + 1e-6 * norm(point.values.S) / norm(point.values.G) + 1e-9
    v.judge("margin_achieved", where, abs(stated - true) <= slack, stated, true)
    if "margin" in spec:
        v.judge("margin_requested", where, relative(asked, spec["margin"], 1e-15), asked,
                spec["margin"])
        v.judge("margin met", where, true >= spec["margin"] * (1 - 1e-3) - slack,
                f"{spec['margin']:.3g} with exit 0", true)


# ---- Symmetric copies --------------------------------------------------------------------------

ODD, EVEN = ("tanh", "sin"), ("gaussian", "square")
HOMOGENEOUS = ("identity", "square", "relu", "leaky_relu")


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


# ---- Conditions --------------------------------------------------------------------------------

class Condition:
    """One entry of /conditions or /values."""

    def __init__(self, land, group, i):
        get = lambda name: land.datasets[f"{group}/{name}"][i]
        self.kind, self.number = text(get("type")), int(get("number"))
        self.points = [int(p) for p in get("points")]
        self.requested, self.achieved = float(get("requested")), float(get("achieved"))
        self.residual, self.softness = float(get("residual")), float(get("softness"))
        self.equations = float(get("equations"))
        self.array = land.datasets.get(f"{group}/array_{self.number}")


def conditions_of(land):
    found = []
    for group in ("conditions", "values"):
        if f"{group}/type" in land.datasets:
            found += [Condition(land, group, i) for i in range(len(land.datasets[group + "/type"]))]
    return sorted(found, key=lambda condition: condition.number)


def find_condition(condition, points):
    """What is there, the largest error of its equations, and the rounding of such a number."""
    kind, point = condition.kind, points[condition.points[0]]
    values, ar = point.values, point.arithmetic
    n = len(point.weights)
    size = EPSILON * n * (norm(values.G) + norm(values.S))
    vector = None if condition.array is None else ar.array(condition.array)
    if kind == "gradient":
        away = values.gradient - vector.reshape(-1)
        return norm(values.gradient), float(abs(to_float(away)).max()), point.units.gradient
    if kind == "hessian_entry":
        row, column = (int(i) for i in condition.array.reshape(-1))
        there = values.hessian[row, column]
    elif kind == "curvature":
        there = vector[0] @ values.hessian @ vector[1]
        size *= norm(vector[0]) * norm(vector[1])
    elif kind == "eigenpair":
        x = vector.reshape(-1)
        product = values.hessian @ x
        away = product - ar.array(numpy.array([condition.requested]))[0] * x
        return float(x @ product / (x @ x)), float(abs(to_float(away)).max()), size * norm(x)
    elif kind == "gauss_newton":
        worst = float(abs(to_float(values.S)).max())
        return worst, worst, size
    elif kind == "loss":
        there, size = values.loss, point.units.loss
    elif kind == "loss_difference":
        below = points[condition.points[1]]
        there = Long.array(values.loss) - Long.array(below.values.loss)
        size = point.units.loss + below.units.loss
    else:
        return find_picture(condition, points)
    return float(there), abs(float(there) - condition.requested), size


def find_picture(condition, points):
    A, B, C = (points[k].weights for k in condition.points)
    picture, problem, n = condition.array, points[0].problem, len(condition.array)
    losses = numpy.empty((n, n))
    first = None
    for j in range(n):
        for i in range(n):
            node = A + i / (n - 1) * (B - A) + j / (n - 1) * (C - A)
            loss = loss_at(problem, node)
            first = loss if first is None else first
            losses[j, i] = float(loss - first)
    away = (losses - losses[0, 0]) - (picture - picture[0, 0])
    size = 100 * sum(points[k].units.loss for k in condition.points) + 1e-13 * abs(losses).max()
    return float(losses.max() - losses.min()), float(abs(away).max()), size


def judge_conditions(v, land, points):
    for condition in conditions_of(land):
        if math.isnan(condition.requested):
            continue
        where = f"condition {condition.number} ({condition.kind})"
        there, away, unit = find_condition(condition, points)
        v.judge(f"{condition.kind}: achieved", where,
                math.isnan(condition.achieved) or abs(there - condition.achieved)
                <= 20 * unit + 1e-12 * abs(there), condition.achieved, there)
        v.judge(f"{condition.kind}: residual", where,
                math.isnan(condition.residual) or away <= condition.residual * (1 + 1e-6) + 20 * unit,
                condition.residual, away)
        if condition.kind.startswith(("loss", "picture")):  # in the unit of critpt_plan_condition(3)
            unit += 20 * EPSILON * distance(land.problem, land.problem.targets) ** 2
        if not land.refused and condition.softness == 0:
            v.judge(f"{condition.kind}: met", where,
                    away <= 1e3 * unit + 1e-9 * abs(condition.requested),
                    f"{condition.requested!r} with exit 0", f"{there!r}, off by {away:.3g} with a unit of {unit:.3g}")


def judge_requests(v, land):
    """The file's conditions are those of its specification, number by number."""
    found = iter(conditions_of(land))
    for k, point in enumerate(land.spec["points"]):
        wanted = []
        if "loss" in point:
            wanted.append(("loss", [k], point["loss"]))
        if "loss_above" in point:
            wanted.append(("loss_difference", [k, point["loss_above"]["point"]],
                           point["loss_above"]["by"]))
        for request in point.get("conditions", []):
            kind = next(key for key in ("hessian", "curvature", "eigenpair", "gradient",
                                        "gauss_newton") if key in request)
            wanted.append(({"hessian": "hessian_entry"}.get(kind, kind), [k], request.get("value")))
        for kind, where, value in wanted:
            condition = next(found, None)
            holds = condition is not None and condition.kind == kind \
                and condition.points[:len(where)] == where \
                and (value is None or math.isnan(condition.requested)
                     or condition.requested == value)
            v.judge("request", f"points[{k}] {kind}", holds,
                    condition and (condition.kind, condition.requested), (kind, value))


# ---- Targets and the report --------------------------------------------------------------------

def distance(problem, difference):
    return math.sqrt(abs(float((Long.array(difference)
                                * cotangent(problem, Long.array(difference), Long)).sum())))


def judge_targets(v, land, points):
    """Frozen targets, how far the targets went, and in which units."""
    problem, frozen = land.problem, land.datasets.get("frozen")
    if frozen is not None:
        same = problem.targets.view(numpy.uint64)[frozen == 1] == \
            land.base.view(numpy.uint64)[frozen == 1]
        v.judge("frozen", "targets", bool(same.all()), "as the base targets", f"{(~same).sum()} move")
    if land.refused:
        return
    true, stated = distance(problem, problem.targets - land.base), land.report["distance"]
    noise = 1e-12 * (distance(problem, problem.targets) + distance(problem, land.base))
    v.judge("distance", "report", abs(stated - true) <= 1e-9 * true + noise, stated, true)
    spread = max(spread_of(problem, point.weights) for point in points)
    size = max(distance(problem, to_float(outputs(problem, p.weights))) for p in points)
    amplification = land.report["amplification"]
    if spread > 1e-6 * size:
        v.judge("amplification", "report", relative(amplification, true / spread, 1e-6)
                or true <= noise, amplification, true / spread)
    else:
        v.judge("amplification", "report", math.isfinite(amplification), amplification, "finite")


def spread_of(problem, weights):
    f = to_float(outputs(problem, weights))
    s = problem.sample_weights[:, None]
    return distance(problem, f - (s * f).sum(axis=0) / s.sum())


def judge_accounts(v, land):
    """equations = rank + redundant + null + conflicting, and unknowns."""
    report = land.report
    if math.isnan(report.get("equations", float("nan"))):
        return
    P, D = land.problem.n_weights, land.problem.widths[-1]
    frozen = land.datasets.get("frozen")
    unknowns = land.problem.targets.size - (0 if frozen is None else int(frozen.sum()))
    v.judge("unknowns", "report", report["unknowns"] == unknowns, report["unknowns"], unknowns)
    # a prescribed gradient is a condition, and its point is then not critical
    conditions = conditions_of(land)
    gradient = {c.points[0] for c in conditions if c.kind == "gradient"}
    n_critical = sum(p.get("critical", True) and k not in gradient
                     for k, p in enumerate(land.spec["points"]))
    counts = [c.equations for c in conditions]
    if not any(math.isnan(count) for count in counts):
        v.judge("equations", "report", report["equations"] == P * n_critical + sum(counts),
                report["equations"], P * n_critical + sum(counts))
    parts = [report.get(name, float("nan"))
             for name in ("rank", "redundant", "null_equations", "conflicting")]
    if not any(math.isnan(part) for part in parts):
        v.judge("accounts", "report", report["equations"] == sum(parts), report["equations"],
                " + ".join(f"{part:.0f}" for part in parts))


def critical_rows(land):
    return [equations.gradient_rows(land.problem, land.weights[k])
            for k, point in enumerate(land.spec["points"])
            if point.get("critical", True)
            and not any("gradient" in c for c in point.get("conditions", []))]


def judge_rank(v, land):
    """Rank, condition and nearest targets of a plan of critical points alone."""
    if land.refused or conditions_of(land):
        return
    report, problem = land.report, land.problem
    frozen = land.datasets.get("frozen")
    free = numpy.ones(problem.targets.size, bool) if frozen is None else frozen.reshape(-1) == 0
    A = equations.stack(critical_rows(land))[0]
    if frozen is not None and not numpy.array_equal(problem.metric, numpy.diag(numpy.diag(problem.metric))):
        return  # free targets are not a subspace of coordinates in the norm then
    B = equations.scaled(problem, A)[:, free]
    length = numpy.sqrt((B ** 2).sum(axis=1))
    live = length > 0
    B = B[live] / length[live, None]
    s = numpy.linalg.svd(B, compute_uv=False)
    clear = not ((s > 1e-14) & (s < 1e-8)).any() and report["rank_tolerance"] < 1e-9 \
        and length.min() > 1e-12 * length.max()
    rank = int((s >= 1e-8).sum())
    if clear:
        v.judge("rank", "report", report["rank"] == rank, report["rank"], rank)
        true = s[0] / s[rank - 1]
        if rank == len(B) and report["rank"] == rank:
            v.judge("condition", "report", true / (30 * rank) <= report["condition"]
                    <= true * 30 * rank, report["condition"], true)
    if any(p.get("nature", "any") != "any" for p in land.spec["points"]) or not clear:
        return
    root, scale = equations.root_metric(problem)
    z = (scale[:, None] * ((problem.targets - land.base) @ root.T)).reshape(-1)[free]
    basis = numpy.linalg.svd(B, full_matrices=False)[2][:rank]
    beyond, size = norm(z - basis.T @ (basis @ z)), norm(z)
    level = distance(problem, problem.targets) * EPSILON
    v.judge("nearest", "targets", beyond <= 1e-6 * size + 1e3 * level, "the nearest",
            f"a share of {beyond / max(size, 1e-300):.2g} is off the equations' span")


# ---- What the specification gave ---------------------------------------------------------------

def read_source(directory, source):
    """The numbers of a CSV without header or of an HDF5 dataset; None for what needs more."""
    if "hdf5" in source:
        with h5py.File(os.path.join(directory, source["hdf5"])) as file:
            return file[source["dataset"]][()]
    if "csv" not in source or "columns" in source or source["csv"].endswith(".gz"):
        return None
    with open(os.path.join(directory, source["csv"])) as file:
        return numpy.array([[float(x) for x in line.split(",")] for line in file])


def judge_inputs(v, land, directory):
    source = land.spec["inputs"]
    given = read_source(directory, source)
    if given is None or any(key in source for key in ("drop_constant", "drop_rare")):
        return
    if not source.get("standardize"):
        v.judge("inputs", "inputs", numpy.array_equal(given, land.problem.inputs), "as given", "other")
        return
    for j, column in enumerate(Exact.array(given.T)):
        mean = column.sum() / len(column)
        deviation = Exact.apply("sqrt", numpy.array([((column - mean) ** 2).sum() / len(column)]))[0]
        true = to_float((column - mean) / deviation)
        away = abs(land.problem.inputs[:, j] - true).max()
        v.judge("standardised column", f"column {j}", away <= 8 * EPSILON * (1 + abs(true).max()),
                land.problem.inputs[:2, j], true[:2])


def judge_given(v, land, directory):
    """Weights, base targets, weights of samples and metric are those of the specification."""
    judge_inputs(v, land, directory)
    for k, point in enumerate(land.spec["points"]):
        moved = not numpy.array_equal(land.weights[k], land.requested[k])
        fixed = point.get("fixed", "weights" in point)
        v.judge("fixed", f"point {k}", not (fixed and moved), "fixed", "moved")
        if "weights" in point:
            given = read_source(directory, point["weights"])
            v.judge("requested weights", f"point {k}",
                    numpy.array_equal(given.reshape(-1), land.requested[k]), "as given", "other")
    for name, stored in (("base_targets", land.base),
                         ("sample_weights", land.problem.sample_weights),
                         ("output_metric", land.problem.metric)):
        source = land.spec.get(name)
        given = read_source(directory, source) if isinstance(source, dict) else None
        if given is not None:
            v.judge(name, name, numpy.array_equal(given.reshape(-1), stored.reshape(-1)), "as given",
                    "other")


# ---- All of it ---------------------------------------------------------------------------------

def judge_point(v, land, k, point):
    where = f"point {k}"
    judge_loss(v, where, land, k, point)
    units = judge_gradient(v, where, land, k, point)
    judge_float32(v, where, land, k, point)
    judge_kink(v, where, land, k, point)
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


def judge_file(path, directory):
    """All verdicts on a file; `directory` is that of its specification."""
    v, land = Verdicts(), Landscape(path)
    points = [Point(land.problem, weights) for weights in land.weights]
    for k, point in enumerate(points):
        judge_point(v, land, k, point)
    judge_conditions(v, land, points)
    judge_requests(v, land)
    judge_targets(v, land, points)
    judge_accounts(v, land)
    judge_rank(v, land)
    judge_given(v, land, directory)
    return v, land
