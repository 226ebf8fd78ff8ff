#!/usr/bin/env python3
"""PyTorch in double as oracle: Hessians and their products, every smooth activation. TAP."""

from library import call, pointer, size
from torch_network import ACTIVATIONS, Network, apart, numpy, torch

SMOOTH = [index for index, (name, _) in enumerate(ACTIVATIONS)
          if name not in ("elu", "relu", "leaky_relu")]


def compare(network, random):
    """Relative differences of the whole Hessian and of its products with one and 18 vectors."""
    weights, n = torch.tensor(network.weights), network.n_weights
    hessian = torch.autograd.functional.hessian(network.torch_loss, weights)
    directions = random.standard_normal((18, n))
    products = numpy.empty_like(directions)
    call("critpt_landscape_hessian_vectors", network.landscape, None, pointer(network.weights),
         size(n), size(18), pointer(directions), size(n), pointer(products), size(n))
    return {
        "H": apart(network.evaluate("critpt_landscape_hessian", numpy.empty((n, n))), hessian),
        "Hv": apart(network.evaluate("critpt_landscape_hessian_vector", numpy.empty(n),
                                     pointer(directions[0]), size(n)),
                    hessian @ torch.tensor(directions[0])),
        "HV": apart(products, torch.tensor(directions) @ hessian),
    }


def cases():
    """Ten networks of 1 to 5 layers; the smooth activations take turns, each in several places."""
    random = numpy.random.default_rng(2)
    turn = 0
    for case in range(10):
        layers = []
        for _ in range(1 + case % 5):
            layers.append((int(random.integers(1, 9)), SMOOTH[turn % len(SMOOTH)],
                           int(random.integers(0, 2))))
            turn += 1
        if case % 2:
            layers[-1] = (layers[-1][0], 0, layers[-1][2])
        name = "-".join(f"{width}{ACTIVATIONS[a][0]}{'+b' if b else ''}" for width, a, b in layers)
        yield name, (int(random.integers(1, 8)), layers, int(random.integers(20, 400)))


number = 0
for name, (n_inputs, layers, n_samples) in cases():
    number += 1
    network = Network(n_inputs, layers, n_samples, number)
    errors = compare(network, numpy.random.default_rng(number))
    network.destroy()
    worst = max(errors, key=lambda what: errors[what] if errors[what] == errors[what] else 1e300)
    good = all(error <= 1e-12 for error in errors.values())
    print(f"{'ok' if good else 'not ok'} {number} - {n_inputs}-{name}: {worst} apart "
          f"{errors[worst]:.1e}")
print(f"1..{number}")
