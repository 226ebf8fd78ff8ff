"""Plans of fewer weights against the oracle: w = w0 + B v of random networks, by the library itself, as
specifications have no word for it.

Each instance is a random network of which weights are chosen, tied, or a subspace, with critical and
free points, natures and conditions, crossed with penalties and weights of samples and outputs. What a
solve gives is written to a file, and every statement in it is judged; what it calls contradictory must
not be consistent. The shared libraries are those of top_builddir.

usage: fewer.py, with the options of campaign.py"""

import ctypes
import os
import shutil
import time
import traceback
import warnings
from types import SimpleNamespace

import numpy

import campaign
import equations
import judge
import refusals
from generate import HIDDEN, Instance
from landscape import Landscape, text
from oracle import Problem

ACTIVATIONS = ("identity", "tanh", "sigmoid", "softplus", "silu", "gelu", "sin", "gaussian", "square", "elu",
               "relu", "leaky_relu")  # in the order of critpt_activation
INFEASIBLE = -20  # of critpt_status


class Library:
    """Calls of the two shared libraries; one that fails raises its message."""

    def __init__(self):
        where = os.path.join(os.environ.get("top_builddir", "."), ".libs")
        self.core = ctypes.CDLL(os.path.join(where, "libcritpt.so"), ctypes.RTLD_GLOBAL)
        self.file = ctypes.CDLL(os.path.join(where, "libcritpt-file.so"))
        self.core.critpt_error_message.restype = ctypes.c_char_p

    def message(self):
        return self.core.critpt_error_message().decode()

    def status(self, name, *arguments):
        library = self.file if name.startswith("file_") else self.core
        return getattr(library, "critpt_" + name)(*map(as_argument, arguments))

    def call(self, name, *arguments):
        if self.status(name, *arguments):
            raise RuntimeError(f"{name}: {self.message()}")

    def make(self, name, *arguments):
        """An object that a call stores by its first argument."""
        made = ctypes.c_void_p()
        self.call(name, ctypes.byref(made), *arguments)
        return made


def as_argument(value):
    if isinstance(value, numpy.ndarray):
        return value.ctypes.data_as(ctypes.c_void_p)
    if isinstance(value, float):
        return ctypes.c_double(value)
    return ctypes.c_size_t(value) if isinstance(value, int) else value


# ---- Instances ---------------------------------------------------------------------------------

def draw_basis(make, P, constants):
    """B: chosen weights, tied ones, or a subspace whose columns share rows. Often the last `constants`,
    the output biases, are weights of their own: without them few points agree."""
    n, order = int(make.random.integers(1, min(P, 24) + 1)), make.random.permutation(P)
    if make.chance(0.7):
        order = numpy.concatenate([numpy.arange(P - constants, P), order[order < P - constants]])
        n = max(n, constants)
    B = numpy.zeros((P, n))
    B[order[:n], numpy.arange(n)] = 1
    form = make.random.random()
    for row in numpy.flatnonzero(~B.any(axis=1)) if form > 0.35 else ():
        if form < 0.7 and make.chance(0.6):
            B[row, make.random.integers(n)] = make.pick(1.0, -1.0, 0.5)
        elif form >= 0.7:
            B[row] = make.vector(n) * (make.random.random(n) < 0.3)
    return B


def draw_model(make):
    n_layers = make.pick(1, 2, 2, 2, 3)
    widths = [int(make.random.integers(1, 5)) for _ in range(n_layers)] + [make.pick(1, 1, 2)]
    activations = [make.pick("tanh", *HIDDEN) for _ in range(n_layers - 1)]
    activations.append("identity" if make.chance(0.7) else make.pick(*HIDDEN))
    model = {"widths": widths, "activations": activations,
             "bias": [make.chance(0.7) for _ in range(n_layers)]}
    P = Problem(**model, inputs=numpy.zeros((1, widths[0])), targets=numpy.zeros((1, widths[-1]))).n_weights
    return {**model, "origin": make.vector(P, make.pick(0.0, 1.0, 1.0, 3.0)),
            "basis": draw_basis(make, P, widths[-1] if model["bias"][-1] else 0)}


def draw_condition(make, n):
    kind, value = make.random.random(), float(make.random.standard_normal() * make.magnitude(-3, 0))
    vector = lambda: [float(x) for x in make.vector(n)]
    if kind < 0.3:
        return {"hessian": [int(i) for i in make.random.integers(n, size=2)], "value": value}
    if kind < 0.7:
        return {"curvature": [vector(), vector()], "value": value}
    return {"eigenpair": vector(), "value": value} if kind < 0.85 else {"gauss_newton": True}


def draw_points(make, n):
    points = []
    for k in range(make.pick(1, 2, 2, 3)):
        point = {}
        if k and make.chance(0.35):
            point["critical"] = False
            if make.chance(0.6):
                point["loss_above"] = {"point": 0, "by": float(make.random.standard_normal())}
        elif make.chance(0.5):
            point["nature"] = make.pick("minimum", "minimum", "saddle", "maximum")
            if point["nature"] == "saddle":
                point["index"] = int(make.random.integers(1, n + 1))
            if point["nature"] != "maximum" and make.chance(0.3):
                point["eigenvalue"] = make.magnitude(-6, -1)
        if make.chance(0.3):
            point["conditions"] = [draw_condition(make, n)]
        points.append(point)
    return points


def draw_norm(make, n_samples, D, n):
    """Weights of samples, output metric, penalty and its centre, or None for each."""
    root = make.vector((D, D))
    penalty = 10 ** make.random.uniform(-5, 0, n) * (make.random.random(n) < make.pick(0.4, 1.0))
    return (make.random.uniform(0.5, 2, n_samples) if make.chance(0.25) else None,
            root @ root.T + numpy.eye(D) if make.chance(0.25) else None,
            penalty if make.chance(0.25) else None, make.vector(n) if make.chance(0.5) else None)


# ---- What the library makes of them ------------------------------------------------------------

def make_model(lib, model):
    network = lib.make("mlp_create", model["widths"][0])
    for width, name, bias in zip(model["widths"][1:], model["activations"], model["bias"]):
        lib.call("mlp_add_layer", network, width, ctypes.c_int(ACTIVATIONS.index(name)),
                 ctypes.c_int(bias))
    B = model["basis"]
    rows, columns = numpy.nonzero(B)
    return lib.make("model_reparametrize", network, model["origin"], *B.shape,
                    rows.astype(numpy.uintp), columns.astype(numpy.uintp), B[rows, columns].copy(),
                    len(rows))


def make_landscape(lib, model, inputs, norm):
    landscape = lib.make("landscape_create", make_model(lib, model), *inputs.shape[:1], inputs,
                         inputs.shape[1])
    sample_weights, metric, penalty, centre = norm
    if sample_weights is not None:
        lib.call("landscape_set_sample_weights", landscape, sample_weights, len(sample_weights))
    if metric is not None:
        lib.call("landscape_set_output_metric", landscape, metric, len(metric))
    if penalty is not None:
        lib.call("landscape_set_penalty", landscape, penalty, len(penalty), centre,
                 0 if centre is None else len(centre))
    return landscape


def add_nature(lib, plan, k, point, n):
    index = {"minimum": 0, "maximum": n}.get(point["nature"], point.get("index"))
    if "eigenvalue" in point:
        lib.call("plan_require_eigenvalues", plan, k, index, point["eigenvalue"], None)
    elif point["nature"] == "maximum":
        lib.call("plan_require_maximum", plan, k, 1e-4, None)
    else:
        lib.call("plan_require_index", plan, k, index, 1e-4, None)


def add_condition(lib, plan, k, condition, n):
    if "hessian" in condition:
        lib.call("plan_require_hessian_entry", plan, k, *condition["hessian"], condition["value"], None)
    elif "curvature" in condition:
        v, u = map(numpy.array, condition["curvature"])
        lib.call("plan_require_curvature", plan, k, v, u, n, condition["value"], None)
    elif "eigenpair" in condition:
        lib.call("plan_require_eigenpair", plan, k, condition["value"],
                 numpy.array(condition["eigenpair"]), n, None)
    else:
        lib.call("plan_require_gauss_newton", plan, k, None)


def make_plan(lib, make, landscape, points, n):
    """The plan, and the weights as given."""
    plan, weights, fixed = lib.make("plan_create", landscape), [], make.chance(0.4)
    for k, point in enumerate(points):
        weights.append(make.vector(n))
        free = not point.get("critical", True)
        lib.call("plan_add_free_point" if free else "plan_add_point", plan, weights[k], n, None)
        point["fixed"] = free or fixed
        if not point["fixed"]:
            lib.call("plan_let_point_move", plan, k)
    for k, point in enumerate(points):
        if "nature" in point:
            add_nature(lib, plan, k, point, n)
        if "loss_above" in point:
            above = point["loss_above"]
            lib.call("plan_require_loss_difference", plan, k, above["point"], above["by"], None)
        for condition in point.get("conditions", []):
            add_condition(lib, plan, k, condition, n)
    return plan, numpy.array(weights)


def judge_contradiction(result, model, inputs, norm, points, weights):
    """What is called contradictory; where points may not move, so that the equations are known."""
    if not all(point["fixed"] for point in points):
        return
    sample_weights, metric, penalty, centre = norm
    problem = Problem(**model, inputs=inputs, targets=numpy.zeros((len(inputs), model["widths"][-1])),
                      sample_weights=sample_weights, metric=metric, penalty=penalty, centre=centre)
    asked = SimpleNamespace(spec={"points": points}, problem=problem)
    requests = refusals.requests_of(asked, weights, refusals.all_requests(asked), None)
    decided = equations.decide(requests, numpy.ones(problem.targets.size, bool),
                               problem.targets.reshape(-1))
    result["counts"]["fewer: contradiction"] = 1
    if decided == equations.UNCLEAR:
        result["open"] = {"fewer: contradiction": 1}
    elif decided == equations.CONSISTENT:
        result["false"].append(("fewer: contradiction", f"the requests are {decided}"))


def count_rows(points, n):
    """How many equations the points ask for."""
    conditions = [condition for point in points for condition in point.get("conditions", [])]
    return sum(n for point in points if point.get("critical", True)) + sum(
        n * (n + 1) // 2 if "gauss_newton" in c else n if "eigenpair" in c else 1 for c in conditions) \
        + sum("loss_above" in point for point in points)


def warned(land, kind, _):
    """Whether a bound is missed that the library, other than the program, may meet in proportion: then a
    warning says so."""
    said = map(text, land.datasets.get("report/warnings", []))
    return kind == "eigenvalue met" and any("asked for are met at" in line for line in said)


def solve(result, seed, number, directory):
    make, lib = Instance(seed, number, directory), Library()
    model = draw_model(make)
    n, D = model["basis"].shape[1], model["widths"][-1]
    points = draw_points(make, n)
    n_samples = int(max(3, make.pick(1.3, 2, 4, 8, 16) * count_rows(points, n) / D))
    inputs = make.vector((n_samples, model["widths"][0]))
    norm = draw_norm(make, n_samples, D, n)
    landscape = make_landscape(lib, model, inputs, norm)
    plan, weights = make_plan(lib, make, landscape, points, n)
    lib.call("plan_set_base_targets", plan, make.vector((n_samples, D), make.magnitude(-1, 1)), D)
    status = lib.status("plan_solve", plan, None)
    result["message"] = lib.message()
    result["status"] = campaign.status_of(status, result["message"])
    if status == INFEASIBLE and "contradict" in result["message"]:
        judge_contradiction(result, model, inputs, norm, points, weights)
    if status == 0:
        path = os.path.join(directory, "l.h5")
        lib.call("file_write", lib.make("file_create_from_plan", landscape, plan), path.encode())
        land = Landscape(path, model, {"points": points})
        v = judge.judge_landscape(land)
        result.update(counts=v.counts, false=[found for found in v.false if not warned(land, *found)],
                      open=v.open,
                      condition=land.report.get("condition", float("nan")),
                      size=[n, n_samples, len(points)])


def play(task):
    """One instance from its generation to its verdict."""
    options, number = task
    warnings.simplefilter("ignore")
    numpy.seterr(all="ignore")
    directory = os.path.join(options.directory, str(number))
    shutil.rmtree(directory, ignore_errors=True)
    result, start = {"number": number, "false": [], "counts": {}}, time.time()
    try:
        solve(result, options.seed, number, directory)
    except Exception:  # an instance that the oracle cannot judge must not end the campaign
        result["status"], result["message"] = "oracle failed", traceback.format_exc()
    result["seconds"] = time.time() - start
    if not result["false"] and not options.keep and result["status"] != "oracle failed":
        shutil.rmtree(directory, ignore_errors=True)
    return result


if __name__ == "__main__":
    campaign.main(play, "fewer")
