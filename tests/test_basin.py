#!/usr/bin/env python3
"""Basins measured a second time with NumPy and SciPy: derivatives, subproblem and descent are written
from the definition on critpt_landscape_basin's page. TAP."""

import ctypes

from library import call, library, pointer, size, skip_all

try:
    import numpy
    from scipy.optimize import brentq
except ImportError as missing:
    skip_all(f"SciPy is not here, its comparisons are NOT made: {missing}")

for name in ("critpt_basin_radius", "critpt_basin_share"):
    getattr(library, name).restype = ctypes.c_double
library.critpt_basin_n_tried.restype = ctypes.c_size_t
library.critpt_basin_reason.restype = ctypes.c_char_p


class Network:
    """d - h - D, tanh and a linear end, with biases; a planted minimum."""

    def __init__(self, d, h, D, n_samples, scale, margin, seed):
        random = numpy.random.default_rng(seed)
        self.d, self.h, self.D, self.n = d, h, D, n_samples
        self.P = h * (d + 1) + D * (h + 1)
        self.x = random.standard_normal((n_samples, d))
        self.w = random.standard_normal(self.P) * scale
        self.y = numpy.empty((n_samples, D))
        model, plan = ctypes.c_void_p(), ctypes.c_void_p()
        self.landscape = ctypes.c_void_p()
        call("critpt_mlp_create", ctypes.byref(model), size(d))
        call("critpt_mlp_add_layer", model, size(h), 1, 1)
        call("critpt_mlp_add_layer", model, size(D), 0, 1)
        call("critpt_landscape_create", ctypes.byref(self.landscape), model, size(n_samples),
             pointer(self.x), size(d))
        call("critpt_plan_create", ctypes.byref(plan), self.landscape)
        call("critpt_plan_add_point", plan, pointer(self.w), size(self.P), None)
        call("critpt_plan_require_minimum", plan, size(0), ctypes.c_double(margin), None)
        call("critpt_plan_solve", plan, None)
        call("critpt_landscape_targets", self.landscape, pointer(self.y), size(D))
        library.critpt_plan_destroy(plan)

    def parts(self, w):
        h, d, D = self.h, self.d, self.D
        first = h * d
        return (w[:first].reshape(h, d), w[first:first + h],
                w[first + h:first + h + D * h].reshape(D, h), w[first + h + D * h:])

    def outputs(self, w):
        A, a, B, b = self.parts(w)
        return numpy.tanh(self.x @ A.T + a) @ B.T + b

    def derivatives(self, w):
        """Gradient and Hessian, from the Jacobian and the second derivatives of each output."""
        A, a, B, _ = self.parts(w)
        h, d, D, n = self.h, self.d, self.D, self.n
        t = numpy.tanh(self.x @ A.T + a)
        slope, bend = 1 - t * t, -2 * t * (1 - t * t)
        J = numpy.zeros((n, D, self.P))
        bias, out, end = h * d, h * d + h, h * d + h + D * h
        for o in range(D):
            delta = B[o] * slope
            J[:, o, :bias] = (delta[:, :, None] * self.x[:, None, :]).reshape(n, -1)
            J[:, o, bias:out] = delta
            J[:, o, out + o * h:out + (o + 1) * h] = t
            J[:, o, end + o] = 1
        r = (t @ B.T + w[end:] - self.y) / n
        H = numpy.einsum("iop,ioq->pq", J, J) / n
        xb = numpy.hstack([self.x, numpy.ones((n, 1))])
        places = [[u * d + j for j in range(d)] + [bias + u] for u in range(h)]
        for u, at in enumerate(places):
            own = (xb * ((r @ B[:, u]) * bend[:, u])[:, None]).T @ xb
            H[numpy.ix_(at, at)] += own
            for o in range(D):
                mixed = xb.T @ (r[:, o] * slope[:, u])
                H[at, out + o * h + u] += mixed
                H[out + o * h + u, at] += mixed
        return numpy.einsum("iop,io->p", J, r), H

    def difference(self, f, g):
        """L(f) - L(g)"""
        return ((f - g) * (f + g - 2 * self.y)).sum() / (2 * self.n)


def least_in_ball(values, slopes, radius):
    """The least value of slopes s + values s^2 / 2 for |s| <= radius: how low, and where."""
    step = lambda shift: -slopes / (values + shift)
    if values[0] > 0 and numpy.linalg.norm(step(0)) <= radius:
        s = step(0)
    else:
        low = max(0, -values[0])
        more = brentq(lambda t: 1 / radius - 1 / numpy.linalg.norm(-slopes / (values + low + t)),
                      1e-300, numpy.linalg.norm(slopes) / radius * 2 + 1e-300, xtol=1e-300,
                      maxiter=1000)
        s = -slopes / (values + low + more)
    return -(slopes * s + values * s * s / 2).sum(), s


def returns(net, start, radius, least):
    w, room = start, radius / 8
    f, at_minimum = net.outputs(w), net.outputs(net.w)
    for _ in range(500):
        gradient, H = net.derivatives(w)
        values, vectors = numpy.linalg.eigh(H)
        slopes = vectors.T @ gradient
        if least_in_ball(values, slopes, radius / 8)[0] <= least * (radius * 1e-4) ** 2 / 2:
            return numpy.linalg.norm(w - net.w) <= radius / 1000
        while True:
            predicted, s = least_in_ball(values, slopes, room)
            trial = w + vectors @ s
            f_trial = net.outputs(trial)
            decrease = -net.difference(f_trial, f)
            if decrease < predicted / 4:
                room /= 4
            elif decrease > predicted * 3 / 4:
                room = min(2 * room, radius / 8)
            if decrease > 0:
                w, f = trial, f_trial
                break
            if room < 1e-7 * radius:
                return numpy.linalg.norm(w - net.w) <= radius / 1000
        if net.difference(f, at_minimum) < -1e-9 * abs((net.y ** 2).mean()):
            return False
    return False


def directions(P):
    u = numpy.empty(32 * P)
    call("critpt_random_normal", ctypes.c_uint64(0), ctypes.c_uint64(4), ctypes.c_uint64(0),
         pointer(u), size(32 * P))
    u = u.reshape(32, P)
    return u / numpy.linalg.norm(u, axis=1)[:, None]


def compare(number, net):
    basin = ctypes.c_void_p()
    call("critpt_landscape_basin", ctypes.byref(basin), net.landscape, pointer(net.w), size(net.P),
         size(0), None)
    reason = library.critpt_basin_reason(basin)
    tried = library.critpt_basin_n_tried(basin)
    least = numpy.linalg.eigvalsh(net.derivatives(net.w)[1])[0]
    apart, found = [], []
    for i in range(tried):
        radius, starts, back = ctypes.c_double(), ctypes.c_size_t(), ctypes.c_size_t()
        call("critpt_basin_tried", basin, size(i), ctypes.byref(radius), ctypes.byref(starts),
             ctypes.byref(back))
        ours = sum(bool(returns(net, net.w + radius.value * u, radius.value, least))
                   for u in directions(net.P)[:starts.value])
        found.append(f"{back.value}/{starts.value}")
        if abs(ours - back.value) > 1:
            apart.append(f"radius {radius.value:g}: {back.value} of {starts.value}, here {ours}")
    good = not reason and not apart and least > 0 and tried > 0
    print(f"{'ok' if good else 'not ok'} {number} - {net.d}-{net.h}-{net.D}, {net.n} samples")
    print(f"# radius {library.critpt_basin_radius(basin):.3g} of |w| "
          f"{numpy.linalg.norm(net.w):.3g}, least eigenvalue {least:.2g}: {' '.join(found)} "
          f"{(reason or b'').decode()}")
    for line in apart:
        print(f"# {line}")
    library.critpt_basin_destroy(basin)


cases = [(2, 2, 1, 60, 1, 0.1, 1), (2, 3, 1, 80, 1.5, 0.03, 2), (1, 2, 2, 40, 1, 0.1, 3),
         (3, 2, 2, 60, 1, 0.01, 4)]
print(f"1..{len(cases)}")
for i, case in enumerate(cases, 1):
    compare(i, Network(*case))
