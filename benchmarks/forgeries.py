r"""Make the picture sets that the detector is measured on.

Example:
    python benchmarks/forgeries.py --fold test --forged 300 --clean 120 --seed 1 --interpolations bank \
        --degrade none --out benchmarks/work/test-bank
"""

import argparse
import dataclasses
import multiprocessing
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np

from _common.failures import one_line_failures
from _common.records import Record, mask_path, picture_path, save_records, write_png
from _common.tiles import Tile, data_folder, record_of, tile_objects, tile_pixels, tiles_of_fold
from geotamper.errors import ForgeryError
from geotamper.forge.blur import blur_region
from geotamper.forge.choice import SceneObject, draw_blur, draw_copy_move
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.degradation import degrade, degrade_picture, parse_degradations
from geotamper.forge.forgery import Forgery, Pixels
from geotamper.forge.interpolation import interpolation
from geotamper.processes import follow_parent
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass

# "bank": kernels close to those a detector would try first; "foreign": tools and kernels it does not know.
INTERPOLATION_GROUPS = {
    "bank": ("opencv-nearest", "opencv-linear", "opencv-cubic", "opencv-lanczos4", "pillow-bicubic"),
    "foreign": (
        "opencv-resize-area",
        "pillow-resize-bicubic",
        "pillow-resize-lanczos",
        "skimage-spline3",
        "skimage-spline4",
        "skimage-spline5",
        "mitchell",
    ),
}
# These resize and then turn. Without a resize only the turn is left, whose kernel a detector may well know.
_RESIZING = frozenset({"opencv-resize-area", "pillow-resize-bicubic", "pillow-resize-lanczos"})
# An object that finds no place with the drawn parameters gets new ones, then another object takes its turn.
_DRAWS_PER_OBJECT = 4
_OBJECTS_PER_FORGERY = 8
# Untouched pictures have random numbers of their own, so that sets of one seed share them.
_CLEAN = 1_000_000
# Pixels cut off at the most from each side of the further versions of an untouched tile.
_MOST_CUT = 12


@dataclass(frozen=True)
class Options:
    """What the pictures of a set have in common."""

    out: Path
    kind: str
    interpolations: tuple[str, ...]
    edge: str
    degrade: str
    seed: int


@dataclass(frozen=True)
class Job:
    """One picture to make.

    Attributes:
        number: Of the picture in its kind.
        candidates: (tile, object number), the first that works is taken; without an object the picture stays clean.
        version: 0 for the tile as it is, 1 and more for a cut of it that is mirrored or turned.
    """

    number: int
    candidates: tuple[tuple[Tile, int | None], ...]
    version: int = 0

    @property
    def is_forged(self) -> bool:
        """False when the picture stays untouched."""
        return self.candidates[0][1] is not None


def _objects_of(tile: Tile) -> list[ObjectClass]:
    return [found.object_class for found in tile_objects(data_folder(), tile)]


def _turns(objects: dict[Tile, list[int]]) -> Iterator[tuple[Tile, int]]:
    """Every tile in turn, each time with its next object, without end."""
    for lap in count():
        for tile, numbers in objects.items():
            yield tile, numbers[lap % len(numbers)]


def plan_forgeries(tiles: list[Tile], wanted: int, rng: np.random.Generator, workers: int) -> list[Job]:
    """Spread forgeries over classes, then the tiles of each class, then the objects of each tile."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=follow_parent) as pool:
        found = list(pool.map(_objects_of, tiles, chunksize=8))
    by_class: dict[ObjectClass, dict[Tile, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index in rng.permutation(len(tiles)):
        for number in rng.permutation(len(found[index])):
            by_class[found[index][number]][tiles[index]].append(int(number))
    classes = [name for name in OBJECT_CLASSES if name in by_class]
    if not classes:
        raise ForgeryError("no tile of this fold holds a usable object; choose another fold")
    turns = {name: _turns(by_class[name]) for name in classes}
    jobs = []
    for number in range(wanted):
        name = classes[number % len(classes)]
        first = next(turns[name])
        everything = [(tile, entry) for tile, numbers in by_class[name].items() for entry in numbers]
        spare = [everything[i] for i in rng.permutation(len(everything))[: _OBJECTS_PER_FORGERY - 1]]
        jobs.append(Job(number, (first, *spare)))
    return jobs


def plan_clean(tiles: list[Tile], wanted: int, versions: int, rng: np.random.Generator) -> list[Job]:
    """Choose untouched tiles, every one at most once in each version."""
    chosen = rng.permutation(len(tiles))[:wanted]
    pairs = [(index, version) for version in range(versions) for index in chosen]
    return [Job(i, ((tiles[index], None),), version) for i, (index, version) in enumerate(pairs)]


def _version_of(pixels: Pixels, version: int, rng: np.random.Generator) -> Pixels:
    """Another picture of the same ground: compression meets other blocks, and the search another order."""
    if version == 0:
        return pixels
    top, left = rng.integers(0, _MOST_CUT, size=2)
    bottom, right = rng.integers(1, _MOST_CUT, size=2)
    cut = pixels[top:-bottom, left:-right]
    turned = np.rot90(cut, k=version % 4)
    return np.ascontiguousarray(turned[:, ::-1] if version % 2 else turned)


def _without_idle_resize(
    parameters: CopyMoveParameters, options: Options, rng: np.random.Generator
) -> CopyMoveParameters:
    """Choose another tool for an unscaled copy whose tool differs from others by its resize alone."""
    others = [name for name in options.interpolations if name not in _RESIZING]
    if parameters.scale != 1 or parameters.interpolation not in _RESIZING or not others:
        return parameters
    # A spawned generator leaves the places of all further draws as they are in sets of other tools.
    other = others[int(rng.spawn(1)[0].integers(len(others)))]
    return dataclasses.replace(parameters, interpolation=other)


def _forge(pixels: Pixels, target: SceneObject, options: Options, rng: np.random.Generator) -> Forgery:
    if options.kind == "blur":
        return blur_region(pixels, target.mask, draw_blur(rng), object_class=target.object_class)
    for draw in range(_DRAWS_PER_OBJECT):
        parameters = _without_idle_resize(draw_copy_move(rng, options.interpolations), options, rng)
        if options.edge == "feather":
            parameters = dataclasses.replace(
                parameters, edge="feather", feather_radius=float(rng.uniform(1.0, 3.0))
            )
        try:
            return copy_move(pixels, target.mask, parameters, rng=rng, object_class=target.object_class)
        except ForgeryError:
            if draw == _DRAWS_PER_OBJECT - 1:
                raise
    raise AssertionError("unreachable")


def make_picture(options: Options, job: Job) -> Record | None:
    """Make and write one picture; None when no candidate object could be forged."""
    stream = [options.seed, job.number] if job.is_forged else [options.seed, _CLEAN, job.number]
    rng = np.random.default_rng(stream)
    data = data_folder()
    for tile, number in job.candidates:
        pixels = tile_pixels(data, tile)
        if number is None:
            return _write_clean(options, job, tile, pixels, rng)
        try:
            forgery = _forge(pixels, tile_objects(data, tile)[number], options, rng)
        except ForgeryError:
            continue
        degraded = degrade(forgery, parse_degradations(options.degrade), rng=rng)
        return _write_forgery(options, job, tile, degraded)
    return None


def _base(options: Options, job: Job, tile: Tile, pixels: Pixels) -> Record:
    prefix = options.kind if job.is_forged else "clean"
    return record_of(tile, f"{prefix}-{job.number:04d}", pixels, options.degrade)


def _write_clean(options: Options, job: Job, tile: Tile, pixels: Pixels, rng: np.random.Generator) -> Record:
    version = _version_of(pixels, job.version, rng)
    degraded = degrade_picture(version, parse_degradations(options.degrade), rng=rng)
    record = _base(options, job, tile, degraded)
    write_png(picture_path(options.out, record), degraded)
    return record


def _write_forgery(options: Options, job: Job, tile: Tile, forgery: Forgery) -> Record:
    facts = forgery.facts()
    record = dataclasses.replace(
        _base(options, job, tile, forgery.pixels),
        kind=forgery.kind,
        object_class=forgery.object_class,
        rotation_deg=facts.rotation_deg,
        scale=facts.scale,
        matrix=None if forgery.transform is None else forgery.transform.matrix.tolist(),
        interpolation=forgery.interpolation,
        edge=forgery.edge,
        blur_method=forgery.blur_method,
        blur_strength=forgery.blur_strength,
        source_area=int(np.count_nonzero(forgery.source_mask)),
        target_area=int(np.count_nonzero(forgery.target_mask)),
    )
    write_png(picture_path(options.out, record), forgery.pixels)
    write_png(mask_path(options.out, record, "source"), forgery.source_mask.astype(np.uint8) * 255)
    write_png(mask_path(options.out, record, "target"), forgery.target_mask.astype(np.uint8) * 255)
    return record


def _interpolation_names(text: str) -> tuple[str, ...]:
    names = INTERPOLATION_GROUPS.get(text) or tuple(text.split(","))
    return tuple(interpolation(name).name for name in names)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fold", required=True, choices=("train", "val", "test"))
    parser.add_argument("--forged", type=int, default=300, help="number of forged pictures")
    parser.add_argument("--clean", type=int, default=120, help="largest number of untouched tiles")
    parser.add_argument(
        "--versions", type=int, default=1, help="untouched pictures per tile: as it is, and cut and turned"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=("copy-move", "blur"), default="copy-move")
    parser.add_argument("--interpolations", default="bank", help="bank, foreign, or names joined with commas")
    parser.add_argument("--edge", choices=("hard", "feather"), default="hard")
    parser.add_argument("--degrade", default="none", help="none, jpeg:90, noise:3, resize:0.9+jpeg:75, ...")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def build(arguments: argparse.Namespace) -> list[Record]:
    """Make the whole set; the result does not depend on the number of workers."""
    parse_degradations(arguments.degrade)
    options = Options(
        out=arguments.out,
        kind=arguments.kind,
        interpolations=_interpolation_names(arguments.interpolations),
        edge=arguments.edge,
        degrade=arguments.degrade,
        seed=arguments.seed,
    )
    tiles = tiles_of_fold(data_folder(), arguments.fold)
    rng = np.random.default_rng(arguments.seed)
    jobs = plan_forgeries(tiles, arguments.forged, rng, arguments.workers)
    jobs += plan_clean(
        tiles, arguments.clean, arguments.versions, np.random.default_rng([arguments.seed, _CLEAN])
    )
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(arguments.workers, mp_context=context, initializer=follow_parent) as pool:
        made = list(pool.map(partial(make_picture, options), jobs, chunksize=4))
    records = [record for record in made if record is not None]
    save_records(arguments.out, records)
    return records


@one_line_failures
def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    records = build(arguments)
    forged = [record for record in records if record.is_forged]
    print(f"{len(forged)} forged and {len(records) - len(forged)} untouched pictures in {arguments.out}")
    for name in OBJECT_CLASSES:
        print(f"  {name:<10} {sum(record.object_class == name for record in forged)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
