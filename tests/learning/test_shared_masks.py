"""The mask network of two-step training is trained once for all trainings that would train the same one."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors.torch import load_file

from geotamper.learning.blueprint import configure
from geotamper.learning.shared_masks import SharedMasks, shared_masks
from geotamper.learning.task import QuestionTask
from geotamper.learning.training import train

STEPS = [("one_step", "false"), ("mask_epochs", "1"), ("epochs", "1"), ("batch_size", "4")]
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
    assert stages == ["masks"] * STEPS_PER_EPOCH + ["answers"] * STEPS_PER_EPOCH
    stages.clear()
    log = _train(drawn_set, tmp_path / "second", shared)
    assert stages == ["answers"] * STEPS_PER_EPOCH
    _train(drawn_set, tmp_path / "alone", other)
    assert [entry.get("shared", False) for entry in log] == [True, False]
    taken, own = (load_file(tmp_path / name / "last.safetensors") for name in ("second", "alone"))
    for name, value in own.items():
        assert torch.equal(taken[name], value), name
    document = json.loads((tmp_path / "second" / "run.json").read_text(encoding="utf-8"))
    assert document["epochs_done"] == 2
    assert document["finished"]


@pytest.mark.parametrize(
    ("model", "change"),
    [
        ("cmfpf", ("seed", "5")),
        ("cmfpf", ("mask_epochs", "3")),
        ("cmfpf", ("mask_network.base", "8")),
        ("cmfpf", ("precision", "bf16")),
        ("sga", ("seed", "3407")),
    ],
)
def test_place_of_the_masks_follows_what_they_are_trained_by(
    tmp_path: Path, model: str, change: tuple[str, str]
) -> None:
    def place(model: str, *changes: tuple[str, str], data: str = "questions") -> SharedMasks | None:
        blueprint, settings = configure(model, "tiny", [*STEPS, *changes])
        torch.manual_seed(settings.seed)
        return shared_masks(tmp_path, blueprint.build(20), settings, data)

    expected = place("cmfpf")
    assert expected is not None
    assert place("cmfpf", ("text_prompt", "none"), ("alpha", "0.3")) == expected
    assert place("cmfpf", data="others") != expected
    assert place(model, change) != expected
    assert place("cmfpf", ("one_step", "true")) is None
    assert place("rsvqa") is None


def test_damaged_masks_are_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "masks-0.pt"
    untouched = cast("QuestionTask", None)
    assert not SharedMasks(path).take(untouched)
    torch.save({"masks": {}, "position": {"epoch": 2}}, path)
    path.write_bytes(path.read_bytes()[:100])
    assert not SharedMasks(path).take(untouched)
    torch.save({"masks": {}, "position": {"unknown": 2}}, path)
    assert not SharedMasks(path).take(untouched)
