"""What was found in a scene, as regions instead of masks of the whole."""

from dataclasses import dataclass

from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region
from geotamper.inspection.exhibit import Exhibit, shown
from geotamper.inspection.findings import ForgedRegion, selected
from geotamper.inspection.report import FindingKind


@dataclass(frozen=True)
class SceneFinding(ForgedRegion[Region]):
    """One forged region of a scene; source and target are windows of it."""


@dataclass(frozen=True, eq=False)
class SceneFindings:
    """The judgement of a scene; see `Findings`.

    Attributes:
        source: The scene that was inspected.
        tampered: None means that the evidence does not decide.
        score: P(tampered), 0 to 1.
        confidence: That `tampered` is right, 0 to 1; 0 where it is None.
        items: In falling confidence; empty for an untouched scene, candidates where nothing is decided.
        basis: What the verdict rests on, in one sentence without a full stop.
        notes: What was left out in this run and why, in sentences.
        complete: False when a limit cut the search short.
        kind: What was done, where the findings do not tell; always None.
    """

    source: PixelSource
    tampered: bool | None
    score: float
    confidence: float
    items: tuple[SceneFinding, ...] = ()
    basis: str = ""
    notes: tuple[str, ...] = ()
    complete: bool = True
    kind: FindingKind | None = None

    def select(self, finding: int | None) -> SceneFinding | None:
        """The finding with this id, or the primary one (None where there are no findings).

        Raises:
            SpecificationError: No finding has this id.
        """
        return selected(self.items, finding)

    @property
    def exhibit(self) -> Exhibit:
        """What a report draws."""
        return Exhibit(self.source, tuple(shown(item, item.source, item.target) for item in self.items))
