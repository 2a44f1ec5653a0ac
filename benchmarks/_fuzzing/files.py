"""Damaged and hostile picture files: a seed, its kind of structure, and one to three changes."""

import warnings
from dataclasses import dataclass

from numpy.random import Generator

from _fuzzing.containers import mutate_jpeg, mutate_png, mutate_webp
from _fuzzing.mutations import PLAIN, Mutation, pick, splice
from _fuzzing.picture_seeds import draw_seeds, geotiff, pixels
from _fuzzing.tiff_fields import mutate_tiff
from _fuzzing.vrt_texts import SEEDS as VRT_SEEDS
from _fuzzing.vrt_texts import mutate_vrt

_STRUCTURED: dict[str, Mutation] = {
    "png": mutate_png,
    "jpeg": mutate_jpeg,
    "webp": mutate_webp,
    "tiff": mutate_tiff,
    "bigtiff": mutate_tiff,
    "cog": mutate_tiff,
    "vrt": mutate_vrt,
}


@dataclass(frozen=True)
class HostileFile:
    """A file of a case.

    Attributes:
        seed: Name of what it was made from.
        changes: What was done to it, in order.
        content: Its bytes.
    """

    seed: str
    changes: tuple[str, ...]
    content: bytes


class FileMaker:
    """Draws damaged files.

    Attributes:
        seeds: Bytes of every sound file by name.
        base: What the virtual rasters refer to.
    """

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some are written without a place on purpose
            self.seeds = draw_seeds() | VRT_SEEDS
            self.base = geotiff(pixels().transpose(2, 0, 1))

    def make(self, rng: Generator) -> HostileFile:
        """One file, made from a seed drawn evenly."""
        seed = pick(rng, sorted(self.seeds))
        return self.change(seed, self.seeds[seed], rng)

    def change(self, seed: str, content: bytes, rng: Generator) -> HostileFile:
        """Change a sound file of the format that the first word of `seed` names; one in 50 stays sound."""
        if rng.random() < 0.02:
            return HostileFile(seed, (), content)
        changes = []
        for _ in range(int(rng.choice((1, 1, 2, 3)))):
            name, content = self._change_once(seed, content, rng)
            changes.append(name)
        return HostileFile(seed, tuple(changes), content)

    def _change_once(self, seed: str, content: bytes, rng: Generator) -> tuple[str, bytes]:
        chance = rng.random()
        if not content:
            return "noise", rng.bytes(int(rng.integers(200)))
        if chance < 0.5:
            structured = _STRUCTURED[seed.split(maxsplit=1)[0]]
            return structured.__name__, structured(content, rng)
        if chance < 0.55:
            return "splice", splice(content, self.seeds[pick(rng, sorted(self.seeds))], rng)
        plain = pick(rng, PLAIN)
        return plain.__name__, plain(content, rng)
