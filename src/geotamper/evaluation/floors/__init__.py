"""What is reached without looking: by the question alone, and by the look of the picture alone.

A network that does not clearly beat both has not learnt to relate a question to a picture.
"""

from collections.abc import Callable, Mapping

from geotamper.evaluation.examinee import Examinee
from geotamper.evaluation.floors.image import ImageFloor
from geotamper.evaluation.floors.question import QuestionFloor
from geotamper.sets.layout import TamperSet

Watch = Callable[[int, int], None]

FLOORS: Mapping[str, Callable[[TamperSet, Watch | None], Examinee]] = {
    QuestionFloor.NAME: lambda opened, _: QuestionFloor.fit(opened),
    ImageFloor.NAME: ImageFloor.fit,
}
"""By name; each is fitted on the train questions of a set."""

__all__ = ["FLOORS", "ImageFloor", "QuestionFloor"]
