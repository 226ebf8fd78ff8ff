#!/usr/bin/env python3
"""A first race: three questions that only known truth answers, as doc/FINDINGS.md has them.

    findings.py --critpt ./critpt >doc/FINDINGS.md      some minutes; --smoke: seconds, of no meaning

Plants landscapes, races on them, and prints a page with shares and their 95 % intervals (Wilson)."""

import argparse
import csv
import json
import math
import os
import subprocess
import tempfile

LEAVING = "gd,momentum,pgd,sfn,gnm,newton,adam"
REACHING = "gd,momentum,sfn,adam"
RADII = (0.03, 0.1, 0.3, 1.0)


class Bench:
    def __init__(self, critpt, smoke):
        self.critpt, self.smoke = critpt, smoke
        self.starts, self.budget = (3, 60) if smoke else (40, 1000)
        names = self.call("race", "--algorithms", "help").splitlines()
        self.libraries = [line.split()[0] for line in names if "absent" not in line
                          and line.split()[0] in ("nlopt-lbfgs", "lbfgs", "lmder")]

    def call(self, *arguments):
        done = subprocess.run([self.critpt, *map(str, arguments)], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        return done.stdout

    def plant(self, name, seed, points):
        spec = {"model": {"widths": [6, 3, 1], "activations": ["tanh", "identity"],
                          "init": {"scale": 1.5}},
                "inputs": {"normal": {"samples": 1000}}, "seed": seed,
                "points": points}
        with open(f"{name}.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)
        return json.loads(self.call("plant", f"{name}.json", "-o", f"{name}.h5", "--json"))

    def race(self, name, start, algorithms):
        """Results by algorithm, and the lines of runs.csv."""
        folder = f"{name}-{start.replace(':', '-')}"
        self.call("race", f"{name}.h5", "-o", folder, "--from", start, "--starts", self.starts,
                  "--budget", self.budget, "--jobs", 2, "--algorithms",
                  ",".join([algorithms, *self.libraries]))
        with open(f"{folder}/results.json", encoding="utf-8") as file:
            results = json.load(file)["landscapes"][0]["results"]
        with open(f"{folder}/runs.csv", encoding="ascii", newline="") as file:
            return {entry["algorithm"]: entry for entry in results}, list(csv.DictReader(file))


def interval(k, n):
    """k of n as a share, with Wilson's interval."""
    z = 1.959964
    centre, spread = (k + z * z / 2) / (n + z * z), z * math.sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return f"{100 * k / n:.0f} % ({100 * max(0, centre - spread):.0f}-{100 * min(1, centre + spread):.0f})"


def saddles(bench):
    print("## Who is lost to saddles\n\nStarts 0.1 from a saddle, in the eigenspace of its positive "
          f"eigenvalues: {bench.starts} of them, {bench.budget} evaluations each.\nLost: the run ended at "
          "the saddle. Time: the share of evaluations nearer than a tenth of the way to the next planted\n"
          "point.\n")
    columns = {}
    indices = (1, 3, 10)
    for index in indices:
        bench.plant(f"saddle{index}", index, [{"nature": "saddle", "index": index, "margin": 0.3},
                                                {"nature": "minimum", "margin": 0.3}])
        columns[index], _ = bench.race(f"saddle{index}", "stable:0:0.1", LEAVING)
    print("| algorithm | " + " | ".join(f"index {i}: lost | time" for i in indices) + " |")
    print("|---|" + "---|---|" * len(indices))
    for name in columns[indices[0]]:
        cells = [f"{interval(columns[i][name]['ended_at_point'][0], bench.starts)} | "
                 f"{100 * columns[i][name]['time_near_point'][0]:.0f} %" for i in indices]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print()


def plant_two(bench):
    """A wide and a deep minimum."""
    return bench.plant("two", 2, 2 * [{"nature": "minimum", "margin": 0.3}])["points"]


def basins(bench):
    print("## Whether a measured basin predicts who arrives\n\nThe basin of the deeper minimum below as gradient "
          "descent measures it, by starts at\na radius that came back; and for how many of the same starts "
          "another algorithm does what gradient descent\ndid: ends there, or does not.\n")
    print("| radius | gd comes back | " + " | ".join(
        name for name in REACHING.split(",")[1:] + bench.libraries) + " |")
    print("|---|---|" + "---|" * (len(REACHING.split(",")) - 1 + len(bench.libraries)))
    for radius in RADII:
        _, lines = bench.race("two", f"near:1:{radius}", REACHING)
        came = {(line["algorithm"], line["start"]): line["end_point"] == "1" for line in lines}
        of_gd = [came["gd", str(s)] for s in range(bench.starts)]
        cells = [interval(sum(came[name, str(s)] == of_gd[s] for s in range(bench.starts)), bench.starts)
                 for name in REACHING.split(",")[1:] + bench.libraries]
        print(f"| {radius:g} | {interval(sum(of_gd), bench.starts)} | " + " | ".join(cells) + " |")
    print()


def minima(bench, planted):
    print("## The wide minimum or the deep one\n\nTwo minima of one landscape, and where runs from the "
          "initialiser's draws end:\n")
    for k, point in enumerate(planted):
        trace = sum(point["eigenvalues"])
        print(f"- point {k}: loss {point['loss']:.6g}, trace of the Hessian {trace:.4g}")
    results, _ = bench.race("two", "init", REACHING)
    print("\n| algorithm | at point 0 | at point 1 | elsewhere | below the lowest planted loss |")
    print("|---|---|---|---|---|")
    for name, entry in results.items():
        cells = [entry["ended_at_point"][0], entry["ended_at_point"][1], entry["elsewhere"],
                 entry["below_planted"]]
        print(f"| {name} | " + " | ".join(interval(k, bench.starts) for k in cells) + " |")
    print("\nPlanted minima are not the lowest ones where few weights meet targets that several points "
          "share:\nwho starts at random hardly meets them, and mostly ends below.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--critpt", default="critpt")
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    bench = Bench(os.path.abspath(options.critpt), options.smoke)
    print("# What a first race says\n\nMade by `bench/findings.py`. Networks of 6-3-1 tanh units with 25 "
          "weights on 1000 normal inputs, step\nsizes and algorithms as `critpt race` has them by default; "
          "shares with their 95 % intervals.\n")
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        saddles(bench)
        planted = plant_two(bench)
        basins(bench)
        minima(bench, planted)


main()
