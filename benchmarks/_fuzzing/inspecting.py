"""Hostile pictures and options through `geotamper inspect --json -`."""

import json
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image
from typer.testing import CliRunner

from _fuzzing.cases import Result
from _fuzzing.files import FileMaker, HostileFile
from _fuzzing.mutations import pick
from _fuzzing.picture_seeds import geotiff, pillow_bytes
from geotamper.api import inspect
from geotamper.cli.main import app
from geotamper.errors import InputError
from geotamper.imagery.picture import Pixels
from geotamper.imagery.reading import read_picture
from geotamper.scenes import SceneKind, draw_scene

_LONGEST = 200
_KINDS: tuple[SceneKind, ...] = ("harbour", "suburb", "city")
_TEXTS = (
    "was the copy rotated?",
    "what was copied?",
    "?",
    "\0",
    "the " * 5000,
    "¿dónde está la copia?",
    "'; DROP TABLE findings; --",
    "{{ 7 * 7 }} %s %n {0}",
    "\ud83d",
    "is the copy bigger\nthan the source?",
)
_OPTIONS: tuple[tuple[str, ...], ...] = (
    (),
    (),
    (),
    ("--finding", "2"),
    ("--finding", "99999999999999999999"),
    ("--false-alarm-rate", "1e-300"),
    ("--false-alarm-rate", "0.999999"),
    ("--time-limit", "1ms"),
    ("--max-memory", "1"),
    ("--max-memory", "300MB"),
    ("--detector", "sift"),
    ("--detector", "zernike"),
    ("--weights", "permissive"),
    ("--out", "reports"),
)


class InspectMode:
    """Calls the command: exit code 0 with a report, or 1 with one readable line, or it is a finding."""

    def __init__(self) -> None:
        self._files = FileMaker()
        self._scenes = [draw_scene(kind=kind, size=256, seed=seed).pixels for seed, kind in enumerate(_KINDS)]
        self._command = CliRunner()
        inspect(self._scenes[0])  # compiled and read before the first case, whose time is limited

    def run(self, rng: Generator, folder: Path) -> Result:
        """See `Mode`."""
        kind, pixels = self._draw(rng)
        name, content = _encode(pixels, rng)
        file = HostileFile(name, (), content)
        if rng.random() < 0.4:
            damaged = self._files.change(name, content, rng)
            file = file if _claims_much(damaged, folder) else damaged
        path = folder / "case"
        path.write_bytes(file.content)
        options = list(pick(rng, _OPTIONS))
        if options[:1] == ["--out"]:
            options[1] = str(folder / options[1])
        for _ in range(int(rng.integers(3))):
            options += ["-q", pick(rng, _TEXTS)]
        (folder / "options.json").write_text(json.dumps(options), encoding="utf-8")
        done = self._command.invoke(app, ["inspect", str(path), "--json", "-", *options])
        fault = _fault(done, path)
        changes = f"{name}, {', '.join(file.changes) or 'unchanged'}, {options}"
        return Result(kind, f"exit {done.exit_code}", fault, changes)

    def close(self) -> None:
        """See `Mode`."""

    def _draw(self, rng: Generator) -> tuple[str, Pixels]:
        """A kind of content, and (H, W, 3) uint8."""
        sides = [int(side) for side in rng.integers(24, _LONGEST, 2)]
        scene = pick(rng, self._scenes)[: sides[0], : sides[1]].copy()
        height, width = scene.shape[:2]
        match int(rng.integers(9)):
            case 0:
                return "one value", np.full_like(scene, int(rng.integers(256)))
            case 1:
                return "tiny", scene[: int(rng.integers(1, 9)), : int(rng.integers(1, 9))]
            case 2:
                return "thin", scene[:1] if rng.random() < 0.5 else scene[:, :1]
            case 3:
                return "noise", rng.integers(0, 256, scene.shape, dtype=np.uint8)
            case 4:
                return "tiles", np.tile(scene[:16, :16], (8, 8, 1))
            case 5:
                return "two values", (scene > 128).astype(np.uint8) * np.uint8(255)
            case 6:
                return "half black", np.where(np.arange(width)[:, np.newaxis] < width // 2, 0, scene).astype(np.uint8)
            case _:
                side = max(8, min(height, width) // 3)
                scene[-side:, -side:] = scene[:side, :side]
                return "copy", scene


def _claims_much(file: HostileFile, folder: Path) -> bool:
    """Whether a damaged header claims so many pixels that inspecting them would only take time."""
    path = folder / "measured"
    path.write_bytes(file.content)
    try:
        read_picture(path, max_pixels=_LONGEST**2)
    except InputError as error:
        return "million pixels" in str(error)
    finally:
        path.unlink()
    return False


def _encode(pixels: Pixels, rng: Generator) -> tuple[str, bytes]:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    match int(rng.integers(7)):
        case 0:
            return "jpeg", pillow_bytes(image, "JPEG", quality=int(rng.integers(5, 100)))
        case 1:
            return "webp", pillow_bytes(image, "WEBP", quality=int(rng.integers(5, 100)))
        case 2:
            return "png", pillow_bytes(image.convert("L"), "PNG")
        case 3:
            return "png", pillow_bytes(image.quantize(16), "PNG")
        case 4:
            return "tiff", geotiff(pixels.transpose(2, 0, 1), compress="deflate")
        case 5:
            return "tiff", geotiff(pixels.transpose(2, 0, 1), transform=_far_away(rng))
        case _:
            return "png", pillow_bytes(image, "PNG")


def _far_away(rng: Generator) -> Any:
    from rasterio.transform import Affine

    scale = float(pick(rng, (1e-12, 0.5, 1e9, -3.0)))
    return Affine(scale, 0.0, 1e7, 0.1, -scale, -1e7)


def _fault(done: Any, path: Path) -> str:
    """What is wrong about how the command ended; empty where nothing is."""
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return "".join(traceback.format_exception(done.exception))
    if "Traceback" in done.stderr:
        return done.stderr
    if done.exit_code == 2:
        return "" if "Usage:" in done.stderr else f"exit code 2 without usage: {done.stderr}"
    try:
        said = json.loads(done.stdout) if done.stdout else {}
    except json.JSONDecodeError as error:
        return f"stdout is no JSON ({error}): {done.stdout[:500]}"
    if done.exit_code == 0:
        return "" if said.get("schema") == "geotamper.report/1" and not done.stderr else f"{done.stderr}{done.stdout}"
    lines = done.stderr.splitlines()
    if done.exit_code != 1 or len(lines) != 1 or not lines[0].startswith("geotamper: "):
        return f"exit code {done.exit_code}, stderr: {done.stderr}"
    if said and (said.get("schema") != "geotamper.error/1" or said.get("path") != str(path)):
        return f"the error line is wrong: {done.stdout}"
    return ""
