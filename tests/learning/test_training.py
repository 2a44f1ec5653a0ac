import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from geotamper.errors import InputError, MissingLibraryError, OutputError
from geotamper.learning import training
from geotamper.learning.blueprint import Blueprint, configure
from geotamper.learning.data.batches import EpochBatches
from geotamper.learning.errors import DivergenceError
from geotamper.learning.losses import Objective
from geotamper.learning.position import StepReport
from geotamper.learning.run import load_network, open_run
from geotamper.learning.settings import TrainingSettings
from geotamper.learning.task import QuestionTask

TINY = (("epochs", "3"), ("batch_size", "2"), ("device", "cpu"))


def _configured(*changes: tuple[str, str]) -> tuple[Blueprint, TrainingSettings]:
    return configure("cmfpf", "tiny", (*TINY, *changes))


def _assert_same(one: dict[str, Tensor], two: dict[str, Tensor]) -> None:
    assert one.keys() == two.keys()
    for name, value in one.items():
        assert torch.equal(value, two[name]), name


@pytest.fixture(scope="session")
def finished(drawn_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs that nothing interrupted."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs") / "finished"
    blueprint, settings = _configured()
    training.train(blueprint, settings, drawn_set, folder)
    return folder


def test_train_leaves_a_run_that_can_be_opened_and_asked(finished: Path) -> None:
    run = open_run(finished)
    loaded = load_network(run)
    document = run.document
    assert document.epochs_done == 3
    assert document.finished
    assert document.parameters == sum(weight.numel() for weight in loaded.network.parameters())
    assert loaded.vocabulary.class_count == document.classes == 51
    options = {item.option for item in document.questions if item.type == "object_check"}
    assert options
    assert None not in options
    tokens = loaded.tokenizer.encode([document.questions[0].text])
    zero = torch.zeros(1, dtype=torch.int64)
    output = loaded.network(torch.zeros(1, 3, 32, 32), tokens, zero, zero)
    assert output.logits.shape == (1, 51)


def test_train_logs_every_epoch_with_published_rates(finished: Path) -> None:
    lines = [json.loads(line) for line in (finished / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    settings = open_run(finished).document.training
    low, high = settings.learning_rate_end, settings.learning_rate
    expected = [low + (high - low) * (1 + np.cos(np.pi * epoch / 3)) / 2 for epoch in range(3)]
    assert [line["learning_rates"]["main"] for line in lines] == pytest.approx(expected)
    assert all(0 <= line["val"]["OA"] <= 1 and line["questions_per_second"] > 0 for line in lines)
    assert (finished / "learning_rates.png").stat().st_size > 5000
    assert (finished / "validation_oa.png").stat().st_size > 5000
    assert list((finished / "tensorboard").glob("events.*"))


def test_train_reduces_the_loss(finished: Path) -> None:
    lines = [json.loads(line) for line in (finished / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["train"]["answer_loss"] < lines[0]["train"]["answer_loss"]


def test_resume_after_sigkill_ends_with_the_same_weights(
    finished: Path, drawn_set: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    command = [
        sys.executable,
        "-m",
        "geotamper",
        "train",
        "cmfpf",
        "--data",
        str(drawn_set),
        "--preset",
        "tiny",
    ]
    for key, value in (*TINY, ("checkpoint_minutes", "0.000001")):
        command += ["--set", f"{key}={value}"]
    process = subprocess.Popen([*command, "--out", str(out)], env={**os.environ, "OMP_NUM_THREADS": "1"})
    try:
        deadline = time.monotonic() + 120
        while not (out / "state" / "resume.pt").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    state = torch.load(out / "state" / "resume.pt", weights_only=True)
    assert (state["position"]["epoch"], state["position"]["step"]) < (3, 0)
    training.resume(out, {})
    for name in ("best.safetensors", "last.safetensors"):
        _assert_same(load_file(out / name), load_file(finished / name))


@pytest.mark.parametrize("stop_at", [(1, 1), (2, 4)])
def test_resume_after_a_stop_ends_with_the_same_weights(
    finished: Path, drawn_set: Path, tmp_path: Path, stop_at: tuple[int, int]
) -> None:
    def stop(report: StepReport) -> None:
        if (report.epoch, report.step) == stop_at:
            signal.raise_signal(signal.SIGINT)

    blueprint, settings = _configured()
    outcome = training.train(blueprint, settings, drawn_set, tmp_path / "run", training.Watchers(step=stop))
    assert outcome.interrupted
    again = training.resume(tmp_path / "run", {})
    assert not again.interrupted
    _assert_same(load_file(tmp_path / "run" / "last.safetensors"), load_file(finished / "last.safetensors"))
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    reference = [json.loads(line) for line in (finished / "log.jsonl").read_text().splitlines()]
    assert [line["train"] for line in log] == [line["train"] for line in reference]


def test_resume_of_a_finished_run_is_refused(finished: Path) -> None:
    with pytest.raises(InputError, match="is finished"):
        training.resume(finished, {})


def test_resume_refuses_another_set(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    document = json.loads((finished / "run.json").read_text())
    document |= {"data_sha256": "0" * 64, "epochs_done": 1, "finished": False}
    (run / "run.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="are not those"):
        training.resume(run, {})


def test_train_does_not_overwrite_a_run(finished: Path, drawn_set: Path) -> None:
    blueprint, settings = _configured()
    with pytest.raises(InputError, match="--resume"):
        training.train(blueprint, settings, drawn_set, finished)


def test_mask_network_is_frozen_from_the_freeze_epoch(drawn_set: Path, tmp_path: Path) -> None:
    blueprint, settings = _configured(("freeze_epoch", "0"), ("freeze_bn", "true"), ("epochs", "1"))
    training.train(blueprint, settings, drawn_set, tmp_path / "run")
    torch.manual_seed(settings.seed)
    fresh = blueprint.build(51).state_dict()
    trained = load_file(tmp_path / "run" / "last.safetensors")
    masks = [name for name in fresh if name.startswith("mask_network.")]
    assert masks
    assert all(torch.equal(fresh[name], trained[name]) for name in masks)
    assert not torch.equal(fresh["image_projection.weight"], trained["image_projection.weight"])


def test_two_step_training_begins_with_the_mask_network_alone(drawn_set: Path, tmp_path: Path) -> None:
    blueprint, settings = _configured(("one_step", "false"), ("mask_epochs", "1"), ("epochs", "1"))
    stopped = training.Watchers(step=_stop_in_epoch_two)
    training.train(blueprint, settings, drawn_set, tmp_path / "run", stopped)
    torch.manual_seed(settings.seed)
    network = blueprint.build(51)
    fresh = network.state_dict()
    trained = load_file(tmp_path / "run" / "last.safetensors")
    others = [name for name in fresh if not name.startswith("mask_network.")]
    assert all(torch.equal(fresh[name], trained[name]) for name in others)
    masks = [name for name, _ in network.named_parameters() if name.startswith("mask_network.")]
    assert masks
    assert not any(torch.equal(fresh[name], trained[name]) for name in masks)
    training.resume(tmp_path / "run", {})
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in log] == ["masks", "answers"]
    final = load_file(tmp_path / "run" / "last.safetensors")
    assert all(torch.equal(final[name], trained[name]) for name in masks)
    assert not torch.equal(final["image_projection.weight"], trained["image_projection.weight"])


def _stop_in_epoch_two(report: StepReport) -> None:
    if report.epoch == 2:
        signal.raise_signal(signal.SIGINT)


def test_time_budget_ends_the_training_with_a_validation(drawn_set: Path, tmp_path: Path) -> None:
    blueprint, settings = _configured(("max_minutes", "0.000001"))
    outcome = training.train(blueprint, settings, drawn_set, tmp_path / "run")
    assert outcome.document.finished
    assert outcome.document.epochs_done == 1
    line = json.loads((tmp_path / "run" / "log.jsonl").read_text())
    assert not line["complete"]
    assert "val" in line


class _Clock:
    """Counts steps in place of seconds, so that a budget ends at the same step in every run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds_per_step: float) -> None:
        self.steps = 0
        monkeypatch.setattr(QuestionTask, "seconds", property(lambda _: self.steps * seconds_per_step))

    def count(self, report: StepReport) -> None:
        del report
        self.steps += 1


def _two_step(**changes: str) -> tuple[Blueprint, TrainingSettings]:
    fixed = {"one_step": "false", "max_minutes": "1", "mask_epochs": "3", "epochs": "3"}
    return _configured(*(fixed | changes).items())


def _log(run: Path) -> list[tuple[str, bool]]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [(line["stage"], line["complete"]) for line in lines]


def test_time_budget_shorter_than_an_epoch_trains_both_stages(
    drawn_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = _Clock(monkeypatch, 16.0)  # an epoch has four steps
    outcome = training.train(*_two_step(), drawn_set, tmp_path / "run", training.Watchers(step=clock.count))
    assert _log(tmp_path / "run") == [("masks", False), ("answers", False)]
    assert clock.steps == 4
    assert outcome.document.finished
    assert outcome.document.best_epoch == 2


def test_resume_continues_after_a_stage_that_the_budget_ended(
    drawn_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = _Clock(monkeypatch, 4.6)
    training.train(*_two_step(), drawn_set, tmp_path / "whole", training.Watchers(step=clock.count))
    expected = [("masks", True), ("masks", False), ("answers", True), ("answers", False)]
    assert _log(tmp_path / "whole") == expected
    for stop_at in (6, 9):  # steps of either stage
        clock.steps = 0
        run = tmp_path / f"stopped-{stop_at}"

        def stop(report: StepReport, last: int = stop_at) -> None:
            clock.count(report)
            if clock.steps == last:
                signal.raise_signal(signal.SIGINT)

        assert training.train(*_two_step(), drawn_set, run, training.Watchers(step=stop)).interrupted
        training.resume(run, {}, training.Watchers(step=clock.count))
        assert _log(run) == expected
        _assert_same(load_file(run / "last.safetensors"), load_file(tmp_path / "whole" / "last.safetensors"))


def test_accumulation_gives_the_same_first_step(small: ModuleType) -> None:
    fold = small.make_fold()
    grads = []
    for parts in (1, 3):
        torch.manual_seed(0)
        network = small.SmallNetwork(normalise=False)
        settings = TrainingSettings(
            batch="pictures", batch_size=9, accumulate=parts, mask_loss="mae", freeze_epoch=1
        )
        batches = EpochBatches(fold, settings)
        for part in batches.parts(batches.steps(0)[0]):
            output = network(part.pictures, part.tokens, part.picture_of, part.text_of)
            torch.autograd.backward(Objective(settings).losses(output, part.targets).total * part.weight)
        grads.append([weight.grad for weight in network.parameters()])
    for one, two in zip(*grads, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-7)


def test_two_processes_train_as_one(tmp_path: Path) -> None:
    script = Path(__file__).with_name("small_network.py")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, script, tmp_path], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    alone, shared = (torch.load(tmp_path / name, weights_only=True) for name in ("alone.pt", "shared.pt"))
    assert float(alone["admitted"].min()) < 1
    for name, value in alone.items():
        torch.testing.assert_close(shared[name], value, rtol=1e-4, atol=1e-6, msg=name)


def test_loss_that_is_no_number_leaves_the_last_state(
    drawn_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[QuestionTask] = []

    class Remembered(QuestionTask):
        def on_fit_start(self) -> None:
            super().on_fit_start()
            built.append(self)

    def poison(report: StepReport) -> None:
        if (report.epoch, report.step) == (2, 1):
            with torch.no_grad():
                next(built[0].network.parameters()).fill_(float("nan"))

    monkeypatch.setattr(training, "QuestionTask", Remembered)
    blueprint, settings = _configured()
    run = tmp_path / "run"
    with pytest.raises(DivergenceError, match="epoch 2, step 2"):
        training.train(blueprint, settings, drawn_set, run, training.Watchers(step=poison))
    assert open_run(run).document.epochs_done == 1
    assert all(bool(torch.isfinite(value).all()) for value in load_file(run / "last.safetensors").values())
    assert torch.load(run / "state" / "resume.pt", weights_only=True)["position"]["epoch"] == 1


def test_full_disk_at_a_checkpoint_leaves_the_state_before(
    drawn_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0")

    blueprint, settings = _configured()
    run = tmp_path / "run"
    stop = training.Watchers(step=_stop_in_epoch_two)
    training.train(blueprint, settings, drawn_set, run, stop)
    before = (run / "state" / "resume.pt").read_bytes()
    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OutputError, match="make room"):
        training.resume(run, {})
    assert (run / "state" / "resume.pt").read_bytes() == before


@pytest.mark.parametrize("library", ["wandb", "mlflow"])
def test_logger_that_is_not_installed_is_named(drawn_set: Path, tmp_path: Path, library: str) -> None:
    if find_spec(library) is not None:
        pytest.skip(f"{library} is installed")
    blueprint, settings = _configured(("logger", library))
    with pytest.raises(MissingLibraryError, match=library):
        training.train(blueprint, settings, drawn_set, tmp_path / "run")
