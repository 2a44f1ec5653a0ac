"""From the name of what is evaluated to something that can be shown pictures."""

from collections.abc import Callable

from geotamper.evaluation.asking import Setup
from geotamper.evaluation.examinee import DetectorExaminee, Examinee
from geotamper.evaluation.floors import FLOORS
from geotamper.inspection.detector import DETECTORS, build_detector
from geotamper.sets.layout import TamperSet


def is_built_per_picture(name: str) -> bool:
    """Whether a detector is built anew for every picture, so that processes may share the work."""
    return name in DETECTORS


def build_examinee(
    opened: TamperSet, setup: Setup, watch: Callable[[int, int], None] | None = None
) -> Examinee:
    """Build what the setup names, fitted on the train questions of the set where it is a floor.

    Raises:
        SpecificationError: Nothing has this name.
        InputError: The train questions or a network cannot be used.
        MissingLibraryError: A library that it needs is not installed.
    """
    if setup.detector in FLOORS:
        return FLOORS[setup.detector](opened, watch)
    return DetectorExaminee(build_detector(setup.detector, workers=setup.threads), setup.priors)
