#!/usr/bin/env python3
"""Summarises the lines of bench/campaign as a table in Markdown.

    campaign.py FILE...

One row for each ratio N D / (K P) of targets to equations, then one for those that the goal speaks
of: ratio 8 or more, input width 6 or more.
"""

import statistics
import sys

COLUMNS = ("number ratio inputs layers weights points targets verdict seconds amplification margin "
           "gap confirmed").split()


def read(paths):
    for path in paths:
        with open(path) as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    yield dict(zip(COLUMNS, line.split()))


def median(values, form):
    return format(statistics.median(values), form) if values else "-"


def row(name, instances):
    attained = [i for i in instances if i["verdict"] == "attained"]
    proven = sum(i["verdict"] in ("infeasible", "smaller_margin") for i in instances)
    weaker = sum(i["verdict"] == "infeasible_in_subspaces" for i in instances)
    left, strictly = len(instances) - proven - weaker, len(instances) - proven
    cells = [
        name,
        len(instances),
        len(attained),
        proven,
        weaker,
        left - len(attained),
        f"{100 * len(attained) / left:.0f} %" if left else "-",
        f"{100 * len(attained) / strictly:.0f} %" if strictly else "-",
        sum(i["confirmed"] == "FALSE" for i in instances),
        median([float(i["seconds"]) for i in instances], ".3g"),
        median([float(i["amplification"]) for i in attained], ".3g"),
        max((float(i["gap"]) for i in attained), default=float("nan")),
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main():
    instances = list(read(sys.argv[1:]))
    print("| N D / (K P) | instances | attained | infeasible | infeasible in the subspaces tried "
          "| undecided | attained of those without a proof | of those not infeasible for all targets "
          "| false claims | median seconds | median amplification | largest gap |")
    print("|" + 12 * "---|")
    for ratio in sorted({float(i["ratio"]) for i in instances}):
        print(row(f"{ratio:g}", [i for i in instances if float(i["ratio"]) == ratio]))
    goal = [i for i in instances if float(i["ratio"]) >= 8 and int(i["inputs"]) >= 6]
    print(row("8 or more, 6 inputs or more", goal))
    print(row("all", instances))


main()
