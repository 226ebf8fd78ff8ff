#!/usr/bin/env python3
"""PyTorch in double as oracle of models of fewer weights: random ones of random networks, and a convolution,
torch.nn.Conv1d, as tied weights of a dense layer. TAP."""

import ctypes

from library import call, library, pointer, size
from torch_network import ACTIVATIONS, Network, apart, numpy, torch

SMOOTH = [index for index, (name, _) in enumerate(ACTIVATIONS)
          if name not in ("elu", "relu", "leaky_relu")]
number = 0


def report(name, errors):
    global number
    number += 1
    worst = max(errors, key=lambda what: errors[what] if errors[what] == errors[what] else 1e300)
    good = all(error <= 1e-12 for error in errors.values())
    print(f"{'ok' if good else 'not ok'} {number} - {name}: {worst} apart {errors[worst]:.1e}")


class Fewer:
    """The model w0 + B v of a network, for entries (row, column, value), on the network's samples."""

    def __init__(self, network, origin, n_weights, entries):
        rows, columns, values = (numpy.array(part) for part in zip(*entries))
        rows, columns = rows.astype(numpy.uintp), columns.astype(numpy.uintp)
        self.values, self.network = values.astype(float), network
        self.matrix = torch.zeros(network.n_weights, n_weights)
        self.matrix[rows.astype(int), columns.astype(int)] = torch.tensor(self.values)
        self.origin, self.n_weights = numpy.array(origin), n_weights
        self.model, self.landscape = ctypes.c_void_p(), ctypes.c_void_p()
        call("critpt_model_reparametrize", ctypes.byref(self.model), network.model,
             pointer(self.origin), size(network.n_weights), size(n_weights), pointer(rows),
             pointer(columns), pointer(self.values), size(len(entries)))
        n_samples, n_inputs = network.inputs.shape
        call("critpt_landscape_create", ctypes.byref(self.landscape), self.model, size(n_samples),
             pointer(network.inputs), size(n_inputs))
        call("critpt_landscape_set_targets", self.landscape, pointer(network.targets),
             size(network.targets.shape[1]))

    def compare(self, v, torch_loss):
        """Relative differences of gradient, Hessian, and a product."""
        n, weights = self.n_weights, torch.tensor(v)
        leaf = weights.clone().requires_grad_()
        torch_loss(leaf).backward()
        truth = torch.autograd.functional.hessian(torch_loss, weights)
        direction = numpy.random.default_rng(3).standard_normal(n)
        gradient, hessian, product = numpy.empty(n), numpy.empty((n, n)), numpy.empty(n)
        head = (self.landscape, None, pointer(v), size(n))
        call("critpt_landscape_gradient", *head, pointer(gradient), size(n), None)
        call("critpt_landscape_hessian", *head, pointer(hessian), size(n))
        call("critpt_landscape_hessian_vector", *head, pointer(direction), size(n),
             pointer(product), size(n))
        return {"g": apart(gradient, leaf.grad), "H": apart(hessian, truth),
                "Hv": apart(product, truth @ torch.tensor(direction))}

    def destroy(self):
        library.critpt_landscape_destroy(self.landscape)
        library.critpt_model_destroy(self.model)


def random_case(case):
    random = numpy.random.default_rng(case)
    layers = [(int(random.integers(2, 6)), SMOOTH[(case + l) % len(SMOOTH)],
               int(random.integers(0, 2))) for l in range(1 + case % 4)]
    network = Network(int(random.integers(2, 5)), layers, int(random.integers(20, 300)), case)
    P = network.n_weights
    n = max(1, P // int(random.integers(2, 5)))
    entries = {(int(j), k): 1.0 for k, j in enumerate(random.choice(P, n, replace=False))}
    if case % 3 == 1:  # ties
        entries |= {(j, int(random.integers(n))): -1.0 for j in range(P)
                    if all((j, k) not in entries for k in range(n)) and random.integers(2)}
    if case % 3 == 2:  # anything
        entries |= {(int(random.integers(P)), int(random.integers(n))): float(x)
                    for x in random.standard_normal(2 * P)}
    fewer = Fewer(network, network.weights, n, [(*at, x) for at, x in entries.items()])
    v, origin = random.standard_normal(n) / 2, torch.tensor(network.weights)
    loss = lambda x: network.torch_loss(origin + fewer.matrix @ x)
    report(f"{('chosen', 'tied', 'sparse')[case % 3]}, {n} of {P} weights", fewer.compare(v, loss))
    fewer.destroy()
    network.destroy()


def convolution(channels, length, kernels, width, stride):
    """Conv1d, tanh, a dense layer: the sequence's channels are one after another in the inputs."""
    places = (length - width) // stride + 1
    network = Network(channels * length, [(kernels * places, 1, 1), (2, 0, 1)], 120, 5)
    entries, n_inputs, units = [], channels * length, kernels * places
    n_kernel = kernels * channels * width
    for unit in range(units):
        kernel, place = divmod(unit, places)
        for channel in range(channels):
            for step in range(width):
                row = unit * n_inputs + channel * length + place * stride + step
                entries.append((row, (kernel * channels + channel) * width + step, 1.0))
        entries.append((units * n_inputs + unit, n_kernel + kernel, 1.0))
    dense, first = units * (n_inputs + 1), n_kernel + kernels
    n_dense = network.n_weights - dense
    entries += [(dense + j, first + j, 1.0) for j in range(n_dense)]
    fewer = Fewer(network, numpy.zeros(network.n_weights), first + n_dense, entries)
    convolve, linear = torch.nn.Conv1d(channels, kernels, width, stride), torch.nn.Linear(units, 2)
    names = [(convolve, "weight"), (convolve, "bias"), (linear, "weight"), (linear, "bias")]
    inputs = torch.tensor(network.inputs).reshape(-1, channels, length)

    def loss(x):
        parts, start = [], 0
        for module, name in names:
            parameter = getattr(module, name)
            parts.append(x[start:start + parameter.numel()].reshape(parameter.shape))
            start += parameter.numel()
        hidden = torch.nn.functional.conv1d(inputs, parts[0], parts[1], stride=stride).tanh()
        outputs = hidden.flatten(1) @ parts[2].t() + parts[3]
        return ((outputs - torch.tensor(network.targets)) ** 2).sum() / (2 * len(inputs))

    v = torch.nn.utils.parameters_to_vector(
        [*convolve.parameters(), *linear.parameters()]).detach().numpy().copy()
    outputs = numpy.empty_like(network.targets)
    call("critpt_landscape_outputs", fewer.landscape, None, pointer(v), size(v.size),
         pointer(outputs), size(2))
    errors = {"f": apart(outputs, linear(convolve(inputs).tanh().flatten(1)))}
    report(f"Conv1d({channels}, {kernels}, {width}, {stride}), {v.size} of {network.n_weights} "
           "weights", errors | fewer.compare(v, loss))
    fewer.destroy()
    network.destroy()


torch.manual_seed(4)
for case in range(12):
    random_case(case)
convolution(1, 9, 2, 3, 1)
convolution(2, 10, 3, 4, 1)
convolution(3, 11, 2, 3, 2)
print(f"1..{number}")
