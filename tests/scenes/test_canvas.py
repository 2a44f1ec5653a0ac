import numpy as np
import pytest

from geotamper.scenes.canvas import Canvas, Light
from geotamper.scenes.geometry import Frame, rectangle
from geotamper.scenes.ground import paving
from geotamper.scenes.placement import Planting
from geotamper.scenes.stencil import Sprite, Stencil
from geotamper.scenes.texture import octave_noise, value_noise


def _canvas(*, away: tuple[float, float] = (1.0, 0.0), seed: int = 0) -> Canvas:
    canvas = Canvas((200, 240), 4.0, Light(away, 1.0), np.random.default_rng(seed))
    canvas.cover_all(paving(canvas.rng))
    return canvas


def _box(centre: tuple[float, float], *, label: int | None = 4, height: float = 5.0) -> Sprite:
    stencil = Stencil(centre, 0.0, unit=4.0, radius=8)
    stencil.polygon(rectangle(-5, -5, 5, 5), (0.8, 0.2, 0.2))
    return stencil.sprite(label, height=height)


def test_stencil_sprite_covers_the_true_area() -> None:
    sprite = _box((100.3, 90.7))
    assert sprite.alpha.sum() == pytest.approx(40 * 40, rel=0.03)
    assert np.allclose(sprite.colour[sprite.alpha > 0.99], (0.8, 0.2, 0.2), atol=1e-5)


@pytest.mark.parametrize("away", [(1.0, 0.0), (0.0, -1.0), (-0.6, 0.8)])
def test_canvas_stamp_casts_the_shadow_away_from_the_sun(away: tuple[float, float]) -> None:
    canvas = _canvas(away=away)
    before = canvas.pixels.copy()
    canvas.stamp(_box((120, 100)))
    # 5 m high at reach 1 and 4 pixels per metre: 20 pixels of shadow beyond the edge 20 pixels out.
    reach = 20 / max(abs(away[0]), abs(away[1])) + 8
    x, y = (int(c + a * reach) for c, a in zip((120, 100), away, strict=True))
    assert canvas.pixels[y, x].mean() < 0.6 * before[y, x].mean()
    x, y = (int(c - a * reach) for c, a in zip((120, 100), away, strict=True))
    assert np.array_equal(canvas.pixels[y, x], before[y, x])


def test_canvas_shadows_do_not_darken_twice() -> None:
    once, twice = _canvas(), _canvas()
    once.stamp(_box((100, 100), label=None))
    twice.stamp(_box((100, 100), label=None))
    twice.stamp(_box((100, 100), label=None))
    # Left of x = 121 stands the box itself; its shadow is to the right.
    shaded = np.s_[85:115, 122:138]
    assert once.pixels[shaded].mean() < 0.6 * _canvas().pixels[shaded].mean()
    assert np.allclose(once.pixels[shaded], twice.pixels[shaded], atol=1e-5)


def test_canvas_stamp_labels_what_is_seen_and_clips_at_the_border() -> None:
    canvas = _canvas()
    canvas.stamp(_box((0, 100)))
    assert (canvas.labels == 4).sum() == pytest.approx(20 * 40, rel=0.05)
    canvas.stamp(_box((-500, 100)))
    assert canvas.instance_labels == [0, 4]


def test_canvas_cover_averages_at_edges() -> None:
    canvas = _canvas()
    canvas.cover(
        [rectangle(10, 10, 30.5, 40)], lambda t: np.ones((*t.shape, 3), np.float32), label=5, instance=3
    )
    assert (canvas.labels[10:40, 10:30] == 5).all()
    assert (canvas.instances == 3).sum() in range(20 * 30, 22 * 32)
    assert (canvas.pixels[15, 12:28] == 1).all()
    assert (canvas.pixels[15, 40:] < 1).all()


def test_canvas_mark_paints_only_the_asked_ground_and_keeps_the_class_map() -> None:
    canvas = _canvas()
    canvas.labels[:, 100:] = 8
    before = canvas.pixels.copy()
    canvas.mark([rectangle(50, 50, 150, 100)], (1, 1, 1), opacity=1, on=8)
    assert np.array_equal(canvas.pixels[:, :100], before[:, :100])
    assert (canvas.pixels[55:95, 101:145] == 1).all()
    assert set(np.unique(canvas.labels)) == {0, 8}


def test_canvas_cover_is_seamless_over_tiles() -> None:
    canvas = Canvas((128, 1100), 4.0, Light((1.0, 0.0), 1.0), np.random.default_rng(0))
    canvas.cover_all(paving(canvas.rng))
    steps = np.abs(np.diff(canvas.pixels.mean(axis=(0, 2))))
    assert steps[[511, 1023]].max() < 5 * np.median(steps)


def test_planting_keeps_solid_things_apart() -> None:
    canvas = _canvas()
    planting = Planting(canvas)
    assert planting.place(_box((60, 100)))
    assert not planting.place(_box((101, 100)))
    assert planting.place(_box((105, 100)))
    assert not planting.is_open((60, 100))
    assert planting.is_open((60, 30))


def test_planting_lets_crowns_grow_into_each_other_but_not_into_solid_things() -> None:
    planting = Planting(_canvas())
    assert planting.place(_box((60, 100), label=6))
    assert planting.place(_box((70, 100), label=6))
    assert not planting.place(_box((80, 100), label=4))


def test_planting_refuses_cut_things_unless_asked_and_wrong_ground() -> None:
    planting = Planting(_canvas())
    assert not planting.place(_box((10, 100)))
    assert not planting.place(_box((100, 100)), on=frozenset({8}))
    assert planting.place(_box((10, 100)), whole=False)
    assert not planting.place(_box((-60, 100)), whole=False)


def test_planting_draws_the_higher_over_the_lower() -> None:
    canvas = _canvas()
    planting = Planting(canvas)
    planting.place(_box((60, 100), label=6, height=9))
    planting.place(_box((80, 100), label=6, height=3))
    planting.draw()
    areas = np.bincount(canvas.instances.ravel())[1:]
    assert areas[1] > areas[0]


@pytest.mark.parametrize("cell", [0.5, 3.3, 40.0, 500.0])
def test_value_noise_has_the_asked_shape(cell: float) -> None:
    noise = value_noise(np.random.default_rng(0), (57, 91), cell)
    assert noise.shape == (57, 91)
    assert noise.dtype == np.float32


def test_octave_noise_has_mean_zero_and_deviation_one() -> None:
    noise = octave_noise(np.random.default_rng(0), (600, 600), cell=12, octaves=4)
    assert abs(float(noise.mean())) < 0.1
    assert 0.7 < float(noise.std()) < 1.3


def test_frame_places_metres_and_headings() -> None:
    frame = Frame((100, 50), np.pi / 2, 4.0)
    assert frame.place(3, 0) == pytest.approx((100, 62))
    assert frame.heading(0, 0) == pytest.approx(np.pi / 2)
    bent = Frame((0, 0), 0.0, 1.0, bend=5, wavelength=100, phase=0)
    assert bent.place(25, 0) == pytest.approx((25, 5))
    assert bent.heading(25, 0) == pytest.approx(0, abs=1e-9)
