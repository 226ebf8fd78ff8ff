#!/usr/bin/env python3
"""What margin to ask for when nothing says so: four margins on 20 networks, a table in Markdown.

    margins.py --critpt ./critpt [--results FILE]      --smoke: seconds, of no meaning

Two minima and a saddle of index 1 each, at most 60 s a plant; seconds are those of the processor. The
basins of every other four instances' minima are measured. A line of JSON is kept for each plant, so
that a study that was interrupted goes on where it stopped."""

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import tempfile

MARGINS = (0.1, 0.03, 0.01, 1e-4)
STRATA = tuple((hidden, ratio) for hidden in (1, 2) for ratio in (8, 16))
DRAWS, LIMIT, POINTS = 5, 60, 3


def count_weights(widths):
    return sum((a + 1) * b for a, b in zip(widths, widths[1:]))


def draw(number):
    """The number-th instance: its specification, but for the margin."""
    hidden, ratio = STRATA[number % len(STRATA)]
    rng = random.Random(20261201 + number)
    outputs = rng.randint(1, 2)
    widths = [rng.randint(6, 12), *(rng.randint(4, 8) for _ in range(hidden)), outputs]
    samples = math.ceil(ratio * POINTS * count_weights(widths) / outputs)
    activation = rng.choice(("tanh", "sigmoid", "softplus", "sin", "gelu"))
    return {"model": {"widths": widths, "activations": hidden * [activation] + ["identity"],
                      "init": {"scale": 2}},
            "inputs": {"normal": {"samples": samples}}, "seed": number + 1}


def with_margin(spec, margin):
    minimum, saddle = {"nature": "minimum", "margin": margin}, {"nature": "saddle", "index": 1, "margin": margin}
    return {**spec, "points": [minimum, minimum, saddle]}


def plant(critpt, number, margin, limit):
    spec = draw(number)
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "spec.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(with_margin(spec, margin), file)
        arguments = [critpt, "plant", path, "-o", os.path.join(directory, "out.h5"), "--json",
                     "--time-limit", str(limit)]
        if number // len(STRATA) % 2 == 0:
            arguments.append("--basins")
        before = os.times()
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        after = os.times()
        seconds = after.children_user - before.children_user + after.children_system - before.children_system
    result = {"number": number, "margin": margin, "exit": done.returncode, "seconds": round(seconds, 2),
              "message": done.stderr.strip()[-300:]}
    if done.returncode == 0:
        made = json.loads(done.stdout)
        minima = made["points"][:2]
        result["amplification"] = made["report"]["amplification"]
        result["basins"] = [point.get("basin") for point in minima]
    return result


def play(options):
    numbers = range(2 if options.smoke else DRAWS * len(STRATA))
    results = []
    if os.path.exists(options.results):
        with open(options.results, encoding="utf-8") as file:
            results = [json.loads(line) for line in file]
    known = {(r["number"], r["margin"]) for r in results}
    with open(options.results, "a", encoding="utf-8") as file:
        for number in numbers:
            for margin in MARGINS:
                if (number, margin) not in known:
                    results.append(plant(options.critpt, number, margin, 1 if options.smoke else LIMIT))
                    file.write(json.dumps(results[-1]) + "\n")
                    file.flush()
    return results


def median(values, form):
    return format(statistics.median(values), form) if values else "-"


def print_table(results):
    attained = {margin: {r["number"] for r in results if r["margin"] == margin and r["exit"] == 0}
                for margin in MARGINS}
    everywhere = set.intersection(*attained.values())
    asked = len({r["number"] for r in results})
    print(f"| margin | attained of {asked} | median seconds | median amplification | the same, where all "
          "four are attained | median basin there | basins measured |\n|---|---|---|---|---|---|---|")
    for margin in MARGINS:
        rows = [r for r in results if r["margin"] == margin and r["exit"] == 0]
        common = [r for r in rows if r["number"] in everywhere]
        basins = [b for r in common for b in r["basins"] if isinstance(b, float)]
        cells = [f"{margin:g}", len(rows), median([r["seconds"] for r in rows], ".3g"),
                 median([r["amplification"] for r in rows], ".3g"),
                 median([r["amplification"] for r in common], ".3g"), median(basins, ".3g"), len(basins)]
        print("| " + " | ".join(map(str, cells)) + " |")


def main():
    parser = argparse.ArgumentParser(description="a study of margins")
    parser.add_argument("--critpt", required=True)
    parser.add_argument("--results", default="margins.jsonl")
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    options.critpt = os.path.abspath(options.critpt)
    if options.smoke:
        with tempfile.TemporaryDirectory() as directory:
            options.results = os.path.join(directory, "results")
            print_table(play(options))
    else:
        print_table(play(options))


if __name__ == "__main__":
    main()
