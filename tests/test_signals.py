#!/usr/bin/env python3
"""A signal at any moment ends each subcommand with 128 plus its number and the word "interrupted",
and nothing is left behind; or the work was done. TAP."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

critpt = os.environ["CRITPT"]
number = 0
parts = (0.05, 0.2, 0.4, 0.6, 0.8, 0.95)  # of the time that it takes undisturbed
signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def report(passed, what, details=()):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")
    if not passed:
        print("\n".join(f"# {detail}" for detail in details), flush=True)


def files():
    return sorted(os.path.join(where, name) for where, _, names in os.walk(".") for name in names)


def start(arguments):
    return subprocess.Popen([critpt, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def remove(outputs):
    for path in outputs:
        if os.path.isdir(path):
            for name in os.listdir(path):
                os.remove(os.path.join(path, name))
            os.rmdir(path)
        elif os.path.exists(path):
            os.remove(path)


def faults(arguments, outputs, before, which, delay):
    """What is wrong after a signal, and whether it came to interrupt."""
    process = start(arguments)
    time.sleep(delay)
    process.send_signal(which)
    message = process.communicate()[1]
    found = [f"signal {which}, after {delay:.2f} s: exit {process.returncode}: {message}"]
    if process.returncode == 0:  # it was done
        good = all(os.path.exists(path) for path in outputs)
        remove(outputs)
        return [] if good and files() == before else found, False
    if process.returncode == -which:  # before the program was loaded
        good = message == ""
    else:
        good = process.returncode == 128 + which and "interrupted" in message
    left = [name for name in files() if name not in before]
    left += [path for path in outputs if os.path.exists(path)]
    remove(outputs)
    return [] if good and not left else found + left, process.returncode == 128 + which


def hold(what, arguments, outputs=()):
    before = files()
    begun = time.monotonic()
    process = start(arguments)
    message = process.communicate()[1]
    lasts = time.monotonic() - begun
    if process.returncode:
        report(False, what, [message])
        return
    remove(outputs)
    wrong, interrupted = [], 0
    for i, part in enumerate(parts):
        found, came = faults(arguments, outputs, before, signals[i % len(signals)], part * lasts)
        wrong += found
        interrupted += came
    report(not wrong, f"{what}: {interrupted} of {len(parts)} signals interrupt it", wrong)


def specification(name, samples, points, **more):
    spec = {"model": {"widths": [4, 6, 2], "activations": ["tanh", "identity"]},
            "inputs": {"normal": {"samples": samples}}, "seed": 5, "points": points, **more}
    with open(name, "w") as file:
        json.dump(spec, file)


with tempfile.TemporaryDirectory(prefix="critpt-test.") as scratch:
    os.chdir(scratch)
    specification("plain.json", 20000, [{}, {}, {}])
    specification("natures.json", 600, [{"nature": "minimum"}, {"nature": "saddle", "index": 1}])
    specification("apart.json", 3000, [{}, {}, {}], separate_points=40)
    specification("conflict.json", 30, [{}, {}, {}])
    subprocess.run([critpt, "plant", "plain.json", "-o", "plain.h5", "--quiet"], check=True)
    hold("plant", ["plant", "plain.json", "-o", "out.h5"], ["out.h5"])
    hold("plant natures", ["plant", "natures.json", "-o", "out.h5"], ["out.h5"])
    hold("plant points drawn apart", ["plant", "apart.json", "-o", "out.h5"], ["out.h5"])
    hold("verify", ["verify", "plain.h5"])
    hold("show", ["show", "plain.h5"])
    hold("spectrum", ["spectrum", "plain.h5", "--csv", "out.csv"], ["out.csv"])
    hold("slice", ["slice", "plain.h5", "--through", "0,1,2", "--grid", "9", "--csv", "out.csv"],
         ["out.csv"])
    hold("export", ["export", "plain.h5", "--csv", "out"], ["out"])
print(f"1..{number}")
sys.exit(0)
