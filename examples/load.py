#!/usr/bin/env python3
"""Loads a landscape file into PyTorch and confirms by autograd that its points are critical.

usage: load.py FILE.h5"""
import sys

import h5py
import torch


class Function(torch.nn.Module):
    """A function as a layer."""

    def __init__(self, forward):
        super().__init__()
        self.forward = forward


ACTIVATIONS = {  # of the layer's parameter, which two of them have
    "identity": lambda a: torch.nn.Identity(), "tanh": lambda a: torch.nn.Tanh(),
    "sigmoid": lambda a: torch.nn.Sigmoid(), "silu": lambda a: torch.nn.SiLU(),
    # linear from where log(1 + exp z) is z to rounding; PyTorch's own threshold, 20, is too low
    "softplus": lambda a: torch.nn.Softplus(threshold=40),
    "gelu": lambda a: torch.nn.GELU(), "sin": lambda a: Function(torch.sin),
    "gaussian": lambda a: Function(lambda z: torch.exp(-z * z)),
    "square": lambda a: Function(torch.square), "elu": torch.nn.ELU,
    "relu": lambda a: torch.nn.ReLU(), "leaky_relu": torch.nn.LeakyReLU}


def network(widths, names, bias, parameters):
    layers = []
    for l, name in enumerate(names):
        layers.append(torch.nn.Linear(widths[l], widths[l + 1], bias=bool(bias[l]), dtype=torch.double))
        layers.append(ACTIVATIONS[name](parameters[l]))
    return torch.nn.Sequential(*layers)


def refuse(file, path):
    """What is there of a landscape whose model is not a network, and not in the file."""
    model = file["model"].attrs
    print(f"{path} is of the {model['kind']} model {model.get('name', 'without a name')}, which is not in "
          f"the file: {len(file['points/weights'])} points of {model['n_parameters']} weights, "
          f"{len(file['inputs'])} samples.\nWrite its outputs f(inputs, weights) in PyTorch; at the points, "
          "on the samples\nmodel/samples, they are model/outputs.")
    return 2


def main(path):
    with h5py.File(path) as file:
        if file["model"].attrs["kind"] != "mlp":
            return refuse(file, path)
        inputs, targets = torch.tensor(file["inputs"][:]), torch.tensor(file["targets"][:])
        points = torch.tensor(file["points/weights"][:])
        units = file["points/gradient_norm"][:] / file["points/gradient_scaled"][:]  # of rounding
        net = network(file["model/widths"][:].tolist(), file["model/activations"].asstr()[:],
                      file["model/bias"][:], file["model/activation_parameters"][:].tolist())
        free = file["points/nature_requested"].asstr()[:] == "free"  # need not be critical
        n, d = targets.shape
        s = torch.tensor(file["sample_weights"][:]) if "sample_weights" in file else torch.ones(n)
        metric = torch.tensor(file["output_metric"][:]) if "output_metric" in file else torch.eye(d).double()
        penalty = torch.tensor(file["penalty"][:]) if "penalty" in file else torch.zeros(points.shape[1])
        centre = torch.tensor(file["penalty_centre"][:]) if "penalty_centre" in file else 0

    wrong = 0
    for k, point in enumerate(points):
        torch.nn.utils.vector_to_parameters(point, net.parameters())
        net.zero_grad()
        residual = net(inputs) - targets
        loss = (s * (residual @ metric * residual).sum(1)).sum() / (2 * n)  # D/2 times MSELoss
        away = torch.nn.utils.parameters_to_vector(net.parameters()) - centre
        loss = loss + (penalty * away * away).sum() / 2
        loss.backward()
        gradient = torch.cat([p.grad.flatten() for p in net.parameters()]).norm().item()
        wrong += not (free[k] or gradient <= 2 * units[k])
        print(f"point {k}: loss {loss.item():.6f}, |gradient| {gradient:.1e} = {gradient / units[k]:.2g} rounding units")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
