"""The numbers that steer the search for evidence, with their defaults and where they come from."""

from dataclasses import dataclass

from geotamper.errors import SpecificationError


@dataclass(frozen=True)
class EvidenceSettings:
    """What a caller may set. Thresholds of single stages stand beside their stage.

    Attributes:
        false_alarm_rate: Share of untouched pictures that may be called tampered, 0 to 1.
        max_findings: Copies and blurred regions looked for in one picture.
        workers: Threads for one picture; 0 takes as many as the process may use, up to 4.
        seed: Of the random choice of pixels in large regions; the result is a function of picture and seed.
    """

    false_alarm_rate: float = 0.01
    max_findings: int = 8
    workers: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.false_alarm_rate < 1:
            raise SpecificationError(
                f"false_alarm_rate must lie between 0 and 1, got {self.false_alarm_rate}; 0.01 is the default"
            )
        if self.max_findings < 1:
            raise SpecificationError(f"max_findings must be at least 1, got {self.max_findings}")
