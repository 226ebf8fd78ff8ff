#!/usr/bin/env python3
"""Benchmarks of libcritpt: one line per figure, `name value unit`, medians of alternating rounds.

    bench.py [LIBRARY] [--smoke | FIGURE...]

LIBRARY is the shared library, by default the one in .libs of the current directory. Each FIGURE
is a name below (all of them by default); --smoke runs a tiny case instead, to see that it works. Both sides of a ratio run in this process with one thread
and the same BLAS, in turns; times are the processor's, so that what else the machine does is not
counted.
"""

import ctypes
import os
import statistics
import sys
import time

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before anything loads BLAS

import numpy
import torch

ROUNDS = 41
ROUND_SECONDS = 0.01


# ---- The library under test ----------------------------------------------------------------------

IDENTITY, TANH = 0, 1  # critpt_activation


class Critpt:
    """The shared library; a call that fails ends the benchmark with its message."""

    def __init__(self, path):
        self.library = ctypes.CDLL(os.path.abspath(path))
        self.library.critpt_error_message.restype = ctypes.c_char_p
        self.library.critpt_linalg_name.restype = ctypes.c_char_p
        self.library.critpt_model_n_weights.restype = ctypes.c_size_t

    def call(self, function, *arguments):
        if getattr(self.library, function)(*arguments) != 0:
            sys.exit(f"{function}: {self.library.critpt_error_message().decode()}")

    def linalg_name(self):
        return self.library.critpt_linalg_name().decode()


def pointer(array):
    assert array.dtype == numpy.float64 and array.flags.c_contiguous
    return array.ctypes.data_as(ctypes.c_void_p)


class Network:
    """A tanh network with linear outputs and its landscape, and the same data for PyTorch."""

    def __init__(self, critpt, widths, n_samples, seed=1):
        self.critpt, self.widths, self.n_samples = critpt, widths, n_samples
        self.model, self.landscape, self.workspace = (ctypes.c_void_p() for _ in range(3))
        critpt.call("critpt_mlp_create", ctypes.byref(self.model), size(widths[0]))
        for layer, width in enumerate(widths[1:], 2):
            activation = TANH if layer < len(widths) else IDENTITY
            critpt.call("critpt_mlp_add_layer", self.model, size(width), activation, 1)
        self.n_weights = critpt.library.critpt_model_n_weights(self.model)
        random = numpy.random.default_rng(seed)
        self.inputs = random.standard_normal((n_samples, widths[0]))
        self.targets = random.standard_normal((n_samples, widths[-1]))
        self.weights = 0.3 * random.standard_normal(self.n_weights)
        critpt.call("critpt_landscape_create", ctypes.byref(self.landscape), self.model,
                    size(n_samples), pointer(self.inputs), size(widths[0]))
        critpt.call("critpt_landscape_set_targets", self.landscape, pointer(self.targets),
                    size(widths[-1]))
        critpt.call("critpt_workspace_create", ctypes.byref(self.workspace), self.landscape)

    def gradient_call(self):
        """A function that computes the gradient and the loss, and the array it fills."""
        gradient, loss = numpy.empty(self.n_weights), ctypes.c_double()
        function = self.critpt.library.critpt_landscape_gradient
        arguments = (self.landscape, self.workspace, pointer(self.weights), size(self.n_weights),
                     pointer(gradient), size(self.n_weights), ctypes.byref(loss))
        self.critpt.call("critpt_landscape_gradient", *arguments)
        return lambda: function(*arguments), gradient

    def torch_parameters(self):
        """Weight and bias of every layer, in PyTorch's own memory."""
        parameters, start = [], 0
        for inputs, outputs in zip(self.widths, self.widths[1:]):
            for shape in ((outputs, inputs), (outputs,)):
                stop = start + int(numpy.prod(shape))
                block = torch.tensor(self.weights[start:stop]).reshape(shape)
                parameters.append(block.requires_grad_())
                start = stop
        return parameters

    def destroy(self):
        for name in ("workspace", "landscape", "model"):
            getattr(self.critpt.library, f"critpt_{name}_destroy")(getattr(self, name))


def size(value):
    return ctypes.c_size_t(value)


# ---- PyTorch's side ------------------------------------------------------------------------------

def torch_gradients(network):
    """PyTorch's ways to the same loss and gradient, as functions that return both."""
    inputs, targets = torch.tensor(network.inputs), torch.tensor(network.targets)
    n_samples, parameters = network.n_samples, network.torch_parameters()
    modules = []
    for weight, bias in zip(parameters[::2], parameters[1::2]):
        linear = torch.nn.utils.skip_init(torch.nn.Linear, weight.shape[1], weight.shape[0],
                                          dtype=torch.float64)
        linear.weight = torch.nn.Parameter(weight.detach())
        linear.bias = torch.nn.Parameter(bias.detach())
        modules += [linear, torch.nn.Tanh()]
    sequential = torch.nn.Sequential(*modules[:-1])
    members = list(sequential.parameters())
    scale = 0.5 * network.widths[-1]  # MSELoss is the mean over samples and outputs
    mse = torch.nn.MSELoss()

    def module_backward():
        sequential.zero_grad(set_to_none=True)
        loss = scale * mse(sequential(inputs), targets)
        loss.backward()
        return loss, [member.grad for member in members]

    def by_samples():
        values = inputs
        for weight, bias in zip(parameters[:-2:2], parameters[1:-2:2]):
            values = torch.addmm(bias, values, weight.t()).tanh()
        return torch.addmm(parameters[-1], values, parameters[-2].t())

    def by_units():
        values = inputs_by_units
        for weight, bias in zip(parameters[:-2:2], parameters[1:-2:2]):
            values = torch.addmm(bias[:, None], weight, values).tanh()
        return torch.addmm(parameters[-1][:, None], parameters[-2], values)

    def from_cotangent(outputs, targets):
        """Backward from d loss / d outputs, which spares the loss its nodes of the graph."""
        with torch.no_grad():
            residual = outputs - targets
            cotangent = residual / n_samples
            loss = 0.5 * torch.dot(residual.view(-1), cotangent.view(-1))
        return loss, torch.autograd.grad(outputs, parameters, cotangent)

    inputs_by_units, targets_by_units = inputs.t().contiguous(), targets.t().contiguous()
    return {"module": module_backward,
            "samples": lambda: from_cotangent(by_samples(), targets),
            "units": lambda: from_cotangent(by_units(), targets_by_units)}


def flatten(gradients):
    return torch.cat([block.reshape(-1) for block in gradients]).detach().numpy()


# ---- Timing --------------------------------------------------------------------------------------

def repetitions(function):
    """How many calls make a round, after warming up."""
    function()
    start, calls = time.process_time(), 0
    while time.process_time() - start < ROUND_SECONDS:
        function()
        calls += 1
    return max(calls, 1)


def alternate(functions, rounds=ROUNDS):
    """Median seconds per call of each function, the functions taking turns in every round."""
    counts = {name: repetitions(function) for name, function in functions.items()}
    seconds = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.process_time()
            for _ in range(counts[name]):
                function()
            seconds[name].append((time.process_time() - start) / counts[name])
    return {name: statistics.median(times) for name, times in seconds.items()}


def report(name, value, unit):
    print(f"{name} {value:.4g} {unit}", flush=True)


# ---- Figures -------------------------------------------------------------------------------------

def gradient(critpt, name, widths, n_samples):
    """Time of loss and gradient against PyTorch's fastest way."""
    network = Network(critpt, widths, n_samples)
    ours, computed = network.gradient_call()
    theirs = torch_gradients(network)
    for way, function in theirs.items():
        expected = flatten(function()[1])
        error = numpy.linalg.norm(computed - expected) / numpy.linalg.norm(expected)
        if error > 1e-12:
            sys.exit(f"{name}: the gradient differs from PyTorch's ({way}) by {error:.1e}")
    medians = alternate({"critpt": ours, **theirs})
    fastest = min(theirs, key=medians.get)
    report(f"{name}_critpt", 1e3 * medians["critpt"], "ms")
    report(f"{name}_pytorch_{fastest}", 1e3 * medians[fastest], "ms")
    report(f"{name}_ratio", medians["critpt"] / medians[fastest], "times")
    network.destroy()


FIGURES = {
    "gradient_64_64_10": lambda critpt, name: gradient(critpt, name, (64, 64, 10), 4096),
    "gradient_20_30_1": lambda critpt, name: gradient(critpt, name, (20, 30, 1), 2000),
}


SMOKE = {"gradient_3_4_1": lambda critpt, name: gradient(critpt, name, (3, 4, 1), 50)}


def main(arguments, figures, smoke):
    path = ".libs/libcritpt.so"
    if "--smoke" in arguments:
        arguments.remove("--smoke")
        figures = smoke
    if arguments and arguments[0] not in figures:
        path = arguments.pop(0)
    unknown = [name for name in arguments if name not in figures]
    if unknown:
        sys.exit(f"no figure is called {unknown[0]}; there are {', '.join(figures)}")
    torch.set_num_threads(1)
    critpt = Critpt(path)
    print(f"# torch {torch.__version__}, libcritpt with {critpt.linalg_name()}, one thread each")
    for name in arguments or figures:
        figures[name](critpt, name)


if __name__ == "__main__":
    main(sys.argv[1:], FIGURES, SMOKE)
