import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.forge.blur import BlurParameters, blur_region
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.degradation import (
    Jpeg,
    Noise,
    Resize,
    degrade,
    degrade_mask,
    degrade_picture,
    parse_degradations,
)
from geotamper.forge.forgery import Forgery, centroid

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]
Textured = Callable[[int, tuple[int, int]], Pixels]
Ellipse = Callable[[tuple[int, int], tuple[float, float], tuple[float, float]], BoolMask]


@pytest.fixture
def forgery(ellipse: Ellipse) -> Forgery:
    """A bright object on dark ground, copied."""
    mask = ellipse((200, 240), (60, 70), (30, 18))
    pixels = np.full((200, 240, 3), 20, dtype=np.uint8)
    pixels[mask] = 220
    how = CopyMoveParameters(rotation_deg=50, scale=1.2, placement=(170, 130))
    return copy_move(pixels, mask, how, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("none", ()),
        ("jpeg:90", (Jpeg(90),)),
        (" Noise:3 ", (Noise(3.0),)),
        ("resize:0.9", (Resize(0.9),)),
        ("resize:0.9+noise:1.5+jpeg:75", (Resize(0.9), Noise(1.5), Jpeg(75))),
    ],
)
def test_parse_reads_documented_forms(text: str, wanted: tuple[object, ...]) -> None:
    assert parse_degradations(text) == wanted


@given(
    st.lists(
        st.one_of(
            st.builds(Jpeg, st.integers(1, 100)),
            st.builds(Noise, st.integers(1, 40).map(lambda n: n / 4)),
            st.builds(Resize, st.integers(1, 40).map(lambda n: n / 8)),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_parse_reads_what_specifications_print(specifications: list[Jpeg | Noise | Resize]) -> None:
    assert parse_degradations("+".join(map(str, specifications))) == tuple(specifications)


@pytest.mark.parametrize(
    "text",
    ["", "jpeg", "jpeg:", "jpeg:9.5", "jpeg:0", "noise:-1", "noise:nan", "resize:0", "blur:3", "jpeg:90+"],
)
def test_parse_refuses_anything_else(text: str) -> None:
    with pytest.raises(SpecificationError):
        parse_degradations(text)


@settings(max_examples=30)
@given(factor=st.one_of(st.floats(0.5, 0.95), st.floats(1.05, 2)), seed=st.integers(0, 1000))
def test_resize_keeps_picture_masks_and_transform_together(
    ellipse: Ellipse, factor: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    mask = ellipse((200, 240), (60, 70), (30, 18))
    pixels = np.full((200, 240, 3), 20, dtype=np.uint8)
    pixels[mask] = 220
    how = CopyMoveParameters(rotation_deg=50, scale=0.8)
    forgery = copy_move(pixels, mask, how, rng=rng)
    smaller = degrade(forgery, (Resize(factor),), rng=rng)

    assert smaller.pixels.shape[:2] == (round(200 * factor), round(240 * factor))
    assert smaller.original.shape == smaller.pixels.shape
    bright = smaller.pixels[..., 0] > 120
    union = smaller.source_mask | smaller.target_mask
    assert np.count_nonzero(bright & union) > 0.97 * np.count_nonzero(bright | union)
    x, y = centroid(forgery.target_mask)
    # masks take the nearest pixel, which can move a whole outline by almost half a pixel
    assert math.dist((factor * x, factor * y), centroid(smaller.target_mask)) < 0.5
    assert smaller.transform is not None
    moved = smaller.transform.apply(centroid(smaller.source_mask))
    assert math.dist(moved, centroid(smaller.target_mask)) < 0.5
    assert smaller.transform.scale == pytest.approx(0.8)
    assert smaller.transform.rotation_deg == pytest.approx(50)


def test_resize_changes_the_strength_of_a_blur(textured: Textured, ellipse: Ellipse) -> None:
    mask = ellipse((80, 80), (40, 40), (15, 15))
    forgery = blur_region(textured(1, (80, 80)), mask, BlurParameters("gaussian", 3.0))
    smaller = degrade(forgery, (Resize(0.5),), rng=np.random.default_rng(0))
    assert smaller.blur_strength == pytest.approx(1.5)
    assert smaller.transform is None


def test_resize_that_loses_the_object_is_refused(textured: Textured) -> None:
    mask = np.zeros((80, 80), dtype=np.bool_)
    mask[40:43, 40:43] = True
    forgery = blur_region(textured(1, (80, 80)), mask, BlurParameters("gaussian", 3.0))
    with pytest.raises(SpecificationError, match="larger factor"):
        degrade(forgery, (Resize(0.1),), rng=np.random.default_rng(0))


@pytest.mark.parametrize("degradation", [Jpeg(80), Noise(3.0)])
def test_jpeg_and_noise_change_the_forged_picture_alone(forgery: Forgery, degradation: Jpeg | Noise) -> None:
    before = forgery.pixels.copy()
    changed = degrade(forgery, (degradation,), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(forgery.pixels, before)
    assert (changed.pixels != before).any()
    assert changed.original is forgery.original
    assert changed.target_mask is forgery.target_mask
    assert changed.transform == forgery.transform


def test_noise_has_its_sigma() -> None:
    flat = np.full((200, 200, 3), 128, dtype=np.uint8)
    noisy = degrade_picture(flat, (Noise(4.0),), rng=np.random.default_rng(1)).astype(float)
    assert noisy.std() == pytest.approx(math.hypot(4.0, math.sqrt(1 / 12)), rel=0.02)
    assert abs(noisy.mean() - 128) < 0.05


def test_jpeg_keeps_colours_in_their_channels() -> None:
    red = np.full((32, 32, 3), (200, 30, 60), dtype=np.uint8)
    stored = degrade_picture(red, (Jpeg(90),), rng=np.random.default_rng(0)).astype(int)
    assert np.abs(stored - red).max() <= 4


def test_jpeg_loses_more_at_lower_quality(textured: Textured) -> None:
    pixels = textured(1, (64, 64))
    rng = np.random.default_rng(0)
    losses = [
        np.abs(degrade_picture(pixels, (Jpeg(quality),), rng=rng).astype(int) - pixels).mean()
        for quality in (95, 75, 40)
    ]
    assert losses == sorted(losses)


def test_same_seed_gives_same_bytes(forgery: Forgery) -> None:
    chain = parse_degradations("resize:0.8+noise:2+jpeg:85")
    first = degrade(forgery, chain, rng=np.random.default_rng(5))
    second = degrade(forgery, chain, rng=np.random.default_rng(5))
    assert first.pixels.tobytes() == second.pixels.tobytes()


def test_no_degradation_gives_the_picture_back(forgery: Forgery) -> None:
    assert degrade(forgery, (), rng=np.random.default_rng(0)) is forgery


def test_mask_follows_the_resizes_alone() -> None:
    mask = np.zeros((40, 60), dtype=bool)
    mask[10:30, 20:40] = True
    halved = degrade_mask(mask, parse_degradations("jpeg:50+resize:0.5+noise:3"))
    assert halved.shape == (20, 30)
    assert halved[5:15, 10:20].all()
    assert np.count_nonzero(halved) == 100
