"""Holds every statement of a landscape file against the oracle.

A statement is false if the truth lies outside what critpt-landscape(5), critpt_spectrum(3) and
critpt_plan_report(3) say it means. Where long double leaves that open, 50 digits decide."""

from judge_conditions import judge_conditions, judge_requests
from judge_points import judge_point
from judge_report import judge_accounts, judge_given, judge_rank, judge_targets
from landscape import Landscape, Point, Verdicts


def judge_landscape(land):
    """All verdicts on a file, but for what stands in others."""
    v = Verdicts()
    points = [Point(land.problem, weights) for weights in land.weights]
    for k, point in enumerate(points):
        judge_point(v, land, k, point)
    judge_conditions(v, land, points)
    judge_requests(v, land)
    judge_targets(v, land, points)
    judge_accounts(v, land)
    judge_rank(v, land)
    return v


def judge_file(path, directory):
    """All verdicts on a file; `directory` is that of its specification."""
    land = Landscape(path)
    v = judge_landscape(land)
    judge_given(v, land, directory)
    return v, land
