#!/usr/bin/env python3
"""Runs the benchmarks and prints one table: each figure as measured, what is asked of it, the margin.

    table.py [--smoke] [PROGRAM...]

Programs print lines of `name value unit`; both sides of a ratio run there, in turns. With --smoke each
runs its smallest case once, in seconds, so that `make check` sees that it works: no figure is judged.
A margin is asked / measured, or its inverse where the figure is to be large: below 1 it is missed, and
the exit status is 1.
"""

import argparse
import fnmatch
import os
import subprocess
import sys

ASKED = (  # pattern of the name, at most; a negative number: at least
    ("gradient_64_64_10_ratio", 1.0),
    ("gradient_20_30_1_ratio", 0.6),
    ("planting_over_dgels_*", 0.15),
    ("planting_over_dgemm_flops_*", 0.15),
    ("large_planting_20000", 600),
    ("large_planting_186620", 600),
    ("large_spectrum_186620", 300),
    ("large_spectrum_error_*", 1e-3),
    ("large_peak_20000", 2.5),
    ("large_peak_186620", 2.0),
    ("scaled_gradient_*", 2.0),
    ("memory_over_bound_*", 1.0),
    ("rows_over_folding_*", 3.0),
    ("picture_over_dgels_*", 5.0),
    ("hessian_20_30_1_per_dsyrk", 0.80),
    ("hessian_50_40_1_per_dsyrk", 0.65),
    ("hessian_20_30_10_per_dsyrk", 0.12),
    ("hessian_100_20_10_per_dsyrk", 0.10),
    ("hessian_16_24_16_4_per_dsyrk", 0.50),
    ("hessian_6_30_30_30_3_per_dsyrk", 0.60),
    ("hessian_20_30_1_pytorch_per_critpt", -25),
    ("hessian_6_30_30_30_3_pytorch_per_critpt", -15),
    ("hessian_*_pytorch_per_critpt", -20),
    ("product_*_per_gradient", 4.0),
    ("product_*_per_pytorch_*", 0.5),
    ("product_*_block_per_16", 0.6),
    ("memory_*_peak", 256),
    ("step_*", 1.0),
    ("natures_55-15-10", 2000),
    ("request_*_seconds", 20),
    ("observed_gradient_ratio", 1.03),
    ("wrapped_gradient_*_per_own", 1.15),
    ("wrapped_planting_*_per_own", 1.15),
    ("wrapped_hessian_*_per_own", 1.3),
    ("wrapped_products_*_per_own", 1.3),
    ("wrapped_natures_*_per_own", 1.3),
    ("check_*", 1.0),
    ("outputs_alone_nature_*", 1.0),
)


def asked_of(name):
    return next((limit for pattern, limit in ASKED if fnmatch.fnmatchcase(name, pattern)), None)


def margin(value, limit):
    if limit < 0:
        return value / -limit
    return limit / value if value > 0 else float("inf")


def run(command):
    """The lines of a program that ends well."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
                   "BLIS_NUM_THREADS": "1", "LC_ALL": "C"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()[-400:]}")
    return done.stdout.splitlines()


def figures(lines):
    for line in lines:
        if line.startswith("#"):
            print(line)
            continue
        name, value, *unit = line.split(maxsplit=2)
        yield name, float(value), unit[0] if unit else ""


def print_row(name, value, unit):
    """Whether the figure is met."""
    limit = asked_of(name)
    if limit is None:
        print(f"{name:44s} {'':>10s} {value:12.4g} {'':>8s}  {unit}", flush=True)
        return True
    asked = f"{'>=' if limit < 0 else '<='} {abs(limit):g}"
    ratio = margin(value, limit)
    print(f"{name:44s} {asked:>10s} {value:12.4g} {ratio:8.2f}  {unit}", flush=True)
    return ratio >= 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="the smallest case of each, once")
    parser.add_argument("programs", nargs="+", help="commands, each in one word with its arguments")
    options = parser.parse_args()
    missed = 0
    print(f"{'figure':44s} {'asked':>10s} {'measured':>12s} {'margin':>8s}  unit")
    for program in options.programs:
        command = program.split() + ["--smoke"] * options.smoke
        found = list(figures(run(command)))
        if not found:
            sys.exit(f"{program} prints no figure")
        for name, value, unit in found:
            missed += not print_row(name, value, unit)
    if missed and not options.smoke:
        sys.exit(f"{missed} figures are missed")


if __name__ == "__main__":
    main()
