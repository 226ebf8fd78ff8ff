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

COUNT = 15

print(f"1..{COUNT}")
with tempfile.TemporaryDirectory() as directory:
    options = argparse.Namespace(critpt=os.environ["CRITPT"], seed=1, directory=directory, limit=60,
                                 keep=False)
    for number in range(COUNT):
        result = campaign.play((options, number))
        good = not result["false"] and result["status"] not in ("oracle failed", "time limit")
        print(f"{'ok' if good else 'not ok'} {number + 1} - instance {number}: {result['status']}, "
              f"{sum(result['counts'].values())} statements", flush=True)
        for kind, what in result["false"]:
            print(f"# {kind}: {what}"[:500].replace("\n", " "))
        if result["status"] == "oracle failed":
            print("# " + result["message"].replace("\n", "\n# "))
