"""What every network of the registry must do; a network that is added there is tested here.

Its export to ONNX is tested in tests/detection/test_exporting.py.
"""

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("lightning")

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from geotamper.learning.blueprint import Blueprint
from geotamper.learning.data.batches import FoldData, QuestionBatch
from geotamper.learning.data.cache import PictureCache
from geotamper.learning.data.questions import FoldQuestions
from geotamper.learning.fitting import build_trainer, fit
from geotamper.learning.losses import Losses, Objective
from geotamper.learning.parts import TaskParts
from geotamper.learning.position import StepReport
from geotamper.learning.settings import TrainingSettings
from geotamper.learning.task import Listeners, QuestionTask
from geotamper.models import MODELS, preset
from geotamper.models.config import NetworkConfig
from geotamper.models.protocol import NetworkOutput, QuestionNetwork, TokenBatch, single

CLASSES = 5
PICTURES = 8
TYPE_NAMES = {1: "tampered", 2: "object", 3: "source_location"}
SETTINGS = TrainingSettings(
    epochs=2, batch="pictures", batch_size=4, device="cpu", freeze_epoch=2, learning_rate=1e-3
)


@dataclass(frozen=True)
class Subject:
    """A network in its preset `tiny`, and eight pictures with two questions each."""

    name: str
    config: NetworkConfig

    @property
    def blueprint(self) -> Blueprint:
        return Blueprint(self.name, "tiny", self.config)

    def build(self, seed: int = 1) -> QuestionNetwork:
        torch.manual_seed(seed)
        return self.blueprint.build(CLASSES)

    def fold(self) -> FoldData:
        rng = np.random.default_rng(3)
        side, total = self.config.towers.resolution, 2 * PICTURES
        questions = FoldQuestions(
            pictures=np.arange(1, PICTURES + 1),
            starts=np.arange(0, total + 1, 2),
            labels=rng.integers(0, CLASSES, total),
            types=rng.integers(1, len(TYPE_NAMES) + 1, total),
            text_rows=np.concatenate([rng.permutation(4)[:2] for _ in range(PICTURES)]),
            texts=tuple(f"text {number}" for number in range(4)),
        )
        pictures = rng.normal(size=(PICTURES, 3, side, side)).astype(np.float16)
        masks = np.zeros((PICTURES, 3, side, side), dtype=np.uint8)
        masks[:, 0, :9, :9] = masks[:, 1, 12:20, 10:20] = masks[:, 2, 20:] = 255
        maps: dict[str, Any] = {}
        if getattr(self.config, "predicts_class_map", False):
            maps["class_maps"] = (masks[:, 0] > 0).astype(np.uint8)
        ids = torch.from_numpy(rng.integers(5, 60, (4, 7)))
        lengths = torch.tensor([4, 7, 5, 3])
        mask = torch.arange(7)[None] < lengths[:, None]
        tokens = TokenBatch(torch.where(mask, ids, 0), mask)
        return FoldData(questions, PictureCache(pictures, masks, **maps), tokens, TYPE_NAMES)

    def batch(self) -> QuestionBatch:
        return self.fold().by_pictures(np.arange(PICTURES))

    def losses(self, network: QuestionNetwork, batch: QuestionBatch) -> Losses:
        output = _ask(network, batch)
        return Objective(SETTINGS, self.blueprint.mask_scale).losses(output, batch.targets)


@pytest.fixture(params=list(MODELS))
def subject(request: pytest.FixtureRequest) -> Subject:
    name = str(request.param)
    return Subject(name, preset(name, "tiny"))


def _ask(network: QuestionNetwork, batch: QuestionBatch) -> NetworkOutput:
    output: NetworkOutput = network(batch.pictures, batch.tokens, batch.picture_of, batch.text_of)
    return output


def _logits(network: QuestionNetwork, batch: QuestionBatch) -> Tensor:
    network.eval()
    with torch.no_grad():
        return _ask(network, batch).logits


def _without_dropout(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_dropout(value)
        if isinstance(value, dict)
        else (0.0 if name.endswith("dropout") else value)
        for name, value in values.items()
    }


def test_network_answers_and_every_parameter_learns(subject: Subject) -> None:
    network, batch = subject.build(), subject.batch()
    output = _ask(network, batch)
    assert output.logits.shape == (2 * PICTURES, CLASSES)
    assert output.logits.dtype == torch.float32
    losses = Objective(SETTINGS, subject.blueprint.mask_scale).losses(output, batch.targets)
    assert torch.isfinite(losses.total)
    torch.autograd.backward(losses.total)
    trained = {name: weight for name, weight in network.named_parameters() if weight.requires_grad}
    assert [name for name, weight in trained.items() if weight.grad is None] == []


def test_network_learns_eight_pictures_by_heart(subject: Subject) -> None:
    easier = type(subject.config).model_validate(_without_dropout(subject.config.model_dump()))
    learner = Subject(subject.name, easier)
    network, batch = learner.build(), learner.batch()
    network.train()
    optimiser = torch.optim.Adam([w for w in network.parameters() if w.requires_grad], lr=5e-3)
    first = last = float("nan")
    for step in range(300):
        losses = learner.losses(network, batch)
        last = float(losses.answer.detach())
        if step == 0:
            first = last
        if last < 0.1 * first:
            break
        optimiser.zero_grad()
        losses.total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert last < 0.1 * first


def test_saved_weights_give_the_same_answers(subject: Subject, tmp_path: Path) -> None:
    network, batch = subject.build(), subject.batch()
    wanted = _logits(network, batch)
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    torch.manual_seed(2)
    other = subject.blueprint.build_empty(CLASSES)
    assert not torch.equal(_logits(other, batch), wanted)
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert torch.equal(_logits(other, batch), wanted)


def test_interrupted_training_goes_on_exactly(subject: Subject, tmp_path: Path) -> None:
    def task(stop_at: int | None = None) -> QuestionTask:
        def told(report: StepReport) -> None:
            if (report.epoch, report.step) == (1, stop_at):
                made.request_stop()

        listeners = Listeners(told, lambda *_: None, lambda found: torch.save(found.state(), state))
        fold, network = subject.fold(), subject.build()
        scale = subject.blueprint.mask_scale
        made = QuestionTask(TaskParts(network, SETTINGS, fold, fold, scale), listeners)
        return made

    state = tmp_path / "state.pt"
    whole, begun, resumed = task(), task(stop_at=1), task()
    fit(build_trainer(SETTINGS, tmp_path / "a"), whole)
    fit(build_trainer(SETTINGS, tmp_path / "b"), begun)
    assert begun.position.step == 1
    resumed.load_state(torch.load(state, weights_only=True))
    fit(build_trainer(SETTINGS, tmp_path / "c"), resumed)
    fresh, wanted = subject.build().state_dict(), whole.network.state_dict()
    found = resumed.network.state_dict()
    assert all(torch.equal(found[name], value) for name, value in wanted.items())
    assert any(not torch.equal(fresh[name], value) for name, value in wanted.items())


def test_same_seed_gives_the_same_losses(subject: Subject) -> None:
    def step() -> list[float]:
        network, batch = subject.build(seed=7), subject.batch()
        return list(subject.losses(network.train(), batch).numbers().values())

    assert step() == step()


def test_answers_do_not_depend_on_the_batch(subject: Subject) -> None:
    network, fold = subject.build().eval(), subject.fold()
    together = _logits(network, fold.by_pictures(np.arange(PICTURES)))
    alone = [_logits(network, fold.by_questions(np.array([row]))) for row in (0, 5, 15)]
    torch.testing.assert_close(together[[0, 5, 15]], torch.cat(alone), atol=1e-5, rtol=1e-4)


def test_answers_do_not_depend_on_padding(subject: Subject) -> None:
    network, batch = subject.build().eval(), subject.batch()
    tokens = batch.tokens
    width = (0, 3)
    longer = TokenBatch(
        torch.nn.functional.pad(tokens.ids, width, value=9), torch.nn.functional.pad(tokens.mask, width)
    )
    with torch.no_grad():
        padded = network(batch.pictures, longer, batch.picture_of, batch.text_of).logits
    torch.testing.assert_close(padded, _logits(network, batch), atol=1e-5, rtol=1e-4)


def test_answers_follow_from_the_own_picture_and_text_alone(subject: Subject) -> None:
    network, batch = subject.build().eval(), subject.batch()
    assert list(inspect.signature(network.forward).parameters) == [
        "pictures",
        "tokens",
        "picture_of",
        "text_of",
    ]
    pictures = batch.pictures.requires_grad_()
    logits = network(pictures, batch.tokens, batch.picture_of, batch.text_of).logits
    (slopes,) = torch.autograd.grad(logits[5].sum(), pictures)
    moved = slopes.flatten(1).abs().amax(dim=1) > 0
    assert moved.nonzero().flatten().tolist() == [int(batch.picture_of[5])]
    texts = batch.text_of.clone()
    texts[0] = (texts[0] + 1) % 4
    other = network(batch.pictures, batch.tokens, batch.picture_of, texts).logits
    assert not torch.allclose(other[0], logits[0])
    torch.testing.assert_close(other[1:], logits[1:])


def test_one_picture_per_question_gives_the_same_answers(subject: Subject) -> None:
    network, fold = subject.build().eval(), subject.fold()
    questions = fold.by_questions(np.arange(2 * PICTURES))
    assert questions.picture_of.equal(single(2 * PICTURES))
    shared = _logits(network, fold.by_pictures(np.arange(PICTURES)))
    torch.testing.assert_close(_logits(network, questions), shared, atol=1e-5, rtol=1e-4)
