"""The mask network of two-step training is trained once for all trainings that would train the same one."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from geotamper.learning.blueprint import configure
from geotamper.learning.task import QuestionTask
from geotamper.learning.training import train

STEPS = [("one_step", "false"), ("mask_epochs", "2"), ("epochs", "2"), ("batch_size", "4")]
STEPS_PER_EPOCH = 2


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stage of every step that is taken."""
    found: list[str] = []
    step = QuestionTask.training_step

    def watched(self: QuestionTask, batch: Any) -> None:
        step(self, batch)
        found.append(self.position.stage)

    monkeypatch.setattr(QuestionTask, "training_step", watched)
    return found


def _train(data: Path, out: Path, cache: Path, *changes: tuple[str, str]) -> list[dict[str, Any]]:
    blueprint, settings = configure("cmfpf", "tiny", [*STEPS, ("cache", str(cache)), *changes])
    train(blueprint, settings, data, out)
    return [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def test_second_training_takes_the_masks_and_ends_as_if_it_had_trained_them(
    drawn_set: Path, tmp_path: Path, stages: list[str]
) -> None:
    shared, other = tmp_path / "cache", tmp_path / "other"
    _train(drawn_set, tmp_path / "first", shared, ("text_prompt", "none"))
    assert stages == ["masks"] * 2 * STEPS_PER_EPOCH + ["answers"] * 2 * STEPS_PER_EPOCH
    stages.clear()
    log = _train(drawn_set, tmp_path / "second", shared)
    assert stages == ["answers"] * 2 * STEPS_PER_EPOCH
    _train(drawn_set, tmp_path / "alone", other)
    assert [entry.get("shared", False) for entry in log] == [True, True, False, False]
    taken, own = (load_file(tmp_path / name / "last.safetensors") for name in ("second", "alone"))
    for name, value in own.items():
        assert torch.equal(taken[name], value), name
    document = json.loads((tmp_path / "second" / "run.json").read_text(encoding="utf-8"))
    assert document["epochs_done"] == 4
    assert document["finished"]


@pytest.mark.parametrize(
    "change", [("seed", "5"), ("mask_epochs", "3"), ("mask_network.base", "8"), ("precision", "bf16")]
)
def test_training_with_other_masks_trains_its_own(
    drawn_set: Path, tmp_path: Path, stages: list[str], change: tuple[str, str]
) -> None:
    cache = tmp_path / "cache"
    _train(drawn_set, tmp_path / "first", cache)
    stages.clear()
    _train(drawn_set, tmp_path / "second", cache, change)
    assert "masks" in stages


def test_damaged_masks_are_trained_again(drawn_set: Path, tmp_path: Path, stages: list[str]) -> None:
    cache = tmp_path / "cache"
    _train(drawn_set, tmp_path / "first", cache)
    (path,) = cache.glob("masks-*.pt")
    path.write_bytes(path.read_bytes()[:100])
    stages.clear()
    _train(drawn_set, tmp_path / "second", cache)
    assert stages.count("masks") == 2 * STEPS_PER_EPOCH


def test_joint_training_keeps_no_masks(drawn_set: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    _train(drawn_set, tmp_path / "run", cache, ("one_step", "true"))
    assert not list(cache.glob("masks-*.pt"))
