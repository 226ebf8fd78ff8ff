#!/usr/bin/env python3
"""The first instances of the campaign against the oracle: every statement of the program about them
is true. `make campaign-truth` plays a thousand. TAP."""

import argparse
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "bench", "truth"))
try:
    import campaign
except ImportError as missing:
    print(f"1..0 # SKIP the campaign needs NumPy, h5py and mpmath, it is NOT played: {missing}")
    sys.exit(0)

INSTANCES = [(1, number) for number in range(15)] + [
    (211, 732),  # a margin of 1.2e-4 beside whitened eigenvalues of 1e8, stated 3e-5 of itself too high
    (221, 673),  # rescaled units whose null directions the gradient turns by 5e-9
]

print(f"1..{len(INSTANCES)}")
with tempfile.TemporaryDirectory() as directory:
    for i, (seed, number) in enumerate(INSTANCES, 1):
        options = argparse.Namespace(critpt=os.environ["CRITPT"], seed=seed, directory=directory,
                                     limit=60, keep=False)
        result = campaign.play((options, number))
        good = not result["false"] and result["status"] not in ("oracle failed", "time limit")
        print(f"{'ok' if good else 'not ok'} {i} - instance {number} of seed {seed}: {result['status']}, "
              f"{sum(result['counts'].values())} statements", flush=True)
        for kind, what in result["false"]:
            print(f"# {kind}: {what}"[:500].replace("\n", " "))
        if result["status"] == "oracle failed":
            print("# " + result["message"].replace("\n", "\n# "))
