"""Settings of the training that tells what a region shows."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from geotamper.learning.judges.settings import JudgeSettings


class ObjectClassSettings(JudgeSettings):
    """How the class network is trained; the defaults are those of the packaged ones.

    Attributes:
        raw: Folder of labelled imagery, as `geotamper generate` reads it; best the one that the set was made from.
        reader: Its reader; None to tell it from the layout.
        sources: Objects of all imagery sets are learned from, or of those alone whose terms restrict no use.
        rounds: Of examples, about 800 each.
        epochs: Passes over the examples.
        test: Measure on fold test too; nothing is chosen by it.
    """

    raw: Path
    reader: str | None = None
    sources: Literal["all", "unrestricted"] = "all"
    rounds: int = Field(default=6, ge=1)
    epochs: int = Field(default=12, ge=1)
    test: bool = False

    def of_examples(self) -> dict[str, Any]:
        """The settings that the examples depend on, as JSON data; rounds are only added to."""
        return {"seed": self.seed, "raw": self.raw.resolve().name, "reader": self.reader}
