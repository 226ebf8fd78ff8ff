#!/usr/bin/env python3
"""PyTorch's optimisers in a race of critpt's, from the same starts and with the same budget.

    critpt race landscape.h5 -o race --algorithms gd,adam
    race_torch.py race landscape.h5
    critpt race landscape.h5 -o race --algorithms gd,adam --resume     the table, with torch-adam

The runs are written as critpt race writes its own, to race/runs/LANDSCAPE/torch-ALGORITHM. Distances
are up to the network's symmetries, by libcritpt."""

import ctypes
import ctypes.util
import json
import math
import os
import sys

import h5py
import numpy
import torch

import load

OPTIMISERS = {
    "torch-sgd": lambda w: torch.optim.SGD([w], lr=0.05),
    "torch-momentum": lambda w: torch.optim.SGD([w], lr=0.01, momentum=0.9),
    "torch-adam": lambda w: torch.optim.Adam([w], lr=0.003),
    "torch-rmsprop": lambda w: torch.optim.RMSprop([w], lr=0.001),
}
BATCH, PER_DECADE = 64, 20
GRID, TARGET, LAST = 1, 2, 4


class Truth:
    """What was planted: points, losses, distances."""

    def __init__(self, path):
        with h5py.File(path) as file:
            if any(name in file for name in ("sample_weights", "output_metric", "penalty")):
                sys.exit(f"{path}: sample weights, output metrics and penalties are not for this example")
            self.inputs = torch.from_numpy(file["inputs"][:])
            self.targets = torch.from_numpy(file["targets"][:])
            self.points = numpy.ascontiguousarray(file["points/weights"][:])
            widths = file["model/widths"][:].tolist()
            activations, biases = file["model/activations"].asstr()[:], file["model/bias"][:]
            self.network = load.network(widths, activations, biases,
                                        file["model/activation_parameters"][:].tolist())
        names = [os.environ.get("CRITPT_LIBRARY"), ctypes.util.find_library("critpt"), "libcritpt.so.0"]
        self.library = ctypes.CDLL(next(name for name in names if name))
        self.library.critpt_mlp_distance.argtypes = [ctypes.c_void_p] * 3 + [
            ctypes.c_size_t] + [ctypes.c_void_p] * 2
        self.model = ctypes.c_void_p()
        self.check(self.library.critpt_mlp_create(ctypes.byref(self.model), ctypes.c_size_t(widths[0])))
        for width, name, bias in zip(widths[1:], activations, biases):
            number = ctypes.c_int()
            self.check(self.library.critpt_activation_from_name(name.encode(), ctypes.byref(number)))
            self.check(self.library.critpt_mlp_add_layer(self.model, ctypes.c_size_t(width), number,
                                                         int(bias)))
        self.optimum = min(self.loss(torch.from_numpy(point)).item() for point in self.points)

    def check(self, status):
        if status:
            self.library.critpt_error_message.restype = ctypes.c_char_p
            sys.exit(self.library.critpt_error_message().decode())

    def loss(self, weights, samples=slice(None)):
        """sum |f - y|^2 / 2N, which is D/2 of MSELoss."""
        outputs, position = self.inputs[samples], 0

        def take(parameter):
            nonlocal position
            position += parameter.numel()
            return weights[position - parameter.numel():position].view_as(parameter)

        for layer in self.network:
            if isinstance(layer, torch.nn.Linear):
                matrix = take(layer.weight)
                outputs = torch.nn.functional.linear(
                    outputs, matrix, None if layer.bias is None else take(layer.bias))
            else:
                outputs = layer(outputs)
        return ((outputs - self.targets[samples]) ** 2).sum() / (2 * len(outputs))

    def distance(self, weights, point):
        result = ctypes.c_double()
        a = numpy.ascontiguousarray(weights)
        self.check(self.library.critpt_mlp_distance(
            self.model, a.ctypes.data, point.ctypes.data, len(a), ctypes.addressof(result), None))
        return result.value


class Run:
    """Counts samples, and records as libcritpt does."""

    def __init__(self, truth, budget):
        self.truth, self.limit, self.spent = truth, budget * len(truth.inputs), 0
        self.best, self.level, self.node, self.seen, self.rows = math.inf, math.inf, 1, 0, []
        self.last, self.is_recorded = None, False

    def may(self, samples):
        return self.spent + samples <= self.limit

    def observe(self, weights, samples, reasons=0):
        self.spent += samples
        self.last, self.is_recorded = weights.detach().clone(), False
        evaluations = -(-self.spent // len(self.truth.inputs))
        if evaluations == self.seen and not reasons:
            return
        self.seen = evaluations
        at = weights.detach().clone().requires_grad_()
        loss = self.truth.loss(at)
        loss.backward()
        self.best = min(self.best, loss.item())
        gap = self.best - self.truth.optimum
        level = math.ceil(5 * math.log10(gap)) if gap > 0 else -math.inf
        if evaluations >= self.node:
            reasons |= GRID
            steps = math.floor(PER_DECADE * math.log10(evaluations + 0.5))
            while self.node <= evaluations:
                self.node = math.ceil(10 ** (steps / PER_DECADE) * (1 - 1e-12))
                steps += 1
        if level < self.level:
            reasons |= TARGET
            self.level = level
        self.is_recorded = reasons != 0
        if reasons:
            place = at.detach().numpy()
            distances = [self.truth.distance(place, point) for point in self.truth.points]
            self.rows.append([evaluations, reasons, loss.item(), self.best, at.grad.norm().item(),
                              *distances, *self.plane(place)])

    def plane(self, place):
        points = self.truth.points
        if len(points) < 3:
            return math.nan, math.nan
        sides = numpy.stack([points[1] - points[0], points[2] - points[0]], axis=1)
        return numpy.linalg.lstsq(sides, place - points[0], rcond=None)[0]

    def write(self, path, gradients):
        heading = ["evaluations", "reasons", "loss", "best_loss", "gradient_norm",
                   *(f"distance_{k}" for k in range(len(self.truth.points))), "s", "t"]
        with open(path + ".tmp", "w", encoding="ascii") as file:
            file.write(f"critpt-run 1\nended budget\ninformed 0\nevaluations {self.rows[-1][0]}\n"
                       f"counts 1 {gradients} 0 0 0 0\nrecords {len(self.rows)}\n"
                       + " ".join(heading) + "\n")
            for row in self.rows:
                file.write(" ".join(f"{value:.17g}" for value in row) + "\n")
        os.replace(path + ".tmp", path)


def race(truth, start, make, budget, seed):
    """Minibatches, each sample once in a pass, until the budget is spent."""
    weights = torch.tensor(start, requires_grad=True)
    optimiser, run, gradients = make(weights), Run(truth, budget), 0
    generator = torch.Generator().manual_seed(seed)
    run.observe(weights, len(truth.inputs))
    while True:
        for batch in torch.randperm(len(truth.inputs), generator=generator).split(BATCH):
            if not run.may(len(batch)):
                if not run.is_recorded:
                    run.observe(run.last, 0, LAST)
                return run, gradients
            optimiser.zero_grad()
            truth.loss(weights, batch).backward()
            run.observe(weights, len(batch))
            gradients += 1
            optimiser.step()


def main():
    folder, path = sys.argv[1:]
    with open(os.path.join(folder, "race.json"), encoding="utf-8") as file:
        settings = json.load(file)
    name = os.path.basename(path).removesuffix(".h5")
    truth = Truth(path)
    starts = numpy.atleast_2d(numpy.loadtxt(os.path.join(folder, "starts", name + ".csv"),
                                            delimiter=","))
    for algorithm, make in OPTIMISERS.items():
        runs = os.path.join(folder, "runs", name, algorithm)
        os.makedirs(runs, exist_ok=True)
        for number, start in enumerate(starts):
            run, gradients = race(truth, start, make, settings["budget"], settings["seed"] + number)
            run.write(os.path.join(runs, f"{number:05d}.run"), gradients)
        print(f"{algorithm}: {len(starts)} runs")


if __name__ == "__main__":
    main()
