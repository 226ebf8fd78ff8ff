"""Judges /report, the targets, and that the file has what its specification gave."""

import math
from collections import Counter

import numpy

import equations
from judge_conditions import conditions_of
from landscape import distance, read_csv, read_source, relative, spread_of, text
from oracle import EPSILON, Exact, forward_error, norm, outputs, to_float


def judge_targets(v, land, points):
    """Frozen targets, how far the targets went, and in which units."""
    problem, frozen = land.problem, land.datasets.get("frozen")
    if frozen is not None and land.has_base:
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
    blurred = max(output_error(problem, point.weights) for point in points)
    if spread > 1e-6 * size:
        accepted = 1e-6 + 100 * blurred / spread
        v.judge("amplification", "report", relative(amplification, true / spread, accepted)
                or true <= noise, amplification, true / spread)
    else:
        v.judge("amplification", "report", math.isfinite(amplification), amplification, "finite")


def output_error(problem, weights):
    """What rounding of arguments makes of the outputs, in the norm of the loss: all, for sin of 1e16."""
    return EPSILON * distance(problem, forward_error(problem, weights)[0])


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


def row_errors(land, scaled_rows, critical):
    """How far rounding takes the rows of gradients as the library has them, of their lengths: J is
    known to what the errors of the arguments leave of it."""
    wrong = numpy.concatenate([equations.scaled(land.problem, equations.gradient_errors(
        land.problem, land.weights[k])) for k in critical])
    length = numpy.sqrt((scaled_rows ** 2).sum(axis=1))
    return numpy.sqrt((wrong ** 2).sum(axis=1))[length > 0] / length[length > 0]


def critical_points(land):
    return [k for k, point in enumerate(land.spec["points"])
            if point.get("critical", True)
            and not any("gradient" in c for c in point.get("conditions", []))]


def judge_rank(v, land):
    """Rank, condition and nearest targets of a plan of critical points alone."""
    if land.refused or conditions_of(land) or "rank" not in land.report:
        return  # nothing, or none where it was solved without a triangle
    report, problem = land.report, land.problem
    frozen = land.datasets.get("frozen")
    free = numpy.ones(problem.targets.size, bool) if frozen is None else frozen.reshape(-1) == 0
    critical = critical_points(land)
    A = equations.stack([equations.gradient_rows(problem, land.weights[k]) for k in critical])[0]
    if frozen is not None and not numpy.array_equal(problem.metric, numpy.diag(numpy.diag(problem.metric))):
        return  # free targets are not a subspace of coordinates in the norm then
    B = equations.scaled(problem, A)
    errors = row_errors(land, B, critical)
    B = B[:, free]
    length = numpy.sqrt((B ** 2).sum(axis=1))
    live = length > 0
    B = B[live] / length[live, None]
    s = numpy.linalg.svd(B, compute_uv=False)
    clear = not ((s > 1e-15) & (s < 1e-8)).any() and report["rank_tolerance"] < 1e-9 \
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
    allowed = 1e-6 * size + 1e3 * level + 10 * errors.max() * s[0] / s[rank - 1] * size
    v.judge("nearest", "targets", beyond <= allowed, "the nearest",
            f"a share of {beyond / max(size, 1e-300):.2g} is off the equations' span")


# ---- What the specification gave ---------------------------------------------------------------


def kept_columns(source, given):
    """The columns that are left when constant or rare ones are dropped."""
    kept = []
    for j, column in enumerate(given.T):
        off = len(column) - max(Counter(column.tolist()).values())
        if not (off == 0 and source.get("drop_constant") or off < source.get("drop_rare", 0)):
            kept.append(j)
    return kept


def judge_inputs(v, land, directory):
    source = land.spec["inputs"]
    given = read_source(directory, source)
    if given is None:
        return
    kept = kept_columns(source, given)
    columns = read_csv(directory, source)[1] if "csv" in source else list(range(given.shape[1]))
    stated, true = [int(j) for j in land.input_notes["columns"]], [columns[j] for j in kept]
    if not v.judge("input columns", "inputs", stated == true, stated, true):
        return
    given = given[:, kept]
    if not source.get("standardize"):
        v.judge("inputs", "inputs", numpy.array_equal(given, land.problem.inputs), "as given", "other")
        return
    for j, column in enumerate(Exact.array(given.T)):
        mean = column.sum() / len(column)
        deviation = Exact.apply("sqrt", numpy.array([((column - mean) ** 2).sum() / len(column)]))[0]
        true = (column - mean) / deviation
        away = abs(to_float(Exact.array(land.problem.inputs[:, j]) - true)).max()
        v.judge("standardised column", f"column {j}", away <= 4 * EPSILON
                * (1 + abs(to_float(true)).max()), f"off by {away / EPSILON:.3g} eps", "at most 4")


def judge_penalty(v, land, directory):
    """The file's penalty is the specification's, and it says that its reader must know that."""
    given, problem = land.spec.get("penalty", {"weights": 0.0}), land.problem
    weights, centre = numpy.zeros(problem.n_weights), numpy.zeros(problem.n_weights)
    weights[:] = given["weights"] if not isinstance(given["weights"], dict) \
        else read_source(directory, given["weights"]).reshape(-1)
    if "centre" in given and weights.any():
        centre[:] = read_source(directory, given["centre"]).reshape(-1)
    v.judge("penalty", "penalty", numpy.array_equal(weights, problem.penalty)
            and numpy.array_equal(centre, problem.centre), "as given", "other")
    requires = [text(name) for name in numpy.atleast_1d(land.root.get("requires", []))]
    v.judge("requires", "root", ("penalty" in requires) == bool(weights.any()), requires,
            "a penalty" if weights.any() else "no penalty")


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
    judge_penalty(v, land, directory)
    for name, stored in (("base_targets", land.base),
                         ("sample_weights", land.problem.sample_weights),
                         ("output_metric", land.problem.metric)):
        source = land.spec.get(name) if name != "base_targets" or land.has_base else None
        given = read_source(directory, source) if isinstance(source, dict) else None
        if given is not None:
            v.judge(name, name, numpy.array_equal(given.reshape(-1), stored.reshape(-1)), "as given",
                    "other")
