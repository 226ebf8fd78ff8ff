#!/usr/bin/env python3
"""Models in shared objects: planted, shown, exported, rechecked, looked at, and refused. What is
planted is held against the closed forms of a exp(-b x) + c. TAP."""

import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

import plugins

critpt = os.environ["CRITPT"]
MODULE = os.path.join(os.environ["top_builddir"], "tests", ".libs", "decay_plugin.so")
IS_BUILT = os.path.exists(MODULE)  # else by the compiler alone
if not IS_BUILT and os.environ.get("SANITIZERS"):
    print("1..0 # SKIP this build makes no shared objects: models in them are NOT tested")
    sys.exit(0)
count = 0
POINTS = [{"weights": {"csv": "slow.csv"}, "fixed": False, "nature": "minimum"},
          {"weights": {"csv": "fast.csv"}, "fixed": False, "nature": "saddle", "index": 1}]


def report(good, name, why=""):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        for line in str(why).splitlines()[:30]:
            print(f"# {line}")


def run(*arguments):
    result = subprocess.run([critpt, *arguments], capture_output=True, text=True, timeout=600)
    return result.returncode, result.stdout, result.stderr


def expect(code, words, name, *arguments):
    """Exit code, and words of the message or the output; returns the output."""
    found, out, err = run(*arguments)
    report(found == code and all(w in out + err for w in words), name,
           f"exit {found}, not {code}, or without {words}:\n{out}{err}")
    return out


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def spec(path, model, points=None, **others):
    content = {"model": model, "inputs": {"uniform": {"samples": 60, "low": 0, "high": 3}},
               "seed": 4, **others,
               "points": points or POINTS}
    with open(path, "w") as file:
        json.dump(content, file)
    return path


# ---- Closed forms ---------------------------------------------------------------------------------

def table(path):
    with open(path) as file:
        return [[float(x) for x in line.split(",")] for line in file]


def derivatives(w, x, y):
    """Gradient and Hessian of the loss, from the derivatives of a exp(-b x) + c."""
    a, b, c = w
    n = len(x)
    gradient = [[] for _ in w]
    hessian = [[[] for _ in w] for _ in w]
    for t, target in zip(x, y):
        e = math.exp(-b * t)
        residual = a * e + c - target
        J = (e, -a * t * e, 1.0)
        second = ((0, -t * e, 0), (-t * e, a * t * t * e, 0), (0, 0, 0))
        for i in range(3):
            gradient[i].append(residual * J[i] / n)
            for j in range(3):
                hessian[i][j].append((J[i] * J[j] + residual * second[i][j]) / n)
    return [math.fsum(g) for g in gradient], [[math.fsum(h) for h in row] for row in hessian]


def index_of(h):
    """Negative pivots of a symmetric matrix, by Sylvester's law."""
    h, negative = [list(row) for row in h], 0
    for k in range(len(h)):
        negative += h[k][k] < 0
        for i in range(k + 1, len(h)):
            factor = h[i][k] / h[k][k]
            for j in range(len(h)):
                h[i][j] -= factor * h[k][j]
    return negative


def check_truth(name, tolerance):
    """A file's points by the numbers that are exported."""
    expect(0, [], f"{name}: export needs no object", "export", f"{name}.h5", "--csv", f"{name}.d")
    x = [row[0] for row in table(f"{name}.d/inputs.csv")]
    y = [row[0] for row in table(f"{name}.d/targets.csv")]
    for k, w in enumerate(table(f"{name}.d/weights.csv")):
        gradient, hessian = derivatives(w, x, y)
        report(math.hypot(*gradient) <= tolerance, f"{name}: point {k} is critical in closed form",
               gradient)
        report(index_of(hessian) == k, f"{name}: its Hessian has index {k}", hessian)


# ---- What works -----------------------------------------------------------------------------------

def check_model(name, words, tolerance, rough):
    spec(f"{name}.json", {"library": MODULE, "name": name})
    expect(0, [f"model {name} 1.0 of a shared object"], f"{name}: plant", "plant", f"{name}.json",
           "-o", f"{name}.h5")
    expect(0, words, f"{name}: show says what it rests on", "show", f"{name}.h5")
    shown = json.loads(expect(0, [], f"{name}: show as JSON", "show", f"{name}.h5", "--json"))
    model = shown["model"]
    report((model["kind"], model["name"], model["version"], model["n_parameters"]) ==
           ("library", name, "1.0", 3) and
           model["weight_names"] == ["amplitude", "rate", "background"] and
           model["hash"] == digest(MODULE), f"{name}: show names the model", model)
    check_truth(name, tolerance)
    out = expect(0, [], f"{name}: verify", "verify", f"{name}.h5", "--library", MODULE, "--json")
    verdict = json.loads(out) if out else {"n_false": 1, "claims": [], "not_rechecked": []}
    claims = {c["claim"] for c in verdict["claims"]}
    report(verdict["n_false"] == 0 and {"loss", "kind", "index", "eigenvalue_error"} - claims ==
           {"eigenvalue_error"}, f"{name}: verify rechecks losses and kinds", sorted(claims))
    listed = " ".join(verdict["not_rechecked"])
    report(("gradient_norm" in claims) != rough and ("too rough" in listed) == rough,
           f"{name}: gradients are rechecked {'not, and listed' if rough else 'too'}", listed)
    for command in (["spectrum", "--point", "1"], ["slice", "--through", "0,1"],
                    ["slice", "--point", "1", "--along", "escape"], ["report", "-o", "page.html"],
                    ["race", "-o", f"{name}.race", "--algorithms", "gd", "--starts", "2", "--budget",
                     "50"]):
        expect(0, [], f"{name}: {command[0]}", *command, f"{name}.h5", "--library", MODULE)
        expect(2, ["--library MODEL.so", name], f"{name}: {command[0]} without the object", *command,
               f"{name}.h5")


def check_sums():
    """A model whose sizes come from options."""
    spec("sums.json", {"library": MODULE, "name": "sums", "options": "2"}, [{}])
    out = expect(0, [], "sums: plant", "plant", "sums.json", "-o", "sums.h5", "--json")
    report(json.loads(out)["model"]["n_parameters"] == 4 and
           json.loads(out)["model"]["options"] == "2", "sums: two terms have four weights", out)
    expect(0, ["0 false"], "sums: verify", "verify", "sums.h5", "--library", MODULE)
    for options in ("x", "0", None):
        model = {"library": MODULE, "name": "sums"}
        spec("bad.json", {**model, "options": options} if options else model, [{}])
        expect(2, ["one digit is needed"], f"sums: options {options}", "plant", "bad.json", "-o",
               "bad.h5")


def check_places():
    shutil.copy(MODULE, "moved.so")
    spec("moved.json", {"library": "nowhere.so", "name": "decay"})
    expect(4, ["cannot read ./nowhere.so"], "no such object", "plant", "moved.json", "-o", "moved.h5")
    expect(0, [], "plant takes the object from elsewhere", "plant", "moved.json", "-o", "moved.h5",
           "--library", "moved.so")
    expect(0, ["0 false"], "and what it made is true", "verify", "moved.h5", "--library", "moved.so")
    spec("network.json", {"widths": [1, 2, 1], "activations": ["tanh", "identity"]}, [{}])
    expect(2, ["is a network"], "a network needs no object", "plant", "network.json", "-o",
           "network.h5", "--library", "moved.so")
    run("plant", "network.json", "-o", "network.h5")
    expect(2, ["needs none"], "nor does its file", "verify", "network.h5", "--library", "moved.so")


# ---- What is refused ------------------------------------------------------------------------------

def foreign(path):
    """The object as if it were for a machine that does not exist."""
    with open(MODULE, "rb") as file:
        content = bytearray(file.read())
    content[18:20] = b"\xfe\xfe"
    with open(path, "wb") as file:
        file.write(content)


def check_refusals():
    with open("text.so", "w") as file:
        file.write("no object\n")
    with open(MODULE, "rb") as file, open("short.so", "wb") as cut:
        cut.write(file.read()[:5000])
    os.mkdir("folder.so")
    foreign("foreign.so")
    wrong = [
        ("text.so", 2, ["text.so"]), ("folder.so", 4, ["not a regular file"]),
        ("short.so", 2, ["short.so"]),
        (plugins.build("unnamed", "DECAY_TABLE=another_table"), 2, ["no critpt_plugin_table"]),
        (plugins.build("later", "DECAY_ABI=99"), 2, ["version 99"]),
        (plugins.build("size", "DECAY_SIZE=8"), 2, ["struct_size 8"]),
        (plugins.build("model", "DECAY_MODEL_SIZE=16"), 2, ["struct_size 16"]),
        (plugins.build("wide", "DECAY_INPUTS=2"), 2, ["has 2 inputs, but the inputs have 1 column"]),
    ]
    if os.path.exists("/proc/self/exe"):
        wrong.append(("foreign.so", 2, ["another machine"]))
    for path, code, words in wrong:
        spec("wrong.json", {"library": path, "name": "decay"},
             inputs={"csv": "x.csv"})
        expect(code, words, f"refused: {path}", "plant", "wrong.json", "-o", "wrong.h5")
        expect(code if path != "./wide.so" else 2, words if path != "./wide.so" else ["another"],
               f"refused by verify: {path}", "verify", "decay.h5", "--library", path)
    for name, words in (("growth", ['no model "growth"', "decay, steps"]), (None, ["name one of"])):
        model = {"library": MODULE, "name": name} if name else {"library": MODULE}
        spec("wrong.json", model)
        expect(2, words, f"refused: the name {name}", "plant", "wrong.json", "-o", "wrong.h5")
    spec("wrong.json", {"library": MODULE, "name": "decay", "options": "2"})
    expect(2, ["takes no options"], "refused: options", "plant", "wrong.json", "-o", "wrong.h5")
    spec("wrong.json", {"library": MODULE, "name": "failing"})
    expect(4, ["outputs callback"], "a callback that fails", "plant", "wrong.json", "-o", "wrong.h5")
    spec("wrong.json", {"library": MODULE, "widths": [1, 1]})
    expect(2, ["model.widths: unknown key"], "a network in an object", "plant", "wrong.json", "-o",
           "wrong.h5")


def check_lies():
    """Objects that are not what made the file."""
    other = plugins.build("other", "DECAY_SHIFT=1e-6")
    expect(3, ["not the one that the file is of"], "verify: other outputs", "verify", "decay.h5",
           "--library", other)
    expect(2, ["not the one that the file is of"], "spectrum: other outputs", "spectrum", "decay.h5",
           "--library", other)
    expect(2, ["not the one that the file is of"], "slice: other outputs", "slice", "decay.h5",
           "--through", "0,1", "--library", other)
    newer = plugins.build("newer", 'DECAY_VERSION="2.0"')
    for command in ("verify", "spectrum"):
        expect(2, ["version 2.0", "version 1.0"], f"{command}: another version", command, "decay.h5",
               "--library", newer)
    expect(3, ["FALSE: point"], "verify: extended outputs of another model", "verify", "decay.h5",
           "--library", plugins.build("extended", "DECAY_LIE=1e-9L"))
    slope = plugins.build("slope", "DECAY_SLOPE=1.5")
    spec("slope.json", {"library": slope, "name": "decay"})
    expect(2, ["jacobian"], "plant: a derivative that is wrong", "plant", "slope.json", "-o",
           "slope.h5")


# ---- Files that are damaged -----------------------------------------------------------------------

def set_attribute(name, value):
    return lambda file: file["model"].attrs.modify(name, value)


def set_entry(name, index, value):
    def change(file):
        values = file[name][()]
        values[index] = value
        file[name][...] = values

    return change


def check_damage():
    try:
        import h5py
    except ImportError:
        report(True, "damaged files # SKIP h5py is not here")
        return
    text = h5py.string_dtype()
    cases = [
        ("requires is missing", lambda f: f.attrs.__delitem__("requires"), 'lacks "library-model"'),
        ("requires another kind", lambda f: f.attrs.create("requires", ["external-model"], dtype=text),
         'lacks "library-model"'),
        ("requires what is later", lambda f: f.attrs.create("requires", ["views"], dtype=text),
         'requires "views"'),
        ("another kind", lambda f: f["model"].attrs.create("kind", "external", dtype=text),
         'kind "external"'),
        ("a kind that is later", lambda f: f["model"].attrs.create("kind", "cloud", dtype=text),
         'kind "cloud"'),
        ("exact_orders 3", set_attribute("exact_orders", 3), "from 0 to 2"),
        ("no inputs", set_attribute("n_inputs", 0), "n_inputs is 0"),
        ("many inputs", set_attribute("n_inputs", 2**40), "n_inputs is 1099511627776"),
        ("two outputs", set_attribute("n_outputs", 2), "/targets"),
        ("four weights", set_attribute("n_parameters", 4), "/model/weight_names"),
        ("a sample beyond", set_entry("model/samples", 7, 60), "/model/samples is 60"),
        ("samples in disorder", set_entry("model/samples", 2, 0), "it ascends"),
        ("outputs that are no numbers", set_entry("model/outputs", (1, 3), math.nan), "/model/outputs"),
        ("outputs of fewer samples", lambda f: (f["model"].__delitem__("outputs"),
                                                f["model"].create_dataset("outputs", data=[[1.0] * 7] * 2)),
         "/model/outputs has dimensions 2 x 7"),
        ("no outputs", lambda f: f["model"].__delitem__("outputs"), "/model/outputs"),
        ("no sizes", lambda f: f["model"].attrs.__delitem__("n_outputs"), "n_outputs"),
    ]
    for name, change, words in cases:
        shutil.copy("decay.h5", "damaged.h5")
        with h5py.File("damaged.h5", "r+") as file:
            change(file)
        expect(2, [words], f"damaged: {name}", "show", "damaged.h5")
    with h5py.File("network.h5", "r+") as file:
        file.attrs.create("requires", ["library-model"], dtype=text)
    expect(2, ['has "library-model"'], "damaged: a network in an object", "show", "network.h5")


def main():
    shutil.copy(MODULE, "decay.so")
    for name, weights in (("slow", "3,0.5,1"), ("fast", "1,5,1")):
        with open(f"{name}.csv", "w") as file:
            file.write(weights + "\n")
    with open("x.csv", "w") as file:
        file.writelines(f"{i / 20}\n" for i in range(60))
    own = "rest on the model's own derivatives"
    check_model("decay", [own], 1e-14, False)
    check_model("steps", [own, "model's second derivatives"], 1e-14, False)
    check_model("plain", [own, "first and second derivatives"], 1e-10, True)
    check_sums()
    check_places()
    check_refusals()
    check_lies()
    check_damage()
    print(f"1..{count}")


folder = tempfile.mkdtemp()
os.chdir(folder)
if not IS_BUILT:
    MODULE = os.path.abspath(plugins.build("decay_plugin"))
try:
    main()
finally:
    shutil.rmtree(folder)
