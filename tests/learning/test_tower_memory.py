"""A frozen image tower looks at every picture once, and nothing changes by it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from geotamper.errors import OutputError
from geotamper.learning.blueprint import configure
from geotamper.learning.data.tower_memory import TowerMemory, tower_digest
from geotamper.learning.training import train
from geotamper.models.blocks.blip2_towers import Blip2ImageTower
from geotamper.models.blocks.features import Features
from geotamper.models.tower_config import Blip2ImageConfig

TRAIN, VAL = 8, 4
SIDE = 28


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures the tower looked at, call by call."""
    found: list[int] = []
    look = Blip2ImageTower.look

    def counted(self: Blip2ImageTower, pictures: Tensor) -> Features:
        found.append(len(pictures))
        return look(self, pictures)

    monkeypatch.setattr(Blip2ImageTower, "look", counted)
    return found


def _train(data: Path, out: Path, *changes: tuple[str, str]) -> list[dict[str, Any]]:
    blueprint, settings = configure("blip2", "tiny", [("epochs", "2"), *changes])
    train(blueprint, settings, data, out)
    return [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def _tower() -> Blip2ImageTower:
    torch.manual_seed(1)
    config = Blip2ImageConfig(width=16, layers=1, heads=2, feed_forward=24, precision="float32")
    return Blip2ImageTower(config, SIDE).eval()


def test_frozen_tower_looks_once_and_the_training_is_the_same(
    drawn_set: Path, tmp_path: Path, looks: list[int]
) -> None:
    plain = _train(drawn_set, tmp_path / "plain")
    assert sum(looks) == 2 * (TRAIN + VAL)
    looks.clear()
    cache = ("cache", str(tmp_path / "cache"))
    kept = _train(drawn_set, tmp_path / "kept", ("cache_features", "true"), cache)
    assert sum(looks) == TRAIN + VAL
    looks.clear()
    again = _train(drawn_set, tmp_path / "again", ("cache_features", "true"), cache)
    assert not looks
    for other in (kept, again):
        for entry, expected in zip(other, plain, strict=True):
            assert entry["train"]["loss"] == pytest.approx(expected["train"]["loss"], rel=1e-4)
            assert entry["val"]["answer_loss"] == pytest.approx(expected["val"]["answer_loss"], rel=1e-4)


def test_tower_recalls_each_picture_by_its_row_and_looks_at_what_was_changed(
    tmp_path: Path, looks: list[int]
) -> None:
    tower = _tower()
    pictures = torch.randn(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    expected = tower(pictures)
    looks.clear()
    memory = TowerMemory(tower, tmp_path, "fold", 5)
    with memory.used(pictures, np.array([4, 0, 4])):  # a picture that two questions bring
        first = tower(pictures)
    assert looks == [2]
    with memory.used(pictures[1:2], np.array([0])):
        other = tower(pictures[1:2] + 1)  # as a network that draws into its pictures
    assert looks == [2, 1]
    reopened = TowerMemory(tower, tmp_path, "fold", 5)
    shown = torch.zeros_like(pictures[:2])
    with reopened.used(shown, np.array([0, 4])):
        recalled = tower(shown)
    assert looks == [2, 1]
    torch.testing.assert_close(first.tokens[:2], expected.tokens[:2])
    torch.testing.assert_close(first.tokens[2], expected.tokens[0])
    torch.testing.assert_close(recalled.pooled, expected.pooled[[1, 0]])
    assert not torch.allclose(other.tokens, expected.tokens[1:2])
    assert tower.recall is None


def test_digest_of_a_tower_tells_weights_and_precision_apart() -> None:
    tower = _tower()
    before = tower_digest(tower, "32")
    assert before == tower_digest(_tower(), "32")
    assert before != tower_digest(tower, "bf16")
    with torch.no_grad():
        next(tower.parameters()).view(-1)[0] += 1
    assert before != tower_digest(tower, "32")


def test_lack_of_room_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})())
    tower, pictures = _tower(), torch.zeros(1, 3, SIDE, SIDE)
    memory = TowerMemory(tower, tmp_path / "cache", "fold", 1000)
    with (
        memory.used(pictures, np.array([0])),
        pytest.raises(OutputError, match="make room or set cache_features=false"),
    ):
        tower(pictures)
    assert not list((tmp_path / "cache").iterdir())
    assert tower.recall is None
