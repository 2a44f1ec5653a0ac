"""The default detector on scenes: small areas as pictures, large ones by the search for scenes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from geotamper.control import Control
from geotamper.evidence.scenes.keypoints import FindKeypoints
from geotamper.evidence.scenes.search import SceneSearch
from geotamper.evidence.scenes.views import PairView
from geotamper.evidence.search import BYTES_PER_PIXEL, DENSE_BYTES, FIXED_BYTES
from geotamper.evidence.settings import EvidenceSettings
from geotamper.imagery.area import PixelArea
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Window
from geotamper.inspection.findings import Findings
from geotamper.inspection.inspector import Classifier, class_basis
from geotamper.inspection.report import ObjectClassGuess
from geotamper.inspection.scenes.area import AreaSource
from geotamper.inspection.scenes.findings import SceneFinding, SceneFindings
from geotamper.inspection.scenes.placing import placed_findings
from geotamper.inspection.scenes.tiles import search_tiles
from geotamper.inspection.scenes.verdict import judge_scene, with_more

PICTURE_PIXELS = 2_000_000
"""Areas up to this are inspected as a picture, where they fit into memory: small discs and blurred regions included."""

LARGEST_CLASSIFIED = 2000
"""Pixels across of regions whose class is told; larger ones are no single objects."""

SMALLEST_SURROUNDINGS = 48
SURROUNDINGS = 0.8
"""What the class network sees around a region: so many pixels, and this share of the longer side of its box."""

_SEARCH_STEP = 512

LIMITS = (
    "In scenes too large for the search of a picture small copied regions, of a few hundred pixels, may be missed.",
    "In such scenes copies that were compressed or resized afterwards are looked for in few places.",
)
"""What the search of scenes cannot see, beside the limits of the detector."""

WITHOUT_TILES = (
    "Blurred regions and small discs are not looked for in such scenes unless a thorough search is asked for; they are "
    "in areas of at most 2 million pixels."
)


@dataclass(frozen=True)
class ScenePlan:
    """How a scene is inspected.

    Attributes:
        detect: Inspects an area that is small enough as a picture; with a share of the false-alarm rate, 0 to 1.
        classifier: Tells what forged regions show; None leaves the class open.
        settings: Of the search for evidence.
        search: Of what is too large for `detect`.
        thorough: Whether each tile is inspected as a picture too, which takes many times as long.
        find: Finds the keypoints of tiles; in this process by default.
    """

    detect: Callable[[Picture, float, Control], Findings]
    classifier: Classifier | None = None
    settings: EvidenceSettings = field(default_factory=EvidenceSettings)
    search: SceneSearch = field(default_factory=SceneSearch)
    thorough: bool = False
    find: FindKeypoints | None = None


def inspect_scene(
    source: PixelSource, plan: ScenePlan, control: Control, *, area: PixelArea | None = None
) -> SceneFindings:
    """Look for forged regions in a scene that memory need not hold.

    Args:
        source: The scene, read window by window.
        plan: How to search.
        control: Progress, cancellation and limits; after the time limit what was found so far is returned.
        area: The part to search; None for all of it. Source and copy must both lie in it.

    Raises:
        InputError: The file is damaged, or the memory bound too small for any scene.
        OutputError: There is no room for a temporary file.
        CancelledError: The caller asked to stop.
    """
    searched = source if area is None else AreaSource(source, area)
    window = _content(searched, area)
    if window is None:
        return SceneFindings(
            source=source,
            tampered=None,
            score=0.5,
            confidence=0.0,
            basis="there is nothing to search: no pixel of the scene, or of the area asked for, holds anything",
            notes=("no pixel of the scene, or of the area asked for, holds anything",),
        )
    if fits_picture(window, control):
        view = PairView.read(searched, window, window, margin=0)
        return placed_findings(source, plan.detect(Picture.from_array(view.pixels), 1.0, control), view.here)
    evidence = plan.search.run(searched, settings=plan.settings, control=control, find=plan.find)
    findings = judge_scene(searched, evidence)
    if plan.classifier is not None:
        items = tuple(_classified(item, searched, plan.classifier) for item in findings.items)
        findings = replace(findings, items=items)
    if plan.thorough:
        findings = with_more(findings, search_tiles(searched, plan.detect, findings.items, control))
    notes = (*findings.notes, *LIMITS, *(() if plan.thorough else (WITHOUT_TILES,)))
    return replace(findings, source=source, notes=notes)


def fits_picture(window: Window, control: Control) -> bool:
    """Whether a part of a scene is small enough, in time and memory, to be inspected as a picture."""
    pixels = window.shape[0] * window.shape[1]
    return pixels <= PICTURE_PIXELS and needed_bytes(pixels) <= (control.max_memory or needed_bytes(pixels))


def needed_bytes(pixels: int) -> int:
    """Memory that the whole search of a picture of so many pixels takes."""
    return FIXED_BYTES + DENSE_BYTES + BYTES_PER_PIXEL * pixels


def _content(source: PixelSource, area: PixelArea | None) -> Window | None:
    """The box around all that may hold something, None where nothing does."""
    box = Window(0, 0, source.width, source.height) if area is None else area.window
    step = _SEARCH_STEP
    filled = [
        tile
        for top in range(box.y0, box.y1, step)
        for left in range(box.x0, box.x1, step)
        for tile in [Window(left, top, min(box.x1, left + step), min(box.y1, top + step))]
        if not source.is_empty(tile)
    ]
    if not filled:
        return None
    return Window(
        min(tile.x0 for tile in filled),
        min(tile.y0 for tile in filled),
        max(tile.x1 for tile in filled),
        max(tile.y1 for tile in filled),
    )


def _classified(item: SceneFinding, source: PixelSource, classifier: Classifier) -> SceneFinding:
    boxes = (item.source.window, item.target.window)
    longest = max(max(box.shape) for box in boxes)
    if longest > LARGEST_CLASSIFIED:
        return item
    margin = max(SMALLEST_SURROUNDINGS, int(SURROUNDINGS * longest))
    view = PairView.read(source, item.source.window, item.target.window, margin=margin)
    found = classifier.classify(view.pixels, view.mask(item.target), view.mask(item.source))
    return replace(
        item,
        object_class=ObjectClassGuess(label=found.label, confidence=min(1.0, found.confidence)),
        best_class=found.best_class,
        object_basis=class_basis("both regions", classifier),
    )
