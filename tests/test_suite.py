#!/usr/bin/env python3
"""critpt suite: the smallest landscapes of each family made, their hashes by another implementation, their
knobs by NumPy, what is whole left alone, what was changed found, and what is refused. TAP."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
critpt = os.environ["CRITPT"]
number = 0
SMALL = ["--only", "*_p010_f?_i1", "--jobs", "2"]


def report(passed, what, *details):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")
    if not passed:
        print("\n".join(f"# {line}" for detail in details for line in str(detail).splitlines()),
              flush=True)


def skip(what, why):
    global number
    number += 1
    print(f"ok {number} - {what} # SKIP {why}")


def run(*arguments):
    done = subprocess.run([critpt, "suite", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def refuse(what, words, *arguments, code=2):
    found, _, errors = run(*arguments)
    report(found == code and words in errors and errors.count("\n") == 1, what, found, errors)


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def sha256(*path):
    return hashlib.sha256(read(*path)).hexdigest()


def times(folder):
    return {os.path.join(at, name): os.stat(os.path.join(at, name)).st_mtime_ns
            for at, _, names in os.walk(folder) for name in names if name != "manifest.json"}


# ---- What there is ---------------------------------------------------------------------------------

def described():
    code, out, _ = run("list")
    report(code == 0 and out.startswith("planted-1") and "240 landscapes" in out, "the list", out)
    report(json.loads(run("list", "--json")[1])["suites"][0]["landscapes"] == 240, "the list as JSON")
    code, out, _ = run("show", "planted-1")
    told = json.loads(run("show", "planted-1", "--json")[1])
    families = told["families"]
    report(code == 0 and len(families) == 8
           and all(family[key] in out for family in families for key in ("name", "knob", "reference"))
           and told["citation"] in out, "what is in it", out)
    report(told["sizes"] == [10, 20, 40, 60, 80, 100] and told["instances"] == 5, "sizes and instances")


def refused():
    refuse("no action", "no action; usage", code=2)
    refuse("another action", 'no action "mk"', "mk")
    refuse("no name", "the name of a suite is missing", "show")
    refuse("another suite", 'no suite "planted-2"', "show", "planted-2")
    refuse("too much", '"more" is one argument too many', "list", "more")
    refuse("no folder", "-o DIR is missing", "make", "planted-1")
    refuse("an option without meaning", "--only has no meaning", "list", "--only", "*")
    refuse("verify does not write", "-o has no meaning", "verify", "there", "-o", "here")
    refuse("no jobs", "--jobs: 0 is outside", "make", "planted-1", "-o", "no", "--jobs", "0")
    refuse("nothing matches", "--only x*: no landscape", "make", "planted-1", "-o", "none", "--only", "x*")
    os.mkdir("other")
    with open("other/mine", "w", encoding="ascii") as file:
        file.write("mine\n")
    refuse("another folder", "no folder of a suite", "make", "planted-1", "-o", "other")
    report(os.listdir("other") == ["mine"], "which stays as it was")
    refuse("nothing to verify", "no folder of a suite", "verify", "other")
    with open("other/manifest.json", "w", encoding="ascii") as file:
        file.write('{"suite": "planted-9"}\n')
    refuse("another suite's folder", "is not the manifest of the suite planted-1", "verify", "other")


# ---- Made ------------------------------------------------------------------------------------------

def made():
    code, out, errors = run("make", "planted-1", "-o", "suite", *SMALL)
    report(code == 0 and "8 of 240 landscapes" in out and "8 of them made" in out, "eight are made", out,
           errors)
    manifest = json.loads(read("suite", "manifest.json"))
    report(manifest["suite"] == "planted-1" and len(manifest["landscapes"]) == 8
           and manifest["citation"], "the manifest lists them")
    wrong = []
    for one in manifest["landscapes"]:
        for key, path in (("landscape_sha256", f"{one['name']}.h5"),
                          ("spec_sha256", f"specs/{one['name']}.json"),
                          ("weights_sha256", f"specs/{one['name']}.csv"),
                          ("inputs_sha256", f"specs/{one['name']}-inputs.csv")):
            if (key in one) != os.path.exists(f"suite/{path}") or key in one \
                    and one[key] != sha256("suite", path):
                wrong.append(path)
    report(not wrong, "its hashes are those of hashlib", *wrong)
    sums = sorted(os.listdir("suite/specs"))
    done = subprocess.run(["sha256sum", "-c", "--quiet",
                           *(f"specs/{name}" for name in sums if name.endswith(".sha256"))],
                          cwd="suite", capture_output=True, text=True, check=False)
    report(done.returncode == 0, "sha256sum takes them too", done.stdout, done.stderr)
    code, out, errors = run("verify", "suite", "--jobs", "2")
    report(code == 0 and "8 of 240 landscapes verified, 0 false" in out, "they are verified", out, errors)


def knobs():
    try:
        import suite_knobs
    except ImportError as missing:
        skip("each knob does what it says, by NumPy", str(missing))
        return
    found = [f"{name}: {finding}" for name in sorted(os.listdir("suite")) if name.endswith(".h5")
             for finding in suite_knobs.check(os.path.join("suite", name))]
    report(not found, "each knob does what it says, by NumPy", *found)


def gone_on_with():
    before = times("suite")
    code, out, _ = run("make", "planted-1", "-o", "suite", *SMALL)
    report(code == 0 and "0 of them made" in out and times("suite") == before, "what is whole stays", out)
    os.remove("suite/planted-1_p010_f1_i1.h5")
    with open("suite/planted-1_p010_f4_i1.h5", "ab") as file:
        file.write(b"x")
    with open("suite/specs/planted-1_p010_f6_i1.csv", "r+b") as file:
        file.write(b"9")
    code, out, errors = run("verify", "suite", "--only", "*_f[146]_*")
    report(code == 3 and "3 false" in out and "f1_i1.h5 is not there" in out
           and "f6_i1.csv has other bytes" in out, "what was lost or changed is found", out, errors)
    code, out, _ = run("make", "planted-1", "-o", "suite", *SMALL)
    after = times("suite")
    changed = {path for path in before if before[path] != after[path]}
    report(code == 0 and "3 of them made" in out and len(changed) == 3 * 4
           and all("_f1_" in path or "_f4_" in path or "_f6_" in path for path in changed),
           "and only that is made again", out, *changed)


def lies():
    """A landscape of other points, with hashes that fit, is no landscape of the suite."""
    try:
        import h5py
    except ImportError as missing:
        skip("a landscape of other points is found", str(missing))
        return
    name = "planted-1_p010_f3_i1"
    shutil.copytree("suite", "false")
    with h5py.File(f"false/{name}.h5", "r+") as file:
        file["points/weights"][0, 0] += 2.0 ** -40
    old, new = sha256("suite", f"{name}.h5"), sha256("false", f"{name}.h5")
    for path in ("false/manifest.json", f"false/specs/{name}.sha256"):
        text = read(path).decode()
        with open(path, "w", encoding="ascii") as file:
            file.write(text.replace(old, new))
    code, out, errors = run("verify", "false", "--only", f"{name}", "--json")
    report(code == 3 and "weights of point 0 are not the suite's" in json.loads(out)["false"][0],
           "a landscape of other points is found", out, errors)


def wait_for(path):
    for _ in range(6000):
        if os.path.exists(path):
            return
        time.sleep(0.01)


def killed():
    """At any time; what is left is gone on with, and no unfinished file stays."""
    for there in ("killed/manifest.json", "killed/specs/planted-1_p010_f3_i2.sha256"):
        process = subprocess.Popen([critpt, "suite", "make", "planted-1", "-o", "killed", "--only",
                                    "*_p010_f[13456]_i2"], start_new_session=True)
        wait_for(there)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    code, out, errors = run("make", "planted-1", "-o", "killed", "--only", "*_p010_f[13456]_i2")
    left = [name for _, _, names in os.walk("killed") for name in names if name.endswith(".tmp")]
    report(code == 0 and "5 of 240 landscapes" in out and not left, "a killed one is gone on with", out,
           errors, *left)
    process = subprocess.Popen([critpt, "suite", "make", "planted-1", "-o", "stopped", "--only",
                                "*_p060_f1_i1"], stderr=subprocess.PIPE, text=True)
    wait_for("stopped/specs/planted-1_p060_f1_i1.json")
    process.send_signal(signal.SIGTERM)
    errors = process.communicate()[1]
    left = [name for _, _, names in os.walk("stopped") for name in names if ".tmp" in name]
    report(process.returncode == 128 + signal.SIGTERM and "the same command goes on" in errors
           and not left, "a signal is told of and leaves nothing half done", process.returncode, errors,
           *left)


def main():
    top = tempfile.mkdtemp(prefix="critpt-test.")
    try:
        os.chdir(top)
        described()
        refused()
        made()
        knobs()
        gone_on_with()
        lies()
        killed()
    finally:
        shutil.rmtree(top)
    print(f"1..{number}")


main()
