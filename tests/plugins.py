"""Shared objects made of tests/decay_plugin.c, for tests of models that the program loads."""

import os
import shlex
import subprocess

SOURCE = os.path.join(os.environ.get("top_srcdir", "."), "tests", "decay_plugin.c")
INCLUDE = os.path.join(os.environ.get("top_srcdir", "."), "include")


def build(name, *defines):
    """name.so in this folder, with macros as NAME=VALUE; its path."""
    path = f"./{name}.so"
    command = shlex.split(os.environ.get("CC", "cc")) + shlex.split(os.environ.get("CFLAGS", ""))
    subprocess.run(command + ["-shared", "-fPIC", f"-I{INCLUDE}", *(f"-D{d}" for d in defines),
                              SOURCE, "-o", path, "-lm"], check=True)
    return path
