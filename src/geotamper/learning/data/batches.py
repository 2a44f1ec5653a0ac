"""Batches: pictures with all their questions, or single questions that each bring their picture."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from geotamper.errors import InputError
from geotamper.learning.data.cache import PictureCache
from geotamper.learning.data.groups import group_numbers
from geotamper.learning.data.questions import FoldQuestions, Integers
from geotamper.learning.data.tower_memory import TowerMemory
from geotamper.learning.settings import TrainingSettings
from geotamper.learning.targets import Targets
from geotamper.models.protocol import TokenBatch, single


@dataclass(frozen=True)
class QuestionBatch:
    """N questions about P pictures in T texts.

    Attributes:
        pictures: Normalised, float32, shape (P, 3, H, W).
        tokens: T texts.
        picture_of: Row of each question's picture, int64, shape (N,).
        text_of: Row of each question's text, int64, shape (N,).
        types: Number of each question's type, int64, shape (N,).
        targets: Labels, masks and question counts.
        questions: Rows of the questions in their fold, int64, shape (N,).
        picture_rows: Rows of the pictures in their fold, int64, shape (P,).
        weight: Share of the optimiser step that this part of it has; 1 without accumulation.
    """

    pictures: Tensor
    tokens: TokenBatch
    picture_of: Tensor
    text_of: Tensor
    types: Tensor
    targets: Targets
    questions: Integers
    picture_rows: Integers
    weight: float = 1.0

    def to(self, device: torch.device, memory_format: torch.memory_format) -> "QuestionBatch":
        """The same batch on a device."""
        return replace(
            self,
            pictures=self.pictures.to(device, memory_format=memory_format),
            tokens=TokenBatch(self.tokens.ids.to(device), self.tokens.mask.to(device)),
            picture_of=self.picture_of.to(device),
            text_of=self.text_of.to(device),
            types=self.types.to(device),
            targets=self.targets.to(device),
        )


@dataclass(frozen=True, eq=False)
class FoldData:
    """Everything of a fold.

    Attributes:
        questions: By picture; `text_rows` are rows of `tokens`.
        cache: The pictures, in the order of `questions.pictures`.
        tokens: Every text of the set once.
        type_names: Names of the types by number, for logs.
        features: What the network's frozen image tower says of the pictures; None where it is asked each time.
    """

    questions: FoldQuestions
    cache: PictureCache
    tokens: TokenBatch
    type_names: Mapping[int, str] = field(default_factory=dict)
    features: TowerMemory | None = None

    def recalled(self, batch: QuestionBatch) -> AbstractContextManager[None]:
        """Let the frozen image tower recall the pictures of a batch of this fold while the context lasts."""
        return (
            nullcontext() if self.features is None else self.features.used(batch.pictures, batch.picture_rows)
        )

    def by_pictures(self, rows: Integers) -> QuestionBatch:
        """The chosen pictures with all their questions, and every text once.

        Args:
            rows: Picture rows.
        """
        questions = self.questions.rows_of(rows)
        counts = self.questions.counts[rows]
        texts, text_of = np.unique(self.questions.text_rows[questions], return_inverse=True)
        return QuestionBatch(
            pictures=self.cache.picture_batch(rows),
            tokens=self._texts(texts),
            picture_of=torch.from_numpy(np.repeat(np.arange(len(rows)), counts)),
            text_of=torch.from_numpy(text_of.astype(np.int64)),
            types=torch.from_numpy(self.questions.types[questions]),
            targets=self._targets(questions, rows, counts),
            questions=questions,
            picture_rows=rows,
        )

    def by_questions(self, rows: Integers) -> QuestionBatch:
        """The chosen questions, each with its own picture and text, as published.

        Args:
            rows: Question rows.
        """
        pictures = self.questions.picture_rows[rows]
        return QuestionBatch(
            pictures=self.cache.picture_batch(pictures),
            tokens=self._texts(self.questions.text_rows[rows]),
            picture_of=single(len(rows)),
            text_of=single(len(rows)),
            types=torch.from_numpy(self.questions.types[rows]),
            targets=self._targets(rows, pictures, np.ones(len(rows), dtype=np.int64)),
            questions=rows,
            picture_rows=pictures,
        )

    @cached_property
    def groups(self) -> Integers:
        """Group of every question in the catalogue, see `group_numbers`."""
        return group_numbers(self.questions.types, self.type_names)

    def _texts(self, rows: Integers) -> TokenBatch:
        chosen = torch.from_numpy(rows)
        return TokenBatch(self.tokens.ids[chosen], self.tokens.mask[chosen])

    def _targets(self, questions: Integers, pictures: Integers, counts: Integers) -> Targets:
        return Targets(
            labels=torch.from_numpy(self.questions.labels[questions]),
            masks=self.cache.target_batch(pictures),
            counts=torch.from_numpy(counts.astype(np.float32)),
            total_questions=len(questions),
            total_pictures=len(pictures),
            groups=torch.from_numpy(self.groups[questions]),
            class_map=self.cache.class_map_batch(pictures),
        )


@dataclass(frozen=True)
class Share:
    """Which part of every batch a process computes.

    Attributes:
        rank: Number of the process.
        world: Number of processes.
    """

    rank: int = 0
    world: int = 1


@dataclass(frozen=True, eq=False)
class EpochBatches:
    """The batches of one epoch: the same for the same seed and epoch, in whatever process.

    Attributes:
        data: The train fold.
        settings: Kind and size of the batches.
        share: Which part of them is computed here.
        weights: Of every question of the fold in its losses, float32, shape (N,); None: all weigh alike.
    """

    data: FoldData
    settings: TrainingSettings
    share: Share = Share()
    weights: npt.NDArray[np.float32] | None = None

    @property
    def _items(self) -> int:
        questions = self.data.questions
        return len(questions.pictures) if self.settings.batch == "pictures" else len(questions)

    def steps(self, epoch: int) -> list[Integers]:
        """Rows of pictures or questions of every optimiser step of an epoch.

        The last step is added to the one before where it is too small to be divided.

        Raises:
            InputError: The whole fold is too small to be divided.
        """
        order = np.random.default_rng([self.settings.seed, epoch]).permutation(self._items)
        size = self.settings.batch_size
        steps = [order[start : start + size] for start in range(0, len(order), size)]
        least = self.settings.accumulate * self.share.world
        if len(steps) > 1 and len(steps[-1]) < least:
            last = steps.pop()
            steps[-1] = np.concatenate((steps[-1], last))
        if len(steps[-1]) < least:
            raise InputError(
                f"the train fold has {self._items} {self.settings.batch}, fewer than accumulate x devices = "
                f"{least}; lower them or take a larger set"
            )
        return steps

    def step_count(self) -> int:
        """Optimiser steps of an epoch."""
        full, rest = divmod(self._items, self.settings.batch_size)
        least = self.settings.accumulate * self.share.world
        return max(1, full + (rest >= least))

    def parts(self, rows: Integers) -> Iterator[QuestionBatch]:
        """This process's parts of one optimiser step, one after the other."""
        chosen = self.question_rows(rows)
        for number in range(self.settings.accumulate):
            part = rows[number :: self.settings.accumulate]
            total = len(self.question_rows(part))
            batch = self._batch(part[self.share.rank :: self.share.world])
            targets = replace(
                batch.targets,
                total_questions=total,
                total_pictures=len(part),
                weights=self._weights(batch.questions, chosen),
            )
            yield replace(batch, targets=targets, weight=total / len(chosen))

    def question_rows(self, rows: Integers) -> Integers:
        """Rows of the questions of pictures or questions, whichever the batches are made of."""
        return rows if self.settings.batch == "questions" else self.data.questions.rows_of(rows)

    def _batch(self, rows: Integers) -> QuestionBatch:
        return (
            self.data.by_pictures(rows) if self.settings.batch == "pictures" else self.data.by_questions(rows)
        )

    def _weights(self, questions: Integers, step: Integers) -> Tensor | None:
        """Weights that add up to the number of questions over the whole step, so that losses stay means."""
        if self.weights is None:
            return None
        total = float(self.weights[step].sum())
        return torch.from_numpy(self.weights[questions] * np.float32(len(step) / total if total > 0 else 0.0))
