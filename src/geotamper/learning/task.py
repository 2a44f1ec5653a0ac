"""The training of one network as a Lightning module with manual optimisation."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.optim import Optimizer

from geotamper.learning.curriculum import build_curriculum
from geotamper.learning.data.batches import EpochBatches, QuestionBatch
from geotamper.learning.data.questions import Integers
from geotamper.learning.losses import Losses, Objective, require_finite
from geotamper.learning.parameters import MaskPart, Optimisers, build_optimisers
from geotamper.learning.parts import TaskParts
from geotamper.learning.position import Entry, Position, StepReport
from geotamper.learning.processes import current_share, largest, pool, summed
from geotamper.learning.schedule import Schedule, Stage
from geotamper.learning.validation import Validation, validate

Numbered = tuple[int, Integers]
Halt = Literal["interrupted", "budget", "stage"]
"""Why an epoch ends early: Ctrl-C, no time left, or the mask network alone has used its share of the time."""


def _ignore(task: "QuestionTask") -> None:
    """Drop a report: the default of a listener that does not care."""


@dataclass(frozen=True)
class Listeners:
    """Who is told how a training goes; called in every process.

    Attributes:
        step: After every optimiser step.
        epoch: After every epoch, with the entry of the log and whether its OA is the best so far.
        checkpoint: When a state should be saved between epochs.
        masks: In two-step training, when the mask network alone was trained.
    """

    step: Callable[[StepReport], None]
    epoch: Callable[["QuestionTask", Entry, bool], None]
    checkpoint: Callable[["QuestionTask"], None]
    masks: Callable[["QuestionTask"], None] = _ignore


class QuestionTask(LightningModule):
    """Trains a network; all that it does next follows from its position, so it can be resumed exactly.

    Randomness of a step follows from seed, epoch, step and process, not from the steps before.
    """

    def __init__(self, parts: TaskParts, listeners: Listeners, position: Position | None = None) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network = parts.network
        self.position = position or Position()
        self.halt: Halt | None = None
        self.best_mask_state: dict[str, Tensor] | None = None
        self.parts = parts
        self.schedule = Schedule(parts.settings)
        self.optimisers: Optimisers = build_optimisers(parts.network, self.schedule, parts.pretrained)
        self.curriculum = build_curriculum(
            parts.settings.curriculum, parts.train.questions, parts.train.groups
        )
        self._objective = Objective(parts.settings, parts.mask_scale, pool)
        self._mask = MaskPart(parts.network)
        self._listeners = listeners
        self._interrupted = False
        self._started = self._saved = time.monotonic()
        self._rates: dict[str, float] = {}

    def request_stop(self) -> None:
        """Stop after the current step; a state is saved there."""
        self._interrupted = True

    @property
    def seconds(self) -> float:
        """Time spent on the training so far, earlier processes included."""
        return self.position.seconds + time.monotonic() - self._started

    def state(self) -> dict[str, Any]:
        """Everything from which the training goes on exactly here."""
        plain = self.position.to_plain()
        plain["seconds"] = self.seconds
        return {
            "network": self.network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers.all()],
            "position": plain,
            "best_mask_state": self.best_mask_state,
            "curriculum": None if self.curriculum is None else self.curriculum.state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.network.load_state_dict(state["network"])
        for optimiser, saved in zip(self.optimisers.all(), state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.position = Position(**state["position"])
        self.best_mask_state = state["best_mask_state"]
        if self.curriculum is not None:
            self.curriculum.load_state(state["curriculum"])

    def configure_optimizers(self) -> list[Optimizer]:
        """Both optimisers; they step in `training_step`."""
        return self.optimisers.all()

    def on_fit_start(self) -> None:
        """Start the clock."""
        self._started = self._saved = time.monotonic()

    def train_dataloader(self) -> Any:  # noqa: ANN401 - any iterable will do, its type is Lightning's affair
        """The rows of the remaining steps of the current epoch."""
        return _Steps(self)

    def transfer_batch_to_device(self, batch: Numbered, *_: object) -> Numbered:
        """Rows stay where they are; their pictures are moved part by part."""
        return batch

    def on_train_epoch_start(self) -> None:
        """Enter the stage of this epoch."""
        stage = cast("Stage", self.position.stage)
        if self.position.step == 0:
            stage = self.schedule.stage(self.position.epoch, self._agreed_seconds())
            if stage == "answers" and self.position.stage == "masks" and self.best_mask_state is not None:
                self._listeners.masks(self)
                self._mask.load(self.best_mask_state)
        self.position.stage = stage
        if stage == "masks" and not self._mask:
            self.position.stage = stage = "answers"  # nothing to train alone
        if self.curriculum is not None and self.position.step == 0 and stage == "answers":
            reached = self.schedule.progress(stage, self.position.epoch + 1, self._agreed_seconds())
            self.curriculum.enter_epoch(reached)

    def training_step(self, batch: Numbered) -> None:
        """One optimiser step: its parts one after the other, then the optimisers that are due."""
        if self.halt is not None:
            return
        number, rows = batch
        started = time.monotonic()
        stage, elapsed = cast("Stage", self.position.stage), self._agreed_seconds()
        epoch = self.position.epoch
        frozen = self.schedule.is_frozen(stage, epoch, elapsed)
        self._prepare(stage, frozen=frozen)
        self.network.progress = self.schedule.progress(stage, epoch, elapsed)
        self._rates = self.optimisers.set_rates(self.schedule, stage, self.network.progress)
        share = current_share()
        torch.manual_seed(_seed(self.parts.settings.seed, epoch, number, share.rank))
        for optimiser in self.optimisers.all():
            optimiser.zero_grad(set_to_none=True)
        numbers: dict[str, float] = {}
        batches = self.batches()
        each: list[tuple[Integers, Tensor]] = []
        for part in batches.parts(rows):
            losses = self._losses(part.to(self.device, self._memory_format), stage)
            found = losses.numbers()
            require_finite(losses.total, found, f"epoch {epoch + 1}, step {number + 1}")
            self.manual_backward(losses.total * part.weight)
            for name, value in found.items():
                numbers[name] = numbers.get(name, 0.0) + value * part.weight
            if losses.each is not None:
                each.append((part.questions, losses.each))
        for optimiser in self.optimisers.active(stage, frozen=frozen):
            optimiser.step()
        asked = batches.question_rows(rows)
        self._record(asked, each)
        self.position.count(numbers, len(asked))
        self.position.epoch_seconds += time.monotonic() - started
        self._after_step(number, numbers["loss"])

    def on_train_epoch_end(self) -> None:
        """Validate, tell and save, unless the epoch was interrupted."""
        if self.halt == "interrupted":
            self._listeners.checkpoint(self)
            self.trainer.should_stop = True
            return
        entry = self._entry()
        due = (self.position.epoch + 1) % self.parts.settings.validate_every == 0
        over = self.halt == "budget" or self.schedule.is_over(self.position.epoch + 1, self._agreed_seconds())
        result = self._validate() if due or over or self.position.stage == "masks" else None
        best = result is not None and self._judge(result)
        if result is not None:
            entry["val"] = result.to_entry(self.parts.val.type_names)
        self.position.next_epoch(entry)
        if over:
            self.trainer.should_stop = True
        self._listeners.epoch(self, entry, best)
        if self.halt == "stage":
            self.halt = None
        self._saved = time.monotonic()

    @property
    def _memory_format(self) -> torch.memory_format:
        return torch.channels_last if self.parts.settings.channels_last else torch.contiguous_format

    def batches(self) -> EpochBatches:
        """The batches of the current epoch."""
        weights = None if self.curriculum is None else self.curriculum.weights
        return EpochBatches(self.parts.train, self.parts.settings, current_share(), weights)

    def _agreed_seconds(self) -> float:
        if self.parts.settings.max_minutes is None:
            return 0.0  # the schedule does not look at it
        return largest(self.seconds, self.device)

    def _leaves_masks(self, seconds: float) -> bool:
        """Whether the time of the mask network alone ran out within an epoch, which its share may be shorter than."""
        return (
            self.position.stage == "masks" and self.schedule.stage(self.position.epoch, seconds) == "answers"
        )

    def _prepare(self, stage: Stage, *, frozen: bool) -> None:
        self._mask.freeze(frozen=frozen)
        if stage == "masks":
            # Statistics of the other towers must not drift while nothing of them is trained.
            self.network.eval()
            self._mask.train_statistics()
            return
        self.network.train()
        if frozen and self.parts.settings.freeze_bn:
            self._mask.fix_statistics()

    def _losses(self, batch: QuestionBatch, stage: Stage) -> Losses:
        with self.parts.train.recalled(batch):
            if stage == "masks":
                return self._objective.mask_only(self.network.encode_pictures(batch.pictures), batch.targets)
            output = self.network(batch.pictures, batch.tokens, batch.picture_of, batch.text_of)
            return self._objective.losses(output, batch.targets)

    def _after_step(self, number: int, loss: float) -> None:
        settings = self.parts.settings
        steps = self.batches().step_count()
        self._listeners.step(
            StepReport(self.position.epoch + 1, settings.total_epochs, number + 1, steps, loss)
        )
        seconds = self._agreed_seconds()
        if largest(float(self._interrupted), self.device) > 0:
            self.halt = "interrupted"
        elif settings.max_minutes is not None and seconds > 60 * settings.max_minutes:
            self.halt = "budget"
        elif number + 1 < steps and self._leaves_masks(seconds):
            self.halt = "stage"
        elif number + 1 < steps and time.monotonic() - self._saved > 60 * settings.checkpoint_minutes:
            self._listeners.checkpoint(self)
            self._saved = time.monotonic()

    def _record(self, asked: Integers, each: list[tuple[Integers, Tensor]]) -> None:
        """Tell the curriculum the losses of a step, those of all processes."""
        if self.curriculum is None or not each:
            return
        known = torch.zeros(len(self.parts.train.questions), device=self.device)
        for rows, losses in each:
            known[torch.from_numpy(rows).to(self.device)] = losses.float()
        told = summed(known[torch.from_numpy(asked).to(self.device)])
        self.curriculum.record(asked, told.cpu().numpy())

    def _entry(self) -> Entry:
        seconds = self.position.epoch_seconds
        told = {} if self.curriculum is None else {"curriculum": self.curriculum.summary()}
        return {
            "epoch": self.position.epoch + 1,
            "stage": self.position.stage,
            "complete": self.halt is None,
            "train": self.position.means(),
            "learning_rates": dict(self._rates),
            "seconds": round(seconds, 3),
            "questions_per_second": round(self.position.questions / seconds, 2) if seconds else None,
            **told,
        }

    def _validate(self) -> Validation:
        with self.trainer.precision_plugin.forward_context():
            return validate(self.network, self.parts.val, self.device, mask_scale=self.parts.mask_scale)

    def _judge(self, result: Validation) -> bool:
        if self.position.stage == "masks":
            loss = result.guide_loss(self.parts.settings.mask_only_loss)
            if loss is not None and loss < (self.position.best_mask_loss or float("inf")):
                self.position.best_mask_loss = loss
                self.best_mask_state = self._mask.state()
            return False
        if self.position.best is not None and self.position.best >= result.OA:
            return False
        self.position.best, self.position.best_epoch = result.OA, self.position.epoch + 1
        return True


class _Steps:
    """The remaining steps of the current epoch; ends early when the task halts."""

    def __init__(self, task: QuestionTask) -> None:
        self._task = task

    def __iter__(self) -> Iterator[Numbered]:
        task = self._task
        # Every process plans whole steps and takes its part of each, so all of them see the same rows.
        plan = task.batches().steps(task.position.epoch)
        for number in range(task.position.step, len(plan)):
            if task.halt is not None:
                return
            yield number, plan[number]


def _seed(seed: int, epoch: int, step: int, rank: int) -> int:
    return int(np.random.SeedSequence([seed, epoch, step, rank]).generate_state(1)[0])
