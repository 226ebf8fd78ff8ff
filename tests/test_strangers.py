#!/usr/bin/env python3
"""Files that others made, by mistake or to do harm: each is read as it should be or refused by one
sentence, at once, without much memory, and without a look into another file. TAP."""

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy
except ImportError as missing:
    print(f"1..0 # SKIP files of strangers need h5py, they are NOT read: {missing}")
    sys.exit(0)

number = 0
MEMORY = 1500 * 2**20
SANITIZED = "Sanitizer" in subprocess.run(["ldd", os.environ["CRITPT"]], capture_output=True,
                                          text=True).stdout or os.environ.get("ASAN_OPTIONS")
SPEC = """{"model": {"widths": [2, 2, 1], "activations": ["tanh", "identity"]},
 "inputs": {"normal": {"samples": 30}}, "seed": 5, "points": [{}, {}]}"""


def report(passed, what, details=""):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")
    if not passed:
        print("\n".join("# " + line[:300] for line in str(details).splitlines()), flush=True)


def limit_memory():
    if not SANITIZED:  # whose shadow takes terabytes
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run(*arguments):
    return subprocess.run([os.environ["CRITPT"], *arguments], capture_output=True, text=True,
                          errors="replace", timeout=60, preexec_fn=limit_memory)


def refused(what, words, *arguments, code=2):
    done = run(*arguments)
    report(done.returncode == code and words in done.stderr and done.stderr.count("\n") == 1,
           f"{what}: {words}", f"exit {done.returncode}: {done.stderr}")


def copied(name):
    shutil.copy("good.h5", name)
    return h5py.File(name, "r+")


def rewrite(name, libver, **storage):
    """All of good.h5 once more, as h5py stores it: arrays by `storage`, strings in chunks too."""
    def walk(source, target):
        for key, value in source.attrs.items():
            target.attrs[key] = value
        for key, item in source.items():
            if isinstance(item, h5py.Group):
                walk(item, target.create_group(key))
                continue
            how = storage if item.shape and item.dtype.kind != "O" else {}
            if storage and item.shape and item.dtype.kind == "O":
                how = {"chunks": True}
            made = target.create_dataset(key, data=item[()], dtype=item.dtype, **how)
            for name, value in item.attrs.items():
                made.attrs[name] = value
    with h5py.File("good.h5") as source, h5py.File(name, "w", libver=libver) as target:
        walk(source, target)


def references(data, length):
    """Places of references to strings of this length: length, heap, index."""
    at = -1
    while (at := data.find(length.to_bytes(4, "little"), at + 1)) >= 0:
        heap = int.from_bytes(data[at + 4:at + 12], "little")
        if 0 < heap < len(data) and data[heap:heap + 4] == b"GCOL":
            yield at


def damage(name, out, text, change):
    data = bytearray(open(name, "rb").read())
    places = list(references(data, len(text)))
    for at in places:
        change(data, at)
    open(out, "wb").write(data)
    return len(places)


def other_index(data, at):
    data[at + 12:at + 16] = (60000).to_bytes(4, "little")


def other_heap(data, at):
    data[at + 4:at + 12] = (64).to_bytes(8, "little")


def other_length(data, at):
    data[at:at + 4] = (0x7fffffff).to_bytes(4, "little")


def check_rewritten():
    expected = run("show", "good.h5").stdout.splitlines()[1:]
    for name, libver, storage in (
            ("earliest", "earliest", {}), ("latest", "latest", {}),
            ("chunked", "earliest", {"chunks": True}),
            ("compressed", "latest", {"compression": "gzip", "shuffle": True})):
        rewrite(f"{name}.h5", libver, **storage)
        done = run("show", f"{name}.h5")
        report(done.returncode == 0 and done.stdout.splitlines()[1:] == expected,
               f"{name}: as h5py writes it", done.stderr)


def check_heaps():
    for name in ("earliest", "chunked"):
        for text in ("critpt-landscape", "minimum", "any"):
            for change in (other_index, other_heap, other_length):
                if not damage(f"{name}.h5", "damaged.h5", text, change):
                    continue
                done = run("show", "damaged.h5")
                report(done.returncode == 2 and done.stderr.count("\n") == 1,
                       f"{name}: \"{text}\", {change.__name__}", (done.returncode, done.stderr))
    rewrite("fill.h5", "earliest")
    with h5py.File("fill.h5", "r+") as file:
        n = file["points/weights"].shape[0]
        del file["points/kind"]
        file["points"].create_dataset("kind", (n,), dtype=h5py.string_dtype(), chunks=(1,),
                                      fillvalue="degenerate")
    found = damage("fill.h5", "damaged.h5", "degenerate", other_index)
    report(found > 0, "a fill value has a reference")
    refused("a fill value", "has strings as fill value", "show", "damaged.h5")


def check_headers():
    """Attributes of the earliest format that claim more bytes than there are: HDF5 itself crashes."""
    data = open("earliest.h5", "rb").read()
    at = data.find(b"unknowns\0") - 8  # version, sizes of name, type and space, name, type, space
    report(data[at] == 1, "an attribute of version 1")
    bad = bytearray(data)
    space = at + 8 + 16 + (int.from_bytes(data[at + 4:at + 6], "little") + 7) // 8 * 8
    report(bad[space] == 1, "its dataspace")
    type_at = at + 8 + 16
    bad[type_at + 4:type_at + 8] = (1 << 30).to_bytes(4, "little")
    open("damaged.h5", "wb").write(bad)
    done = run("show", "damaged.h5")
    report(done.returncode == 2 and done.stderr.count("\n") == 1, "an attribute of a gigabyte",
           (done.returncode, done.stderr))


def check_trees():
    """A tree of the earliest format whose root is its own child: HDF5 would follow it for ever."""
    data = bytearray(open("earliest.h5", "rb").read())
    at = data.find(b"TREE")
    data[at + 5] = 1  # the level, in place of 0; then two neighbours, a key, a child
    data[at + 32:at + 40] = at.to_bytes(8, "little")
    open("damaged.h5", "wb").write(data)
    refused("a tree in a circle", "its tree of links at byte 136", "show", "damaged.h5")


def check_sizes():
    with copied("huge.h5") as file:
        for key, columns in (("inputs", 2), ("targets", 1)):
            attributes = dict(file[key].attrs)
            del file[key]
            made = file.create_dataset(key, (2 * 10**8, columns), "f8", chunks=(1000, columns))
            for name, value in attributes.items():
                made.attrs[name] = value
    refused("chunks that are not there", "/inputs is incomplete: 0 of its", "show", "huge.h5")
    with copied("empty.h5") as file:
        shape = file["targets"].shape
        del file["targets"]
        file.create_dataset("targets", shape, "f8")
    refused("a block that is not there", "/targets is incomplete: nothing", "show", "empty.h5")
    with copied("bomb.h5") as file:
        attributes = dict(file["inputs"].attrs)
        del file["inputs"]
        made = file.create_dataset("inputs", (2 * 10**7, 2), "f8", chunks=(10**6, 2),
                                   compression="gzip")
        made[:1] = 0
        for i in range(0, 2 * 10**7, 10**6):
            made[i:i + 10**6] = 0
        for name, value in attributes.items():
            made.attrs[name] = value
    refused("320 MB in 300 KB", "/inputs takes 3.2e+08 bytes of memory", "show", "bomb.h5", code=4)
    refused("the same, believed", "/targets has dimensions", "show", "bomb.h5", "--read-limit",
            "1000000000")
    refused("a limit of one's own", "more than the limit", "show", "good.h5",
            "--read-limit", "100", code=4)
    with copied("chunk.h5") as file:
        values = file["targets"][:]
        del file["targets"]
        made = file.create_dataset("targets", values.shape, "f8", chunks=(2 * 10**7, 1),
                                   maxshape=(None, 1), compression="gzip")
        made[:] = values
    refused("a chunk larger than all", "/targets has chunks of 1.6e+08 bytes", "show", "chunk.h5")


def check_sources():
    with open("bomb.csv.gz", "wb") as file:
        file.write(gzip.compress((b"0" * 3999 + b"\n") * 67500))
    with h5py.File("bomb-source.h5", "w") as file:
        made = file.create_dataset("x", (2 * 10**7, 2), "f8", chunks=(10**6, 2), compression="gzip")
        for i in range(0, 2 * 10**7, 10**6):
            made[i:i + 10**6] = 0
    os.mkdir("of-fifos")
    for name in ("fifo", "of-fifos/manifest.json", "of-fifos/results.json", "of-fifos/loss.svg"):
        os.mkfifo(name)
    for what, inputs, words in (
            ("CSV in gzip", '{"csv": "bomb.csv.gz"}', "raise read_limit"),
            ("an HDF5 source", '{"hdf5": "bomb-source.h5", "dataset": "x"}', "raise read_limit"),
            ("a FIFO as CSV", '{"csv": "fifo"}', "fifo: it is not a regular file"),
            ("a device as CSV", '{"csv": "/dev/zero"}', "/dev/zero: it is not a regular file"),
            ("a directory as CSV", '{"csv": "."}', "it is not a regular file"),
            ("a FIFO as HDF5", '{"hdf5": "fifo", "dataset": "x"}', "it is not a regular file")):
        with open("source.json", "w") as file:
            file.write(SPEC.replace('{"normal": {"samples": 30}}', inputs))
        refused(what, words, "plant", "source.json", "-o", "made.h5", code=4)
    for command in (["show", "fifo"], ["plant", "fifo", "-o", "made.h5"],
                    ["export", "fifo", "--csv", "d"], ["verify", "fifo"],
                    ["spectrum", "good.h5", "--weights", "fifo"], ["show", "/dev/zero"],
                    ["suite", "verify", "of-fifos"],
                    ["report", "good.h5", "--race", "of-fifos", "-o", "page.html"]):
        refused(" ".join(command), "it is not a regular file", *command, code=4)
    with open("of-fifos/race.json", "w") as file:
        json.dump({"landscapes": [{"name": "good", "weights": 9}]}, file)
    os.replace("of-fifos/race.json", "of-fifos/results.json")
    refused("a FIFO as picture of a race", "loss.svg: it is not a regular file", "report", "good.h5",
            "--race", "of-fifos", "-o", "page.html", code=4)


def check_other_files():
    secret = numpy.arange(30.0)
    secret.tofile("secret.bin")
    with h5py.File("secret.h5", "w") as file:
        file["targets"] = secret.reshape(30, 1)
    with copied("storage.h5") as file:
        del file["targets"]
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_external(b"secret.bin", 0, 240)
        h5py.h5d.create(file.id, b"targets", h5py.h5t.IEEE_F64LE,
                        h5py.h5s.create_simple((30, 1)), plist)
    with copied("link.h5") as file:
        del file["targets"]
        file["targets"] = h5py.ExternalLink("secret.h5", "/targets")
    with copied("fifo-link.h5") as file:
        del file["targets"]
        file["targets"] = h5py.ExternalLink("fifo", "/targets")
    with copied("group.h5") as file:
        file.move("points", "p")
        file["points"] = h5py.ExternalLink("good.h5", "/points")
    with copied("virtual.h5") as file:
        del file["targets"]
        layout = h5py.VirtualLayout(shape=(30, 1), dtype="f8")
        layout[:] = h5py.VirtualSource("secret.h5", "targets", shape=(30, 1))
        file.create_virtual_dataset("targets", layout)
    for name in ("storage", "link", "fifo-link", "group", "virtual"):
        refused(name, "is kept in another file", "export", f"{name}.h5", "--csv", "out")
    report(not os.path.exists("out"), "nothing was exported")
    with copied("soft-to-link.h5") as file:
        del file["targets"]
        file["away"] = h5py.ExternalLink("secret.h5", "/")
        file["targets"] = h5py.SoftLink("/away/targets")
    refused("a soft link to one", "/targets is kept in another file", "export", "soft-to-link.h5", "--csv",
            "out")
    with copied("soft.h5") as file:
        file.move("targets", "elsewhere")
        file["targets"] = h5py.SoftLink("/elsewhere")
    report(run("show", "soft.h5").returncode == 0, "a soft link within the file is followed")


def check_names():
    with copied("kind.h5") as file:
        file["points/kind"][0] = "mini\33[2Jmum"
    refused("a kind that is none", '/points/kind has "mini\\x1b[2Jmum" for point 0', "show", "kind.h5")
    with copied("nature.h5") as file:
        file["points/nature_requested"][1] = "purple"
    refused("a nature that is none", '"purple" for point 1', "show", "nature.h5")
    bad = "evil\33[31m\x9b2J\n.h5"
    shutil.copy("good.h5", bad)
    for command in (["show", bad], ["slice", bad, "--through", "0,1"], ["spectrum", bad],
                    ["verify", bad], ["show", "no" + bad], ["plant", bad, "-o", "made.h5"]):
        done = run(*command)
        text = done.stdout + done.stderr
        report("\33" not in text and "\x9b" not in text and "evil" in text,
               f"{command[0]}: a name without control characters", repr(text[:200]))
    with copied("source.h5") as file:
        file["inputs"].attrs["source"] = "a\33[2J\x9bb\nc"
    text = run("show", "source.h5").stdout
    report("a\\x1b[2J\\x9bb\\x0ac" in text, "a source without control characters", repr(text[-200:]))


def check_names_in_json():
    """Names that are UTF-8 in part, or nearly: what is not is escaped as Python escapes it."""
    for piece in (b"\xff", b"\xc3", b"\xc3\xa9", b"\xe2\x82", b"\xe2\x82\xac", b"\xc0\x80", b"\xed\xa0\x80",
                  b"\xed\x9f\xbf", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf0\x9f\x98\x80", b"\xf4\x90\x80\x80",
                  b"\xf5\x80\x80\x80", b"\x80", b"\xf0\x9f\x98"):
        name = b"a" + piece + b"b" + piece
        shutil.copy("good.h5", name)
        expected = name.decode("utf-8", errors="backslashreplace")
        for command in (["show"], ["spectrum"], ["slice", "--through", "0,1", "--grid", "3"],
                        ["export", "--npy", name + b".d"], ["verify"]):
            if piece != b"\xff" and command[0] != "show":
                continue
            done = run(command[0], name, *command[1:], "--json")
            try:
                found = json.loads(done.stdout)["file"]
            except (KeyError, json.JSONDecodeError) as error:
                found = error
            report(found == expected, f"{command[0]}: the name {name!r} in JSON", (found, done.stderr))


def check_many():
    """200 000 warnings, in a time that grows as they do."""
    with copied("warnings.h5") as file:
        if "warnings" in file["report"]:
            del file["report/warnings"]
        file["report"].create_dataset("warnings", dtype=h5py.string_dtype(),
                                      data=[f"warning {i}" for i in range(200000)])
        file["report"].attrs["n_warnings"] = numpy.int64(200000)
    done = run("show", "warnings.h5")
    report(done.returncode == 0 and "warning 199999" in done.stdout, "200 000 warnings",
           done.stderr)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    with open("spec.json", "w") as stream:
        stream.write(SPEC)
    report(run("plant", "spec.json", "-o", "good.h5").returncode == 0, "a landscape")
    for check in (check_rewritten, check_heaps, check_headers, check_trees, check_sizes, check_sources,
                  check_other_files, check_names, check_names_in_json, check_many):
        check()
    os.chdir("/")
print(f"1..{number}")
