"""The search from end to end, on forged, untouched and odd pictures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError, InputError
from geotamper.evidence.results import CopyEvidence, Evidence
from geotamper.evidence.search import available_workers, find_evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import BoolMask, Forgery
from geotamper.imagery.kernels import LANCZOS4, LINEAR, NEAREST, OPENCV_CUBIC, Kernel
from geotamper.scenes import Scene, SceneKind

Pixels = npt.NDArray[np.uint8]

KINDS = get_args(SceneKind)
FORGERIES = {
    "plain": (("harbour", 0.0, 1.0, "opencv-linear"), LINEAR),
    "rotated": (("city", 35.0, 1.0, "opencv-linear"), LINEAR),
    "quarter turn": (("airport", 90.0, 1.0, "opencv-cubic"), None),
    "enlarged": (("harbour", 0.0, 1.3, "opencv-cubic"), OPENCV_CUBIC),
    "shrunk": (("farmland", 0.0, 0.7, "opencv-linear"), LINEAR),
    "rotated and enlarged": (("suburb", -110.0, 1.2, "opencv-linear"), LINEAR),
    "rotated and shrunk": (("airport", 60.0, 0.8, "opencv-cubic"), OPENCV_CUBIC),
    "Lanczos": (("city", 25.0, 0.9, "opencv-lanczos4"), LANCZOS4),
}
ONE_THREAD = EvidenceSettings(workers=1)


@dataclass
class Watch:
    """Counts checkpoints and cancels at one of them."""

    cancel_at: int | None = None
    reports: list[tuple[float, str]] = field(default_factory=list)
    asked: int = 0

    def control(self) -> Control:
        return Control(on_progress=self._note, is_cancelled=self._cancelled)

    def _note(self, fraction: float, stage: str) -> None:
        self.reports.append((fraction, stage))

    def _cancelled(self) -> bool:
        self.asked += 1
        return self.asked == self.cancel_at


def _only(evidence: Evidence) -> CopyEvidence:
    assert evidence.complete
    assert len(evidence.copies) == 1
    return evidence.copies[0]


def _turn(found: float, wanted: float) -> float:
    return abs((found - wanted + 180) % 360 - 180)


@pytest.fixture(params=list(FORGERIES.values()), ids=list(FORGERIES))
def found(
    request: pytest.FixtureRequest,
    case: type,
    forged: Callable[..., Forgery],
    searched: Callable[..., Evidence],
) -> tuple[Forgery, CopyEvidence, Kernel | None]:
    """A forgery, the one finding in it and its kernel, None where several kernels give the same pixels."""
    pose, kernel = request.param
    return forged(case(*pose)), _only(searched(case(*pose))), kernel


Found = tuple[Forgery, CopyEvidence, Kernel | None]


def test_find_evidence_outlines_source_and_copy(found: Found, overlap: Callable[..., float]) -> None:
    forgery, copy, _ = found
    assert overlap(copy.source, forgery.source_mask) > 0.8
    assert overlap(copy.target, forgery.target_mask) > 0.8
    assert copy.source.shape == copy.target.shape == (256, 256)
    assert copy.source.dtype == copy.target.dtype == np.bool_


def test_find_evidence_measures_the_transform(found: Found) -> None:
    forgery, copy, _ = found
    assert forgery.transform is not None
    assert _turn(copy.transform.rotation_deg, forgery.transform.rotation_deg) < 0.05
    assert copy.transform.scale == pytest.approx(forgery.transform.scale, abs=0.001)
    assert copy.transform.apply((80.0, 175.0)) == pytest.approx((190.0, 70.0), abs=0.6)
    middle = forgery.transform.apply((80.0, 175.0))
    np.testing.assert_allclose(copy.transform.apply((80.0, 175.0)), middle, atol=0.03)


def test_find_evidence_states_errors_that_hold(found: Found) -> None:
    forgery, copy, _ = found
    assert forgery.transform is not None
    off = _turn(copy.transform.rotation_deg, forgery.transform.rotation_deg)
    assert off < 4 * copy.rotation_sigma < 0.3
    assert abs(copy.transform.scale - forgery.transform.scale) < 4 * copy.scale_sigma < 0.01


def test_find_evidence_names_the_interpolation(found: Found) -> None:
    _, copy, kernel = found
    if kernel is not None:
        assert copy.kernel == kernel.name


def test_find_evidence_is_sure_of_what_it_found(found: Found) -> None:
    _, copy, _ = found
    assert copy.probability > 0.9
    assert copy.direction_probability > 0.7
    assert copy.direction_basis
    assert copy.measurements["exact_share"] > 0.9
    assert copy.measurements["residual_q75"] < 0.65


def test_find_evidence_finds_copies_by_the_nearest_pixel(
    case: type,
    forged: Callable[..., Forgery],
    searched: Callable[..., Evidence],
    overlap: Callable[..., float],
) -> None:
    key = case("harbour", 77.0, 0.8, "opencv-nearest")
    copy = _only(searched(key))
    assert overlap(copy.target, forged(key).target_mask) > 0.8
    assert overlap(copy.source, forged(key).source_mask) > 0.8
    assert copy.kernel == NEAREST.name
    # a pixel taken whole tells its position only to a fraction of a pixel
    assert _turn(copy.transform.rotation_deg, 77.0) < 0.3
    assert copy.transform.scale == pytest.approx(0.8, abs=0.006)


@pytest.mark.parametrize("interpolation", ["opencv-linear", "opencv-nearest"])
def test_find_evidence_tells_source_and_copy_of_a_half_turn_apart(
    interpolation: str,
    case: type,
    forged: Callable[..., Forgery],
    searched: Callable[..., Evidence],
    overlap: Callable[..., float],
) -> None:
    key = case("city", 180.0, 1.0, interpolation)
    copy = _only(searched(key))
    assert overlap(copy.target, forged(key).target_mask) > 0.8
    assert overlap(copy.source, forged(key).source_mask) > 0.8


@pytest.mark.parametrize("kind", ["suburb", "airport"])
def test_find_evidence_finds_a_copy_enlarged_by_the_nearest_pixel_once_and_rightly(
    kind: str,
    case: type,
    forged: Callable[..., Forgery],
    searched: Callable[..., Evidence],
    overlap: Callable[..., float],
) -> None:
    key = case(kind, 140.0, 1.3, "opencv-nearest")
    copy = _only(searched(key))
    assert overlap(copy.target, forged(key).target_mask) > 0.8
    assert overlap(copy.source, forged(key).source_mask) > 0.8


def test_find_evidence_tries_the_kernel_that_leaves_the_smaller_residual(
    case: type,
    forged: Callable[..., Forgery],
    searched: Callable[..., Evidence],
    overlap: Callable[..., float],
) -> None:
    key = case("suburb", 25.0, 0.9, "opencv-lanczos4")
    copy = _only(searched(key))
    assert overlap(copy.target, forged(key).target_mask) > 0.8
    assert copy.kernel == LANCZOS4.name


@pytest.mark.parametrize("turns", [(0.0, 0.0), (35.0, -80.0), (0.0, 50.0)])
def test_find_evidence_finds_two_copies_of_one_source(
    turns: tuple[float, float],
    scene: Callable[..., Scene],
    ellipse: Callable[..., BoolMask],
    overlap: Callable[..., float],
) -> None:
    mask = ellipse((60.0, 190.0), (26.0, 22.0))
    pixels, targets = scene("city").pixels, []
    for turn, place in zip(turns, ((70.0, 60.0), (190.0, 120.0)), strict=True):
        parameters = CopyMoveParameters(rotation_deg=turn, placement=place)
        forgery = copy_move(pixels, mask, parameters, rng=np.random.default_rng(0))
        pixels = forgery.pixels
        targets.append(forgery.target_mask)
    copies = find_evidence(pixels, settings=ONE_THREAD).copies
    assert len(copies) == 2
    for target in targets:
        (copy,) = [copy for copy in copies if overlap(copy.target, target) > 0.8]
        assert overlap(copy.source, mask) > 0.8
    assert copies[0].probability >= copies[1].probability
    assert len(find_evidence(pixels, settings=EvidenceSettings(workers=1, max_findings=1)).copies) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_find_evidence_leaves_untouched_scenes_alone(kind: SceneKind, scene: Callable[..., Scene]) -> None:
    evidence = find_evidence(scene(kind).pixels, settings=ONE_THREAD)
    assert evidence.copies == ()
    assert evidence.complete


def _grey(plane: npt.NDArray[Any]) -> Pixels:
    return np.repeat(np.clip(plane, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _odd_pictures() -> dict[str, Pixels]:
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:128, :128]
    return {
        "one pixel": np.zeros((1, 1, 3), np.uint8),
        "8 x 8": rng.integers(0, 256, (8, 8, 3), dtype=np.uint8),
        "33 x 33": rng.integers(0, 256, (33, 33, 3), dtype=np.uint8),
        "a strip": rng.integers(0, 256, (300, 12, 3), dtype=np.uint8),
        "a wide strip": rng.integers(0, 256, (32, 300, 3), dtype=np.uint8),
        "black": np.zeros((128, 128, 3), np.uint8),
        "white": np.full((128, 128, 3), 255, np.uint8),
        "flat": np.full((128, 128, 3), 93, np.uint8),
        "nearly flat": rng.integers(126, 131, (128, 128, 3), dtype=np.uint8),
        "noise": rng.integers(0, 256, (128, 128, 3), dtype=np.uint8),
        "black and white noise": 255 * rng.integers(0, 2, (128, 128, 3), dtype=np.uint8),
        "rings": _grey(3 * np.hypot(x - 60, y - 70)),
        "noisy lattice": _grey(128 + 60 * np.sin(x / 3.1) + 60 * np.sin(y / 2.7) + rng.normal(0, 3, x.shape)),
        "half saturated": _grey(np.where(x < 64, 255, rng.integers(0, 256, x.shape))),
    }


ODD = _odd_pictures()


@pytest.mark.parametrize("pixels", ODD.values(), ids=list(ODD))
def test_find_evidence_finds_nothing_in_odd_pictures(pixels: Pixels) -> None:
    evidence = find_evidence(pixels, settings=ONE_THREAD)
    assert evidence.copies == ()
    assert evidence.complete == (min(pixels.shape[:2]) >= 32)
    assert bool(evidence.notes) != evidence.complete


def _patterns() -> dict[str, Pixels]:
    y, x = np.mgrid[:128, :128]
    tile = np.random.default_rng(7).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    return {
        "fine checkerboard": _grey((x // 4 + y // 4) % 2 * 255),
        "coarse checkerboard": _grey((x // 16 + y // 16) % 2 * 255),
        "lattice": _grey(((x % 12 < 2) | (y % 12 < 2)) * 180 + 30),
        "waves": _grey(128 + 60 * np.sin(x / 3.1) + 60 * np.sin(y / 2.7)),
        "ramp": _grey(2 * x),
        "tiles": np.tile(tile, (7, 7, 1))[:128, :128],
        "squares": _grey(np.where((x + y) // 48 % 2, 255, 0)),
    }


PATTERNS = _patterns()


@pytest.mark.parametrize("pixels", PATTERNS.values(), ids=list(PATTERNS))
def test_find_evidence_finds_nothing_in_drawn_patterns(pixels: Pixels) -> None:
    assert find_evidence(np.ascontiguousarray(pixels), settings=ONE_THREAD).copies == ()


def _summary(evidence: Evidence) -> list[tuple[Any, ...]]:
    return [
        (
            copy.source.tobytes(),
            copy.target.tobytes(),
            copy.transform,
            copy.rotation_sigma,
            copy.probability,
            copy.direction_probability,
            copy.kernel,
            copy.measurements,
        )
        for copy in evidence.copies
    ]


@pytest.mark.parametrize("pose", [("city", 35.0), ("farmland", 0.0, 0.7)])
def test_find_evidence_is_the_same_for_any_number_of_workers(
    pose: tuple[Any, ...], case: type, forged: Callable[..., Forgery], searched: Callable[..., Evidence]
) -> None:
    wanted = _summary(searched(case(*pose)))
    for workers in (0, 3):
        again = find_evidence(forged(case(*pose)).pixels, settings=EvidenceSettings(workers=workers))
        assert _summary(again) == wanted


def test_find_evidence_reads_pixels_in_any_memory_order(
    case: type, forged: Callable[..., Forgery], searched: Callable[..., Evidence]
) -> None:
    key = case("city", 35.0)
    pixels = forged(key).pixels
    before = pixels.copy()
    strided = np.asfortranarray(pixels)
    strided.setflags(write=False)
    assert _summary(find_evidence(strided, settings=ONE_THREAD)) == _summary(searched(key))
    np.testing.assert_array_equal(pixels, before)


def test_find_evidence_stops_at_every_checkpoint(scene: Callable[..., Scene]) -> None:
    pixels = scene("farmland").pixels[:128, :128]
    watch = Watch()
    find_evidence(pixels, settings=ONE_THREAD, control=watch.control())
    assert watch.asked > 5
    for at in range(1, watch.asked + 1):
        again = Watch(cancel_at=at)
        with pytest.raises(CancelledError):
            find_evidence(pixels, settings=ONE_THREAD, control=again.control())
        assert again.reports == watch.reports[: at - 1]


def test_find_evidence_reports_fractions_and_stages(scene: Callable[..., Scene]) -> None:
    watch = Watch()
    find_evidence(scene("farmland").pixels[:128, :128], settings=ONE_THREAD, control=watch.control())
    assert all(0 <= fraction <= 1 and stage for fraction, stage in watch.reports)


def test_find_evidence_never_reports_less_than_before(scene: Callable[..., Scene]) -> None:
    watch = Watch()
    find_evidence(scene("farmland").pixels[:128, :128], settings=ONE_THREAD, control=watch.control())
    fractions = [fraction for fraction, _ in watch.reports]
    assert fractions == sorted(fractions)


def test_find_evidence_without_time_is_incomplete(case: type, forged: Callable[..., Forgery]) -> None:
    pixels = forged(case("city", 35.0)).pixels
    evidence = find_evidence(pixels, settings=ONE_THREAD, control=Control(time_limit=0))
    assert not evidence.complete
    assert evidence.notes


def test_find_evidence_with_time_enough_is_complete(
    case: type, forged: Callable[..., Forgery], searched: Callable[..., Evidence]
) -> None:
    key = case("city", 35.0)
    evidence = find_evidence(forged(key).pixels, settings=ONE_THREAD, control=Control(time_limit=250))
    assert evidence.complete
    assert _summary(evidence) == _summary(searched(key))


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((64, 64), np.uint8),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64, 1), np.uint8),
        np.zeros((2, 64, 64, 3), np.uint8),
        np.zeros((64, 64, 3), np.float32),
        np.zeros((64, 64, 3), np.uint16),
        np.zeros((64, 64, 3), bool),
    ],
)
def test_find_evidence_refuses_other_arrays(pixels: Any) -> None:
    with pytest.raises(InputError, match="uint8 RGB array"):
        find_evidence(pixels)


def test_find_evidence_refuses_wrong_arrays_also_when_empty() -> None:
    assert find_evidence(np.zeros((0, 0, 3), np.uint8)).copies == ()


def test_available_workers_are_one_to_four() -> None:
    assert 1 <= available_workers() <= 4
