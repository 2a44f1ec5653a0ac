import json
from pathlib import Path

import numpy as np
import pytest

from geotamper.errors import InputError
from geotamper.evidence.rim_model import parse_model
from geotamper.evidence.rims import RIM_FEATURES
from geotamper.learning.judges.direction.fitting import Shape, choose, fit, odds_of, parts_of, weights_of
from geotamper.learning.judges.direction.settings import DirectionSettings
from geotamper.learning.judges.examples import Arrays, ExampleFolder
from geotamper.learning.judges.run import train_judge

SETTINGS = DirectionSettings(degradations=("none", "jpeg:90"), most=8, checked=3)


@pytest.fixture
def pairs() -> Arrays:
    """Sixty pairs of twelve groups: the first number of the rim and the first of the wholes tell the copy."""
    rng = np.random.default_rng(4)
    rim, wholes = rng.normal(size=(60, RIM_FEATURES)), rng.normal(size=(60, 7))
    rim[:, 0] += 3
    wholes[:, 0] += 3
    return {
        "rim": rim,
        "wholes": wholes,
        "count": np.full(60, 100),
        "group": np.arange(60) % 12,
        "edge": np.where(np.arange(60) < 15, "feather", "hard"),
    }


def test_fit_finds_what_tells_the_copy(pairs: Arrays) -> None:
    shape = Shape(0.0, 45.0)
    weights = fit(pairs, shape)
    parts = parts_of(pairs, shape, weights)
    assert np.argmax(weights.contrasts) == 0
    assert (parts[:, 0] > 0).mean() > 0.8
    assert (odds_of(parts) > 0).mean() > 0.95


def test_hard_and_soft_edges_weigh_the_same(pairs: Arrays) -> None:
    weights = weights_of(pairs)
    assert weights.mean() == pytest.approx(1)
    assert weights[pairs["edge"] == "hard"].sum() == pytest.approx(30)


def test_held_out_odds_are_of_weights_that_have_not_seen_the_group(pairs: Arrays) -> None:
    honest = choose(pairs)
    rng = np.random.default_rng(1)
    signs = rng.choice((-1.0, 1.0), (60, 1))  # nothing to learn: every pair is turned round at random
    guessed = choose({**pairs, "rim": pairs["rim"] * signs, "wholes": pairs["wholes"] * signs})
    assert honest.loss < 0.3
    assert guessed.loss > 0.5


def test_training_writes_coefficients_that_the_inspector_reads(copies_set: Path, tmp_path: Path) -> None:
    document = train_judge("direction", SETTINGS, [copies_set], tmp_path / "out")
    content = (tmp_path / "out" / "direction.json").read_bytes()
    assert len(parse_model(content).rim) == RIM_FEATURES
    assert document.metrics["pairs"] == 16
    assert document.metrics["val_pairs"] == 6
    assert 0 <= document.metrics["val_exchanged"] <= 1
    report = (tmp_path / "out" / "report.md").read_text()
    assert "fold train, cross-validated" in report
    assert "fold val" in report
    again = train_judge("direction", SETTINGS, [copies_set], tmp_path / "again")
    assert again.weights_sha256 == document.weights_sha256


def test_a_collection_left_out_is_judged_by_the_others(copies_set: Path, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"leave_out": ("two",)})
    document = train_judge("direction", settings, [copies_set], tmp_path / "out")
    assert document.metrics["pairs"] == 8
    assert document.metrics["left_out_pairs"] == 8
    assert "two, left out" in (tmp_path / "out" / "report.md").read_text()


@pytest.mark.parametrize(
    ("left_out", "expected"), [(("three",), "there are one, two"), (("one", "two"), "nothing is left")]
)
def test_wrong_collections_to_leave_out_are_named(
    copies_set: Path, tmp_path: Path, left_out: tuple[str, ...], expected: str
) -> None:
    settings = SETTINGS.model_copy(update={"leave_out": left_out, "degradations": ("none",)})
    with pytest.raises(InputError, match=expected):
        train_judge("direction", settings, [copies_set], tmp_path / "out")


def test_restricted_copies_are_learned_from_when_asked_alone(copies_set: Path, tmp_path: Path) -> None:
    path = tmp_path / "set" / "geotamper.json"
    path.parent.mkdir()
    for folder in copies_set.iterdir():
        if folder.name != path.name:
            (path.parent / folder.name).symlink_to(folder)
    document = json.loads((copies_set / path.name).read_text())
    for record in document["pictures"]:
        record["restricted"] = None
    path.write_text(json.dumps(document))
    settings = SETTINGS.model_copy(update={"degradations": ("none",)})
    with pytest.raises(InputError, match="sources=all"):
        train_judge("direction", settings, [path.parent], tmp_path / "out")
    everything = settings.model_copy(update={"sources": "all"})
    assert train_judge("direction", everything, [path.parent], tmp_path / "all").metrics["pairs"] == 8


def test_origin_of_examples_names_what_they_depend_on(tmp_path: Path) -> None:
    ExampleFolder(tmp_path / "x", SETTINGS.of_examples()).arrays("train", lambda: {"x": np.ones(1)})
    other = SETTINGS.model_copy(update={"degradations": ("none",)})
    with pytest.raises(InputError, match="another degradations"):
        ExampleFolder(tmp_path / "x", other.of_examples())
