#!/usr/bin/env python3
"""PyTorch in double as oracle: outputs, loss, gradient, J v and J' u of random networks. TAP."""

import ctypes
import os
import sys

if os.environ.get("SANITIZERS"):
    print("1..0 # SKIP an instrumented library does not load into a plain Python: comparisons with "
          "PyTorch are NOT made")
    sys.exit(0)

try:
    import numpy
    import torch
except ImportError as missing:
    print(f"1..0 # SKIP PyTorch is not here, its comparisons are NOT made: {missing}")
    sys.exit(0)

build = os.environ.get("top_builddir", ".")
library = ctypes.CDLL(os.path.join(build, ".libs", "libcritpt.so"))
library.critpt_error_message.restype = ctypes.c_char_p
library.critpt_model_n_weights.restype = ctypes.c_size_t
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

ACTIVATIONS = [  # in the order of critpt_activation
    ("identity", lambda z: z),
    ("tanh", torch.tanh),
    ("sigmoid", torch.sigmoid),
    ("softplus", lambda z: torch.nn.functional.softplus(z, threshold=1e9)),
    ("silu", torch.nn.functional.silu),
    ("gelu", torch.nn.functional.gelu),
    ("sin", torch.sin),
    ("gaussian", lambda z: torch.exp(-z * z)),
    ("square", torch.square),
    ("elu", torch.nn.functional.elu),
    ("relu", torch.relu),
    ("leaky_relu", torch.nn.functional.leaky_relu),
]


def call(function, *arguments):
    status = getattr(library, function)(*arguments)
    assert status == 0, f"{function}: {library.critpt_error_message().decode()}"


def size(value):
    return ctypes.c_size_t(value)


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


class Network:
    """A random network in both libraries; layers are (width, activation, bias)."""

    def __init__(self, n_inputs, layers, n_samples, seed):
        random = numpy.random.default_rng(seed)
        self.layers, self.n_inputs = layers, n_inputs
        self.model, self.landscape = ctypes.c_void_p(), ctypes.c_void_p()
        call("critpt_mlp_create", ctypes.byref(self.model), size(n_inputs))
        for width, activation, bias in layers:
            call("critpt_mlp_add_layer", self.model, size(width), activation, bias)
        self.n_weights = library.critpt_model_n_weights(self.model)
        self.inputs = random.standard_normal((n_samples, n_inputs))
        self.targets = random.standard_normal((n_samples, layers[-1][0]))
        self.weights = random.standard_normal(self.n_weights) / numpy.sqrt(n_inputs)
        call("critpt_landscape_create", ctypes.byref(self.landscape), self.model, size(n_samples),
             pointer(self.inputs), size(n_inputs))
        call("critpt_landscape_set_targets", self.landscape, pointer(self.targets),
             size(layers[-1][0]))

    def torch_outputs(self, weights):
        values, start, width = torch.tensor(self.inputs), 0, self.n_inputs
        for units, activation, bias in self.layers:
            matrix = weights[start:start + units * width].reshape(units, width)
            start += units * width
            values = values @ matrix.t()
            if bias:
                values = values + weights[start:start + units]
                start += units
            values, width = ACTIVATIONS[activation][1](values), units
        return values

    def torch_loss(self, weights):
        residual = self.torch_outputs(weights) - torch.tensor(self.targets)
        return (residual ** 2).sum() / (2 * len(self.inputs))

    def evaluate(self, function, result, *arguments):
        tail = [size(result.size if result.ndim == 1 else result.shape[1])]
        call(function, self.landscape, None, pointer(self.weights), size(self.n_weights),
             *arguments, pointer(result), *tail)
        return result

    def destroy(self):
        library.critpt_landscape_destroy(self.landscape)
        library.critpt_model_destroy(self.model)


def apart(ours, theirs):
    theirs = theirs.detach().numpy()
    return numpy.linalg.norm(ours - theirs) / max(numpy.linalg.norm(theirs), 1e-300)


def compare(network, random):
    """The relative differences of everything of first order."""
    weights = torch.tensor(network.weights, requires_grad=True)
    loss = network.torch_loss(weights)
    (gradient,) = torch.autograd.grad(loss, weights)
    our_loss = ctypes.c_double()
    ours = numpy.empty(network.n_weights)
    call("critpt_landscape_gradient", network.landscape, None, pointer(network.weights),
         size(network.n_weights), pointer(ours), size(ours.size), ctypes.byref(our_loss))
    direction = random.standard_normal(network.n_weights)
    cotangent = random.standard_normal(network.targets.shape)
    outputs, product = torch.autograd.functional.jvp(network.torch_outputs, weights,
                                                     torch.tensor(direction))
    _, pulled = torch.autograd.functional.vjp(network.torch_outputs, weights,
                                              torch.tensor(cotangent))
    return {
        "loss": abs(our_loss.value - loss.item()) / loss.item(),
        "gradient": apart(ours, gradient),
        "outputs": apart(network.evaluate("critpt_landscape_outputs",
                                          numpy.empty_like(network.targets)), outputs),
        "Jv": apart(network.evaluate("critpt_landscape_jacobian_vector",
                                     numpy.empty_like(network.targets), pointer(direction),
                                     size(direction.size)), product),
        "J'u": apart(network.evaluate("critpt_landscape_jacobian_transposed_vector",
                                      numpy.empty(network.n_weights), pointer(cotangent),
                                      size(cotangent.shape[1])), pulled),
    }


def cases():
    for activation, (name, _) in enumerate(ACTIVATIONS):
        yield f"{name} 5-7-3", (5, [(7, activation, 1), (3, activation, 0)], 300)
    random = numpy.random.default_rng(1)
    for case in range(20):
        depth = 1 + case % 6
        layers = [(int(random.integers(1, 40)), int(random.integers(0, 12)),
                   int(random.integers(0, 2))) for _ in range(depth)]
        n_inputs, n_samples = int(random.integers(1, 60)), int(random.integers(1, 700))
        name = "-".join(f"{width}{ACTIVATIONS[a][0]}{'+b' if b else ''}" for width, a, b in layers)
        yield f"{n_inputs}-{name}, {n_samples} samples", (n_inputs, layers, n_samples)


number = 0
for name, (n_inputs, layers, n_samples) in cases():
    number += 1
    network = Network(n_inputs, layers, n_samples, number)
    errors = compare(network, numpy.random.default_rng(number))
    network.destroy()
    worst = max(errors, key=lambda what: errors[what] if errors[what] == errors[what] else 1e300)
    good = all(error <= 1e-12 for error in errors.values())
    print(f"{'ok' if good else 'not ok'} {number} - {name}: {worst} apart {errors[worst]:.1e}")
print(f"1..{number}")
