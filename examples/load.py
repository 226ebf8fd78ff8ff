#!/usr/bin/env python3
"""Loads a landscape file into PyTorch and confirms by autograd that its points are critical.

usage: load.py FILE.h5"""
import sys

import h5py
import torch

ACTIVATIONS = {"identity": torch.nn.Identity, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid,
               "silu": torch.nn.SiLU, "gelu": torch.nn.GELU, "relu": torch.nn.ReLU,
               "leaky_relu": torch.nn.LeakyReLU, "elu": torch.nn.ELU}

with h5py.File(sys.argv[1]) as file:
    inputs, targets = torch.tensor(file["inputs"][:]), torch.tensor(file["targets"][:])
    points = torch.tensor(file["points/weights"][:])
    units = file["points/gradient_norm"][:] / file["points/gradient_scaled"][:]  # of rounding
    widths, bias = file["model/widths"][:].tolist(), file["model/bias"][:]
    names = file["model/activations"].asstr()[:]
    free = file["points/nature_requested"].asstr()[:] == "free"  # need not be critical

layers = []
for l, name in enumerate(names):
    layers.append(torch.nn.Linear(widths[l], widths[l + 1], bias=bool(bias[l]), dtype=torch.double))
    layers.append(ACTIVATIONS[name]())
net = torch.nn.Sequential(*layers)

wrong = 0
for k, point in enumerate(points):
    torch.nn.utils.vector_to_parameters(point, net.parameters())
    net.zero_grad()
    loss = ((net(inputs) - targets) ** 2).sum() / (2 * len(inputs))  # D/2 times MSELoss
    loss.backward()
    gradient = torch.cat([p.grad.flatten() for p in net.parameters()]).norm().item()
    wrong += not (free[k] or gradient <= 2 * units[k])
    print(f"point {k}: loss {loss.item():.6f}, |gradient| {gradient:.1e} = {gradient / units[k]:.2g} rounding units")
sys.exit(wrong > 0)
