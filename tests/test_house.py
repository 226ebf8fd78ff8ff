"""The rules of the house that a program can hold the sources against; CONTRIBUTING.md states them.

Layers are read from CONTRIBUTING.md, so that the page and the sources cannot differ."""

import collections
import os
import re
import sys

top = os.path.join(os.environ.get("srcdir", "."))
FUNCTION_LINES, FILE_LINES = 65, 600
CHECKED = ("lib", "oracle", "src")
SIZED = CHECKED + ("bench", "examples", "tests")  # and these are short, too
LEAF = re.compile(r"^(?!typedef|struct|union|enum|static inline)[A-Za-z_].*[^;]$")
failures = 0


def read(path):
    with open(os.path.join(top, path), encoding="utf-8") as file:
        return file.read()


def sources(*folders, endings=(".c", ".h")):
    for folder in folders:
        for directory, _, names in sorted(os.walk(os.path.join(top, folder))):
            for name in sorted(names):
                if name.endswith(endings) and not name.startswith("."):
                    yield os.path.relpath(os.path.join(directory, name), top)


def report(number, name, findings):
    global failures
    failures += bool(findings)
    print(f"{'not ok' if findings else 'ok'} {number} - {name}")
    for finding in findings:
        print(f"# {finding}")


def without_comments(text):
    """Comments and strings blanked, lines kept."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.DOTALL)


def functions(path):
    """(name, first line, lines) of each function; the body is between braces in column 1."""
    lines = without_comments(read(path)).splitlines()
    head = None
    for i, line in enumerate(lines):
        if re.match(r"[A-Za-z_]", line):
            head = i if head is None or lines[i - 1].rstrip().endswith((";", "}")) or not \
                lines[i - 1].strip() else head
        if line == "{" and head is not None:
            name = re.search(r"(?:START_TEST\()?(\w+)\s*[()]", " ".join(lines[head:i]))
            end = next(j for j in range(i, len(lines)) if lines[j].startswith("}"))
            if name:
                yield name.group(1), head + 1, end - head + 1
        if line.startswith("}"):
            head = None


# ---- Layers ------------------------------------------------------------------------------------

def layers():
    """{place: rank} for each chain of CONTRIBUTING.md's section; `a, b` share a rank."""
    section = read("CONTRIBUTING.md").split("## Layers")[1].split("\n## ")[0]
    chains = []
    for block in re.findall(r"(?:^    .*\n)+", section, re.MULTILINE):
        if "<-" not in block:
            continue
        ranks = {}
        for rank, places in enumerate(" ".join(block.split()).split("<-")):
            for place in places.split(","):
                ranks[place.strip()] = rank
        chains.append(ranks)
    return chains


def place_of(path):
    """lib/plan/solve.c is in plan; src/cli/outcome.c in src/cli."""
    parts = path.split(os.sep)
    return parts[1] if parts[0] == "lib" else "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def included(path):
    """Project headers that a file includes directly, as paths from the top."""
    for name in re.findall(r'^#\s*include\s+"([^"]+)"', read(path), re.MULTILINE):
        for base in ("lib", "src", "oracle", "include", ".", os.path.dirname(path)):
            if os.path.exists(os.path.join(top, base, name)):
                yield os.path.normpath(os.path.join(base, name))
                break


def includes_that_point_up():
    chains, found = layers(), []
    for path in sources(*CHECKED):
        for header in included(path):
            if header.startswith("include") or header == "config.h":
                continue
            below, above = place_of(header), place_of(path)
            for ranks in chains:
                if below in ranks and above in ranks and below != above \
                        and ranks[below] >= ranks[above]:
                    found.append(f"{path} includes {header}, which is not below it")
            if not any(below in ranks for ranks in chains):
                found.append(f"{header}: CONTRIBUTING.md names no layer {below}")
    return sorted(set(found))


# ---- Circles -----------------------------------------------------------------------------------

def strongly_connected(graph):
    """Tarjan's components of more than one node."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            component = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def circles():
    """Files of a folder of which each needs the next, by the functions and data they name."""
    found, defined, words = [], {}, {}
    for path in sources(*CHECKED, endings=(".c",)):
        text = without_comments(read(path))
        words[path] = set(re.findall(r"\b[a-z]\w+\b", text))
        for name, first, _ in functions(path):
            if "static" not in text.splitlines()[first - 1]:
                defined[name] = path
        for name in re.findall(r"^const [\w ]*?(\w+)(?:\[\w*\])* = \{", text, re.MULTILINE):
            defined[name] = path
    graph = collections.defaultdict(set)
    for path, used in words.items():
        graph[path] = {defined[word] for word in used
                       if word in defined and defined[word] != path
                       and os.path.dirname(defined[word]) == os.path.dirname(path)}
    for component in strongly_connected(graph):
        inside = [f"{a} -> {', '.join(sorted(os.path.basename(b) for b in graph[a] if b in component))}"
                  for a in component]
        found.append("a circle of files: " + "; ".join(inside))
    return found


# ---- Kinds -------------------------------------------------------------------------------------

def comparisons_of_kinds():
    """What a kind of condition is, its row of a table says; nobody asks which it is."""
    name = r"(?:CRITPT_CONDITION_(?:%s)|&cpt_condition_[a-z_]+)\b" % "|".join(kinds())
    pattern = re.compile(rf"[=!]= *{name}|{name} *[=!]=|case {name}")
    found = []
    for path in sources("lib", "oracle"):
        for number, line in enumerate(without_comments(read(path)).splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path}:{number} compares a condition's kind")
    return found


def kinds():
    text = read("include/critpt.h").split("typedef enum critpt_condition_kind {")[1].split("}")[0]
    return re.findall(r"CRITPT_CONDITION_(\w+)", text)


# ---- Sizes -------------------------------------------------------------------------------------

def long_functions():
    return [f"{path}:{first}: {name} has {count} lines, {FUNCTION_LINES} at most"
            for path in sources(*SIZED) for name, first, count in functions(path)
            if count > FUNCTION_LINES]


def long_files():
    counts = {path: read(path).count("\n")
              for path in sources(*SIZED, endings=(".c", ".h", ".py", ".sh"))}
    return [f"{path} has {count} lines, {FILE_LINES} at most"
            for path, count in counts.items() if count > FILE_LINES]


# ---- References to the mathematics ---------------------------------------------------------------

def references():
    """(path, section, facts, steps) of each MATH n [, fact(s) m [and k]] in a text."""
    pattern = re.compile(r"MATH (\d+)(?:,? (fact|step)s? (\d+)(?: and (\d+))?)?")
    for path in sources("lib", "oracle", "src", "include", "tests", "bench", "man", "examples",
                        endings=(".c", ".h", ".py", ".sh", ".md", ".1", ".3", ".5", ".7")):
        if path.endswith("test_house.py"):
            continue
        text = re.sub(r"\s*\n[\s*#.\\\"]*", " ", read(path))
        for match in pattern.finditer(text):
            yield path, match


def wrong_references():
    text = read("doc/MATH.md")
    bodies = dict(re.findall(r"^## (\d+)\. (.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    found = []
    for path, match in references():
        section, kind, *numbers = match.groups()
        body = bodies.get(section)
        if body is None:
            found.append(f"{path}: {match.group()}: doc/MATH.md has no section {section}")
            continue
        for number in filter(None, numbers):
            mark = rf"^\*\*Fact {number}\b" if kind == "fact" else rf"^{number}\. "
            if not re.search(mark, body, re.MULTILINE):
                found.append(f"{path}: {match.group()}: section {section} has no {kind} {number}")
    formulas = re.findall(r"\((\d+\.\d+)\)$", text, re.MULTILINE)
    formulas += re.findall(r"\((\d+\.\d+)\)[,:;.]?$", text, re.MULTILINE)
    for number in sorted(set(re.findall(r"\((\d+\.\d+)\)", text)) - set(formulas)):
        found.append(f"doc/MATH.md refers to ({number}), which is no formula of it")
    return found


print("1..6")
report(1, "no include points up", includes_that_point_up())
report(2, "no circle of files in a folder", circles())
report(3, f"functions of at most {FUNCTION_LINES} lines", long_functions())
report(4, f"files of at most {FILE_LINES} lines", long_files())
report(5, "references to the mathematics find their place", wrong_references())
report(6, "no comparison of a condition's kind", comparisons_of_kinds())
sys.exit(1 if failures else 0)
