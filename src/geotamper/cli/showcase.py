"""The packaged demonstration: a drawn harbour in which one ship is a copy of another."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geotamper import api
from geotamper.atomic import write_bytes
from geotamper.cli.progress import progress_bar
from geotamper.cli.summary import summary
from geotamper.errors import ForgeryError
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.reporting.folder import check_writable
from geotamper.scenes import WATER_LABEL, Scene, draw_scene

SCENE_SEED = 3
LARGEST_SHIP_PX = 4000
PLACES = 60
SHORTEST_WAY = 150.0
PARAMETERS = CopyMoveParameters(rotation_deg=-35.0, scale=1.1, interpolation="opencv-cubic")


def run_showcase(out: str) -> Iterator[str]:
    """Draw, forge, inspect and save; what was done and found comes line by line.

    Args:
        out: Folder for the pictures and the report.

    Raises:
        OutputError: The folder cannot be written.
    """
    check_writable(out)
    forgery = forge_scene()
    scene, original = Path(out) / "scene.png", Path(out) / "original.png"
    write_bytes(scene, _png(forgery.pixels))
    write_bytes(original, _png(forgery.original))
    yield f"drew {original} and forged {scene}:"
    turn, scale = PARAMETERS.rotation_deg, PARAMETERS.scale
    yield f"  a ship was copied, turned {turn:+.0f} degrees and scaled by {scale:g}"
    with progress_bar(1) as watch:
        report = api.inspect(scene, progress=watch(0, scene.name) if watch else None)
    report.save_as(out, "scene")
    yield ""
    yield summary(report.data, detailed=True)


def forge_scene() -> Forgery:
    """The forged scene; the same bytes each time."""
    scene = draw_scene(kind="harbour", size=512, seed=SCENE_SEED)
    ship = _ship(scene)
    water = scene.labels == WATER_LABEL
    forgery = None
    for seed in range(PLACES):
        try:
            forgery = copy_move(
                scene.pixels, ship, PARAMETERS, rng=np.random.default_rng(seed), object_class="Ship"
            )
        except ForgeryError:
            continue
        if water[forgery.target_mask].all() and _distance(forgery) > SHORTEST_WAY:
            return forgery
    if forgery is None:
        raise ForgeryError(
            f"no place for the copied ship in {PLACES} tries; expected free water in the scene"
        )
    return forgery


def _ship(scene: Scene) -> npt.NDArray[np.bool_]:
    """The largest ship that leaves room for a copy and lies inside the picture."""
    height, width = scene.labels.shape
    inside = [
        item
        for item in scene.objects
        if item.object_class == "Ship"
        and min(item.bbox[:2]) > 0
        and item.bbox[2] < width
        and item.bbox[3] < height
        and item.area_px <= LARGEST_SHIP_PX
    ]
    return scene.mask(max(inside, key=lambda item: item.area_px).id)


def _distance(forgery: Forgery) -> float:
    """From the middle of the source to the middle of the copy, pixels."""
    middles = [np.argwhere(mask).mean(axis=0) for mask in (forgery.source_mask, forgery.target_mask)]
    return float(np.linalg.norm(middles[1] - middles[0]))


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
