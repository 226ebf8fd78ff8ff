#!/usr/bin/env python3
"""PyTorch in double as oracle: outputs, loss, gradient, J v and J' u of random networks. TAP."""

import ctypes

from library import call, pointer, size
from torch_network import ACTIVATIONS, Network, apart, numpy, torch


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
