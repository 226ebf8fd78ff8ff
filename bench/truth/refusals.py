"""Judges what a refusal says: the requests that it names contradict each other and any proper part of
them does not; least losses and largest indices are what they are said to be."""

import re

import numpy

import equations
from equations import CONSISTENT, CONTRADICTORY, UNCLEAR
from judge_conditions import conditions_of, find_condition
from judge_points import fits_vague_margin, margin_null_directions, margin_range
from landscape import Point, distance
from oracle import Long, evaluate, kink_margin, norm, outputs, penalty_at, spectrum, to_float

NUMBER = r"(-?[0-9.]+(?:e[-+]?[0-9]+)?)"


def weighted_mean(problem, field):
    s = problem.sample_weights[:, None]
    return (s * field).sum(axis=0) / s.sum()


def solved_weights(land, read):
    """The points' weights as a solve has them; None where output layers are scaled, too, for losses
    of two critical points that the targets do not decide. A file may have them already."""
    points = land.spec["points"]
    if not numpy.array_equal(land.weights, land.requested):
        return land.weights
    ends = [{k, p["loss_above"]["point"]} for k, p in enumerate(points) if "loss_above" in p]
    ends.append({k for k, p in enumerate(points) if "loss" in p})
    scaled = any(sum(points[k].get("critical", True) for k in pair) > 1 for pair in ends)
    if scaled and land.problem.activations[-1] == "identity":
        return None
    return balanced_weights(land, read)


def prescribed_gradient(land, k, read):
    """The gradient that is asked for at a point, 0 for a critical one; None where none is."""
    for request in land.spec["points"][k].get("conditions", []):
        if "gradient" in request and "soft" not in request:
            return vector_of(request["gradient"], land.problem.n_weights, read)
    return numpy.zeros(land.problem.n_weights) \
        if land.spec["points"][k].get("critical", True) else None


def balanced_weights(land, read):
    """Output biases b that may move are shifted until all mean outputs are the targets' mean, plus what
    their prescribed gradient, M (mean f - mean y) sum s / N + Lambda (b - c), asks for."""
    problem, points, weights = land.problem, land.spec["points"], land.weights.copy()
    D, gradients = problem.widths[-1], [prescribed_gradient(land, k, read) for k in range(len(points))]
    tied = [k for k, g in enumerate(gradients) if g is not None]
    if problem.activations[-1] != "identity" or not problem.bias[-1] or len(tied) < 2 \
            or not land.spec.get("balance_output_bias", True):
        return weights
    metric = problem.metric * problem.sample_weights.sum() / len(problem.inputs)
    penalty = numpy.diag(problem.penalty[-D:])
    off = {k: weighted_mean(problem, to_float(outputs(problem, weights[k]))) - numpy.linalg.solve(
        metric, (gradients[k] - to_float(penalty_at(problem, weights[k])[1]))[-D:]) for k in tied}
    fixed = [k for k in tied if points[k].get("fixed", "weights" in points[k])]
    common = off[fixed[0]] if fixed else weighted_mean(problem, land.base)
    for k in tied:
        if k not in fixed:
            weights[k, -D:] += numpy.linalg.solve(metric + penalty, metric @ (common - off[k]))
    return weights


def vector_of(source, n, read):
    if isinstance(source, list):
        return numpy.array(source)
    return numpy.eye(n)[source["unit"]] if "unit" in source else read(source).reshape(-1)


def condition_rows(land, weights, k, request, read):
    P = land.problem.n_weights
    if "hessian" in request:
        unit = numpy.eye(P)
        row, column = request["hessian"]
        return equations.curvature_row(land.problem, weights[k], unit[row], unit[column],
                                       request["value"])
    if "curvature" in request:
        v, u = (vector_of(source, P, read) for source in request["curvature"])
        return equations.curvature_row(land.problem, weights[k], v, u, request["value"])
    if "eigenpair" in request:
        return equations.eigenpair_rows(land.problem, weights[k],
                                        vector_of(request["eigenpair"], P, read), request["value"])
    if "gradient" in request:
        return equations.gradient_rows(land.problem, weights[k],
                                       vector_of(request["gradient"], P, read))
    return equations.gauss_newton_rows(land.problem, weights[k])


LOSS = re.compile(r"points\[(\d+)\]\.loss(?!_)")


def rows_of(land, weights, name, read):
    """The equations of a request by the name that a refusal gives it; None for soft ones, which are
    no equations."""
    match = re.match(r"points\[(\d+)\](?: \(critical\)|\.(loss_above)|\.conditions\[(\d+)\])", name)
    if match:
        k = int(match[1])
        point = land.spec["points"][k]
        if match[2]:
            above = point["loss_above"]
            return None if "soft" in above else equations.difference_row(
                land.problem, weights[k], weights[above["point"]], above["by"])
        if match[3]:
            request = point["conditions"][int(match[3])]
            return None if "soft" in request else condition_rows(land, weights, k, request, read)
        return equations.gradient_rows(land.problem, weights[k])
    match = re.match(r"values\[(\d+)\]", name)
    value = land.spec["values"][int(match[1])] if match else {"soft": 1}
    if "soft" in value:
        return None
    if "plane" in value:
        return equations.picture_rows(land.problem, [weights[k] for k in value["plane"]], read(value))
    return equations.difference_row(land.problem, read(value["weights"]).reshape(-1),
                                    weights[value["above"]], value["value"])


def requests_of(land, weights, names, read):
    """The equations of all named requests; losses take part by their differences to the first."""
    losses = [int(match[1]) for match in map(LOSS.match, names) if match]
    found = [rows_of(land, weights, name, read) for name in names if not LOSS.match(name)]
    loss = [point.get("loss") for point in land.spec["points"]]
    return found + [equations.difference_row(land.problem, weights[k], weights[losses[0]],
                                             loss[k] - loss[losses[0]]) for k in losses[1:]]


def all_requests(land):
    """The names of all hard requests."""
    names = []
    for k, point in enumerate(land.spec["points"]):
        gradient = any("gradient" in c for c in point.get("conditions", []))
        if point.get("critical", True) and not gradient:
            names.append(f"points[{k}] (critical)")
        if "loss_above" in point:
            names.append(f"points[{k}].loss_above")
        names += [f"points[{k}].conditions[{i}]" for i in range(len(point.get("conditions", [])))]
    return names + [f"values[{i}]" for i in range(len(land.spec.get("values", [])))]


SENTENCES = (  # and whether they claim that no part of the set can be left out
    (r"these contradict each other; leaving out any one would do: (.*)\.$", True),
    (r"these contradict each other: (.*)\.$", False),
    (r"this cannot be had, even by itself: (.*)\.$", False),
)


def named_set(message):
    """The names of requests that contradict each other, and whether the set is called minimal."""
    for sentence, minimal in SENTENCES:
        match = re.search(sentence, message, re.MULTILINE)
        if match:
            return re.split(r", (?=points\[|values\[)", match[1]), minimal
    return [], False


def decide(land, weights, names, read, free):
    requests = requests_of(land, weights, names, read)
    if not requests:
        return CONSISTENT
    return equations.decide(requests, free, land.base.reshape(-1))


def judge_named_set(v, land, message, read):
    names, minimal = named_set(message)
    weights = solved_weights(land, read) if names else None
    if weights is None:
        return
    soft = [name for name in names
            if not LOSS.match(name) and rows_of(land, weights, name, read) is None]
    v.judge("refusal: soft", "message", not soft, soft, "soft requests contradict nothing")
    if soft:
        return
    frozen = land.datasets.get("frozen")
    free = numpy.ones(land.base.size, bool) if frozen is None else frozen.reshape(-1) == 0
    decided = decide(land, weights, names, read, free)
    if decided == UNCLEAR:
        v.leave("refusal: contradicts")
    v.judge("refusal: contradicts", "message", decided != CONSISTENT, ", ".join(names), decided)
    for i, name in enumerate(names if minimal and len(names) > 1 else []):
        decided = decide(land, weights, names[:i] + names[i + 1:], read, free)
        if decided == UNCLEAR:
            v.leave("refusal: minimal")
        v.judge("refusal: minimal", "message", decided != CONTRADICTORY, ", ".join(names),
                f"contradictory without {name} too")


def judge_trivial(v, land, message):
    match = re.search(r"only targets equal to the outputs are left.*: (\d+) targets, "
                      r"equations of rank (\d+)", message)
    if match:
        v.judge("refusal: trivial", "message", int(match[1]) <= int(match[2]),
                "only targets equal to the outputs are left",
                f"{int(match[1]) - int(match[2])} free targets")


def judge_least_loss(v, land, message, read):
    """"at least X": half the square of what the equations fix of f - y, and the penalty."""
    match = re.search(rf"the loss of point (\d+) cannot be {NUMBER}.* at least {NUMBER}", message)
    if not match:
        return
    weights = solved_weights(land, read) if land.problem.activations[-1] != "identity" else \
        land.weights if len(land.spec["points"]) == 1 else None
    frozen = land.datasets.get("frozen")
    natures = any("nature" in p for p in land.spec["points"])
    if weights is None or frozen is not None or natures or \
            sum("loss" in p for p in land.spec["points"]) > 1:
        return
    k, stated = int(match[1]), float(match[3])
    penalty = float(penalty_at(land.problem, weights[k])[0])
    parts = [rows_of(land, weights, name, read) for name in all_requests(land)]
    parts = [part for part in parts if part is not None]
    if not parts:
        v.judge("refusal: least loss", "message", abs(stated - penalty) <= 1e-5 * penalty, stated,
                f"any loss from {penalty} on can be had")
        return
    # rows of a request below the rounding of its others hold to rounding, whatever the residuals are;
    # those of a request that are all small do not, as where outputs are saturated: they ask for
    # residuals as large as they are small
    A, b, _ = equations.stack([equations.without_tiny(part, 1e-12) for part in parts])
    B = equations.scaled(land.problem, A)
    length = equations.lengths(B)
    keep = length > 0
    f = to_float(outputs(land.problem, weights[k])).reshape(-1)
    defect = (A @ f - b)[keep] / length[keep]
    z, _, _, s = numpy.linalg.lstsq(B[keep] / length[keep, None], defect, rcond=1e-11)
    if ((s > 1e-15 * s[0]) & (s < 1e-7 * s[0])).any():
        v.leave("refusal: least loss")  # the rank is not clear
        return
    true = float(z @ z) / 2 + penalty
    v.judge("refusal: least loss", "message", abs(stated - true) <= 1e-5 * true
            or float(match[2]) < min(stated, true) * (1 - 1e-9) and abs(stated - true) <= 1e-3 * true,
            stated, true)


def judge_index_cap(v, land, message):
    """A linear output layer's block of the Hessian is positive whatever the targets are."""
    match = re.search(r"point (\d+) cannot have index (\d+): .* more than (\d+)", message)
    if not match:
        return
    linear = land.problem.activations[-1] == "identity"
    v.judge("refusal: linear output", "message", linear or "output layer linear" not in message,
            "with its output layer linear", land.problem.activations[-1])
    if not linear:
        return
    k, asked, cap = (int(group) for group in match.groups())
    values = evaluate(land.problem, land.weights[k], Long)
    first = land.problem.offsets()[-2]
    e = to_float(spectrum(values.G[first:, first:], Long)[0])
    rank = int((e > 1e-12 * e[-1]).sum())
    true = land.problem.n_weights - rank
    unclear = int(((e > 1e-18 * e[-1]) & (e <= 1e-9 * e[-1])).sum())
    v.judge("refusal: index cap", "message", asked > cap and true - 3 * unclear <= cap <= true
            + unclear or cap < true and asked > cap, cap, true)


def judge_fixed_difference(v, land, message, read):
    """Where J' Mn (f - y) = g and the output layer, of weights a, is linear, f lies in the range of J,
    so that the loss is (y' Mn y - f' Mn f) / 2 + a'g; with a penalty, g less its slope, and it joins."""
    match = re.search(rf"condition \d+ asks for a loss {NUMBER} above that of point (\d+), and it is "
                      rf"{NUMBER} whatever.*let points (\d+) and", message)
    if not match:
        return
    below, above, stated = int(match[2]), int(match[4]), float(match[3])
    weights, first = balanced_weights(land, read), land.problem.offsets()[-2]
    size = {k: distance(land.problem, to_float(outputs(land.problem, weights[k]))) ** 2 / 2
            for k in (below, above)}
    rest = {}
    for k in (below, above):
        penalty, slope = penalty_at(land.problem, weights[k])
        gradient = prescribed_gradient(land, k, read) - to_float(slope)
        rest[k] = float(weights[k][first:] @ gradient[first:]) + float(penalty)
    true = size[below] - size[above] + rest[above] - rest[below]
    v.judge("refusal: fixed difference", "message",
            abs(stated - true) <= 1e-6 * (size[below] + size[above]), stated, true)


def judge_penalty_slope(v, land, message, read):
    """What the penalty pulls along directions in which the outputs stay, to the rank tolerance, no targets
    balance."""
    match = re.search(r"at point (\d+) the penalty has a slope along", message)
    weights = solved_weights(land, read) if match else None
    if weights is None:
        return
    w = weights[int(match[1])]
    J = equations.jacobian_of(land.problem, w)[1]
    slope = to_float(penalty_at(land.problem, w)[1])
    rows = to_float(J).reshape(-1, J.shape[2])
    _, s, V = numpy.linalg.svd(rows, full_matrices=False)
    seen = V[s > max(1e-13, land.spec.get("rank_tolerance", 0)) * s[0]]
    away = norm(slope - seen.T @ (seen @ slope))
    v.judge("refusal: penalty's slope", "message", away > 1e-12 * norm(slope),
            "a slope where the outputs stay", f"a share of {away / max(norm(slope), 1e-300):.2g}")


def judge_kink(v, land, message):
    match = re.search(r"point (\d+) stands on a kink", message)
    if match:
        margin = kink_margin(land.problem, land.weights[int(match[1])])
        v.judge("refusal: kink", "message", margin == 0, "on a kink", f"{margin} from the nearest")


def judge_shortfall(v, land, message):
    """What a solve that succeeded left unmet: the numbers are those of the kept targets."""
    match = re.search(rf"point (\d+) was to be critical, and its gradient has {NUMBER}", message)
    if match:
        k, stated = int(match[1]), float(match[2])
        unit = land.number("gradient_norm", k) / land.number("gradient_scaled", k)
        true = norm(Point(land.problem, land.weights[k]).values.gradient) / unit
        v.judge("shortfall: gradient", f"point {k}", abs(stated - true) <= 0.01 * true + 0.1, stated, true)
    match = re.search(rf"point (\d+) was to have the (margin|least eigenvalue) {NUMBER}, "
                      rf"and has {NUMBER}", message)
    if match:
        k, own, stated = int(match[1]), match[2] != "margin", float(match[4])
        point = Point(land.problem, land.weights[k])
        true, low, high = margin_range(point, margin_null_directions(point), own)
        fits = low - 1e-5 * true <= stated <= high + 1e-5 * true
        if not fits and fits_vague_margin(point, stated, own):
            v.leave("shortfall: margin")
        else:
            v.judge("shortfall: margin", f"point {k}", fits, stated, (low, true, high))
    match = re.search(rf"condition (\d+) \((\w+)\) was to be .*, and is .*: it is missed by {NUMBER}",
                      message)
    if match:
        condition = next(c for c in conditions_of(land) if c.number == int(match[1]))
        points = [Point(land.problem, weights) for weights in land.weights]
        _, away, unit = find_condition(condition, points)
        v.judge("shortfall: condition", f"condition {match[1]}",
                abs(float(match[3]) - away) <= 0.01 * away + 20 * unit, match[3], away)


def judge_refusal(v, land, message, read):
    judge_shortfall(v, land, message)
    judge_named_set(v, land, message, read)
    judge_penalty_slope(v, land, message, read)
    judge_kink(v, land, message)
    judge_trivial(v, land, message)
    judge_least_loss(v, land, message, read)
    judge_index_cap(v, land, message)
    judge_fixed_difference(v, land, message, read)
