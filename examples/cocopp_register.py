"""Tells cocopp (2.8) of the functions that critpt race writes, and has it make its pages:

    cocopp_register.py race/coco-loss/gd race/coco-loss/nlopt-lbfgs"""

import glob
import os
import re
import sys

import cocopp
from cocopp import testbedsettings as settings

found = {tuple(map(int, re.findall(r"_f(\d+)_DIM(\d+)\.tdat", path)[0]))
         for folder in sys.argv[1:] for path in glob.glob(os.path.join(folder, "data_f*", "*.tdat"))}
functions, dimensions = ({pair[i] for pair in found} for i in (0, 1))
shown = tuple(sorted(dimensions))
with open(os.path.join(os.path.dirname(cocopp.__file__), "critpt-shortinfos.txt"), "w") as file:
    file.writelines(f"{i} planted landscape {i}\n" for i in sorted(functions))


class CritptTestbed(settings.GECCOBBOBTestbed):
    """Losses with planted critical points."""
    dimsOfInterest = (shown[0], shown[-1])

    def __init__(self, target_values):
        for key, value in settings.GECCOBBOBTestbed.settings.items():
            setattr(self, key, value)
        self.name = "critpt"
        larger = tuple(shown[-1] + i for i in range(1, 7))  # captions need six
        self.dimensions_to_display = (shown + larger)[:max(6, len(shown))]
        self.goto_dimension = shown[-1]
        self.rldDimsOfInterest = self.tabDimsOfInterest = self.dimsOfInterest
        self.first_function_number, self.last_function_number = min(functions), max(functions)
        self.functions_with_legend = (min(functions), max(functions))
        self.short_names = {i: f"landscape {i}" for i in functions}
        self.reference_algorithm_filename = self.reference_algorithm_displayname = None
        self.data_format = cocopp.dataformatsettings.BBOBNewDataFormat()
        self.plots_on_main_html_page = [f"pprldmany_{n:02d}D_noiselessall.svg" for n in shown]
        self.instantiate_attributes(target_values)

    def filter(self, data):
        return data


settings.CritptTestbed = CritptTestbed
settings.suite_to_testbed["critpt"] = "CritptTestbed"
cocopp.main("-o pages " + " ".join(sys.argv[1:]))
