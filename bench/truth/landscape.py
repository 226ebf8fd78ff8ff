"""A landscape file as the judges read it, and the verdicts that they reach."""

import json
import math
import os

import h5py
import numpy

from oracle import Exact, Long, Problem, cotangent, curvature_unit, evaluate, outputs, \
    rounding_units, spectrum, to_float

EXACT_BUDGET = 1e6  # multiplications of a Hessian up to which 50 digits are taken at once


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


class Landscape:
    """A file's content, and the problem that it states; of a model that is not in the file, with the
    parts of Problem that describe it, and what was asked for."""

    def __init__(self, path, model=None, spec=None):
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
        self.spec = spec or json.loads(text(self.datasets["spec"]))
        model = model or {
            "widths": [int(w) for w in self.datasets["model/widths"]],
            "activations": [text(name) for name in self.datasets["model/activations"]],
            "bias": [bool(b) for b in self.datasets["model/bias"]]}
        self.problem = Problem(
            **model, inputs=self.datasets["inputs"], targets=self.datasets["targets"],
            sample_weights=self.datasets.get("sample_weights"),
            metric=self.datasets.get("output_metric"), penalty=self.datasets.get("penalty"),
            centre=self.datasets.get("penalty_centre"))
        self.has_base = "base_targets" in self.datasets  # not in all that are kept after a refusal
        self.base = self.datasets.get("base_targets", self.problem.targets)
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
        self.spectrum, self.hessian_unit = None, None

    def curvature_unit(self):
        if self.hessian_unit is None:
            self.hessian_unit = curvature_unit(self.problem, self.weights, self.values)
        return self.hessian_unit

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


def distance(problem, difference):
    return math.sqrt(abs(float((Long.array(difference)
                                * cotangent(problem, Long.array(difference), Long)).sum())))


def spread_of(problem, weights):
    f = to_float(outputs(problem, weights))
    s = problem.sample_weights[:, None]
    return distance(problem, f - (s * f).sum(axis=0) / s.sum())


def read_csv(directory, source):
    """The numbers of a CSV's columns that are asked for, and which these are."""
    with open(os.path.join(directory, source["csv"])) as file:
        rows = [line.rstrip("\n").split(source.get("separator", ",")) for line in file]
    names = rows.pop(0) if source.get("header") else []
    columns = [names.index(name) for name in source["columns"]] if "columns" in source \
        else list(range(len(rows[0])))
    return numpy.array([[float(row[j]) for j in columns] for row in rows]), columns


def read_source(directory, source):
    """The numbers of a CSV or of an HDF5 dataset, and None for what needs more."""
    if "hdf5" in source:
        with h5py.File(os.path.join(directory, source["hdf5"])) as file:
            return file[source["dataset"]][()]
    if "csv" not in source or isinstance(source.get("columns"), str) or source["csv"].endswith(".gz"):
        return None
    return read_csv(directory, source)[0]
