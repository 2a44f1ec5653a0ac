"""Findings of a part of a scene that was inspected as a picture, in the coordinates of the scene."""

from dataclasses import replace

from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region, Window
from geotamper.inspection.findings import Finding, Findings
from geotamper.inspection.scenes.findings import SceneFinding, SceneFindings


def placed_findings(source: PixelSource, findings: Findings, window: Window) -> SceneFindings:
    """The findings of a window that was inspected as a picture, in the scene.

    Args:
        source: The scene.
        findings: Of the window's pixels.
        window: Where they lie.
    """
    return SceneFindings(
        source=source,
        tampered=findings.tampered,
        score=findings.score,
        confidence=findings.confidence,
        items=tuple(placed_finding(item, window) for item in findings.items),
        basis=findings.basis,
        notes=findings.notes,
        complete=findings.tampered is not None or bool(findings.items),
    )


def placed_finding(item: Finding, window: Window) -> SceneFinding:
    """A finding of a window, in the scene."""
    transform = item.transform
    if transform is not None:
        x, y = window.x0, window.y0
        a, b = transform.a, transform.b
        transform = replace(
            transform, tx=transform.tx + x - a * x - b * y, ty=transform.ty + y + b * x - a * y
        )
    return SceneFinding(
        id=item.id,
        group=item.group,
        kind=item.kind,
        confidence=item.confidence,
        source=Region.cut(window, item.source),
        target=Region.cut(window, item.target),
        transform=transform,
        rotation_sigma=item.rotation_sigma,
        scale_sigma=item.scale_sigma,
        direction_confidence=item.direction_confidence,
        direction_basis=item.direction_basis,
        blur_method=item.blur_method,
        blur_strength=item.blur_strength,
        object_class=item.object_class,
        best_class=item.best_class,
        object_basis=item.object_basis,
    )
