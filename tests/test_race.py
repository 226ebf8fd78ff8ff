#!/usr/bin/env python3
"""critpt race: every format by a strict reader, every number held against the run files, these against
the landscape by NumPy; twice the same bytes, also after a kill; and what it refuses. TAP."""

import csv
import filecmp
import itertools
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from race_formats import Wrong, level, read_coco, read_ioh  # noqa: E402

critpt = os.environ["CRITPT"]
number = 0

LINE = {"model": {"widths": [3, 1], "activations": ["identity"]},
        "inputs": {"normal": {"samples": 30}}, "seed": 1, "points": [{"nature": "minimum"}]}
NET = {"model": {"widths": [2, 3, 1], "activations": ["tanh", "identity"], "init": {"scale": 2.0}},
       "inputs": {"normal": {"samples": 200}}, "seed": 7,
       "points": [{"nature": "minimum"}, {"nature": "saddle", "index": 1}, {}]}


def report(passed, what, *details):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")
    if not passed:
        print("\n".join(f"# {line}" for detail in details for line in str(detail).splitlines()),
              flush=True)


def run(*arguments, environment=None):
    done = subprocess.run([critpt, *map(str, arguments)], capture_output=True, text=True, check=False,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def refuse(what, words, *arguments, code=2):
    found, _, errors = run("race", *arguments)
    report(found == code and words in errors and errors.count("\n") == 1, what, found, errors)


def plant(path, spec):
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump(spec, file)
    code, _, errors = run("plant", path + ".json", "-o", path, "--quiet")
    assert code == 0, errors


def files_of(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder)
                  for at, _, names in os.walk(folder) for name in names)


def differences(a, b):
    """Names that only one has, or whose bytes differ."""
    first, second = files_of(a), files_of(b)
    return sorted(set(first) ^ set(second)) + [
        name for name in first if name in second
        and not filecmp.cmp(os.path.join(a, name), os.path.join(b, name), shallow=False)]


def read_run(path):
    with open(path, encoding="ascii") as file:
        lines = file.read().splitlines()
    head = dict(line.split(" ", 1) for line in lines[:6])
    rows = [[float(word) for word in line.split()] for line in lines[7:]]
    assert len(rows) == int(head["records"]), path
    return head, rows


# ---- Formats ---------------------------------------------------------------------------------------

def check_coco(folder, settings, algorithm, nearest):
    """COCO's rows against those of the run files; `nearest`: those of the distance folder."""
    kind = "coco-distance" if nearest else "coco-loss"
    found = read_coco(os.path.join(folder, kind, algorithm), algorithm)
    for landscape in settings["landscapes"]:
        runs = found[landscape["family"], landscape["weights"]]
        assert [run[0] for run in runs] == list(range(1, settings["starts"] + 1)), runs
        for start, (_, evaluations, rows, grid, optimum) in enumerate(runs):
            head, records = read_run(f"{folder}/runs/{landscape['name']}/{algorithm}/{start:05d}.run")
            assert evaluations == int(head["evaluations"])
            best, lowest, by_evaluation = math.inf, math.inf, {}
            for record in records:
                now = min(record[5 + k] for k in landscape["minima"]) if nearest else record[2]
                best = min(best, now if nearest else record[3])
                gap = best - optimum
                lowest = min(lowest, 1e-8 if gap < 0 else gap)
                by_evaluation[int(record[0])] = (lowest, now, best)
            for row in rows + grid:
                for mine, theirs in zip(by_evaluation[row[0]], row[1:]):  # Fopt has 13 digits
                    assert abs(mine - theirs) <= 1e-9 * abs(mine) + 1e-12 * abs(optimum), (row, mine)
            reached = {level(gap) for gap, _, _ in by_evaluation.values()}
            assert {level(row[1]) for row in rows} <= reached, (algorithm, rows)
            assert level(rows[-1][1]) == level(grid[-1][1]), (algorithm, rows[-1], grid[-1])
            nodes = {int(record[0]) for record in records if int(record[1]) & 5}
            assert {row[0] for row in grid} >= nodes, algorithm


def check_ioh(folder, settings, algorithm):
    found = read_ioh(os.path.join(folder, "ioh", algorithm), algorithm)
    for landscape in settings["landscapes"]:
        runs = found[landscape["family"], landscape["name"]]
        assert len(runs) == settings["starts"]
        for start, (instance, evaluations, _, rows) in enumerate(runs):
            head, records = read_run(f"{folder}/runs/{landscape['name']}/{algorithm}/{start:05d}.run")
            assert instance == start + 1 and evaluations == int(head["evaluations"])
            assert len(rows) == len(records)
            for row, record in zip(rows, records):
                assert row[0] == record[0] and abs(row[3] - record[4]) <= 1e-9 * record[4]


def check_csv(folder, settings):
    with open(f"{folder}/runs.csv", encoding="ascii", newline="") as file:
        lines = list(csv.DictReader(file))
    wanted = len(settings["landscapes"]) * len(settings["algorithms"]) * settings["starts"]
    assert len(lines) == wanted, len(lines)
    for line in lines:
        path = f"{folder}/runs/{line['landscape']}/{line['algorithm']}/{int(line['start']):05d}.run"
        head, records = read_run(path)
        assert line["ended"] == head["ended"] and line["informed"] == head["informed"] == "0"
        assert float(line["best_loss"]) == records[-1][3] == min(record[3] for record in records)
        counts = [line[name] for name in ("losses", "gradients", "hessian_vectors", "hessians",
                                          "residuals", "jacobians")]
        assert counts == head["counts"].split(), counts
        assert int(line["evaluations"]) <= settings["budget"]


def check_results(folder, settings):
    with open(f"{folder}/results.json", encoding="utf-8") as file:
        results = json.load(file)
    with open(f"{folder}/runs.csv", encoding="ascii", newline="") as file:
        lines = list(csv.DictReader(file))
    for landscape in results["landscapes"]:
        for tally in landscape["results"]:
            mine = [line for line in lines if line["landscape"] == landscape["name"]
                    and line["algorithm"] == tally["algorithm"]]
            assert tally["reached"] == sum(float(line["gap"]) <= 1e-8 for line in mine)
            assert tally["below_planted"] == sum(line["below_planted"] == "yes" for line in mine)
            ends = [sum(line["end_point"] == str(k) for line in mine)
                    for k in range(len(landscape["points"]))]
            assert ends == tally["ended_at_point"]
            assert tally["elsewhere"] == sum(line["end_point"] == "" for line in mine)


def check_formats(folder, settings):
    def hold(what, check, *arguments):
        try:
            check(*arguments)
            report(True, what)
        except (Wrong, AssertionError, KeyError, IndexError) as wrong:
            report(False, what, repr(wrong))
    for entry in settings["algorithms"]:
        name = entry["name"]
        hold(f"{name}: COCO's loss", check_coco, folder, settings, name, False)
        hold(f"{name}: COCO's distance", check_coco, folder, settings, name, True)
        hold(f"{name}: IOHprofiler", check_ioh, folder, settings, name)
    hold("runs.csv agrees with the runs", check_csv, folder, settings)
    hold("results.json agrees with runs.csv", check_results, folder, settings)


# ---- Numbers, by NumPy -----------------------------------------------------------------------------

def check_numbers(folder, file, name, settings):
    """Loss and distances of the first record: at the start, by plain formulas."""
    try:
        import h5py
        import numpy as np
    except ImportError:
        print(f"ok {number + 1} - first records # SKIP {sys.executable} has no h5py")
        globals()["number"] += 1
        return
    with h5py.File(file) as data:
        inputs, targets, points = data["inputs"][:], data["targets"][:], data["points/weights"][:]
    starts = np.atleast_2d(np.loadtxt(f"{folder}/starts/{name}.csv", delimiter=","))

    def parts(w):
        return w[:6].reshape(3, 2), w[6:9], w[9:12], w[12]

    def loss(w):
        W, b, v, c = parts(w)
        return np.mean((np.tanh(inputs @ W.T + b) @ v + c - targets.ravel()) ** 2) / 2

    def distance(a, b):
        best, (W, c, v, e) = math.inf, parts(b)
        for order in itertools.permutations(range(3)):
            for signs in itertools.product((1, -1), repeat=3):
                s, o = np.array(signs), list(order)
                copy = np.concatenate([(s[:, None] * W[o]).ravel(), s * c[o], s * v[o], [e]])
                best = min(best, np.linalg.norm(a - copy))
        return best

    wrong = []
    for entry in settings["algorithms"]:
        for start in range(settings["starts"]):
            _, rows = read_run(f"{folder}/runs/{name}/{entry['name']}/{start:05d}.run")
            wanted = [1, 3, loss(starts[start]), loss(starts[start])]
            wanted += [None] + [distance(starts[start], point) for point in points]
            wrong += [(entry["name"], start, a, b) for a, b in zip(rows[0], wanted)
                      if b is not None and abs(a - b) > 1e-12 * max(1, abs(b))]
    report(not wrong, "first records have the loss at the start, and its distances", *wrong[:5])


# ---- The races -------------------------------------------------------------------------------------

def race(folder, *arguments):
    code, out, errors = run("race", *arguments, "-o", folder)
    assert code == 0, errors
    with open(f"{folder}/race.json", encoding="utf-8") as file:
        settings = json.load(file)
    with open(f"{folder}/results.json", encoding="utf-8") as file:
        results = json.load(file)
    for landscape, found in zip(settings["landscapes"], results["landscapes"]):
        landscape["minima"] = [k for k, point in enumerate(found["points"])
                               if point["kind"].startswith("minimum")]
    return settings, results, out


def available():
    code, out, _ = run("race", "--algorithms", "help")
    assert code == 0
    return [line.split()[0] for line in out.splitlines() if "absent" not in line]


def test_formats():
    settings, _, out = race("net", "net.h5", "--starts", 3, "--budget", 120, "--seed", 3)
    report([entry["name"] for entry in settings["algorithms"]] == available(),
           "all algorithms that are there race", settings["algorithms"])
    report("below" in out and "NLopt" in out or "nlopt-lbfgs" not in available(),
           "the table names libraries", out)
    check_formats("net", settings)
    check_numbers("net", "net.h5", "net", settings)
    pictures = {"run-lengths.svg", "loss.svg", "ends.svg", "saddles.svg", "trajectories.svg"}
    if shutil.which("gnuplot"):
        report(pictures <= set(os.listdir("net")), "pictures", os.listdir("net"))


SMALL = ("net.h5", "line.h5", "--starts", "2", "--budget", "150", "--seed", "3", "--algorithms",
         "gd,pgd,sfn,adam")


def test_same_bytes():
    race("small", *SMALL)
    code, _, errors = run("race", *SMALL, "-o", "again", "--jobs", 3)
    report(code == 0 and not differences("small", "again"), "three jobs at a time: the same bytes",
           errors, differences("small", "again"))
    code, _, errors = run("race", *SMALL, "-o", "again", "--resume")
    report(code == 0 and not differences("small", "again"), "resumed when all is done: the same bytes",
           errors, differences("small", "again"))


def test_kill():
    os.mkdir("begun")  # killed before race.json was whole
    with open("begun/race.json.123-0.tmp", "w", encoding="ascii") as file:
        file.write("{")
    code, _, errors = run("race", *SMALL, "-o", "begun", "--resume")
    code, out, errors = run("race", *SMALL, "-o", "begun", "--resume", "--json")
    with open("small/results.json", encoding="ascii") as file:
        report(code == 0 and json.loads(out) == json.load(file), "--json prints the results", errors)
    report(not differences("small", "begun"), "killed at once and resumed: the same bytes", errors)
    wrong, was_killed = [], 0
    for attempt, wait in enumerate((0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2)):
        folder = f"killed{attempt}"
        arguments = [critpt, "race", *SMALL, "-o", folder, "--jobs", "2"]
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        time.sleep(wait)
        if process.poll() is None: # else a fast machine was done before
            was_killed += 1
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        done = subprocess.run([*arguments, "--resume"], capture_output=True, text=True, check=False)
        wrong += [(wait, done.stderr, name) for name in differences("small", folder)]
    report(was_killed > 0 and not wrong, "killed and resumed: the same bytes", was_killed, *wrong[:5])
    process = subprocess.Popen([critpt, "race", "net.h5", "-o", "stopped", "--starts", "50"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not os.path.exists("stopped/runs/net"):
        time.sleep(0.01)
    process.terminate()  # a shell's background jobs ignore SIGINT
    _, errors = process.communicate()
    report(process.returncode == 128 + signal.SIGTERM and "--resume goes on" in errors, "a signal: what was done stays",
           process.returncode, errors)


def test_linear():
    """The loss is a quadratic with one minimum: who works with all samples finds it."""
    settings, results, _ = race("line", "line.h5", "--starts", 3, "--budget", 4000)
    ends = {tally["algorithm"]: (tally["reached"], tally["at_minimum"], tally["median_evaluations"])
            for tally in results["landscapes"][0]["results"]}
    inexact = ("sgd", "sgd-momentum", "adam", "nlopt-crs", "pgd")  # pgd leaves it again and again
    report(all(ends[name][:2] == (3, 3) for name in ends if name not in inexact)
           and ends["pgd"][0] == 3,
           "each descent finds the minimum of a quadratic", ends)
    report(all(ends[name][2] <= 2 + 4 + 2 for name in ("sfn", "newton")),
           "Newton's methods in a single step: a loss, a gradient, a Hessian, a gradient", ends)


def test_starts():
    refuse("a point without a number", "names no point", "net.h5", "-o", "no", "--from", "near:x:0.1")
    refuse("no such point", "has no point 9", "net.h5", "-o", "no", "--from", "near:9:0.1")
    refuse("not a saddle", "is no saddle", "net.h5", "-o", "no", "--from", "stable:0")
    refuse("no radius", "positive radius", "net.h5", "-o", "no", "--from", "near:0")
    refuse("no start that is not finite", "not finite", "net.h5", "-o", "no", "--from",
           "near:0:1.79e308")
    refuse("no pair of units", "pair", "line.h5", "-o", "no", "--from", "symmetric")
    refuse("no such starts", "is not init", "net.h5", "-o", "no", "--from", "afar")
    settings, results, _ = race("near", "net.h5", "--from", "near:0:0.001", "--starts", 4, "--budget",
                                "300", "--algorithms", "gd,pgd")
    _, rows = read_run("near/runs/net/gd/00002.run")
    report(abs(rows[0][5] - 0.001) < 1e-9, "starts at the radius asked for", rows[0])
    race("stable", "net.h5", "--from", "stable:1:0.01", "--starts", 4, "--budget", "60",
         "--algorithms", "gd")
    found = [read_run(f"stable/runs/net/gd/{start:05d}.run")[1] for start in range(4)]
    report(all(abs(rows[0][6] - 0.01) < 1e-9 and rows[0][2] >= rows[-1][3] for rows in found),
           "starts on the stable side of the saddle", found[0][0])
    report(all(min(row[6] for row in rows) < 0.009 for rows in found),
           "from there descent comes nearer to the saddle", [min(r[6] for r in f) for f in found])
    race("twins", "net.h5", "--from", "symmetric", "--starts", 2, "--algorithms", "gd", "--budget", 10)
    with open("twins/starts/net.csv", encoding="ascii") as file:
        first = [float(word) for word in file.readline().split(",")]
    report(first[0:2] == first[2:4] != first[4:6] and first[6] == first[7] and first[9] == first[10],
           "symmetric starts have two equal units", first)


def test_crash():
    """A library that aborts or exits ends its own run, not the race."""
    if "nlopt-lbfgs" not in available():
        print(f"ok {number + 1} - crashes # SKIP built without NLopt")
        globals()["number"] += 1
        return
    for words, ended in (("abort()", "crashed: signal 6"), ("exit(3)", "crashed: exit code 3"),
                         ("exit(0)", "crashed: exit code 0")):
        with open("crash.c", "w", encoding="ascii") as file:
            file.write("#include <stdlib.h>\nint nlopt_optimize(void *o, double *x, double *f)\n"
                       "{ (void)o, (void)x, (void)f; %s; return 0; }\n" % words)
        built = subprocess.run([*os.environ.get("CC", "cc").split(), "-shared", "-fPIC", "crash.c",
                                "-o", "crash.so"], capture_output=True, text=True, check=False)
        folder = f"crash-{words[:4]}{words[5:6]}"
        code, out, errors = run("race", "net.h5", "-o", folder, "--algorithms", "gd,nlopt-lbfgs",
                                "--starts", 2, "--budget", 20,
                                environment={"LD_PRELOAD": os.path.abspath("crash.so")})
        with open(f"{folder}/runs.csv", encoding="ascii", newline="") as file:
            lines = [line["ended"] for line in csv.DictReader(file)]
        report(code == 0 and lines == ["budget"] * 2 + [ended] * 2 and "2 crashed" in out,
               f"a library that calls {words}", built.stderr, code, lines, errors)


def test_others():
    """Results of another program stand in the same table; incomplete ones are refused."""
    shutil.copytree("near", "others")
    shutil.copytree("others/runs/net/gd", "others/runs/net/stranger")
    arguments = ("net.h5", "-o", "others", "--from", "near:0:0.001", "--starts", 4, "--budget", "300",
                 "--algorithms", "gd,pgd", "--resume")
    code, out, errors = run("race", *arguments)
    report(code == 0 and "stranger" in out and os.path.exists("others/coco-loss/stranger/critpt_f1.info"),
           "another program's runs are in the table", errors, out)
    os.remove("others/runs/net/stranger/00003.run")
    refuse("a run is missing", "00003.run cannot be read", *arguments)
    for line, words, what in ((0, "critpt-run 2", "line 1"), (3, "evaluations x", "evaluations"),
                              (3, "evaluations 18446744073709551615", "more than 2^53"),
                              (5, "records 100000000000000", "more records than"),
                              (1, "began", "line 2"), (4, "counts 1 2", "line 5"),
                              (5, "record 3", "line 6"), (3, "evaluations 9999", "last record"),
                              (8, "nan 1 1 1 1 1 1 1 0 0", "begin at 1"),
                              (8, "0 1 1 1 1 1 1 1 0 0", "begin at 1"), (9, "7", "cut short")):
        shutil.copy("others/runs/net/gd/00003.run", "others/runs/net/stranger/00003.run")
        with open("others/runs/net/stranger/00003.run", encoding="ascii") as file:
            lines = file.read().splitlines()
        lines[line if line < 8 else 7] = words
        with open("others/runs/net/stranger/00003.run", "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        found, _, errors = run("race", *arguments)
        report(found == 2 and "is no result of a run" in errors, f"a wrong run file: {what}", errors)
    os.remove("others/runs/net/stranger/00003.run")
    os.mkfifo("others/runs/net/stranger/00003.run")
    refuse("a FIFO as run file", "it is not a regular file", *arguments, code=4)
    os.remove("others/race.json")
    os.mkfifo("others/race.json")
    refuse("a FIFO as race.json", "another race", *arguments)


def test_names():
    """Numbers of families and instances are in the names of files; names may hold anything."""
    for name in ("x_f2_i1.h5", "x_f2_i3.h5", "a, \"b\" 'c'.h5"):
        shutil.copy("net.h5", name)
    settings, _, _ = race("names", "x_f2_i3.h5", "x_f2_i1.h5", "a, \"b\" 'c'.h5", "--starts", 2,
                          "--budget", 20, "--algorithms", "gd")
    found = read_coco("names/coco-loss/gd", "gd")
    report({key: [run[0] for run in runs] for key, runs in found.items()}
           == {(2, 13): [1, 1, 3, 3], (3, 13): [1, 2]}, "families and instances", found.keys())
    try:
        check_csv("names", settings)
        report(True, "a name with commas and quotes")
    except (AssertionError, OSError) as wrong:
        report(False, "a name with commas and quotes", repr(wrong))
    shutil.copytree("names/runs/x_f2_i3/gd", "names/runs/x_f2_i3/it's")
    refuse("a strange name of another program's", "letters, digits", "x_f2_i3.h5", "x_f2_i1.h5",
           "a, \"b\" 'c'.h5", "-o", "names", "--starts", 2, "--budget", 20, "--algorithms", "gd", "--resume")


def test_torch():
    """PyTorch's optimisers in the table; on fewer samples than a minibatch has theirs and ours agree."""
    script = os.path.join(os.environ["CRITPT_EXAMPLES"], "race_torch.py")
    arguments = ("line.h5", "-o", "torch", "--algorithms", "adam,sgd-momentum", "--starts", 2, "--budget",
                 150)
    race("torch", *arguments[:1], *arguments[3:])
    library = os.path.join(os.environ["top_builddir"], ".libs", "libcritpt.so")
    if not os.path.exists(library):
        print(f"ok {number + 1} - PyTorch # SKIP no shared library was built")
        globals()["number"] += 1
        return
    done = subprocess.run([sys.executable, script, "torch", "line.h5"], capture_output=True, text=True,
                          check=False, env={**os.environ, "CRITPT_LIBRARY": library})
    if "No module named" in done.stderr or os.environ.get("SANITIZERS"):
        print(f"ok {number + 1} - PyTorch # SKIP {done.stderr.splitlines()[-1:]}")
        globals()["number"] += 1
        return
    code, out, errors = run("race", *arguments, "--resume")
    report(code == 0 and "torch-adam" in out, "PyTorch's optimisers stand in the table", done.stderr,
           errors)
    for ours, theirs in (("adam", "torch-adam"), ("sgd-momentum", "torch-momentum")):
        wrong = []
        for start in range(2):
            mine = read_run(f"torch/runs/line/{ours}/{start:05d}.run")[1]
            other = read_run(f"torch/runs/line/{theirs}/{start:05d}.run")[1]
            wrong += [len(mine) != len(other)] * (len(mine) != len(other))
            wrong += [(a, b) for a, b in zip(mine, other) for x, y in zip(a[:6], b[:6])
                      if abs(x - y) > 1e-9 * (1 + abs(y))]
        report(not wrong, f"{ours} goes the way of {theirs}", *wrong[:3])


def test_refusals():
    refuse("no landscape", "no landscape file", "-o", "no")
    refuse("no folder", "-o DIR is missing", "net.h5")
    refuse("a file that is not there", "nowhere.h5", "nowhere.h5", "-o", "no", code=4)
    refuse("twice the same landscape", "the same name", "net.h5", "net.h5", "-o", "no")
    refuse("no such algorithm", 'no algorithm "adma"', "net.h5", "-o", "no", "--algorithms", "adma")
    refuse("an algorithm twice", "named twice", "net.h5", "-o", "no", "--algorithms", "gd,gd")
    refuse("a step for one that chooses", "chooses its steps", "net.h5", "-o", "no", "--algorithms",
           "gd@0.1")
    refuse("a step that is none", "not a positive number", "net.h5", "-o", "no", "--algorithms",
           "adam@-1")
    refuse("no starts", "--starts: 0 is outside", "net.h5", "-o", "no", "--starts", "0")
    refuse("no budget", "--budget: 0 is outside", "net.h5", "-o", "no", "--budget", "0")
    refuse("no jobs", "--jobs: 0 is outside", "net.h5", "-o", "no", "--jobs", "0")
    refuse("a folder that is not empty", "is not empty", "net.h5", "-o", "net")
    refuse("another race", "another race", "net.h5", "-o", "net", "--resume", "--seed", "8")
    os.mkdir("full")
    with open("full/mine", "w", encoding="ascii"):
        pass
    refuse("a folder of something else", "holds no race", "net.h5", "-o", "full", "--resume")
    report(os.listdir("full") == ["mine"] and not os.path.exists("no"), "nothing was written")
    contradiction = {**LINE, "points": [{}, {}]}  # a linear model has one minimum
    with open("refused.json", "w", encoding="utf-8") as file:
        json.dump(contradiction, file)
    run("plant", "refused.json", "-o", "refused.h5", "--keep", "--quiet")
    refuse("a landscape that was refused", "not planted as it was asked for", "refused.h5", "-o", "no")


def main():
    top = tempfile.mkdtemp(prefix="critpt-test.")
    try:
        os.chdir(top)
        plant("net.h5", NET)
        plant("line.h5", LINE)
        test_formats()
        test_same_bytes()
        test_kill()
        test_linear()
        test_starts()
        test_crash()
        test_others()
        test_names()
        test_torch()
        test_refusals()
    finally:
        shutil.rmtree(top)
    print(f"1..{number}")


main()
