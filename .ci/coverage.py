#!/usr/bin/env python3
"""Holds what gcovr counted against what is asked, and what no test reaches against the reviewed list.

    coverage.py SOURCES COVERAGE.json UNCOVERED

A row of the list is: file, functions parted by commas, reason. Every function with a line that never
ran is in one; one all of which runs is out of date, which is said, and no failure.

Nothing was optimised, so that a branch is one way out of a condition of the source; those of a macro
count wherever it is used. A line with nothing but a label has no code: gcc counts the jumps to it."""

import json
import os
import re
import sys

# folders, what is counted, percent
ASKED = [(("lib", "oracle"), "lines", 97.5), (("lib", "oracle"), "branches", 86), (("src",), "lines", 94)]


def text_of(sources, name):
    with open(os.path.join(sources, name), encoding="utf-8") as stream:
        return stream.read().splitlines()


def read(path, sources):
    """A row for each file: its name, the lines that never ran with their functions, and the counts."""
    with open(path, encoding="utf-8") as stream:
        files = json.load(stream)["files"]
    for file in files:
        text = text_of(sources, file["file"])
        starts = sorted((function["lineno"], function["name"]) for function in file.get("functions", []))
        lines = [line for line in file["lines"] if not line.get("gcovr/noncode")
                 and not re.fullmatch(r"\s*\w+:", text[line["line_number"] - 1])]
        branches = [branch["count"] > 0 for line in lines for branch in line["branches"]]
        missed = [(line["line_number"],
                   max([start for start in starts if start[0] <= line["line_number"]], default=(0, "-"))[1])
                  for line in lines if line["count"] == 0]
        yield {"name": file["file"], "missed": missed, "lines": (len(lines) - len(missed), len(lines)),
               "branches": (sum(branches), len(branches))}


def figure(files, counted):
    hit, all_of_them = (sum(file[counted][i] for file in files) for i in range(2))
    return 100 * hit / max(all_of_them, 1), hit, all_of_them


def print_folders(files):
    for folder in sorted({os.path.dirname(file["name"]) for file in files}):
        inside = [file for file in files if os.path.dirname(file["name"]) == folder]
        lines, branches = figure(inside, "lines"), figure(inside, "branches")
        print(f"    {folder:18} lines {lines[0]:6.2f} % of {lines[2]:5}   "
              f"branches {branches[0]:6.2f} % of {branches[2]:5}")


def print_asked(files):
    """Whether all figures are reached."""
    passed = True
    for folders, counted, percent in ASKED:
        found, hit, total = figure([f for f in files if f["name"].split("/")[0] in folders], counted)
        reached = total > 0 and found >= percent
        passed &= reached
        print(f"{'PASS' if reached else 'FAIL'}  {', '.join(folders)}: {found:.2f} % of {counted} "
              f"({hit} of {total}); {percent} % are asked")
    return passed


def print_unlisted(files, sources, path):
    """Whether the list has every function with a line that never ran."""
    with open(path, encoding="utf-8") as stream:
        rows = [line.split(None, 2) for line in stream if line.strip() and not line.startswith("#")]
    listed = {(row[0], function) for row in rows for function in row[1].split(",")}
    found = {}
    for file in files:
        for line, function in file["missed"]:
            found.setdefault((file["name"], function), []).append(line)
    for name, function in sorted(found.keys() - listed):
        print(f"not in the list: {name} {function}")
        text = text_of(sources, name)
        for line in found[name, function]:
            print(f"    {line}: {text[line - 1].strip()}")
    for name, function in sorted(listed - found.keys()):
        print(f"in the list, but all of it runs: {name} {function}")
    return found.keys() <= listed


files = sorted(read(sys.argv[2], sys.argv[1]), key=lambda file: file["name"])
complete = print_unlisted(files, sys.argv[1], sys.argv[3])
print_folders(files)
sys.exit(0 if print_asked(files) & complete else 1)
