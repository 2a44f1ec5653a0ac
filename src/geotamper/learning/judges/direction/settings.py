"""Settings of the training that tells a pasted region from the place it was taken from."""

from typing import Any, Literal

from pydantic import Field, field_validator

from geotamper.errors import SpecificationError
from geotamper.learning.judges.settings import JudgeSettings, Words


class DirectionSettings(JudgeSettings):
    """How the coefficients are fitted; the defaults are those of the packaged ones.

    Attributes:
        sources: Pictures of all imagery sets are learned from, or of those alone whose terms restrict no use.
        most: Copies of fold train taken of each set.
        checked: Copies of fold val taken of each set.
        degradations: What each picture is taken after, as `geotamper.forge.degradation` reads it.
    """

    sources: Literal["all", "unrestricted"] = "unrestricted"
    most: int = Field(default=300, ge=1)
    checked: int = Field(default=60, ge=1)
    degradations: Words = Field(default=("none", "jpeg:90", "jpeg:75", "resize:0.9", "noise:3"), min_length=1)

    @field_validator("degradations")
    @classmethod
    def _readable(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        from geotamper.forge.degradation import parse_degradations

        for name in names:
            try:
                parse_degradations(name)
            except SpecificationError as error:
                raise ValueError(str(error)) from error
        return names

    def of_examples(self) -> dict[str, Any]:
        """The settings that the examples depend on, as JSON data."""
        names = {"seed", "sources", "most", "checked", "degradations"}
        return self.model_dump(mode="json", include=names)
