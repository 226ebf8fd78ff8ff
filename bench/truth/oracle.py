"""The truth about a landscape, from its inputs, targets, weights and model alone.

It shares nothing with the library: plain NumPy in one of two arithmetics. LONG is long double, which
is fast. EXACT works with 50 digits (gmpy2 where it is installed, mpmath otherwise) on arrays of
objects; it decides where long double cannot tell. The loss of N samples with outputs f is

    L(w) = 1/(2N) sum_i s_i (f_i - y_i)' M (f_i - y_i) + 1/2 (w - c)' Lambda (w - c)

with a diagonal penalty Lambda, 0 where none is set, and weights stand layer by layer: the matrix
(units x inputs, row-major), then the bias. Where there are fewer, v, the network's are w = w0 + B v,
and v has the penalty."""

from dataclasses import dataclass

import mpmath
import numpy

DIGITS = 50
mpmath.mp.dps = DIGITS
EPSILON = 2.0 ** -52
# derivatives of activations below 1e-300 may be 0 in double
UNDERFLOW = 1e-250

try:
    import gmpy2
    gmpy2.get_context().precision = int(DIGITS * 3.3219281) + 4
    exact_number, exact_functions = gmpy2.mpfr, gmpy2
except ImportError:
    exact_number, exact_functions = mpmath.mpf, mpmath


# ---- Arithmetics -------------------------------------------------------------------------------

class Exact:
    """Arrays of numbers with 50 digits."""
    name, epsilon = "50 digits", 10.0 ** (2 - DIGITS)

    @staticmethod
    def array(values):
        values = numpy.asarray(values)
        if values.dtype == object:
            return values
        result = numpy.empty(values.shape, dtype=object)
        for index, value in numpy.ndenumerate(values):
            result[index] = exact_number(float(value))
        return result

    @staticmethod
    def zeros(shape):
        return numpy.full(shape, exact_number(0), dtype=object)

    @staticmethod
    def apply(name, values):
        return numpy.frompyfunc(getattr(exact_functions, name), 1, 1)(values)

    @staticmethod
    def erfc(values):
        return Exact.apply("erfc", values)


class Long:
    """Arrays of long double."""
    name, epsilon = "long double", float(numpy.finfo(numpy.longdouble).eps)

    @staticmethod
    def array(values):
        values = numpy.asarray(values)  # of objects too
        return to_long(values) if values.dtype == object else values.astype(numpy.longdouble)

    @staticmethod
    def zeros(shape):
        return numpy.zeros(shape, dtype=numpy.longdouble)

    @staticmethod
    def apply(name, values):
        return getattr(numpy, name)(values)

    @staticmethod
    def erfc(values):
        return to_long(Exact.erfc(exact_of_long(values)))


def to_long(values):
    high = to_float(values)
    low = to_float(values - high)  # exact: the rest below double precision
    return high.astype(numpy.longdouble) + low.astype(numpy.longdouble)


def exact_of_long(values):
    high = to_float(values)
    low = to_float(values - high)
    return Exact.array(high) + Exact.array(low)


def to_float(values):
    return numpy.asarray(values).astype(float)


# ---- Activations -------------------------------------------------------------------------------

def sigmoid(z, ar):
    """By the exponential of -|z|, which neither overflows nor cancels."""
    small = ar.apply("exp", -abs(z))
    return numpy.where(z >= 0, 1 / (1 + small), small / (1 + small))


def pi_in(ar):
    return Exact.array(numpy.array([0.0]))[0] + exact_number(str(mpmath.mp.pi)) if ar is Exact \
        else to_long(numpy.array([exact_number(str(mpmath.mp.pi))], dtype=object))[0]


def activate(name, z, ar):
    """act, act' and act'' at z."""
    one, zero = z * 0 + 1, z * 0
    if name == "identity":
        return z, one, zero
    if name == "tanh":
        t = ar.apply("tanh", z)
        small = ar.apply("exp", -2 * abs(z))
        slope = 4 * small / ((1 + small) * (1 + small))  # 1 - t^2 without cancellation
        return t, slope, -2 * t * slope
    if name in ("sigmoid", "softplus", "silu"):
        s, c = sigmoid(z, ar), sigmoid(-z, ar)
        slope = s * c
        curve = slope * (c - s)
        if name == "sigmoid":
            return s, slope, curve
        if name == "softplus":
            return numpy.where(z > 0, z, zero) + ar.apply("log1p", ar.apply("exp", -abs(z))), s, slope
        return z * s, s + z * slope, 2 * slope + z * curve
    if name == "gelu":
        pi = pi_in(ar)
        density = ar.apply("exp", -z * z / 2) / ar.apply("sqrt", one * 2 * pi)
        phi = ar.erfc(-z / ar.apply("sqrt", one * 2)) / 2
        return z * phi, phi + z * density, (2 - z * z) * density
    if name == "sin":
        return ar.apply("sin", z), ar.apply("cos", z), -ar.apply("sin", z)
    if name == "gaussian":
        g = ar.apply("exp", -z * z)
        return g, -2 * z * g, (4 * z * z - 2) * g
    if name == "square":
        return z * z, 2 * z, 2 * one
    above = z > 0
    if name == "elu":
        small = ar.apply("exp", -abs(z))
        return (numpy.where(above, z, ar.apply("expm1", -abs(z))), numpy.where(above, one, small),
                numpy.where(above, zero, small))
    if name == "relu":
        return numpy.where(above, z, zero), numpy.where(above, one, zero), zero
    if name == "leaky_relu":
        slope = numpy.where(above, one, one * 0 + ar.array(numpy.array([0.01]))[0])
        return z * slope, slope, zero
    raise ValueError(f"no activation {name}")


KINKED = ("elu", "relu", "leaky_relu")


# ---- The problem -------------------------------------------------------------------------------

@dataclass
class Problem:
    """A network on samples, in double as a file holds it."""
    widths: list
    activations: list
    bias: list
    inputs: numpy.ndarray
    targets: numpy.ndarray
    sample_weights: numpy.ndarray = None
    metric: numpy.ndarray = None
    penalty: numpy.ndarray = None  # the diagonal of Lambda
    centre: numpy.ndarray = None
    origin: numpy.ndarray = None  # w0 and B, where there are fewer weights than the network's
    basis: numpy.ndarray = None

    def __post_init__(self):
        n, outputs = len(self.inputs), self.widths[-1]
        if self.sample_weights is None:
            self.sample_weights = numpy.ones(n)
        if self.metric is None:
            self.metric = numpy.eye(outputs)
        if self.penalty is None:
            self.penalty = numpy.zeros(self.n_weights)
        if self.centre is None:
            self.centre = numpy.zeros(self.n_weights)

    @property
    def n_weights(self):
        return self.offsets()[-1] if self.basis is None else self.basis.shape[1]

    def offsets(self):
        """Where each layer's weights begin in the network; at last their number."""
        at = [0]
        for l, units in enumerate(self.widths[1:]):
            at.append(at[-1] + units * (self.widths[l] + self.bias[l]))
        return at

    def layers(self, weights, direction=False):
        """Matrix and bias (or None) of each layer, or what a direction of the weights makes of them."""
        result, at = [], self.offsets()
        if self.basis is not None:
            weights = self.basis @ weights + (0 if direction else self.origin)
        for l, units in enumerate(self.widths[1:]):
            end = at[l] + units * self.widths[l]
            matrix = weights[at[l]:end].reshape(units, self.widths[l])
            result.append((matrix, weights[end:at[l + 1]] if self.bias[l] else None))
        return result

    def derivatives(self, J, S):
        """J and S of the weights from those of the network's."""
        if self.basis is None:
            return J, S
        return J @ self.basis, None if S is None else self.basis.T @ S @ self.basis

    def changed(self, **what):
        return Problem(**{**self.__dict__, **what})


def forward(problem, weights, ar):
    """Of every layer: what comes in, z, act, act', act''."""
    a, tape = ar.array(problem.inputs), []
    for (matrix, bias), name in zip(problem.layers(ar.array(weights)), problem.activations):
        z = a @ matrix.T
        if bias is not None:
            z = z + bias
        act, slope, curve = activate(name, z, ar)
        tape.append((a, z, act, slope, curve))
        a = act
    return tape


def outputs(problem, weights, ar=Long):
    return forward(problem, weights, ar)[-1][2]


def cotangent(problem, residual, ar):
    """Mn r: s_i / N M r_i."""
    scale = ar.array(problem.sample_weights)[:, None] / len(problem.inputs)
    return scale * (residual @ ar.array(problem.metric))


def penalty_at(problem, weights, ar=Long):
    """1/2 (w - c)' Lambda (w - c) and its gradient."""
    away = ar.array(weights) - ar.array(problem.centre)
    slope = ar.array(problem.penalty) * away
    return (away * slope).sum() / 2, slope


@dataclass
class Values:
    """Everything of one point; G = J' Mn J + Lambda and S = S(Mn r), so that the Hessian is G + S."""
    loss: object
    gradient: numpy.ndarray
    G: numpy.ndarray
    S: numpy.ndarray
    jacobian: numpy.ndarray  # N x D x P
    residual: numpy.ndarray

    @property
    def hessian(self):
        return self.G + self.S


def back_propagate(problem, weights, tape, u, ar):
    """Of every layer: e (cotangents of act) and delta (of z)."""
    e, result = u, []
    for (matrix, _), (_, _, _, slope, _) in zip(problem.layers(ar.array(weights))[::-1], tape[::-1]):
        delta = e * slope
        result.append((e, delta))
        e = delta @ matrix
    return result[::-1]


def first_and_second(problem, weights, tape, u, ar, second=True):
    """J (N x D x P), and S(u) = sum_i u_i Hess f_i, by forward tangents of all weights."""
    at, n = problem.offsets(), len(problem.inputs)
    P = at[-1]
    S = ar.zeros((P, P)) if second else None
    before = ar.zeros((n, problem.widths[0], 0))  # d a / d (weights of the layers so far)
    sweeps = back_propagate(problem, weights, tape, u, ar) if second else None
    for l, (matrix, bias) in enumerate(problem.layers(ar.array(weights))):
        a, _, _, slope, curve = tape[l]
        units, known = problem.widths[l + 1], at[l]
        after = ar.zeros((n, units, at[l + 1]))
        for p in range(units):
            own = numpy.arange(at[l] + p * problem.widths[l], at[l] + (p + 1) * problem.widths[l])
            columns, tangent = numpy.concatenate([numpy.arange(known), own]), a
            if known:
                carried = before[:, 0, :] * matrix[p, 0]
                for r in range(1, problem.widths[l]):
                    carried = carried + before[:, r, :] * matrix[p, r]
                tangent = numpy.concatenate([carried, a], axis=1)
            if bias is not None:
                columns = numpy.append(columns, at[l] + units * problem.widths[l] + p)
                tangent = numpy.concatenate([tangent, a[:, :1] * 0 + 1], axis=1)
            after[:, p, columns] = slope[:, p, None] * tangent
            if not second:
                continue
            e, delta = sweeps[l]
            S[numpy.ix_(columns, columns)] += tangent.T @ ((e[:, p] * curve[:, p])[:, None] * tangent)
            for r in range(problem.widths[l] if known else 0):
                mixed = delta[:, p] @ before[:, r, :]
                S[own[r], :known] += mixed
                S[:known, own[r]] += mixed
        before = after
    return problem.derivatives(before, S)


def gauss_newton(problem, jacobian, ar):
    """J' Mn J"""
    n, D, P = jacobian.shape
    metric, total = ar.array(problem.metric), ar.zeros((P, P))
    scale = ar.array(problem.sample_weights)[:, None] / n
    for o in range(D):
        for q in range(D):
            if problem.metric[o, q] != 0:
                total = total + metric[o, q] * (jacobian[:, o, :].T @ (scale * jacobian[:, q, :]))
    return total


def evaluate(problem, weights, ar=Long, second=True):
    tape = forward(problem, weights, ar)
    residual = tape[-1][2] - ar.array(problem.targets)
    u = cotangent(problem, residual, ar)
    jacobian, S = first_and_second(problem, weights, tape, u, ar, second)
    n, D, P = jacobian.shape
    penalty, slope = penalty_at(problem, weights, ar)
    gradient = u.reshape(-1) @ jacobian.reshape(n * D, P) + slope
    loss = (residual * u).sum() / 2 + penalty
    G = gauss_newton(problem, jacobian, ar) + numpy.diag(ar.array(problem.penalty)) if second else None
    return Values(loss, gradient, G, S, jacobian, residual)


def loss_at(problem, weights, ar=Long):
    residual = outputs(problem, weights, ar) - ar.array(problem.targets)
    return (residual * cotangent(problem, residual, ar)).sum() / 2 + penalty_at(problem, weights, ar)[0]


def second_directional(problem, weights, v, w, ar=Long):
    """D2f[v, w], N x D: the second derivative of the outputs along v and w."""
    tape = forward(problem, weights, ar)
    layers = problem.layers(ar.array(weights))
    along = [problem.layers(ar.array(x), direction=True) for x in (v, w)]
    n = len(problem.inputs)
    da = [ar.zeros((n, problem.widths[0])) for _ in along]
    dda = ar.zeros((n, problem.widths[0]))
    for l, (matrix, _) in enumerate(layers):
        a, _, _, slope, curve = tape[l]
        dz = []
        for d in range(2):
            change, shift = along[d][l]
            dz.append(da[d] @ matrix.T + a @ change.T + (shift if shift is not None else 0))
        ddz = dda @ matrix.T + da[0] @ along[1][l][0].T + da[1] @ along[0][l][0].T
        da = [slope * dz[0], slope * dz[1]]
        dda = slope * ddz + curve * dz[0] * dz[1]
    return dda


# ---- Spectra -----------------------------------------------------------------------------------

def norm(values):
    """The Euclidean norm, as a double."""
    values = to_float(values).reshape(-1)
    largest = abs(values).max() if values.size else 0.0
    return 0.0 if largest == 0 else float(largest * numpy.sqrt(((values / largest) ** 2).sum()))


def orthonormal(V, ar):
    """The orthonormal basis nearest to an almost orthonormal one (Newton and Schulz)."""
    identity = ar.array(numpy.eye(V.shape[1]))
    for _ in range(6):
        defect = V.T @ V - identity
        if norm(defect) <= 8 * V.shape[1] * ar.epsilon:
            break
        V = V @ (identity - defect / 2)
    return V


def rotate(B, V, p, q, ar):
    """One Jacobi rotation: B[p, q] becomes 0."""
    theta = (B[q, q] - B[p, p]) / (2 * B[p, q])
    root = ar.apply("sqrt", numpy.array([theta * theta + 1]))[0]
    t = (1 if theta >= 0 else -1) / (abs(theta) + root)
    c = 1 / ar.apply("sqrt", numpy.array([t * t + 1]))[0]
    s = t * c
    for M, axis in ((B, 0), (B, 1), (V, 1)):
        first, second = (M[p].copy(), M[q].copy()) if axis == 0 else (M[:, p].copy(), M[:, q].copy())
        if axis == 0:
            M[p], M[q] = c * first - s * second, s * first + c * second
        else:
            M[:, p], M[:, q] = c * first - s * second, s * first + c * second


def spectrum(H, ar):
    """Eigenvalues ascending, their error bound, and eigenvectors: those of double precision, refined
    by Jacobi rotations in the arithmetic."""
    size = float(abs(to_float(H)).max()) or 1.0
    scaled = H / ar.array(numpy.array([size]))[0]
    V = orthonormal(ar.array(numpy.linalg.eigh(to_float(scaled + scaled.T) / 2)[1]), ar)
    B = V.T @ scaled @ V
    B = (B + B.T) / 2
    n, limit = len(H), 4 * ar.epsilon
    for _ in range(8):
        off = abs(to_float(B - numpy.diag(numpy.diag(B))))
        if off.max(initial=0) <= limit:
            break
        for p in range(n):
            for q in range(p + 1, n):
                if abs(B[p, q]) > limit:
                    rotate(B, V, p, q, ar)
    off = abs(to_float(B - numpy.diag(numpy.diag(B)))).sum(axis=1).max(initial=0)
    order = numpy.argsort(to_float(numpy.diag(B)), kind="stable")
    values = numpy.diag(B)[order]
    values = values * ar.array(numpy.array([size]))[0]
    # exact ties in double are put in order too
    order2 = sorted(range(n), key=lambda i: values[i])
    error = size * (off + 50 * n * ar.epsilon)
    return values[order2], error, V[:, order][:, order2]


def whitening(values, ar):
    """T, so that T'GT = 1 where the eigenvalues of the Gauss-Newton part G are not floored, which
    they are at 1e-8 of the largest."""
    e, _, V = spectrum(values.G, ar)
    floor = e[-1] * ar.array(numpy.array([1e-8]))[0]
    return V / ar.apply("sqrt", numpy.where(e > floor, e, floor))[None, :]


def whitened(values, ar):
    """The Hessian in the metric of the Gauss-Newton part."""
    T = whitening(values, ar)
    return T.T @ values.hessian @ T


# ---- Rounding ----------------------------------------------------------------------------------

def argument_errors(problem, weights, tape):
    """What rounding makes of every layer's z, and of f, to first order and in units of eps: one
    rounding of every term and of every activation, carried through the layers."""
    phi, errors = numpy.zeros((len(problem.inputs), problem.widths[0])), []
    for (matrix, bias), (a, _, act, slope, curve) in zip(problem.layers(weights), tape):
        phi_z = (phi + abs(a)) @ abs(matrix).T + (abs(bias) if bias is not None else 0)
        errors.append((phi, phi_z))
        phi = abs(slope) * phi_z + EPSILON * abs(curve) * phi_z ** 2 + abs(act)
    return errors, phi


def double_tape(problem, weights):
    return [tuple(to_float(x) for x in step) for step in forward(problem, weights, Long)]


def slope_error_of(name, z, phi_z, curve, tails):
    """How far act' may be off where z is by eps phi_z: to second order, at most as far as act' goes;
    and, if `tails`, where |act''| falls, by its largest value there."""
    error = numpy.minimum(abs(curve) * phi_z + EPSILON * phi_z ** 2, 2 / EPSILON)
    if not tails or name in ("identity", "square", "sin", "relu", "leaky_relu"):
        return error
    nearest = abs(z) - EPSILON * phi_z
    largest = to_float(abs(activate(name, Long.array(numpy.sign(z) * nearest), Long)[2])) * phi_z
    return numpy.where(nearest > 4, numpy.minimum(error, largest), error)


def forward_error(problem, weights, tails=True):
    """A first-order bound, in units of eps and in double, of what rounding makes of f and of J."""
    weights = numpy.asarray(weights, dtype=float)
    tape = double_tape(problem, weights)
    errors, phi_f = argument_errors(problem, weights, tape)
    at, n = problem.offsets(), len(problem.inputs)
    tangent = numpy.zeros((n, problem.widths[0], at[-1]))
    wrong = tangent.copy()
    for l, (matrix, bias) in enumerate(problem.layers(weights)):
        a, z, act, slope, curve = tape[l]
        phi, phi_z = errors[l]
        units, inputs = problem.widths[l + 1], problem.widths[l]
        T = numpy.einsum("pr,nrk->npk", abs(matrix), tangent)
        E = numpy.einsum("pr,nrk->npk", abs(matrix), wrong + tangent)
        for p in range(units):
            own = slice(at[l] + p * inputs, at[l] + (p + 1) * inputs)
            T[:, p, own] += abs(a)
            E[:, p, own] += phi + abs(a)
            if bias is not None:
                T[:, p, at[l] + units * inputs + p] += 1
        slope_error = slope_error_of(problem.activations[l], z, phi_z, curve, tails) \
            + abs(slope)
        wrong = abs(slope)[:, :, None] * E + slope_error[:, :, None] * T
        tangent = abs(slope)[:, :, None] * T
    return phi_f, wrong if problem.basis is None else wrong @ abs(problem.basis)


@dataclass
class Units:
    """What rounding makes of a loss and of a gradient's norm; `coarse` does not see that units are
    saturated around z, too."""
    loss: float
    gradient: float
    coarse: float


def rounding_units(problem, weights, values):
    phi, wrong = forward_error(problem, weights)
    scale = problem.sample_weights[:, None] / len(problem.inputs)
    metric = abs(problem.metric)
    residual = to_float(values.residual)
    u = abs(to_float(cotangent(problem, Long.array(residual), Long)))
    J = to_float(values.jacobian)
    moved = scale * ((phi + abs(problem.targets)) @ metric)
    P = J.shape[2]
    target_part = (scale * (problem.targets @ problem.metric)).reshape(-1) @ J.reshape(-1, P)
    gradient = (norm(J) * norm(scale * (abs(residual) @ metric)) + norm(target_part)
                + norm((scale * (phi @ metric)).reshape(-1) @ abs(J).reshape(-1, P))
                + norm(penalty_at(problem, weights)[1]))
    fine, coarse = (norm(u.reshape(-1) @ errors.reshape(-1, P))
                    for errors in (wrong, forward_error(problem, weights, tails=False)[1]))
    loss = float((abs(residual) * moved).sum() + 20 * float(values.loss)
                 + EPSILON * (moved * (phi + abs(problem.targets))).sum())
    return Units(EPSILON * loss, EPSILON * (gradient + fine) + UNDERFLOW,
                 EPSILON * (gradient + coarse) + UNDERFLOW)


def curvature_unit(problem, weights, values):
    """What rounding makes of the Hessian's norm: of its two parts, and of S(Mn r) what the rounding of
    targets and outputs makes, which may cancel in it. The norm of S as a map is that of its value for
    a field of random numbers, but for a factor near 1. The errors of the arguments, which S feels where
    it cancels, are like those that a rounding of every input makes."""
    phi, _ = forward_error(problem, weights)
    scale = problem.sample_weights[:, None] / len(problem.inputs)
    moved = scale * ((phi + abs(problem.targets)) @ abs(problem.metric))
    field = numpy.random.default_rng(1).standard_normal(problem.targets.shape)
    tape = forward(problem, weights, Long)
    S = first_and_second(problem, weights, tape, Long.array(field), Long)[1]
    unit = EPSILON * (norm(values.G) + norm(values.S) + norm(moved) * norm(S))
    signs = numpy.random.default_rng(2).choice([-EPSILON, EPSILON], problem.inputs.shape)
    beside = evaluate(problem.changed(inputs=problem.inputs * (1 + signs)), weights, Long)
    return unit + norm(to_float(beside.hessian) - to_float(values.hessian))


def kink_arguments(problem, weights):
    """z of all units with a kink, but for units whose inputs are 0 near the point, and the bounds of
    what rounding makes of it."""
    tape = double_tape(problem, weights)
    errors, _ = argument_errors(problem, numpy.asarray(weights, dtype=float), tape)
    found, bounds = [], []
    zero = problem.inputs == 0  # activations that stay 0 near the point
    for l, (name, step) in enumerate(zip(problem.activations, tape)):
        z = step[1]
        still = numpy.repeat(zero.all(axis=1)[:, None], z.shape[1], axis=1) & (not problem.bias[l])
        if name in KINKED:
            found.append(z[~still])
            bounds.append(EPSILON * errors[l][1][~still])
        off = (name == "relu") & (z < 0)
        keeps_zero = name not in ("sigmoid", "softplus", "gaussian")
        zero = off | (still & keeps_zero)
    return numpy.concatenate([*found, []]), numpy.concatenate([*bounds, []])


def kink_margin(problem, weights):
    """The least |z| at a unit with a kink."""
    return float(abs(kink_arguments(problem, weights)[0]).min(initial=numpy.inf))


def kink_range(problem, weights):
    """Between what rounding may make of the margin."""
    z, bounds = kink_arguments(problem, weights)
    return (float((abs(z) - 4 * bounds).min(initial=numpy.inf)),
            float((abs(z) + 4 * bounds).min(initial=numpy.inf)))
