#!/usr/bin/env python3
"""critpt report: a page whose tags nest, that asks for nothing from outside, and whose numbers are those
of critpt show. TAP."""

import html.parser
import json
import os
import re
import shutil
import subprocess
import tempfile

critpt = os.environ["CRITPT"]
number = 0
VOID = {"meta", "link", "img", "br"}


def report(passed, what, *details):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")
    if not passed:
        print("\n".join(f"# {line}" for detail in details for line in str(detail).splitlines()),
              flush=True)


class Page(html.parser.HTMLParser):
    """What is on a page, and what is wrong with it."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.tables, self.words, self.drawings = [], [], [], [], []
        self.feed(text)
        self.wrong += [f"{tag} is not closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        for name, value in attributes:
            if name in ("src", "href") and not value.startswith("data:"):
                self.wrong.append(f"{name}={value[:40]} is not of the page")
            if name.startswith("on"):
                self.wrong.append(f"{name} is a script")
        if tag in ("script", "iframe", "object"):
            self.wrong.append(f"there is a {tag}")
        if tag == "img" and not given.get("alt") or tag == "svg" and not given.get("aria-label"):
            self.wrong.append(f"{tag} without words in its stead")
        if tag == "svg":
            self.drawings.append(given.get("aria-label"))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag} closes something else")

    def handle_data(self, data):
        self.words.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data


def run(*arguments):
    done = subprocess.run([critpt, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def plant(name, spec):
    with open(f"{name}.json", "w", encoding="utf-8") as file:
        json.dump(spec, file)
    return run("plant", f"{name}.json", "-o", f"{name}.h5", "--quiet", "--keep")


SPEC = {"model": {"widths": [2, 3, 1], "activations": ["tanh", "identity"], "init": {"scale": 2.0}},
        "inputs": {"normal": {"samples": 200}}, "seed": 7,
        "points": [{"nature": "minimum"}, {"nature": "saddle", "index": 1}, {}]}


def read_page(*arguments):
    code, out, errors = run("report", *arguments, "-o", "page.html")
    report(code == 0 and not out, "a page is written", code, errors)
    with open("page.html", encoding="utf-8") as file:
        text = file.read()
    page = Page(text)
    report(not page.wrong, "its tags nest and nothing comes from outside", *page.wrong)
    report(not re.search(r"https?://|@import|url\(", re.sub(r"base64,[^\"]*", "", text)),
           "no address is in it")
    return text, page


def numbers_agree(page):
    shown = json.loads(run("show", "net.h5", "--json")[1])
    wrong = []
    for row, point in zip(page.tables[0][1:], shown["points"]):
        wanted = [point["loss"], point["gradient_norm"], point["gradient_scaled"], point["index"],
                  point["nullity"], point["eigenvalues"][0], point["eigenvalues"][-1]]
        wrong += [(a, b) for a, b in zip(row[3:], wanted) if abs(float(a) - b) > 1e-5 * abs(b)]
        wrong += [row[1]] * (row[1] != point["kind"])
    report(len(page.tables[0]) == 4 and not wrong, "the table is that of show", *wrong)
    report(len(page.drawings) == 5 and any("18" in words or "eigenvalues" in words
                                           for words in page.drawings),
           "three spectra and two slices are drawn", page.drawings)


def basins_agree():
    """Radius and share of the file; in words why there is none."""
    words = "not measured: critpt plant --basins measures it"
    table = read_page("net.h5")[1].tables[1]
    report([row[0] for row in table[1:]] == ["0"] and words in table[1][-1], "no basin was measured", table)
    wide = {**SPEC, "points": [{"nature": "minimum", "margin": 0.1}, {}]}
    with open("wide.json", "w", encoding="utf-8") as file:
        json.dump(wide, file)
    code, out, errors = run("plant", "wide.json", "-o", "wide.h5", "--basins", "--json")
    assert code == 0, errors
    point = json.loads(out)["points"][0]
    row = read_page("wide.h5")[1].tables[1][1]
    norm = sum(weight * weight for weight in weights("wide.h5")) ** 0.5
    wanted = [point["basin"], point["basin"] / norm, point["basin_share"]]
    report(point["basin"] > 0 and all(abs(float(a) - b) <= 1e-5 * b for a, b in zip(row[1:4], wanted))
           and not row[4], "the basin is that of show, and its share", row, wanted)


def weights(path):
    code, _, errors = run("export", path, "--csv", "exported")
    assert code == 0, errors
    with open("exported/weights.csv", encoding="ascii") as file:
        return [float(word) for word in file.readline().split(",")]


def with_a_race():
    code, _, errors = run("race", "net.h5", "-o", "race", "--algorithms", "gd,sfn", "--starts", "2",
                          "--budget", "50")
    assert code == 0, errors
    text, page = read_page("net.h5", "--race", "race")
    with open("race/results.json", encoding="utf-8") as file:
        results = json.load(file)["landscapes"][0]["results"]
    rows = page.tables[2][1:]
    report([row[0] for row in rows] == ["gd", "sfn"]
           and [[int(cell) for cell in row[4:7]] for row in rows]
           == [entry["ended_at_point"] for entry in results], "the race's table", rows)
    pictures = [name for name in os.listdir("race") if name.endswith(".svg")]
    report(text.count("data:image/svg+xml;base64,") == len(pictures), "the race's pictures are in it")
    first = text
    run("report", "net.h5", "--race", "race", "-o", "page.html")
    with open("page.html", encoding="utf-8") as file:
        report(file.read() == first, "twice the same bytes")


def refuse(what, words, *arguments, code=2):
    found, _, errors = run("report", *arguments)
    report(found == code and words in errors and errors.count("\n") == 1, what, found, errors)


def main():
    top = tempfile.mkdtemp(prefix="critpt-test.")
    try:
        os.chdir(top)
        code, _, errors = plant("net", SPEC)
        assert code == 0, errors
        numbers_agree(read_page("net.h5")[1])
        basins_agree()
        with_a_race()
        shutil.copy("net.h5", "<b>&.h5")
        text, page = read_page("<b>&.h5")
        report("<b>" not in text and "<b>&" in "".join(page.words), "names are text, not markup")
        plant("refused", {**SPEC, "model": {"widths": [3, 1], "activations": ["identity"]},
                          "points": [{}, {}]})
        _, page = read_page("refused.h5")
        report("Not planted as it was asked for" in "".join(page.words), "a refused file says so")
        refuse("no page", "-o PAGE.html is missing", "net.h5")
        refuse("the landscape itself", "is the landscape file itself", "net.h5", "-o", "net.h5")
        os.mkdir("wrong")
        with open("wrong/results.json", "w", encoding="ascii") as file:
            file.write("{")
        refuse("results that are no JSON", "results.json", "net.h5", "--race", "wrong", "-o", "no.html")
        refuse("no race", "results.json", "net.h5", "--race", "nowhere", "-o", "no.html")
        refuse("another landscape's race", "without the landscape", "refused.h5", "--race", "race", "-o",
               "no.html")
        report(not os.path.exists("no.html"), "nothing was written")
    finally:
        shutil.rmtree(top)
    print(f"1..{number}")


main()
