"""Plants random instances and holds every statement about them against the oracle.

Each instance is generated, planted with --keep, judged, and verified by the program itself. A line
is printed for each finding, and a table at the end; with false statements the exit status is 1.
Results are kept in the directory, a line of JSON for each instance: a campaign that was interrupted
goes on where it stopped.

usage: campaign.py [--critpt PROGRAM] [--seed N] [--first I] [--count N] [--jobs N] [--limit SECONDS]
                   [--directory DIRECTORY] [--fresh]"""

import argparse
import collections
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
import traceback
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy

import judge
import refusals
import trials
from generate import generate
from judge_points import still_directions
from landscape import Point, read_source

STATUSES = (  # how a refusal begins to be recognised
    ("separate_points", "separate_points: "),
    ("contradiction", "equations contradict the others"),
    ("contradiction", "these contradict each other"),
    ("contradiction", "this cannot be had"),
    ("trivial", "only targets equal to the outputs are left"),
    ("trivial", "the nearest targets are the outputs themselves"),
    ("request unmet", " was to "),
    ("gradient not converged", "times its rounding unit"),
    ("condition not converged", "times its rounding"),
    ("level out of reach", "the loss of point"),
    ("natures impossible", "the natures cannot be had together"),
    ("natures not attained", "neither attained nor proven impossible"),
    ("nature not confirmed", "its spectrum confirms"),
    ("index beyond its cap", "cannot have index"),
    ("no nature", "has no nature"),
    ("loss order", "cannot lie"),
    ("loss order", "whatever the targets are"),
    ("loss order", "no scaling of its output layer"),
    ("losses disagree", "drop one of them"),
    ("amplification", "amplification"),
    ("memory limit", "memory"),
    ("time limit", "the time limit of"),
    ("penalised constants", "needs constants without penalty"),
    ("basin", "].basin: "),
    ("kink", "kink"),
    ("overflow", "overflow"),
    ("soft with natures", "hold together with hard conditions only"),
    ("asks for nothing", "asks for nothing"),
)


def status_of(code, message):
    if code == 0:
        return "planted"
    for name, part in STATUSES:
        if part in message:
            return name
    return f"exit {code}"


def run(program, arguments, directory, limit):
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
                   "BLIS_NUM_THREADS": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run([program, *arguments], cwd=directory, env=environment, timeout=limit,
                              capture_output=True, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return None, "", f"longer than {limit} s"
    return done.returncode, done.stdout, done.stderr


def above_best(land, k):
    """How far a loss is above the least of the points that are critical, as printed."""
    losses = [land.number("loss", j) for j in range(len(land.weights))]
    critical = [loss for j, loss in enumerate(losses) if land.label("nature_requested", j) != "free"]
    return f"{losses[k] - min(critical):.4g}" if critical else "nan"


def judge_terminal(v, land, output):
    """The tables say what the file does."""
    lines = [line.split() for line in output.splitlines()]
    tables = {"loss": [], "kind": []}
    table = None
    for fields in lines:
        if fields[:1] == ["point"]:
            table = tables.get(fields[1])
        elif not fields:
            table = None
        elif table is not None and fields[0].isdigit():
            table.append(fields)
    for k, fields in enumerate(tables["loss"]):
        stated = [f"{land.number('loss', k):.6g}", above_best(land, k),
                  f"{land.number('gradient_norm', k):.1e}",
                  f"{land.number('gradient_scaled', k):.3g}"]
        v.judge("terminal", f"point {k}", fields[1:5] == stated, fields[1:5], stated)
    for k, fields in enumerate(tables["kind"]):
        stated = [land.label("kind", k) or "unknown"]
        v.judge("terminal", f"point {k}", fields[1:2] == stated, fields[1:2], stated)


def judge_null_directions(v, land, options, directory):
    """No more null directions are named than there are directions in which J and S vanish."""
    for k in range(len(land.weights)):
        if not land.number("nullity", k) > 0:
            continue
        output = run(options.critpt, ["spectrum", "l.h5", "--point", str(k)], directory,
                     options.limit)[1]
        named = sum(int(n) for n in re.findall(r"layer \d+: .*: (\d+) directions?$", output,
                                               re.MULTILINE))
        still = still_directions(Point(land.problem, land.weights[k]), orbits=True)
        v.judge("null directions", f"point {k}", named <= still, named, f"{still} vanish")


class Trial:
    """Plants a specification beside that of the instance."""

    def __init__(self, options, directory):
        self.options, self.directory = options, directory

    def __call__(self, spec):
        with open(os.path.join(self.directory, "trial.json"), "w") as file:
            json.dump(spec, file)
        code, _, message = run(self.options.critpt, ["plant", "trial.json", "-o", "trial.h5"],
                               self.directory, self.options.limit)
        return code, message


def judge_instance(result, options, directory, code, output, message):
    v, land = judge.judge_file(os.path.join(directory, "l.h5"), directory)
    judge_terminal(v, land, output)
    judge_null_directions(v, land, options, directory)
    v.judge("exit status", "plant", land.refused == (code == 1), code,
            "a refused file" if land.refused else "a planted file")
    if land.refused:
        read = lambda source: read_source(directory, source)
        refusals.judge_refusal(v, land, message, read)
        trials.judge_by_trial(v, land, message, read, Trial(options, directory))
    result["counts"], result["false"], result["open"] = v.counts, v.false, v.open
    result["condition"] = land.report.get("condition", float("nan"))
    result["size"] = [land.problem.n_weights, len(land.problem.inputs), len(land.weights)]


def verify(result, program, directory, limit):
    """The program's own judgement: true for a file without false statements, false for any other."""
    code, output, message = run(program, ["verify", "l.h5"], directory, limit)
    result["verify"] = code
    found = sorted({kind for kind, _ in result["false"]})
    if code == 3 and not found:
        lines = [line for line in output.splitlines() if re.search(r"\bfalse\b", line.lower())]
        result["false"].append(("verify: true called false", " | ".join(lines[:3])))
    elif code not in (0, 3):
        result["false"].append(("verify: fails", f"exit {code}: {message[:200]}"))
    elif code == 0 and found:
        result["missed"] = found


def play(task):
    """One instance from its generation to its verdict."""
    options, number = task
    warnings.simplefilter("ignore")
    numpy.seterr(all="ignore")
    directory = os.path.join(options.directory, str(number))
    shutil.rmtree(directory, ignore_errors=True)
    result = {"number": number, "false": [], "counts": {}}
    start = time.time()
    try:
        generate(options.seed, number, directory)
        code, output, message = run(options.critpt, ["plant", "spec.json", "-o", "l.h5", "--keep"],
                                    directory, options.limit)
        result["status"] = "time limit" if code is None else status_of(code, message)
        result["message"] = message[:2000]
        result["planting"] = time.time() - start
        if code is not None and code not in (0, 1, 2) and "memory limit" not in message:
            result["false"].append(("crash", f"exit {code}: {message[:200]}"))
        if os.path.exists(os.path.join(directory, "l.h5")):
            judge_instance(result, options, directory, code, output, message)
            verify(result, options.critpt, directory, options.limit)
    except Exception:  # an instance that the oracle cannot judge must not end the campaign
        result["status"], result["message"] = "oracle failed", traceback.format_exc()
    result["seconds"] = time.time() - start
    if not result["false"] and not options.keep and result["status"] != "oracle failed":
        shutil.rmtree(directory, ignore_errors=True)
    return result


# ---- Tables ------------------------------------------------------------------------------------

def print_findings(result):
    for kind, what in result["false"]:
        print(f"instance {result['number']}: {kind}: {what}", flush=True)
    if result["status"] == "oracle failed":
        print(f"instance {result['number']}: the oracle failed\n{result['message']}", flush=True)


def not_converged_share(results):
    """Of the instances with a condition below 1e13 those whose equations were not met."""
    below = [r for r in results if r.get("condition", math.nan) < 1e13]
    missed = [r for r in below if r["status"].endswith("not converged")]
    return len(missed), len(below)


def print_summary(results):
    statuses = collections.Counter(r["status"] for r in results)
    counts, false, undecided = (collections.Counter() for _ in range(3))
    smallest = {}
    for r in sorted(results, key=lambda r: numpy.prod(r.get("size", [1e9]))):
        counts.update(r["counts"])
        undecided.update(r.get("open", {}))
        for kind in {kind for kind, _ in r["false"]}:
            smallest.setdefault(kind, r["number"])
        false.update(kind for kind, _ in r["false"])
    print(f"\n{len(results)} instances, {sum(counts.values())} statements, "
          f"{sum(r['seconds'] for r in results):.0f} s")
    for name, count in statuses.most_common():
        print(f"  {name:28s} {count:6d}")
    print("\nstatements                    checked   false    open  smallest false instance")
    for kind in sorted(set(counts) | set(false) | set(undecided)):
        print(f"  {kind:28s} {counts[kind]:7d} {false[kind]:7d} {undecided[kind]:7d}  "
              f"{smallest.get(kind, '')}")
    missed, below = not_converged_share(results)
    print(f"\nNOT_CONVERGED {missed} of {below} instances with condition below 1e13 "
          f"({100 * missed / max(below, 1):.1f} %)")
    passed = collections.Counter(kind for r in results for kind in r.get("missed", []))
    if passed:
        print("files with a false statement that verify called true:",
              ", ".join(f"{kind} {count}" for kind, count in passed.most_common()))
    print(f"false statements: {sum(false.values())}")
    return sum(false.values()) + statuses["oracle failed"]


# ---- The campaign ------------------------------------------------------------------------------

def read_options():
    parser = argparse.ArgumentParser(description="random instances against the oracle")
    parser.add_argument("--critpt", default=os.environ.get("CRITPT", "./critpt"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=float, default=60, help="seconds for a command")
    parser.add_argument("--directory", default="campaign-truth")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--keep", action="store_true", help="keep the files of good instances too")
    options = parser.parse_args()
    options.critpt = os.path.abspath(options.critpt)
    return options


def earlier_results(path, wanted):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [r for r in map(json.loads, file) if r["number"] in wanted]


def main(play=play, part=""):
    """A campaign of what `play` does, in a part of the directory."""
    options = read_options()
    options.directory = os.path.join(options.directory, part)
    os.makedirs(options.directory, exist_ok=True)
    path = os.path.join(options.directory, f"results-{options.seed}.jsonl")
    wanted = range(options.first, options.first + options.count)
    if options.fresh and os.path.exists(path):
        os.remove(path)
    results = earlier_results(path, wanted)
    for result in results:
        print_findings(result)
    known = {r["number"] for r in results}
    tasks = [(options, number) for number in wanted if number not in known]
    with ProcessPoolExecutor(options.jobs) as pool, open(path, "a") as file:
        for result in pool.map(play, tasks):
            file.write(json.dumps(result) + "\n")
            file.flush()
            results.append(result)
            print_findings(result)
    sys.exit(1 if print_summary(results) else 0)


if __name__ == "__main__":
    main()
