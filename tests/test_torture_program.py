#!/usr/bin/env python3
"""Every allocation of the program fails in turn, in each subcommand: its own, those of the library, the
checker, Jansson and the readers of CSV. It ends with exit code 4 and one sentence, its outputs
none or whole, or as with the memory; nothing leaks. CRITPT_TORTURE=whole: all of them. TAP."""

import collections
import gzip
import os
import shutil
import subprocess
import sys
import tempfile

import plugins

WHOLE = os.environ.get("CRITPT_TORTURE") == "whole"
FAULTS = os.path.join(os.path.abspath(os.environ["top_srcdir"]), "tests", "faults.c")
SMALLEST = "*_p010_f8_i1"
STREAMS = ("stdout", "stderr", "left")  # files that the torture itself makes
number = 0


def report(passed, what, details=()):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")
    for line in () if passed else details:
        print("# " + line[:300], flush=True)


def skip(why):
    print(f"1..0 # SKIP {why}, the program is NOT tortured")
    sys.exit(0)


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


# ---- What is run --------------------------------------------------------------------------------

TABLE = "\n".join(f"{i % 7},{i * i % 11},{i % 3}" for i in range(30)) + "\n"
PLAIN = """{"model": {"widths": [2, 2, 1], "activations": ["tanh", "identity"]},
 "inputs": {"normal": {"samples": 30}}, "seed": 5, "points": [{}, {}]}"""
DATA = """{"model": {"widths": [2, 2, 3], "activations": ["tanh", "identity"]},
 "inputs": {"csv": "table.csv.gz", "columns": "0-1", "standardize": true},
 "base_targets": {"csv": "table.csv", "columns": "2", "one_hot": true},
 "seed": 3, "separate_points": 3, "frozen": {"csv": "frozen.csv"},
 "points": [{"weights": {"csv": "weights.csv"}, "nature": "any"}, {}],
 "values": [{"weights": {"csv": "other.csv"}, "above": 1, "value": 0.1}]}"""
REFUSED = """{"model": {"widths": [2, 2, 1], "activations": ["tanh", "identity"], "bias": false},
 "inputs": {"normal": {"samples": 30}}, "seed": 5, "points": [{"critical": false,
 "conditions": [{"hessian": [5, 5], "value": -1}]}]}"""

PENALIZED = """{"model": {"widths": [2, 1], "activations": ["identity"]},
 "inputs": {"normal": {"samples": 12}}, "seed": 5, "points": [{"nature": "minimum", "basin": 0.01}],
 "penalty": {"weights": {"csv": "penalty.csv"}, "centre": {"csv": "penalty.csv"}}}"""

LIBRARY = """{"model": {"library": "LIBRARY", "name": "sums", "options": "2"},
 "inputs": {"uniform": {"samples": 12}}, "seed": 5, "points": [{}]}"""

# `grows`: outputs are files of a folder that is gone on with, some of which may be there already.
Case = collections.namedtuple("Case", "what code arguments grows", defaults=[False])


def cases():
    """A name for each, the exit code with memory, the arguments."""
    plain = os.path.abspath("plain.h5")
    point = ["--point", "0"]
    yield Case("plant", 0, ["plant", os.path.abspath("plain.json"), "-o", "out.h5"])
    yield Case("plant with data", 0, ["plant", os.path.abspath("data.json"), "-o", "out.h5"])
    yield Case("plant, refused", 1, ["plant", os.path.abspath("refused.json"), "-o", "out.h5"])
    yield Case("show", 0, ["show", plain])
    yield Case("show --json", 0, ["show", plain, "--json"])
    yield Case("verify", 0, ["verify", plain])
    yield Case("verify --json", 0, ["verify", plain, "--json"])
    yield Case("spectrum", 0, ["spectrum", plain, *point, "--csv", "out.csv"])
    yield Case("spectrum --json", 0, ["spectrum", plain, *point, "--json"])
    yield Case("slice", 0, ["slice", plain, "--through", "0,1", "--csv", "out.csv"])
    yield Case("slice --json", 0, ["slice", plain, "--through", "0,1", "--grid", "5", "--json"])
    yield Case("export --csv", 0, ["export", plain, "--csv", "."])
    yield Case("export --npy --json", 0, ["export", plain, "--npy", ".", "--json"])
    library = os.path.abspath("decay.so")
    yield Case("plant a library's model", 0, ["plant", os.path.abspath("library.json"), "-o", "out.h5"])
    yield Case("verify it", 0, ["verify", os.path.abspath("library.h5"), "--library", library])
    yield Case("plant a basin with a penalty", 0, ["plant", os.path.abspath("penalized.json"), "-o", "out.h5"])
    yield Case("verify that", 0, ["verify", os.path.abspath("penalized.h5")])
    yield Case("report", 0, ["report", plain, "-o", "page.html"])
    yield Case("report --race", 0, ["report", plain, "--race", os.path.abspath("raced"), "-o", "page.html"])
    yield Case("race", 0, ["race", plain, "-o", "race", "--algorithms", "gd", "--starts", "1",
                           "--budget", "5"], True)
    yield Case("suite show --json", 0, ["suite", "show", "planted-1", "--json"])
    yield Case("suite make", 0, ["suite", "make", "planted-1", "-o", "suite", "--only", SMALLEST], True)
    yield Case("suite verify", 0, ["suite", "verify", os.path.abspath("suite")])
    if WHOLE and shutil.which("gnuplot"):
        yield Case("spectrum --plot", 0, ["spectrum", plain, *point, "--plot", "out.svg"])
        yield Case("slice --plot", 0, ["slice", plain, "--through", "0,1", "--plot", "out.svg"])
        yield Case("verify with data", 0, ["verify", os.path.abspath("data.h5")])


def prepare():
    if os.environ.get("SANITIZERS"):
        skip("a sanitizer has its own malloc")
    if not os.path.exists(os.path.join(os.environ["top_builddir"], ".libs", "libcritpt.so")):
        skip("the libraries are not shared ones")
    for name, text in (("plain.json", PLAIN), ("data.json", DATA), ("refused.json", REFUSED),
                       ("penalized.json", PENALIZED), ("penalty.csv", "0.5,0.25,0\n"),
                       ("library.json", LIBRARY.replace("LIBRARY", os.path.abspath("decay.so"))),
                       ("table.csv", TABLE), ("frozen.csv", "1,0,0\n" + "0,0,0\n" * 29),
                       ("weights.csv", ",".join(str(i / 10) for i in range(-7, 8)) + "\n"),
                       ("other.csv", ",".join(str(i % 5 / 4) for i in range(15)) + "\n")):
        with open(name, "w") as file:
            file.write(text)
    with gzip.open("table.csv.gz", "wt") as file:
        file.write(TABLE)
    compiler = os.environ.get("CC", "cc").split()
    made = subprocess.run([*compiler, "-shared", "-fPIC", "-O1", FAULTS, "-o", "faults.so", "-ldl"],
                          capture_output=True, text=True)
    if made.returncode:
        skip("the C library is not glibc")
    plugins.build("decay")
    for name in ("plain", "data", "library", "penalized"):
        done = run("plant", name + ".json", "-o", name + ".h5")
        report(done.returncode == 0, f"plant {name}.json", done.stderr.decode().splitlines())
    done = run("race", "plain.h5", "-o", "raced", "--algorithms", "gd", "--starts", "1", "--budget", "5")
    report(done.returncode == 0, "race", done.stderr.decode().splitlines())
    done = run("suite", "make", "planted-1", "-o", "suite", "--only", SMALLEST)
    report(done.returncode == 0, "suite make", done.stderr.decode().splitlines())


def run(*arguments, cwd=".", **environment):
    return subprocess.run([os.environ["CRITPT"], *arguments], capture_output=True, cwd=cwd,
                          env={**os.environ, **environment})


# ---- What became of it --------------------------------------------------------------------------

def tree(path):
    """{name: content} of what was written in the directory."""
    found = {}
    for directory, _, names in os.walk(path):
        for name in names:
            where = os.path.relpath(os.path.join(directory, name), path)
            if where not in STREAMS or os.path.dirname(where):
                found[where] = read(path, where)
    return found


def is_part(files, whole):
    """Some of the files; a manifest lists what was made before."""
    return all(name in whole and (content == whole[name] or name.endswith("manifest.json"))
               for name, content in files.items())


def lines(text):
    """Without those that have times."""
    return [line for line in text.splitlines() if b"second" not in line]


def findings(case, whole, stdout, directory, status):
    """What is wrong with a run that had an allocation less."""
    code = os.waitstatus_to_exitcode(status)
    out, err = (read(directory, name) for name in STREAMS[:2])
    files = tree(directory)
    said = f"exit {code}: {err.decode(errors='replace').strip()}"
    if not os.path.exists(os.path.join(directory, "left")):
        yield said
    elif int(read(directory, "left")):
        yield f"{said}; leaves {int(read(directory, 'left'))} blocks"
    if code == 4:
        # what went on without the memory may miss a folder, which was made where the parent works
        gone = case.grows and not files and b"No such file" in err
        if not err.startswith(b"critpt: ") or err.count(b"\n") != 1 or b"memory" not in err \
                and b"allocate" not in err and not gone:
            yield said
        if files and files != whole and not (case.grows and is_part(files, whole)):
            yield f"{said}; leaves {sorted(files)}"
    elif code != case.code:
        yield said
    elif lines(out) != stdout:
        other = next((line for line in lines(out) if line not in stdout), b"less")
        yield f"{said}; says something else: {other.decode(errors='replace')}"
    elif files != whole:
        yield f"{said}; its outputs are others"


def torture(case):
    for name in ("faults", "whole", "tortured"):
        os.mkdir(name)
    done = run(*case.arguments, cwd="whole")
    whole, stdout = tree("whole"), lines(done.stdout)
    run(*case.arguments, cwd="tortured", LD_PRELOAD=os.path.abspath("faults.so"),
        FAULTS=os.path.abspath("faults"), **({"FAULTS_WHOLE": "yes"} if WHOLE else {}))
    log = read("faults", "log").decode().split("\n")[:-1] if os.path.exists("faults/log") else []
    found = [] if done.returncode == case.code else [f"exit {done.returncode}, with memory"]
    found += [] if log else ["no allocation was made to fail"]
    for line in log:
        k, status = map(int, line.split())
        found += [f"allocation {k}: {finding}"
                  for finding in findings(case, whole, stdout, f"faults/{k}", status)]
    report(not found, f"{case.what}: {len(log)} allocations", found[:30])
    for name in ("faults", "whole", "tortured"):
        shutil.rmtree(name)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    prepare()
    for case in cases():
        torture(case)
    os.chdir("/")
print(f"1..{number}")
