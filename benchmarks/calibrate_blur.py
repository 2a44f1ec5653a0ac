r"""Set the table of false alarms of the search for blurred regions on untouched pictures that taught it nothing.

Example:
    OMP_NUM_THREADS=1 python benchmarks/calibrate_blur.py --pictures 500 --altered 150 --seed 1 \
        --measured benchmarks/work/blur/untouched.jsonl --weights src/geotamper/weights/blur.npz

The trees learned from the unrestricted collections of fold train. Looked at here are the tiles of the other collections
of fold train and all of fold val, as they are and as they are re-saved, resized or made noisy; and a smaller share of
pictures that were altered as a whole in ways that resemble a blur. What is measured is kept in --measured and not
measured again.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from _common.specimens import ALTERATIONS
from _common.tiles import Tile, data_folder, tile_pixels, tiles_of_fold, unrestricted_sources
from geotamper.atomic import write_bytes
from geotamper.errors import GeotamperError
from geotamper.evidence.blur.model import load_model
from geotamper.evidence.blur.search import collect
from geotamper.forge.degradation import degrade_picture, parse_degradations

Floats = npt.NDArray[np.float64]

DEGRADATIONS = (
    "none",
    "jpeg:95",
    "jpeg:90",
    "jpeg:75",
    "noise:3",
    "resize:0.9",
    "resize:0.8+jpeg:90",
    "resize:1.2",
)
ALTERED_SHARE = 0.1
"""Of untouched pictures that users bring: soft lenses, few colours, digital shadows, whole pictures denoised."""


def surest(pixels: npt.NDArray[np.uint8]) -> float:
    """Probability of the region that looks most like a Gaussian blur or an oil painting; 0 without one."""
    model = load_model()
    found = collect(pixels, (model.smooth, model.painted))
    if not found:
        return 0.0
    shares = model.regions.probabilities(np.stack([candidate.row for candidate in found]))
    return float(shares[:, 1:].sum(axis=1).max())


def measure(options: argparse.Namespace, kind: str, wanted: int) -> Iterator[float]:
    """The surest region of each of `wanted` untouched pictures.

    Args:
        options: Of the command line.
        kind: "degraded" or "altered".
        wanted: Pictures.
    """
    tiles = _tiles()
    versions = DEGRADATIONS if kind == "degraded" else tuple(ALTERATIONS)
    known = _known(options.measured)
    order = np.random.default_rng(options.seed).permutation(len(tiles) * len(versions))
    for number in order[:wanted].tolist():
        tile, version = tiles[number // len(versions)], versions[number % len(versions)]
        key = f"{options.seed} {kind} {version} {tile.image}"
        if key not in known:
            rng = np.random.default_rng([options.seed, number])
            known[key] = surest(_version(tile, version, rng))
            with options.measured.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"picture": key, "surest": known[key]}) + "\n")
        yield known[key]


def _tiles() -> list[Tile]:
    data = data_folder()
    learned_from = unrestricted_sources(data)
    others = [tile for tile in tiles_of_fold(data, "train") if tile.source_name not in learned_from]
    return [*tiles_of_fold(data, "val"), *others]


def _version(tile: Tile, version: str, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    pixels = tile_pixels(data_folder(), tile)
    if version in ALTERATIONS:
        return ALTERATIONS[version](pixels, rng)
    return degrade_picture(pixels, parse_degradations(version), rng=rng)


def _known(path: Path) -> dict[str, float]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        return {}
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {entry["picture"]: entry["surest"] for entry in entries}


def cuts(degraded: Floats, altered: Floats, rates: Floats) -> Floats:
    """The score that each of `rates` of untouched pictures reaches, of which `ALTERED_SHARE` are altered ones.

    One more picture of each kind is thought above all others: none seen does not mean that there is none.
    """
    degraded, altered = np.append(degraded, 1.0), np.append(altered, 1.0)
    scores = np.concatenate([degraded, altered])
    weights = np.concatenate(
        [
            np.full(len(degraded), (1 - ALTERED_SHARE) / len(degraded)),
            np.full(len(altered), ALTERED_SHARE / len(altered)),
        ]
    )
    order = np.argsort(-scores, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, rates, side="right")
    return np.asarray(scores[order][np.minimum(places, len(scores) - 1)], np.float64)


def main() -> int:
    """Run the command line."""
    options = _parser().parse_args()
    cv2.setNumThreads(1)
    try:
        degraded = np.array(list(measure(options, "degraded", options.pictures)))
        altered = np.array(list(measure(options, "altered", options.altered)))
        with np.load(options.weights, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
    except (GeotamperError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    before, rates = arrays["region_cuts"], arrays["rates"]
    arrays["region_cuts"] = cuts(degraded, altered, rates)
    for name, scores in (("degraded", degraded), ("altered", altered)):
        top = np.sort(scores)[::-1][:8].round(3).tolist()
        print(f"{len(scores)} {name} pictures, the surest regions: {top}")
    for rate, old, new in zip(rates, before, arrays["region_cuts"], strict=True):
        print(f"rate {rate:.4f}: {old:.4f} before, {new:.4f} now")
    stream = BytesIO()
    np.savez_compressed(stream, **arrays)
    write_bytes(options.out or options.weights, stream.getvalue())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--pictures", type=int, default=500, help="untouched pictures, as they are or degraded"
    )
    parser.add_argument(
        "--altered", type=int, default=150, help="untouched pictures that look blurred as a whole"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measured", type=Path, required=True, help="keeps what was measured")
    parser.add_argument("--weights", type=Path, required=True, help="blur.npz as the training writes it")
    parser.add_argument("--out", type=Path, help="where to write it; over --weights by default")
    return parser


if __name__ == "__main__":
    sys.exit(main())
