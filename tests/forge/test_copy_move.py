import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geotamper.errors import ForgeryError, SpecificationError
from geotamper.forge.blur import gaussian
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery, centroid
from geotamper.forge.interpolation import interpolation
from geotamper.forge.warping import warp_mask

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]
Textured = Callable[[int, tuple[int, int]], Pixels]
Ellipse = Callable[[tuple[int, int], tuple[float, float], tuple[float, float]], BoolMask]

SHAPE = (120, 150)
QUICK = ("opencv-nearest", "opencv-linear", "opencv-cubic", "opencv-lanczos4", "pillow-bicubic", "mitchell")
turns = st.one_of(st.just(0.0), st.floats(15, 345))
scales = st.one_of(st.just(1.0), st.floats(0.5, 0.9), st.floats(1.1, 1.5))
seeds = st.integers(0, 2**32 - 1)


@st.composite
def parameters(draw: st.DrawFn) -> CopyMoveParameters:
    return CopyMoveParameters(
        rotation_deg=draw(turns), scale=draw(scales), interpolation=draw(st.sampled_from(QUICK))
    )


@st.composite
def objects(draw: st.DrawFn) -> BoolMask:
    """A bent shape of two boxes, without symmetry, so that a wrong turn shows."""
    x, y = draw(st.integers(2, 100)), draw(st.integers(2, 80))
    width, height = draw(st.integers(8, 30)), draw(st.integers(8, 26))
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[y : y + height, x : x + width // 2] = True
    mask[y + height // 2 : y + height, x : x + width] = True
    return mask


def _forge(pixels: Pixels, mask: BoolMask, how: CopyMoveParameters, seed: int) -> Forgery:
    try:
        return copy_move(pixels, mask, how, rng=np.random.default_rng(seed))
    except ForgeryError:
        assume(False)
        raise


def _full_warp(pixels: Pixels, forgery: Forgery, name: str) -> Pixels:
    """The picture as the tool warps it whole, with a rim so that no border rule matters."""
    assert forgery.transform is not None
    rim = 40
    padded = np.pad(pixels, ((rim, rim), (rim, rim), (0, 0)), mode="edge")
    a, b = forgery.transform.a, forgery.transform.b
    tx = forgery.transform.tx - rim * (a + b)
    ty = forgery.transform.ty - rim * (a - b)
    return interpolation(name).warp(padded, type(forgery.transform)(a, b, tx, ty), pixels.shape[:2])


@settings(max_examples=60)
@given(how=parameters(), mask=objects(), seed=seeds)
def test_hard_edge_pixels_equal_the_warped_source(
    textured: Textured, how: CopyMoveParameters, mask: BoolMask, seed: int
) -> None:
    # A smooth picture: tools round positions relative to the corner of what they are given.
    pixels = gaussian(textured(7, SHAPE), 3.0)
    forgery = _forge(pixels, mask, how, seed)
    warped = _full_warp(pixels, forgery, how.interpolation)
    inside = forgery.target_mask
    difference = np.abs(forgery.pixels[inside].astype(int) - warped[inside])
    if how.interpolation == "opencv-nearest":
        assert np.mean(difference > 0) < 0.05  # a point on the border of two pixels may go either way
    else:
        assert difference.max() <= 1


@settings(max_examples=60)
@given(how=parameters(), mask=objects(), seed=seeds)
def test_everything_outside_the_target_is_unchanged(
    textured: Textured, how: CopyMoveParameters, mask: BoolMask, seed: int
) -> None:
    pixels = textured(seed, SHAPE)
    before = pixels.copy()
    forgery = _forge(pixels, mask, how, seed)
    np.testing.assert_array_equal(pixels, before)
    np.testing.assert_array_equal(forgery.pixels[~forgery.target_mask], before[~forgery.target_mask])
    np.testing.assert_array_equal(forgery.source_mask, mask)


@settings(max_examples=80)
@given(how=parameters(), mask=objects(), seed=seeds)
def test_masks_agree_with_the_transform(
    textured: Textured, how: CopyMoveParameters, mask: BoolMask, seed: int
) -> None:
    forgery = _forge(textured(1, SHAPE), mask, how, seed)
    assert forgery.transform is not None
    assert forgery.transform.scale == pytest.approx(how.scale)
    assert math.cos(math.radians(forgery.transform.rotation_deg - how.rotation_deg)) == pytest.approx(1)
    moved = forgery.transform.apply(centroid(mask))
    assert math.dist(moved, centroid(forgery.target_mask)) < 1
    source, target = np.count_nonzero(mask), np.count_nonzero(forgery.target_mask)
    # Straight sides may all fall half a pixel inside or outside of the pixel grid.
    perimeter = 2 * how.scale * sum(np.ptp(axis) + 1 for axis in np.nonzero(mask))
    assert abs(target - how.scale**2 * source) <= perimeter / 2 + 1


@pytest.mark.parametrize(("rotation", "scale"), [(0.0, 0.5), (0.0, 1.3), (90.0, 0.7), (211.0, 1.0)])
def test_masks_are_not_shifted_against_the_transform(
    textured: Textured, ellipse: Ellipse, rotation: float, scale: float
) -> None:
    mask = ellipse((300, 400), (90.3, 80.8), (35, 24))
    pixels = textured(1, (300, 400))
    how = CopyMoveParameters(rotation_deg=rotation, scale=scale)
    offsets, ratios = [], []
    for seed in range(40):
        forgery = copy_move(pixels, mask, how, rng=np.random.default_rng(seed))
        assert forgery.transform is not None
        offsets.append(forgery.transform.apply(centroid(mask)) - np.array(centroid(forgery.target_mask)))
        ratios.append(np.count_nonzero(forgery.target_mask) / np.count_nonzero(mask))
    # Over many places the rounding to pixels cancels out, a mistaken convention would not.
    assert np.abs(np.mean(offsets, axis=0)).max() < 0.08
    assert np.mean(ratios) == pytest.approx(scale**2, rel=0.01)


@settings(max_examples=60)
@given(how=parameters(), mask=objects(), seed=seeds)
def test_target_is_where_the_linearly_read_mask_is_above_one_half(
    textured: Textured, how: CopyMoveParameters, mask: BoolMask, seed: int
) -> None:
    forgery = _forge(textured(1, SHAPE), mask, how, seed)
    assert forgery.transform is not None
    np.testing.assert_array_equal(warp_mask(mask, forgery.transform), forgery.target_mask)
    share = cv2.warpAffine(mask.astype(np.float32), forgery.transform.index_matrix, SHAPE[::-1])
    clear = np.abs(share - 0.5) > 0.1  # OpenCV may round positions to 1/32 pixel
    np.testing.assert_array_equal(forgery.target_mask[clear], share[clear] > 0.5)


@settings(max_examples=80)
@given(how=parameters(), mask=objects(), seed=seeds)
def test_copy_lies_inside_the_frame_and_hardly_on_its_source(
    textured: Textured, how: CopyMoveParameters, mask: BoolMask, seed: int
) -> None:
    forgery = _forge(textured(1, SHAPE), mask, how, seed)
    assert np.count_nonzero(mask & forgery.target_mask) <= 0.05 * np.count_nonzero(mask)
    assert forgery.transform is not None
    rows, columns = np.nonzero(mask)
    moved = forgery.transform.apply(np.stack([columns + 0.5, rows + 0.5], axis=-1))
    assert moved.min() > -0.5
    assert moved[:, 0].max() < SHAPE[1] + 0.5
    assert moved[:, 1].max() < SHAPE[0] + 0.5


@settings(max_examples=20)
@given(how=parameters(), mask=objects(), seed=seeds)
def test_same_seed_gives_same_bytes(
    textured: Textured, how: CopyMoveParameters, mask: BoolMask, seed: int
) -> None:
    pixels = textured(1, SHAPE)
    first, second = _forge(pixels, mask, how, seed), _forge(pixels, mask, how, seed)
    assert first.pixels.tobytes() == second.pixels.tobytes()
    assert first.target_mask.tobytes() == second.target_mask.tobytes()
    assert first.transform == second.transform


@settings(max_examples=40)
@given(mask=objects(), seed=seeds)
def test_plain_move_copies_pixels_by_a_whole_shift(textured: Textured, mask: BoolMask, seed: int) -> None:
    pixels = textured(2, SHAPE)
    forgery = _forge(pixels, mask, CopyMoveParameters(interpolation="opencv-lanczos4"), seed)
    assert forgery.transform is not None
    dx, dy = forgery.transform.tx, forgery.transform.ty
    assert dx.is_integer()
    assert dy.is_integer()
    assert forgery.interpolation == "none"
    shift = (int(dy), int(dx))
    np.testing.assert_array_equal(forgery.target_mask, np.roll(mask, shift, axis=(0, 1)))
    rows, columns = np.nonzero(mask)
    np.testing.assert_array_equal(forgery.pixels[rows + shift[0], columns + shift[1]], pixels[rows, columns])


@pytest.fixture
def square() -> BoolMask:
    mask = np.zeros((200, 200), dtype=np.bool_)
    mask[20:60, 20:60] = True
    return mask


def test_small_overlap_is_legal_and_leaves_the_source_outline(textured: Textured, square: BoolMask) -> None:
    how = CopyMoveParameters(placement=(79, 40))
    forgery = copy_move(textured(1, (200, 200)), square, how, rng=np.random.default_rng(0))
    assert np.count_nonzero(square & forgery.target_mask) == 40
    np.testing.assert_array_equal(forgery.source_mask, square)


@pytest.mark.parametrize("place", [(77, 40), (40, 41), (190, 100), (100, 10)])
def test_given_place_on_the_source_or_outside_is_refused(
    textured: Textured, square: BoolMask, place: tuple[float, float]
) -> None:
    with pytest.raises(ForgeryError, match="another place"):
        copy_move(
            textured(1, (200, 200)),
            square,
            CopyMoveParameters(placement=place),
            rng=np.random.default_rng(0),
        )


def test_copy_in_the_middle_of_a_ring_is_refused(textured: Textured, ellipse: Ellipse) -> None:
    ring = ellipse((200, 200), (100, 100), (80, 80)) & ~ellipse((200, 200), (100, 100), (60, 60))
    how = CopyMoveParameters(scale=0.5, placement=(100.0, 100.0))
    with pytest.raises(ForgeryError):
        copy_move(textured(1, (200, 200)), ring, how, rng=np.random.default_rng(0))


def test_object_larger_than_the_frame_is_refused(textured: Textured, ellipse: Ellipse) -> None:
    mask = ellipse((100, 100), (50, 50), (40, 10))
    with pytest.raises(ForgeryError, match="larger than the 100 x 100 picture"):
        copy_move(textured(1, (100, 100)), mask, CopyMoveParameters(scale=1.5), rng=np.random.default_rng(0))


def test_object_without_room_is_refused_after_the_tries(textured: Textured, ellipse: Ellipse) -> None:
    mask = ellipse((100, 100), (50, 50), (45, 45))
    with pytest.raises(ForgeryError, match="50 tries"):
        copy_move(textured(1, (100, 100)), mask, CopyMoveParameters(), rng=np.random.default_rng(0))


@pytest.mark.parametrize("radius", [1.0, 2.5])
def test_feather_blends_only_a_band_around_the_same_mask(
    textured: Textured, square: BoolMask, radius: float
) -> None:
    pixels = textured(5, (200, 200))
    hard_edge = CopyMoveParameters(rotation_deg=30.0, placement=(130.0, 130.0))
    soft_edge = replace(hard_edge, edge="feather", feather_radius=radius)
    hard = copy_move(pixels, square, hard_edge, rng=np.random.default_rng(0))
    soft = copy_move(pixels, square, soft_edge, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(soft.target_mask, hard.target_mask)
    depth = cv2.distanceTransform(hard.target_mask.astype(np.uint8), cv2.DIST_L2, 5)
    height = cv2.distanceTransform((~hard.target_mask).astype(np.uint8), cv2.DIST_L2, 5)
    core, far = depth > radius + 1, height > radius + 1
    # Two windows of one warp may round a value differently.
    np.testing.assert_allclose(soft.pixels[core].astype(int), hard.pixels[core], atol=1)
    np.testing.assert_array_equal(soft.pixels[far], pixels[far])
    band = (height > 0) & (height <= 1)
    assert np.count_nonzero((soft.pixels[band] != pixels[band]).any(axis=-1)) > 0


def test_feather_weight_is_above_one_half_on_the_target_mask(square: BoolMask) -> None:
    pixels = np.zeros((200, 200, 3), dtype=np.uint8)
    pixels[10:70, 10:70] = 200  # the copy is bright throughout, the ground dark
    how = CopyMoveParameters(
        rotation_deg=40, scale=1.2, edge="feather", feather_radius=3, placement=(130, 130)
    )
    forgery = copy_move(pixels, square, how, rng=np.random.default_rng(0))
    around = np.zeros_like(square)
    around[75:, 75:] = True
    np.testing.assert_array_equal(forgery.pixels[..., 0][around] > 100, forgery.target_mask[around])


@pytest.mark.parametrize(
    "wrong",
    [{"scale": 0.0}, {"rotation_deg": math.inf}, {"interpolation": "cubic"}, {"feather_radius": 0.0}],
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SpecificationError):
        CopyMoveParameters(**wrong)  # type: ignore[arg-type]


def test_picture_and_mask_must_fit(textured: Textured, square: BoolMask) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(SpecificationError, match="bool mask of shape"):
        copy_move(textured(1, (100, 200)), square, CopyMoveParameters(), rng=rng)
    with pytest.raises(SpecificationError, match="empty"):
        copy_move(textured(1, (200, 200)), np.zeros_like(square), CopyMoveParameters(), rng=rng)
    with pytest.raises(SpecificationError, match="uint8"):
        copy_move(
            np.zeros((200, 200), np.uint8),  # grey instead of RGB
            square,
            CopyMoveParameters(),
            rng=rng,
        )
