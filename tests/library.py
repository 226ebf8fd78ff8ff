"""The shared library for the Python tests: skips that are loud, calls that fail with the message."""

import ctypes
import os
import sys


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


if os.environ.get("SANITIZERS"):
    skip_all("a library with sanitizers does not load into Python")

library = ctypes.CDLL(os.path.join(os.environ.get("top_builddir", "."), ".libs", "libcritpt.so"))
library.critpt_error_message.restype = ctypes.c_char_p
for name in ("critpt_model_n_weights", "critpt_spectrum_n_eigenvalues", "critpt_spectrum_index"):
    getattr(library, name).restype = ctypes.c_size_t


def call(function, *arguments):
    status = getattr(library, function)(*arguments)
    assert status == 0, f"{function}: {library.critpt_error_message().decode()}"


def size(value):
    return ctypes.c_size_t(value)


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)
