"""Building sets: which pictures, how they are made, by how many processes, and going on after a stop."""

from geotamper.sets.building.build import build_set
from geotamper.sets.building.plan import PictureJob, Plan, Slot, make_plan
from geotamper.sets.building.presets import PRESETS, BuildSettings, Preset, PresetName
from geotamper.sets.building.report import BuildReport

__all__ = [
    "PRESETS",
    "BuildReport",
    "BuildSettings",
    "PictureJob",
    "Plan",
    "Preset",
    "PresetName",
    "Slot",
    "build_set",
    "make_plan",
]
