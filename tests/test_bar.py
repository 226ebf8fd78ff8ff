#!/usr/bin/env python3
"""The bar on a terminal: it fits, whatever the terminal's width, never goes back, and is gone at the
end. TAP."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios

critpt = os.environ["CRITPT"]
number = 0


def report(passed, what, details=()):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")
    if not passed:
        print("\n".join(f"# {detail!r}" for detail in details), flush=True)


def on_terminal(arguments, width, environment):
    """What is written to a terminal of so many columns; 0: it does not tell."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = subprocess.Popen([critpt, *arguments], stdout=subprocess.DEVNULL, stderr=theirs,
                               env={**os.environ, **environment})
    os.close(theirs)
    text = b""
    while True:
        try:
            data = os.read(ours, 1 << 16)
        except OSError:  # Linux: the other end is closed
            break
        if not data:
            break
        text += data
    os.close(ours)
    return process.wait(), text.decode()


def hold(what, arguments, width, environment, columns):
    code, text = on_terminal(arguments, width, environment)
    lines = text.split("\r")
    percents = [int(found) for found in re.findall(r"(\d+)% ", text)]
    report(code == 0 and len(lines) > 2 and all(len(line) < columns for line in lines),
           f"{what}: fits {columns} columns", [code, *lines[:5]])
    if columns > 20:
        report(percents and percents == sorted(percents), f"{what}: never goes back", percents)
        report(percents and percents[-1] >= 50, f"{what}: comes near the end", percents)
    report(not lines[-1].strip() and not lines[-2].strip(), f"{what}: is gone at the end", lines[-3:])


with tempfile.TemporaryDirectory(prefix="critpt-test.") as scratch:
    os.chdir(scratch)
    with open("spec.json", "w") as file:
        json.dump({"model": {"widths": [3, 4, 1], "activations": ["tanh", "identity"]},
                   "inputs": {"normal": {"samples": 800}}, "seed": 5, "separate_points": 6,
                   "points": [{}, {"nature": "minimum"},
                              {"conditions": [{"hessian": [0, 0], "value": 1}]}]}, file)
    commands = {"plant": ["plant", "spec.json", "-o", "out.h5"], "verify": ["verify", "out.h5"],
                "spectrum": ["spectrum", "out.h5"],
                "slice": ["slice", "out.h5", "--through", "0,1,2", "--grid", "30"]}
    for name, arguments in commands.items():
        hold(name, arguments, 80, {}, 80)
        hold(name, arguments, 33, {"COLUMNS": "70"}, 33)
        hold(name, arguments, 0, {"COLUMNS": "50"}, 50)
        hold(name, arguments, 9, {}, 9)
print(f"1..{number}")
sys.exit(0)
