"""From the name of what is evaluated to something that can be shown pictures."""

from collections.abc import Callable

from geotamper.detection.network_detector import NetworkDetector
from geotamper.detection.opening import open_detector
from geotamper.evaluation.asking import Setup
from geotamper.evaluation.examinee import DetectorExaminee, Examinee
from geotamper.evaluation.floors import FLOORS
from geotamper.evaluation.networks import NetworkExaminee
from geotamper.inspection.detector import DETECTORS
from geotamper.sets.layout import TamperSet


def is_built_per_picture(name: str) -> bool:
    """Whether a detector is built anew for every picture, so that processes may share the work."""
    return name in DETECTORS


def build_examinee(
    opened: TamperSet, setup: Setup, watch: Callable[[int, int], None] | None = None
) -> Examinee:
    """Build what the setup names, fitted on the train questions of the set where it is a floor.

    Raises:
        SpecificationError: Nothing has this name, and it is no path.
        InputError: The train questions or a network cannot be used.
        MissingLibraryError: A library that it needs is not installed.
    """
    if setup.detector in FLOORS:
        return FLOORS[setup.detector](opened, watch)
    detector = open_detector(setup.detector, workers=setup.threads, weights=setup.weights)
    if isinstance(detector, NetworkDetector):
        return NetworkExaminee(detector, setup.priors)
    return DetectorExaminee(detector, setup.priors)
