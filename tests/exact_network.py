"""Layered networks in 40 digits: outputs, Jacobian, gradient and Hessian of the loss by loops over
samples that share nothing with the library. For the tests that take mpmath as oracle."""

from library import skip_all

try:
    import mpmath as mp
except ImportError as missing:
    skip_all(f"mpmath is not here, its comparisons are NOT made: {missing}")

mp.mp.dps = 40
ZERO, ONE = mp.mpf(0), mp.mpf(1)


def sigmoid(z):
    value = 1 / (1 + mp.exp(-z))
    slope = value / (1 + mp.exp(z))
    return value, slope, -slope * mp.tanh(z / 2)


def tanh(z):
    value, slope = mp.tanh(z), 1 / mp.cosh(z) ** 2
    return value, slope, -2 * value * slope


def softplus(z):
    value, slope, _ = sigmoid(z)
    return max(z, ZERO) + mp.log1p(mp.exp(-abs(z))), value, slope


def silu(z):
    value, slope, second = sigmoid(z)
    return z * value, value + z * slope, 2 * slope + z * second


def gelu(z):
    value, density = mp.erfc(-z / mp.sqrt(2)) / 2, mp.npdf(z)
    return z * value, value + z * density, (2 - z * z) * density


def gaussian(z):
    value = mp.exp(-z * z)
    return value, -2 * z * value, (4 * z * z - 2) * value


def elu(z):
    return (z, ONE, ZERO) if z > 0 else (mp.expm1(z), mp.exp(z), mp.exp(z))


# act, act' and act'' in the order of critpt_activation
ACTIVATIONS = [
    lambda z: (z, ONE, ZERO), tanh, sigmoid, softplus, silu, gelu,
    lambda z: (mp.sin(z), mp.cos(z), -mp.sin(z)), gaussian, lambda z: (z * z, 2 * z, mp.mpf(2)),
    elu, lambda z: (z, ONE, ZERO) if z > 0 else (ZERO, ZERO, ZERO),
    lambda z: (z, ONE, ZERO) if z > 0 else (mp.mpf(0.01) * z, mp.mpf(0.01), ZERO)]


def offsets(n_inputs, layers):
    """(first weight, first bias, inputs) of every layer (width, activation, bias)."""
    places, start = [], 0
    for width, _, bias in layers:
        places.append((start, start + width * n_inputs, n_inputs))
        start += width * n_inputs + (width if bias else 0)
        n_inputs = width
    return places, start


class Sample:
    """One sample's forward pass, with the derivatives of every unit by the weights (dicts)."""

    def __init__(self, n_inputs, layers, weights, inputs):
        self.layers, self.weights = layers, weights
        self.places, _ = offsets(n_inputs, layers)
        values, slopes = [mp.mpf(float(x)) for x in inputs], [{}] * n_inputs
        self.inputs, self.units = [], []
        for (width, activation, bias), (first, biases, k) in zip(layers, self.places):
            self.inputs.append((values, slopes))
            units = []
            for p in range(width):
                z, dz = weights[biases + p] if bias else ZERO, {biases + p: ONE} if bias else {}
                for r in range(k):
                    w = weights[first + p * k + r]
                    z += w * values[r]
                    dz[first + p * k + r] = dz.get(first + p * k + r, ZERO) + values[r]
                    for weight, entry in slopes[r].items():
                        dz[weight] = dz.get(weight, ZERO) + w * entry
                units.append((dz,) + ACTIVATIONS[activation](z))
            self.units.append(units)
            values = [unit[1] for unit in units]
            slopes = [{weight: unit[2] * entry for weight, entry in unit[0].items()}
                      for unit in units]
        self.outputs, self.jacobian = values, slopes

    def add_curvature(self, cotangent, hessian):
        """hessian += sum over outputs of cotangent times the output's Hessian."""
        e = cotangent
        for layer in reversed(range(len(self.layers))):
            first, _, k = self.places[layer]
            delta = [e[p] * unit[2] for p, unit in enumerate(self.units[layer])]
            for p, unit in enumerate(self.units[layer]):
                factor = e[p] * unit[3]
                for a, x in unit[0].items() if factor else ():
                    for b, y in unit[0].items():
                        hessian[a, b] += factor * x * y
                for r in range(k):
                    for b, y in self.inputs[layer][1][r].items():
                        hessian[first + p * k + r, b] += delta[p] * y
                        hessian[b, first + p * k + r] += delta[p] * y
            e = [sum(self.weights[first + p * k + r] * d for p, d in enumerate(delta))
                 for r in range(k)]


def loss_derivatives(n_inputs, layers, weights, inputs, targets):
    """Gradient (a list) and Hessian (a matrix) of the loss."""
    weights = [mp.mpf(float(w)) for w in weights]
    gradient, hessian = [ZERO] * len(weights), mp.zeros(len(weights))
    for x, y in zip(inputs, targets):
        sample = Sample(n_inputs, layers, weights, x)
        residual = [f - mp.mpf(float(t)) for f, t in zip(sample.outputs, y)]
        for r, row in zip(residual, sample.jacobian):
            for a, x_a in row.items():
                gradient[a] += r * x_a
                for b, x_b in row.items():
                    hessian[a, b] += x_a * x_b
        sample.add_curvature(residual, hessian)
    return [g / len(inputs) for g in gradient], hessian / len(inputs)
