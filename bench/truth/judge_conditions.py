"""Judges /conditions and /values: what is there, how far it is from the request, and that it is what
the specification asks for."""

import math

import numpy

from landscape import distance, text
from oracle import EPSILON, Long, loss_at, norm, to_float


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
    size = n * point.curvature_unit()
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
        rounding = 4 * EPSILON * abs(condition.requested)  # achieved is requested and what is missed
        v.judge(f"{condition.kind}: achieved", where,
                math.isnan(condition.achieved) or abs(there - condition.achieved)
                <= 20 * unit + 1e-12 * abs(there) + rounding, condition.achieved, there)
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
