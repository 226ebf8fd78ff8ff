#!/usr/bin/env python3
"""The first instances of the campaign against the oracle, of specifications and of plans of fewer weights:
every statement about them is true. `make campaign-truth` plays a thousand of each. TAP."""

import argparse
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "bench", "truth"))
try:
    import campaign
    import fewer
except ImportError as missing:
    print(f"1..0 # SKIP the campaign needs NumPy, h5py and mpmath, it is NOT played: {missing}")
    sys.exit(0)

INSTANCES = [(1, number) for number in range(15)] + [
    (211, 732),  # a margin of 1.2e-4 beside whitened eigenvalues of 1e8, stated 3e-5 of itself too high
    (221, 673),  # rescaled units whose null directions the gradient turns by 5e-9
    (321, 22),  # a saddle under a penalty with a centre
    (321, 128),  # a saddle by its least eigenvalue
    (321, 136),  # a basin
    (321, 228),  # a minimum by its least eigenvalue, under a penalty; inputs with header and separator
]
PLANS = [(2, number) for number in range(20)]


def play(what, how, seed, number, directory):
    options = argparse.Namespace(critpt=os.environ["CRITPT"], seed=seed, directory=directory, limit=60,
                                 keep=False)
    result = how((options, number))
    good = not result["false"] and result["status"] not in ("oracle failed", "time limit")
    print(f"{'ok' if good else 'not ok'} - {what} {number} of seed {seed}: {result['status']}, "
          f"{sum(result['counts'].values())} statements", flush=True)
    for kind, found in result["false"]:
        print(f"# {kind}: {found}"[:500].replace("\n", " "))
    if result["status"] == "oracle failed":
        print("# " + result["message"].replace("\n", "\n# "))


if os.environ.get("SANITIZERS"):  # with which the library does not load into Python
    PLANS = []
print(f"1..{len(INSTANCES) + len(PLANS)}")
with tempfile.TemporaryDirectory() as directory:
    for seed, number in INSTANCES:
        play("instance", campaign.play, seed, number, directory)
    for seed, number in PLANS:
        play("plan of fewer weights", fewer.play, seed, number, directory)
