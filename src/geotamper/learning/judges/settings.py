"""What the settings of all judges share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from geotamper.learning.settings import read_settings

JudgeOptions = TypeVar("JudgeOptions", bound="JudgeSettings")


def _parts(value: object) -> object:
    """Words between commas, as a command line has them."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_parts)]
"""Several words; text is split at its commas."""


class JudgeSettings(BaseModel):
    """What every judge can be told.

    Attributes:
        seed: Of all chance.
        leave_out: Imagery sets that are not learned from; how the judge does on them is reported.
        examples: Folder of the examples, which several trainings may share; None for one in the written folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=1, ge=0)
    leave_out: Words = ()
    examples: Path | None = None

    def of_examples(self) -> dict[str, Any]:
        """The settings that the examples depend on, as JSON data."""
        return {"seed": self.seed}


def judge_settings(kind: type[JudgeOptions], assignments: Sequence[tuple[str, str]]) -> JudgeOptions:
    """The settings of a judge that differ from its defaults by some assignments.

    Args:
        kind: Of settings.
        assignments: Keys and values, as a command line has them.

    Raises:
        SpecificationError: A name is unknown, a needed one is missing, or a value has the wrong type or range.
    """
    return read_settings(kind, {}, dict(assignments))
