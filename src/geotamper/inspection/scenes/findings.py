"""What was found in a scene, as regions instead of masks of the whole."""

from dataclasses import dataclass

from geotamper.errors import SpecificationError
from geotamper.evidence.results import BlurMethod
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region
from geotamper.imagery.similarity import Similarity
from geotamper.inspection.exhibit import Exhibit, ShownFinding
from geotamper.inspection.findings import no_such_finding
from geotamper.inspection.report import FindingKind, ObjectClassGuess
from geotamper.task.classes import ObjectClass


@dataclass(frozen=True)
class SceneFinding:
    """One forged region of a scene; see `Finding`, whose masks are regions here.

    Attributes:
        id: 1, 2, ... in falling confidence.
        group: Shared by the copies of one source.
        kind: What was done.
        confidence: That the region was forged, 0 to 1.
        source: The region that was copied; for a blur the region itself.
        target: The forged region.
        transform: Takes source points to target points; None for a blur.
        rotation_sigma: Standard deviation of the rotation, degrees.
        scale_sigma: Standard deviation of the scale.
        direction_confidence: That source and target are not exchanged; None for a blur.
        direction_basis: What the direction rests on, in a few words; empty for a blur.
        blur_method: How detail was removed; None for a copy.
        blur_strength: In pixels; None where unknown.
        object_class: What the region shows; None where no class model is at hand.
        best_class: The most probable of the seven classes; None where there is no model.
        object_basis: What the class rests on, in a few words; empty where there is no model.
    """

    id: int
    group: int
    kind: FindingKind
    confidence: float
    source: Region
    target: Region
    transform: Similarity | None = None
    rotation_sigma: float = 0.0
    scale_sigma: float = 0.0
    direction_confidence: float | None = None
    direction_basis: str = ""
    blur_method: BlurMethod | None = None
    blur_strength: float | None = None
    object_class: ObjectClassGuess | None = None
    best_class: ObjectClass | None = None
    object_basis: str = ""


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
        if finding is None:
            return self.items[0] if self.items else None
        for item in self.items:
            if item.id == finding:
                return item
        raise SpecificationError(no_such_finding(finding, [item.id for item in self.items]))

    @property
    def exhibit(self) -> Exhibit:
        """What a report draws."""
        return Exhibit(self.source, tuple(map(_shown, self.items)))


def _shown(item: SceneFinding) -> ShownFinding:
    return ShownFinding(
        id=item.id,
        kind=item.kind,
        confidence=item.confidence,
        source=item.source,
        target=item.target,
        transform=item.transform,
    )
