"""What a detector made of one picture of a set, as it is kept between runs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from geotamper.metrics import PictureLocalisation, TransformPair
from geotamper.task.catalogue import TypeName
from geotamper.task.facts import TamperKind

Gap = Literal["image_level", "localisation", "transform"]
"""What the truth of a picture can lack; the name is that of the field of the metrics."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GivenAnswer(_Kept):
    """One question with the right answer and the detector's.

    Attributes:
        id: Of the question in the set.
        type: Its type.
        expected: The right answer, as the catalogue spells it.
        given: The detector's; the type stands behind it where the detector answered as if asked for another type.
        forced: That the detector would rather have abstained.
        within: Of a network, the most probable answer among those of the type; None for detectors that give no
            other.
    """

    id: int
    type: TypeName
    expected: str
    given: str
    forced: bool
    within: str | None = None


class PictureOutcome(_Kept):
    """What a detector made of one picture.

    Attributes:
        picture: Id in the set.
        group: Pictures of one group may show the same ground.
        digest: Of picture and masks.
        kind: What was done to the picture, or None where the set does not tell.
        tampered: The truth, or None where the set does not tell.
        verdict: The detector's; None where it abstained.
        score: The detector's P(tampered).
        answers: One per question, in the order of the set.
        localisation: None for untouched pictures and where the set has no masks.
        transform: None without a true or a measured transform.
        seconds: Wall-clock time of detecting and answering.
        device: Where the detector computes.
        gaps: What the set does not tell about this picture, and why.
    """

    picture: int
    group: str
    digest: str
    kind: TamperKind | None
    tampered: bool | None
    verdict: bool | None
    score: float
    answers: tuple[GivenAnswer, ...]
    localisation: PictureLocalisation | None
    transform: TransformPair | None
    seconds: float
    device: str
    gaps: dict[Gap, str]


class PictureFailure(_Kept):
    """Why a picture could not be evaluated; its questions are left out.

    Attributes:
        picture: Id in the set.
        error: One line: what was given, what was expected, what to do.
    """

    picture: int
    error: str
