"""Asks the program itself whether a set of requests that it calls contradictory can be had: the set
alone must not, and, where it is called minimal, each part of it left out must do."""

import json
import os

import h5py

from refusals import LOSS, named_set, solved_weights

CONTRADICTION = ("contradict", "cannot be had")


def csv(directory, name, values):
    with open(os.path.join(directory, name), "w") as file:
        for row in values.reshape(len(values), -1):
            file.write(",".join(repr(float(x)) for x in row) + "\n")
    return {"csv": name}


def with_data(land, weights, directory):
    """A specification without requests: the file's own problem, at weights that may not move."""
    problem = land.problem
    with h5py.File(os.path.join(directory, "trial-data.h5"), "w") as file:
        file["inputs"] = problem.inputs
        for k, w in enumerate(weights):
            file[f"weights{k}"] = w[None, :]
    spec = {"model": {"widths": problem.widths, "activations": problem.activations,
                      "bias": problem.bias},
            "inputs": {"hdf5": "trial-data.h5", "dataset": "inputs"},
            "base_targets": csv(directory, "trial-base.csv", land.base),
            "balance_output_bias": False,
            "points": [{"weights": {"hdf5": "trial-data.h5", "dataset": f"weights{k}"},
                        "critical": False} for k in range(len(land.spec["points"]))]}
    for name in ("sample_weights", "output_metric", "frozen"):
        if name in land.datasets:
            spec[name] = csv(directory, f"trial-{name}.csv", land.datasets[name])
    if problem.penalty.any():
        spec["penalty"] = {"weights": csv(directory, "trial-penalty.csv", problem.penalty),
                           "centre": csv(directory, "trial-centre.csv", problem.centre)}
    if "rank_tolerance" in land.spec:
        spec["rank_tolerance"] = land.spec["rank_tolerance"]
    return spec


def asking(land, spec, names):
    """The specification with the named requests alone."""
    asked = json.loads(json.dumps(spec))
    named = lambda start: any(name.startswith(start) for name in names)
    for k, (point, given) in enumerate(zip(asked["points"], land.spec["points"])):
        point["critical"] = named(f"points[{k}] (critical)")
        if named(f"points[{k}].loss_above"):
            point["loss_above"] = given["loss_above"]
        if any(match and int(match[1]) == k for match in map(LOSS.match, names)):
            point["loss"] = given["loss"]
        conditions = [condition for i, condition in enumerate(given.get("conditions", []))
                      if named(f"points[{k}].conditions[{i}]")]
        if conditions:
            point["conditions"] = conditions
    values = [value for i, value in enumerate(land.spec.get("values", [])) if named(f"values[{i}]")]
    if values:
        asked["values"] = values
    return asked


def judge_by_trial(v, land, message, read, plant):
    """plant(spec) gives the exit status and the message of the program."""
    names, minimal = named_set(message)
    weights = solved_weights(land, read) if names else None
    if weights is None:
        return
    spec = with_data(land, weights[:len(land.spec["points"])], plant.directory)
    code, said = plant(asking(land, spec, names))
    v.judge("trial: contradicts", "message", code == 1, ", ".join(names), f"exit {code}: {said[:300]}")
    for i, name in enumerate(names if minimal and len(names) > 1 else []):
        code, said = plant(asking(land, spec, names[:i] + names[i + 1:]))
        holds = not (code == 1 and any(part in said for part in CONTRADICTION))
        v.judge("trial: minimal", "message", holds, ", ".join(names),
                f"without {name}: {said[:300]}")
