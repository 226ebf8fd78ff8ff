#!/usr/bin/env python3
"""Single lies in landscape files: every dataset and attribute of several files is changed in many
ways, one change at a time. verify finds each false (exit 3), the reader refuses it (exit 2), or what
was changed stands by name in the list of what is not rechecked. TAP."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import plugins

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"1..0 # SKIP h5py is not here, lies are NOT told: {missing}")
    sys.exit(0)

critpt = os.environ["CRITPT"]

# ---- Honest files ---------------------------------------------------------------------------------

LINEAR = {"widths": [3, 3, 1], "activations": ["tanh", "identity"]}
CURVED = {"widths": [2, 3, 2], "activations": ["tanh", "tanh"], "init": {"scale": 2}}


def spec(model, samples, points, **others):
    return {"model": model, "inputs": {"normal": {"samples": samples}}, "seed": 7, "points": points,
            **others}


def weights_of(n):
    return ",".join(repr(float(np.sin(3 * i + 1))) for i in range(n)) + "\n"


def write_data():
    """What specifications read from files."""
    with open("w.csv", "w") as file:
        file.write(weights_of(17))
    with open("picture.csv", "w") as file:
        file.write("0,1,0\n1,0,1\n0,2,0\n")
    with open("frozen.csv", "w") as file:
        file.writelines(f"{int(i % 9 == 0)},0\n" for i in range(120))
    with open("s.csv", "w") as file:
        file.writelines(f"{1 + i % 3}\n" for i in range(60))
    with open("m.csv", "w") as file:
        file.write("2,0.5\n0.5,1\n")
    with open("x.csv", "w") as file:
        file.writelines(f"{np.cos(i)!r},{np.sin(2.5 * i)!r},{i % 7},1\n" for i in range(60))


SPECS = {
    "one": spec(LINEAR, 40, [{}]),
    "moved": spec(LINEAR, 60, [{}, {}, {"critical": False}]),
    "natures": spec(
        {"widths": [4, 2, 1], "activations": ["tanh", "identity"], "bias": False}, 120,
        [{"nature": "minimum", "margin": 0.001},
         {"nature": "saddle", "index": 2, "margin": 0.0002}]),
    "conditions": spec(
        CURVED, 120,
        [{}, {"loss_above": {"point": 0, "by": 0.25},
              "conditions": [{"hessian": [1, 2], "value": 0.5},
                             {"eigenpair": {"unit": 4}, "value": -0.25}]},
         {"critical": False,
          "conditions": [{"gradient": [0.1 * (i % 3) for i in range(17)]},
                         {"curvature": [{"unit": 3}, {"unit": 5}], "value": 1.0}]}],
        values=[{"weights": {"csv": "w.csv"}, "above": 0, "value": 0.125}]),
    "soft": spec(
        CURVED, 120,
        [{}, {"critical": False,
              "conditions": [{"gauss_newton": True, "soft": 3},
                             {"curvature": [{"unit": 3}, {"unit": 5}], "value": 1, "soft": 10}]}],
        frozen={"csv": "frozen.csv"}, base_targets="zero"),
    "picture": spec(
        CURVED, 150, [{}, {"critical": False}, {"critical": False}],
        values=[{"plane": [0, 1, 2], "grid": 3, "csv": "picture.csv"}],
        output_metric={"csv": "m.csv"}),
    "levels": spec(LINEAR, 80, [{"loss": 900.0}, {"loss_above": {"point": 0, "by": 0.5}}],
                   base_targets={"noise": 0.5}),
    "relu": spec({"widths": [3, 3, 2], "activations": ["relu", "identity"]}, 50, [{}, {}],
                 separate_points=True),
    "library": {"model": {"library": "./decay.so", "name": "decay"},
                "inputs": {"uniform": {"samples": 40, "high": 3}}, "seed": 5,
                "points": [{"nature": "minimum", "margin": 0.001}, {}]},
    "given": {"model": {"widths": [3, 2, 2], "activations": ["softplus", "identity"]},
              "inputs": {"csv": "x.csv", "columns": "0-3", "drop_constant": True,
                         "standardize": True},
              "sample_weights": {"csv": "s.csv"}, "seed": 3, "points": [{}, {}],
              "rank_tolerance": 1e-11, "amplification_limit": 1000.0},
    "basin": spec({"widths": [3, 4, 1], "activations": ["tanh", "identity"]}, 400,
                  [{"nature": "minimum", "basin": 0.01}], seed=3),
    "endless": spec({"widths": [2, 2, 1], "activations": ["tanh", "sin"]}, 60, [{}]),
}

# Lies that are told whatever is chosen of the others: (file, what, change), and false without a list.
FALSE = [
    *(("one", "/points/" + name, value) for name in ("kink_margin", "kink_margin_checked")
      for value in (1.0, 0.0, -np.inf)),
    ("endless", "/points/symmetric_copies", 16.0),
    ("conditions", "/conditions/rounding_unit", np.nan),
    ("basin", "/points/basin", 0.013), ("basin", "/points/basin_share", 1.5),
    ("basin", "/points/basin_share", 0.5), ("basin", "/points/margin_requested", 2e-4),
    ("one", "/report condition", 0.5),
]

# ---- Changes: (name of the kind, function of an array that returns another, or None) --------------


def each(change):
    """Changes one entry, the middle one of those that are finite, or of all where none is."""

    def changed(values):
        values = np.array(values)
        flat = values.reshape(-1)
        finite = np.flatnonzero(np.isfinite(flat))
        if not finite.size:
            finite = np.arange(flat.size)
        i = finite[finite.size // 2]
        new = change(flat[i])
        if new is None or new == flat[i]:
            return None
        flat[i] = new
        return values

    return changed


def next_bit(value):
    return np.nextafter(value, np.inf)


def swap_rows(values):
    if values.ndim == 0 or values.shape[0] < 2 or np.array_equal(values[0], values[1]):
        return None
    changed = np.array(values)
    changed[[0, 1]] = changed[[1, 0]]
    return changed


def whole(change):
    return lambda values: None if np.array_equal(change(values), values) else change(values)


REALS = {
    "more by 1": each(lambda x: x + 1),
    "less by 1": each(lambda x: x - 1),
    "the sign": each(lambda x: -x),
    "nan": each(lambda x: np.nan),
    "inf": each(lambda x: np.inf),
    "minus inf": each(lambda x: -np.inf),
    "0": each(lambda x: 0.0),
    "times 1 + 1e-6": each(lambda x: x * (1 + 1e-6)),
    "times 1 - 1e-6": each(lambda x: x * (1 - 1e-6)),
    "half": each(lambda x: x / 2),
    "a thousand times": each(lambda x: x * 1000),
    "a thousandth": each(lambda x: x / 1000),
    "the next number": each(next_bit),
    "rows swapped": swap_rows,
    "all halved": whole(lambda x: x / 2),
    "reversed": whole(lambda x: np.array(x)[::-1] if np.ndim(x) else x),
}
INTEGERS = {
    "more by 1": each(lambda x: x + 1),
    "less by 1": each(lambda x: x - 1 if x > 0 else None),
    "-1": each(lambda x: -1),
    "0": each(lambda x: 0),
    "many more": each(lambda x: x + 1000),
    "rows swapped": swap_rows,
}
BYTES = {"flipped": each(lambda x: 1 - x), "rows swapped": swap_rows}
KINDS = ["not_critical", "minimum", "maximum", "saddle", "minimum_on_complement", "degenerate"]
WORDS = {
    "/points/kind": KINDS + ["", "valley"],
    "/points/nature_requested": ["any", "minimum", "maximum", "saddle", "free"],
    "/conditions/type": ["gradient", "hessian_entry", "curvature", "eigenpair", "gauss_newton"],
    "/values/type": ["loss", "loss_difference", "picture"],
    "/model/activations": ["identity", "tanh", "relu", "sin"],
}
TEXTS = ["another text", ""]


ABSENT = object()


def changed(text, path, value):
    """The specification with another value at a path of keys, or without it; None if nothing is so
    changed or an empty list is left."""
    root = json.loads(text)
    place = root
    for key in path[:-1]:
        if isinstance(place, dict) and key not in place:
            return None
        place = place[key]
    if value is ABSENT:
        if isinstance(place, dict) and path[-1] not in place:
            return None
        del place[path[-1]]
        if not place and isinstance(place, list):
            return None
    elif isinstance(place, list) and path[-1] == len(place):
        place.append(value)
    else:
        place[path[-1]] = value
    return json.dumps(root)


def edits_of_point(k, point):
    """(kind, path, value) of changes to a point that asks for something."""
    at = ["points", k]
    if "margin" in point:
        yield "another margin", at + ["margin"], 0.5
    if "nature" in point:
        yield "no nature", at, {}
    elif point.get("critical", True) and "conditions" not in point:
        yield "a nature", at + ["nature"], "maximum"
    if "index" in point:
        yield "another index", at + ["index"], point["index"] + 1
    if "loss" in point:
        yield "another loss", at + ["loss"], 925.5
    if "loss_above" in point:
        yield "another gap", at + ["loss_above", "by"], 0.125
    for c, condition in enumerate(point.get("conditions", [])):
        here = at + ["conditions", c]
        yield "another softness", here + ["soft"], 0.25
        yield "a condition less", here, ABSENT
        if "value" in condition:
            yield "another value", here + ["value"], 7.5
        if "hessian" in condition:
            yield "another entry", here + ["hessian"], [1, 3]
        for name in ("eigenpair", "gradient"):
            if name in condition:
                yield "another vector", here + [name], {"unit": 6}


def edits_of_spec(text):
    """Other specifications: (kind, text)."""
    original = json.loads(text)
    model, points, inputs = original["model"], original["points"], original["inputs"]
    edits = [
        ("another seed", ["seed"], original["seed"] + 1),
        ("other widths", ["model", "widths", 1], 9),
        ("another activation", ["model", "activations", 0], "gelu"),
        ("other biases", ["model", "bias"], not model.get("bias", True)),
        ("another model", ["model", "name"], "steps"),
        ("options", ["model", "options"], "2"),
        ("another scale", ["model", "init"], {"scale": 3.5}),
        ("a point more", ["points", len(points)], {}),
        ("a point less", ["points", len(points) - 1], ABSENT),
        ("other base targets", ["base_targets"], {"noise": 0.125}),
        ("no metric", ["output_metric"], ABSENT),
        ("no frozen targets", ["frozen"], ABSENT),
        ("no sample weights", ["sample_weights"], ABSENT),
        ("another tolerance", ["rank_tolerance"], 1e-7),
        ("a limit of amplification", ["amplification_limit"], 1e-6),
        ("no values", ["values"], ABSENT),
    ]
    if "normal" in inputs:
        edits.append(("more samples", ["inputs", "normal", "samples"], 999))
        edits.append(("uniform inputs", ["inputs"], {"uniform": inputs["normal"]}))
    for k, point in enumerate(points):
        edits.extend(edits_of_point(k, point))
    yield "no specification", "{}"
    yield "no JSON", "nothing"
    for kind, path, value in edits:
        yield kind, changed(text, path, value)


# ---- Walking a file -------------------------------------------------------------------------------


def items(file):
    """Every dataset and attribute: (object, attribute or None)."""
    found = [("/", name) for name in file.attrs]

    def visit(name, thing):
        if isinstance(thing, h5py.Dataset):
            found.append(("/" + name, None))
        found.extend(("/" + name, attribute) for attribute in thing.attrs)

    file.visititems(visit)
    return found


def read(file, item):
    thing = file[item[0]]
    return thing.attrs[item[1]] if item[1] else thing[()]


def write(file, item, value):
    thing = file[item[0]]
    if item[1]:
        if isinstance(value, (str, list)):
            value = value if isinstance(value, str) else np.array(value, dtype=object)
            thing.attrs.create(item[1], value, dtype=h5py.string_dtype())
        else:
            thing.attrs.modify(item[1], value)
    else:
        thing[...] = value


def delete(file, item):
    if item[1]:
        del file[item[0]].attrs[item[1]]
    else:
        del file[item[0]]


def is_text(value):
    return isinstance(value, (str, bytes)) or getattr(value, "dtype", np.dtype(int)).kind == "O"


def lies_about(item, value):
    """(kind, new value) of every lie about an item; a value of None deletes it."""
    name = item[0] if item[1] is None else f"{item[0]} {item[1]}"
    if item == ("/spec", None):
        edits = edits_of_spec(value.decode() if isinstance(value, bytes) else value)
        yield from (edit for edit in edits if edit[1] is not None)
    elif is_text(value) and isinstance(value, np.ndarray):
        texts = [text.decode() if isinstance(text, bytes) else text for text in value]
        for word in WORDS.get(name, TEXTS):
            for i in range(len(texts)):
                if texts[i] != word:
                    yield f"word {word or 'none'}", texts[:i] + [word] + texts[i + 1 :]
    elif is_text(value):
        for text in TEXTS:
            yield f"text {text or 'none'}", text
    else:
        value = np.asarray(value)
        integers = BYTES if value.dtype == np.uint8 else INTEGERS
        changes = integers if value.dtype.kind in "iu" else REALS
        for kind, change in changes.items():
            new = change(value) if value.size else None
            if new is not None:
                yield kind, np.asarray(new)
    yield "missing", None


# ---- Judging --------------------------------------------------------------------------------------

# What is no statement about the landscape when it is absent.
NO_CLAIMS = {("/", "loss"), ("/report", "n_warnings"), ("/model/activation_parameters", None)}


def is_of_library(path):
    with h5py.File(path) as file:
        return "hash" in file["model"].attrs or "exact_orders" in file["model"].attrs


def verify(path):
    command = [critpt, "verify", path, "--json"]
    if is_of_library(path):
        command += ["--library", "./decay.so"]
    result = subprocess.run(command, capture_output=True, text=True)
    listed = json.loads(result.stdout)["not_rechecked"] if result.returncode in (0, 3) else []
    return result.returncode, listed


def is_listed(item, listed):
    """Whether what was changed is named in the list, by the words of an entry."""
    name = item[1] or item[0].rsplit("/", 1)[1]
    if item[0] == "/inputs" and item[1]:
        name = "inputs"  # "inputs, and the columns they were taken from"
    return any(name in entry.replace(",", " ").split() for entry in listed)


def is_no_lie(item, kind, old, new):
    """What claims nothing, and what differs by no more than numbers are judged to be rounded."""
    if new is None:
        zeros = item == ("/inputs", "mean_low") and not np.any(old)  # as where it is absent
        return item in NO_CLAIMS or not np.size(old) or zeros
    if isinstance(new, (str, list)) or np.asarray(new).dtype.kind != "f":
        return False
    if item[0] in ("/inputs", "/points/weights_requested") and not item[1]:
        return False
    size = np.max(np.abs(old), initial=0, where=np.isfinite(old))
    with np.errstate(invalid="ignore"):  # of infinities
        return bool(np.all((new == old) | (np.abs(new - old) <= 1e-10 * size)))


def choose(lies, most):
    """At most so many, of all items and all kinds, alike for every run."""
    step = -(-len(lies) // most)
    return [lie for i, lie in enumerate(lies) if (i + i // step) % step == 0]


def tell(name, lie, kinds):
    """What is wrong if the lie passes, else nothing."""
    item, old, kind, new = lie
    shutil.copy(name + ".h5", "lie.h5")
    with h5py.File("lie.h5", "r+") as file:
        if new is None:
            delete(file, item)
        else:
            write(file, item, new)
    kinds.add(f"{item[1] or item[0]}: {kind}")
    code, listed = verify("lie.h5")
    good = code in (2, 3) or (code == 0 and is_listed(item, listed))
    return "" if good else f"{item[0]} {item[1] or ''}: {kind} (exit {code})\n"


def false_in_any_case():
    """What passes of FALSE."""
    for name, what, value in FALSE:
        thing, _, attribute = what.partition(" ")
        item = (thing, attribute or None)
        with h5py.File(name + ".h5") as file:
            new = np.array(read(file, item))
        new[(0,) * new.ndim] = value
        shutil.copy(name + ".h5", "lie.h5")
        with h5py.File("lie.h5", "r+") as file:
            write(file, item, new)
        if verify("lie.h5")[0] != 3:
            yield f"{name}: {what} is {value}"


def main(most):
    results, kinds, total = [], set(), 0
    write_data()
    plugins.build("decay")
    for name, specification in SPECS.items():
        with open(name + ".json", "w") as file:
            json.dump(specification, file)
        planted = subprocess.run([critpt, "plant", name + ".json", "-o", name + ".h5"],
                                 capture_output=True, text=True)
        honest = verify(name + ".h5")[0] if planted.returncode == 0 else -1
        results.append((honest == 0, f"{name}: an honest file passes", planted.stderr))
        if honest:
            continue
        with h5py.File(name + ".h5") as file:
            lies = [(item, read(file, item), kind, new) for item in items(file)
                    for kind, new in lies_about(item, read(file, item))]
        lies = choose([lie for lie in lies if not is_no_lie(lie[0], lie[2], lie[1], lie[3])], most)
        passed = "".join(tell(name, lie, kinds) for lie in lies)
        total += len(lies)
        results.append((not passed, f"{name}: none of {len(lies)} lies passes", passed))
    passed = "\n".join(false_in_any_case())
    results.append((not passed, f"{len(FALSE)} lies are called false", passed))
    results.append((total >= 150 and len(kinds) >= 45, f"{total} lies of {len(kinds)} kinds", ""))
    print(f"1..{len(results)}")
    for i, (good, what, why) in enumerate(results):
        print(f"{'ok' if good else 'not ok'} {i + 1} - {what}")
        if not good:
            print("\n".join("# " + line for line in why.splitlines()))


with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
