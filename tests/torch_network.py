"""Random networks in the library under test and in PyTorch, in double: for the tests that take
PyTorch as oracle."""

import ctypes

from library import call, library, pointer, size, skip_all

try:
    import numpy
    import torch
except ImportError as missing:
    skip_all(f"PyTorch is not here, its comparisons are NOT made: {missing}")

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
