#!/usr/bin/env python3
"""Benchmarks of second derivatives: one line per figure, `name value unit`, medians of rounds.

    hessian.py [LIBRARY] [--smoke | FIGURE...]

LIBRARY, FIGURE and --smoke as in bench.py. The explicit Jacobian's J'J is dsyrk of the BLAS that the library
uses; PyTorch's side is the fastest of torch.autograd.functional.hessian, plain and vectorized, and of
functorch's vmap of Jacobian-vector products of the gradient (forward over reverse) and of its
vector-Jacobian products, by chunks of 16 and 64. Everything runs with one thread, in turns, and times
are the processor's.
"""

import ctypes
import statistics
import sys
import time

from bench import Network, alternate, main, numpy, pointer, report, size, torch

import functorch

CASES = {  # widths, samples
    "20_30_1": ((20, 30, 1), 2000),
    "50_40_1": ((50, 40, 1), 4000),
    "20_30_10": ((20, 30, 10), 2000),
    "100_20_10": ((100, 20, 10), 4000),
    "16_24_16_4": ((16, 24, 16, 4), 2000),
    "6_30_30_30_3": ((6, 30, 30, 30, 3), 4000),
}


# ---- Both sides ----------------------------------------------------------------------------------

def hessian_call(network):
    hessian = numpy.empty((network.n_weights, network.n_weights))
    arguments = (network.landscape, network.workspace, pointer(network.weights),
                 size(network.n_weights), pointer(hessian), size(network.n_weights))
    network.critpt.call("critpt_landscape_hessian", *arguments)
    function = network.critpt.library.critpt_landscape_hessian
    return lambda: function(*arguments), hessian


def product_call(network, directions):
    """The Hessian times rows of directions: a block of them, or one."""
    products = numpy.empty_like(directions)
    P = size(network.n_weights)
    head = (network.landscape, network.workspace, pointer(network.weights), P)
    if len(directions) == 1:
        name, tail = "critpt_landscape_hessian_vector", (pointer(directions), P, pointer(products), P)
    else:
        name = "critpt_landscape_hessian_vectors"
        tail = (size(len(directions)), pointer(directions), P, pointer(products), P)
    network.critpt.call(name, *head, *tail)
    function = getattr(network.critpt.library, name)
    return lambda: function(*head, *tail), products


def dsyrk_call(network):
    """J'J of a full matrix as large as the explicit Jacobian."""
    rows, P = network.n_samples * network.widths[-1], network.n_weights
    jacobian = numpy.random.default_rng(1).standard_normal((rows, P))
    result = numpy.zeros((P, P))
    row_major, upper, transposed = 101, 121, 112
    function = network.critpt.library.cblas_dsyrk
    return lambda: function(row_major, upper, transposed, P, rows, ctypes.c_double(1),
                            pointer(jacobian), P, ctypes.c_double(0), pointer(result), P)


def torch_loss(network):
    """The loss as a function of the vector of weights."""
    inputs, targets = torch.tensor(network.inputs), torch.tensor(network.targets)

    def loss(weights):
        values, start = inputs, 0
        for layer, (width, units) in enumerate(zip(network.widths, network.widths[1:]), 2):
            stop = start + units * width
            values = torch.addmm(weights[stop:stop + units], values,
                                 weights[start:stop].view(units, width).t())
            values = values.tanh() if layer < len(network.widths) else values
            start = stop + units
        return ((values - targets) ** 2).sum() / (2 * network.n_samples)

    return loss


def torch_hessians(network):
    loss, weights = torch_loss(network), torch.tensor(network.weights)
    identity, P = torch.eye(network.n_weights, dtype=torch.float64), network.n_weights
    gradient = functorch.grad(loss)

    def forward_over_reverse(chunk):
        product = functorch.vmap(lambda v: functorch.jvp(gradient, (weights,), (v,))[1])
        return torch.cat([product(identity[i:i + chunk]) for i in range(0, P, chunk)])

    def reverse_over_reverse(chunk):
        pull = functorch.vmap(functorch.vjp(gradient, weights)[1])
        return torch.cat([pull(identity[i:i + chunk])[0] for i in range(0, P, chunk)])

    ways = {"functional": lambda: torch.autograd.functional.hessian(loss, weights)}
    if 24 * P * network.n_samples * sum(network.widths) < memory_available():
        ways["vectorized"] = lambda: torch.autograd.functional.hessian(loss, weights,
                                                                       vectorize=True)
    for chunk in (16, 64):
        ways[f"forward{chunk}"] = lambda chunk=chunk: forward_over_reverse(chunk)
        ways[f"reverse{chunk}"] = lambda chunk=chunk: reverse_over_reverse(chunk)
    return ways


def torch_products(network, direction):
    loss, weights = torch_loss(network), torch.tensor(network.weights)
    vector, gradient = torch.tensor(direction), functorch.grad(torch_loss(network))

    def twice():
        leaf = weights.detach().requires_grad_()
        (first,) = torch.autograd.grad(loss(leaf), leaf, create_graph=True)
        return torch.autograd.grad(first, leaf, vector)[0]

    return {"twice": twice,
            "hvp": lambda: torch.autograd.functional.hvp(loss, weights, vector)[1],
            "vhp": lambda: torch.autograd.functional.vhp(loss, weights, vector)[1],
            "jvp": lambda: functorch.jvp(gradient, (weights,), (vector,))[1]}


def memory_available():
    with open("/proc/meminfo", encoding="ascii") as lines:
        return next(1024 * int(line.split()[1]) for line in lines
                    if line.startswith("MemAvailable"))


def require_same(name, ours, theirs):
    error = numpy.linalg.norm(ours - theirs) / numpy.linalg.norm(theirs)
    if not error <= 1e-12:
        sys.exit(f"{name}: differs from PyTorch by {error:.1e}")


# ---- Figures -------------------------------------------------------------------------------------

def hessian(critpt, name, widths, n_samples):
    """The whole Hessian against J'J, then against PyTorch's fastest way."""
    network = Network(critpt, widths, n_samples)
    ours, computed = hessian_call(network)
    medians = alternate({"critpt": ours, "dsyrk": dsyrk_call(network)}, rounds=15)
    report(f"{name}_critpt", 1e3 * medians["critpt"], "ms")
    report(f"{name}_dsyrk", 1e3 * medians["dsyrk"], "ms")
    report(f"{name}_per_dsyrk", medians["critpt"] / medians["dsyrk"], "times")
    seconds = {}
    for way, function in torch_hessians(network).items():
        start = time.process_time()
        require_same(name, computed, function().detach().numpy())
        seconds[way] = time.process_time() - start
    fastest = min(seconds, key=seconds.get)
    function, pairs = torch_hessians(network)[fastest], []
    for _ in range(3):
        pairs.append((elapsed(ours), elapsed(function)))
    theirs = statistics.median(pair[1] for pair in pairs)
    report(f"{name}_pytorch_{fastest}", 1e3 * theirs, "ms")
    report(f"{name}_pytorch_per_critpt", theirs / statistics.median(p[0] for p in pairs), "times")
    network.destroy()


def elapsed(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def product(critpt, name, widths, n_samples):
    """One Hessian-vector product against a gradient and PyTorch's, and a block of 16."""
    network = Network(critpt, widths, n_samples)
    directions = numpy.random.default_rng(3).standard_normal((16, network.n_weights))
    single, computed = product_call(network, directions[:1])
    block, _ = product_call(network, directions)
    theirs = torch_products(network, directions[0])
    for function in theirs.values():
        require_same(name, computed[0], function().detach().numpy())
    medians = alternate({"gradient": network.gradient_call()[0], "single": single, "block": block,
                         **theirs}, rounds=21)
    fastest = min(theirs, key=medians.get)
    report(f"{name}_critpt", 1e3 * medians["single"], "ms")
    report(f"{name}_per_gradient", medians["single"] / medians["gradient"], "times")
    report(f"{name}_per_pytorch_{fastest}", medians["single"] / medians[fastest], "times")
    report(f"{name}_block_per_16", medians["block"] / (16 * medians["single"]), "times")
    network.destroy()


def fewer(critpt, name, widths, n_samples, first_layer):
    """The Hessian by half of the weights, at random, or by those of the upper layers, against the whole."""
    network = Network(critpt, widths, n_samples)
    P, first = network.n_weights, sum((k + 1) * n for k, n in list(zip(widths, widths[1:]))[:first_layer])
    chosen = numpy.arange(first, P, dtype=numpy.uintp)
    if not first_layer:
        chosen = numpy.random.default_rng(4).permutation(chosen)[:P // 2].copy()
    weights, n = network.weights[chosen.astype(int)].copy(), chosen.size
    hessian = numpy.empty((n, n))
    model, landscape, workspace = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    critpt.call("critpt_model_choose_weights", ctypes.byref(model),
                network.model, pointer(network.weights), size(P),
                chosen.ctypes.data_as(ctypes.c_void_p), size(n))
    critpt.call("critpt_landscape_create", ctypes.byref(landscape), model, size(n_samples),
                pointer(network.inputs), size(widths[0]))
    critpt.call("critpt_landscape_set_targets", landscape, pointer(network.targets),
                size(widths[-1]))
    critpt.call("critpt_workspace_create", ctypes.byref(workspace), landscape)
    arguments = (landscape, workspace, pointer(weights), size(n), pointer(hessian), size(n))
    critpt.call("critpt_landscape_hessian", *arguments)
    function = critpt.library.critpt_landscape_hessian
    whole, computed = hessian_call(network)
    require_same(name, hessian, computed[numpy.ix_(chosen, chosen)])
    medians = alternate({"fewer": lambda: function(*arguments), "whole": whole}, rounds=21)
    report(f"{name}_critpt", 1e3 * medians["fewer"], "ms")
    report(f"{name}_per_whole", medians["fewer"] / medians["whole"], "times")
    critpt.library.critpt_workspace_destroy(workspace)
    critpt.library.critpt_landscape_destroy(landscape)
    critpt.library.critpt_model_destroy(model)
    network.destroy()


class CountingAllocator(ctypes.Structure):
    """The library's allocator table, counting what is alive."""

    ALLOCATE = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
    RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
    _fields_ = [("struct_size", ctypes.c_size_t), ("allocate", ALLOCATE), ("release", RELEASE),
                ("user", ctypes.c_void_p)]

    def __init__(self):
        standard = ctypes.CDLL(None)
        standard.malloc.restype = ctypes.c_void_p
        standard.malloc.argtypes = [ctypes.c_size_t]
        standard.free.argtypes = [ctypes.c_void_p]
        self.sizes, self.alive, self.peak = {}, 0, 0

        def allocate(count, _):
            memory = standard.malloc(count)
            self.sizes[memory] = count
            self.alive += count
            self.peak = max(self.peak, self.alive)
            return memory

        def release(memory, _):
            self.alive -= self.sizes.pop(memory)
            standard.free(memory)

        super().__init__(ctypes.sizeof(CountingAllocator), self.ALLOCATE(allocate),
                         self.RELEASE(release), None)


def memory(critpt, name, widths, n_samples=512):
    """What the library allocates beside the Hessian, which is the caller's."""
    allocator = CountingAllocator()
    critpt.call("critpt_set_allocator", ctypes.byref(allocator))
    network = Network(critpt, widths, n_samples)
    allocator.peak = allocator.alive
    before = allocator.alive
    hessian_call(network)
    report(f"{name}_weights", network.n_weights, "weights")
    report(f"{name}_peak", (allocator.peak - before) / 2 ** 20, "MiB")
    network.destroy()
    critpt.call("critpt_set_allocator", None)


def growth(critpt, name, cases):
    """Times of the Hessian along a row of cases, and by what they should be proportional to."""
    for widths, n_samples in cases:
        network = Network(critpt, widths, n_samples)
        ours, _ = hessian_call(network)
        seconds = alternate({"critpt": ours}, rounds=9)["critpt"]
        label = f"{name}_{'_'.join(map(str, widths))}_n{n_samples}"
        report(label, 1e3 * seconds, "ms")
        report(f"{label}_per_n_p2", 1e12 * seconds / n_samples / network.n_weights ** 2, "ps")
        network.destroy()


def figure(function, *arguments):
    return lambda critpt, name: function(critpt, name, *arguments)


FIGURES = {f"hessian_{case}": figure(hessian, *sizes) for case, sizes in CASES.items()}
FIGURES |= {f"product_{case}": figure(product, *sizes) for case, sizes in CASES.items()}
FIGURES |= {
    "fewer_half_20_30_1": figure(fewer, (20, 30, 1), 2000, 0),
    "fewer_half_20_30_10": figure(fewer, (20, 30, 10), 2000, 0),
    "fewer_half_16_24_16_4": figure(fewer, (16, 24, 16, 4), 2000, 0),
    "fewer_upper_20_30_10": figure(fewer, (20, 30, 10), 2000, 1),
    "fewer_upper_16_24_16_4": figure(fewer, (16, 24, 16, 4), 2000, 1),
    "fewer_upper_6_30_30_30_3": figure(fewer, (6, 30, 30, 30, 3), 4000, 2),
    "memory_100_90_10": figure(memory, (100, 90, 10)),
    "memory_70_70_70": figure(memory, (70, 70, 70)),
    "memory_70_70_70_1": figure(memory, (70, 70, 70, 1)),
    "growth_n": figure(growth, [((20, 30, 1), n) for n in (1000, 2000, 4000, 8000, 16000)]),
    "growth_p": figure(growth, [((20, units, 1), 4000) for units in (15, 30, 60, 120)]),
}

SMOKE = {
    "fewer_half_3_4_1": figure(fewer, (3, 4, 1), 50, 0),
    "fewer_upper_3_4_1": figure(fewer, (3, 4, 1), 50, 1),
    "hessian_3_4_1": figure(hessian, (3, 4, 1), 50),
    "product_3_4_1": figure(product, (3, 4, 1), 50),
    "memory_3_4_1": figure(memory, (3, 4, 1), 50),
    "growth_n": figure(growth, [((3, 4, 1), 50)]),
}


if __name__ == "__main__":
    main(sys.argv[1:], FIGURES, SMOKE)
