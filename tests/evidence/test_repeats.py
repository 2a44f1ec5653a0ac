from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geotamper.control import Control
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.planes import Planes
from geotamper.evidence.repeats import RepeatedBlocks, block_codes
from geotamper.scenes import Scene, SceneKind

Pixels = npt.NDArray[np.uint8]

KINDS = get_args(SceneKind)


def _proposed(pixels: Pixels) -> Hypotheses:
    return RepeatedBlocks().propose(Planes.of(pixels), workers=1, control=Control())


def _shifts(proposed: Hypotheses) -> set[tuple[float, float]]:
    np.testing.assert_array_equal(proposed.poses[:, :2], np.tile([1.0, 0.0], (len(proposed), 1)))
    shifts = proposed.poses[:, 2:] - proposed.centres
    return {(float(dx), float(dy)) for dx, dy in shifts}


@settings(max_examples=25)
@given(
    seed=st.integers(0, 99),
    source=st.tuples(st.integers(0, 46), st.integers(0, 46)),
    target=st.tuples(st.integers(0, 106), st.integers(60, 76)),
)
def test_repeats_propose_the_shift_of_a_pasted_patch(
    seed: int, source: tuple[int, int], target: tuple[int, int]
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    (x, y), (u, v) = source, target
    pixels[v : v + 14, u : u + 14] = pixels[y : y + 14, x : x + 14]
    proposed = _proposed(pixels)
    shift = float(u - x), float(v - y)
    assert _shifts(proposed) in ({shift}, {(-shift[0], -shift[1])}, {shift, (-shift[0], -shift[1])})
    for cx, cy in proposed.centres:
        assert (x <= cx < x + 14 and y <= cy < y + 14) or (u <= cx < u + 14 and v <= cy < v + 14)


def test_repeats_propose_a_patch_of_a_drawn_scene(scene: Callable[[SceneKind], Scene]) -> None:
    pixels = scene("suburb").pixels.copy()
    pixels[200:214, 30:44] = pixels[90:104, 120:134]
    assert _shifts(_proposed(pixels)) & {(-90.0, 110.0), (90.0, -110.0)}


@pytest.mark.parametrize("kind", KINDS)
def test_repeats_propose_nearly_nothing_in_untouched_scenes(
    scene: Callable[[SceneKind], Scene], kind: SceneKind
) -> None:
    assert len(_proposed(scene(kind).pixels)) <= 12


@pytest.mark.parametrize("side", [4, 5])
def test_repeats_want_more_than_one_block(side: int) -> None:
    pixels = np.random.default_rng(8).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    pixels[40 : 40 + side, 40 : 40 + side] = pixels[10 : 10 + side, 10 : 10 + side]
    assert (len(_proposed(pixels)) > 0) == (side == 5)  # a 5 x 5 patch holds four blocks


@pytest.mark.parametrize("shift", [(4, 0), (0, 9), (9, 9)])
def test_repeats_ignore_what_is_too_near(shift: tuple[int, int]) -> None:
    pixels = np.random.default_rng(8).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    dx, dy = shift
    pixels[20 + dy : 40 + dy, 20 + dx : 40 + dx] = pixels[20:40, 20:40].copy()
    assert len(_proposed(pixels)) == 0


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((64, 64, 3), 9, np.uint8),
        np.tile(np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8), (8, 8, 1)),
        np.zeros((8, 8, 3), np.uint8),
    ],
    ids=["flat", "pattern", "tiny"],
)
def test_repeats_ignore_flat_and_crowded_blocks(pixels: Pixels) -> None:
    assert len(_proposed(pixels)) == 0


def test_block_codes_are_equal_where_blocks_are() -> None:
    # two grey levels and narrow pictures make equal blocks common
    pixels = np.random.default_rng(0).integers(0, 2, (40, 30, 1), dtype=np.uint8).repeat(3, axis=2)
    codes = block_codes(pixels)
    assert codes.shape == (37, 27)
    blocks: dict[bytes, Any] = {}
    for y in range(37):
        for x in range(27):
            block = pixels[y : y + 4, x : x + 4].tobytes()
            assert blocks.setdefault(block, codes[y, x]) == codes[y, x]
    assert len(set(blocks.values())) == len(blocks)
    assert len(blocks) < codes.size
