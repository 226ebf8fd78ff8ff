"""Strict readers of the formats that a race writes: COCO's text ("bbob-new2") and IOHprofiler's. Each
raises Wrong with the place, and returns the runs it found."""

import ast
import json
import os
import re


class Wrong(Exception):
    pass


def demand(condition, *what):
    if not condition:
        raise Wrong(" ".join(str(word) for word in what))


NUMBER = r"[+-]\d\.\d{9}e[+-]\d{2,3}"
HEADER = re.compile(
    r"% f evaluations \| g evaluations \| best noise-free fitness - Fopt \((-?\d\.\d{12}e[+-]\d{2,3})\)"
    r" \+ sum g_i\+ \| measured fitness \| best measured fitness or single-digit g-values"
    r" \| x1 \| x2\.\.\.")
ROW = re.compile(rf"(\d+) 0 ({NUMBER}) ({NUMBER}) ({NUMBER})")
INSTANCE = re.compile(r"(\d+):(\d+)\|(\d\.\de[+-]\d{2,3})")


def read_rows(path):
    """[(Fopt, [(evaluations, gap, now, best)])] of a .dat or .tdat file."""
    with open(path, encoding="ascii") as file:
        text = file.read()
    demand(text.endswith("\n"), path, "does not end its last line")
    runs = []
    for number, line in enumerate(text.splitlines(), 1):
        header = HEADER.fullmatch(line)
        if header:
            runs.append((float(header.group(1)), []))
            continue
        row = ROW.fullmatch(line)
        demand(row and runs, f"{path}:{number}: {line!r} is no row")
        runs[-1][1].append((int(row.group(1)), *map(float, row.groups()[1:])))
    for optimum, rows in runs:
        demand(rows and rows[0][0] == 1, path, "a run does not begin at evaluation 1")
        for before, after in zip(rows, rows[1:]):
            demand(after[0] > before[0], path, "evaluations do not grow at", after)
            demand(after[1] <= before[1] and after[3] <= before[3], path, "best rises at", after)
        for row in rows:
            demand(row[1] >= 0, path, "a gap is negative at", row)
            demand(row[3] <= row[2] * (1 + 1e-9) + 1e-300 or row[2] < 0, path, "best above now", row)
            gap = row[3] - optimum
            # both are rounded to ten digits
            near = abs(gap - row[1]) <= 1e-8 * (abs(optimum) + abs(row[3])) + 1e-9 * abs(gap)
            demand(near or (gap < 1e-8 * abs(optimum) and row[1] <= 1e-8), path, "gap", row, optimum)
    return runs


def level(gap):
    """The k of the smallest target 10^(k/5) that the gap has reached, None for 0."""
    from math import floor, log10
    return floor(5 * log10(gap)) if gap > 0 else None


def read_coco(folder, algorithm):
    """{(family, dimension): [(instance, evaluations, dat rows, tdat rows, Fopt)]}"""
    found = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".info"):
            demand(re.fullmatch(r"data_f\d+", name), folder, "holds", name)
            continue
        family = int(re.fullmatch(r"critpt_f(\d+)\.info", name).group(1))
        with open(os.path.join(folder, name), encoding="ascii") as file:
            lines = file.read().splitlines()
        demand(lines and len(lines) % 3 == 0, name, "has not three lines for each dimension")
        dimensions = []
        for first, comment, data in zip(lines[::3], lines[1::3], lines[2::3]):
            call = ast.parse(f"dict({first})", mode="eval").body  # as cocopp has it
            info = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
            demand(list(info) == ["suite", "funcId", "DIM", "Precision", "algId", "coco_version",
                                  "logger", "data_format"], name, first)
            demand(info["suite"] == "critpt" and info["funcId"] == family
                   and info["algId"] == algorithm and info["data_format"] == "bbob-new2"
                   and info["logger"] == "bbob", name, info)
            demand(comment.startswith("% ") and "gradient" in comment, name, comment)
            path, *entries = data.split(", ")
            demand(path == f"data_f{family}/critpt_f{family}_DIM{info['DIM']}.dat", name, path)
            dimensions.append(info["DIM"])
            dat = read_rows(os.path.join(folder, path))
            tdat = read_rows(os.path.join(folder, path[:-4] + ".tdat"))
            demand(len(dat) == len(tdat) == len(entries) > 0, path, "runs:", len(dat), len(tdat))
            runs = found.setdefault((family, info["DIM"]), [])
            for entry, (optimum, rows), (same, grid) in zip(entries, dat, tdat):
                match = INSTANCE.fullmatch(entry)
                demand(match, name, entry)
                evaluations, last = int(match.group(2)), grid[-1]
                demand(optimum == same, path, "two values of Fopt in a run")
                demand(last[0] == evaluations, path, "the last row is not that of .info:", last, entry)
                demand(match.group(3) == f"{last[1]:.1e}", path, "the last gap:", last, entry)
                levels = [level(row[1]) for row in rows]
                for a, b in zip(levels, levels[1:]):
                    demand(b is None or (a is not None and b < a), path, "a row without a target")
                runs.append((int(match.group(1)), evaluations, rows, grid, optimum))
        demand(dimensions == sorted(set(dimensions)), name, "dimensions", dimensions)
    demand(found, folder, "holds no .info")
    return found


def read_ioh(folder, algorithm):
    """{(family, name): [(instance, evaluations, best, [row])]}"""
    found = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json"):
            demand(re.fullmatch(r"data_f\d+_.+", name), folder, "holds", name)
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            info = json.load(file)
        demand(list(info) == ["version", "suite", "function_id", "function_name", "maximization",
                              "algorithm", "attributes", "scenarios"], name, list(info))
        demand(info["maximization"] is False and info["algorithm"]["name"] == algorithm
               and set(info["algorithm"]) == {"name", "info"}, name, info["algorithm"])
        demand(name == f"IOHprofiler_f{info['function_id']}_{info['function_name']}.json", name)
        columns = info["attributes"]
        demand(columns[:2] == ["evaluations", "raw_y"], name, columns)
        for scenario in info["scenarios"]:
            demand(scenario["path"] == f"data_f{info['function_id']}_{info['function_name']}/IOHprofiler"
                   f"_f{info['function_id']}_DIM{scenario['dimension']}.dat", name, scenario["path"])
            with open(os.path.join(folder, scenario["path"]), encoding="ascii") as file:
                blocks = file.read().split(" ".join(columns) + "\n")
            demand(blocks[0] == "" and len(blocks) - 1 == len(scenario["runs"]), scenario["path"])
            for run, block in zip(scenario["runs"], blocks[1:]):
                rows = [[float(word) for word in line.split(" ")] for line in block.splitlines()]
                demand(rows and rows[0][0] == 1, scenario["path"], "begins at", rows[0][0])
                demand(all(len(row) == len(columns) for row in rows), scenario["path"], "columns")
                demand(all(a[0] <= b[0] for a, b in zip(rows, rows[1:])), scenario["path"], "falls")
                demand(rows[-1][0] == run["evals"], scenario["path"], rows[-1], run)
                demand(set(run["best"]) == {"evals", "y", "x"}, name, run)
                demand(run["best"]["evals"] <= run["evals"], name, run)
                demand(abs(min(row[2] for row in rows) - run["best"]["y"])
                       <= 1e-9 * (1 + run["best"]["y"]), name, run)
                found.setdefault((info["function_id"], info["function_name"]), []).append(
                    (run["instance"], run["evals"], run["best"]["y"], rows))
    demand(found, folder, "holds no .json")
    return found
