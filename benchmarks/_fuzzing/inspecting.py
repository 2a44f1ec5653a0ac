"""Hostile pictures and options through `geotamper inspect --json -`."""

import json
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image
from rasterio.transform import Affine
from typer.testing import CliRunner
from typer.testing import Result as CommandResult

from _fuzzing.cases import Result
from _fuzzing.files import FileMaker, HostileFile
from _fuzzing.mutations import pick
from _fuzzing.picture_seeds import geotiff, pillow_bytes
from geotamper.api import inspect
from geotamper.cli.main import app
from geotamper.errors import InputError
from geotamper.imagery.picture import Pixels
from geotamper.imagery.reading import read_picture
from geotamper.inspection.report import printable
from geotamper.scenes import SceneKind, draw_scene

_LONGEST = 120
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
    ("--out", "reports\udcfe"),
)
_NAMES = ("case", "case", "case.vrt", "c a s e.png", "-case", "case\udcff.png", "c\nase")
"""Of files; the last but one is what a name that is no UTF-8 looks like to Python."""


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
        path = folder / pick(rng, _NAMES)
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
        rows, columns = (int(side) for side in rng.integers(24, _LONGEST, 2))
        scene = pick(rng, self._scenes)[:rows, :columns].copy()
        kind = pick(rng, sorted(_CONTENTS))
        return kind, _CONTENTS[kind](scene, rng)


def _thin(scene: Pixels, rng: Generator) -> Pixels:
    return scene[:1] if rng.random() < 0.5 else scene[:, :1]


def _copied(scene: Pixels, _: Generator) -> Pixels:
    side = max(8, min(scene.shape[:2]) // 3)
    scene[-side:, -side:] = scene[:side, :side]
    return scene


def _half_black(scene: Pixels, _: Generator) -> Pixels:
    scene[:, : scene.shape[1] // 2] = 0
    return scene


_CONTENTS: dict[str, Callable[[Pixels, Generator], Pixels]] = {
    "scene": lambda scene, _: scene,
    "copy": _copied,
    "copy in noise": lambda scene, rng: _copied(rng.integers(0, 256, scene.shape, dtype=np.uint8), rng),
    "one value": lambda scene, rng: np.full_like(scene, int(rng.integers(256))),
    "tiny": lambda scene, rng: scene[: int(rng.integers(1, 9)), : int(rng.integers(1, 9))],
    "thin": _thin,
    "noise": lambda scene, rng: rng.integers(0, 256, scene.shape, dtype=np.uint8),
    "tiles": lambda scene, _: np.tile(scene[:16, :16], (6, 6, 1)),
    "two values": lambda scene, _: np.where(scene > 128, 255, 0).astype(np.uint8),
    "half black": _half_black,
}


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
    """The format, and the bytes of a file."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    bands = pixels.transpose(2, 0, 1)
    quality = int(rng.integers(5, 100))
    scale = float(pick(rng, (1e-12, 0.5, 1e9, -3.0)))
    files: tuple[tuple[str, Callable[[], bytes]], ...] = (
        ("jpeg", lambda: pillow_bytes(image, "JPEG", quality=quality)),
        ("webp", lambda: pillow_bytes(image, "WEBP", quality=quality)),
        ("png", lambda: pillow_bytes(image, "PNG")),
        ("png", lambda: pillow_bytes(image.convert("L"), "PNG")),
        ("png", lambda: pillow_bytes(image.quantize(16), "PNG")),
        ("tiff", lambda: geotiff(bands, compress="deflate")),
        ("tiff", lambda: geotiff(bands.astype(np.uint16) * 99, nodata=0)),
        ("tiff", lambda: geotiff(bands, transform=Affine(scale, 0.0, 1e7, 0.1, -scale, -1e7))),
    )
    name, write = pick(rng, files)
    return name, write()


def _fault(done: CommandResult, path: Path) -> str:
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
    is_report = said.get("schema") == "geotamper.report/1"
    is_error = said.get("schema") == "geotamper.error/1" and said.get("path") == printable(str(path))
    is_one_line = done.stderr.startswith("geotamper: ") and done.stderr.count("\n") == 1
    is_success = done.exit_code == 0 and is_report and not done.stderr
    if is_success or (done.exit_code == 1 and is_one_line and (is_error or not said)):
        return ""
    return f"exit code {done.exit_code}, stderr: {done.stderr[:1000]}, stdout: {done.stdout[:500]}"
