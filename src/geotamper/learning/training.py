"""Train a network on a set, or go on with a run."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from geotamper._version import __version__
from geotamper.errors import InputError
from geotamper.learning.blueprint import Blueprint, restored_blueprint
from geotamper.learning.data.batches import FoldData
from geotamper.learning.data.cache import Watch, cache_key
from geotamper.learning.data.loading import CachePlace, ClassMapUse, Lists, load_folds, read_lists
from geotamper.learning.data.preparation import DEVIATION, MEAN
from geotamper.learning.data.tower_memory import TowerMemory, frozen_tower, tower_digest
from geotamper.learning.fitting import build_trainer, fit, log_to
from geotamper.learning.parts import TaskParts
from geotamper.learning.position import StepReport
from geotamper.learning.run.document import (
    CACHE_FOLDER,
    RUN_FILE,
    Normalisation,
    RunDocument,
    TextEncoding,
    wordings,
)
from geotamper.learning.run.keeping import RunKeeper, read_state
from geotamper.learning.run.opening import load_tokenizer, open_run
from geotamper.learning.settings import TrainingSettings
from geotamper.learning.shared_masks import SharedMasks, shared_masks
from geotamper.learning.task import Listeners, QuestionTask
from geotamper.models.config import NetworkConfig
from geotamper.models.protocol import QuestionNetwork
from geotamper.models.text import Tokenizer
from geotamper.sets.layout import TamperSet, open_set


def _ignore_step(report: StepReport) -> None:
    """Drop a report: the default of a caller that does not watch."""


@dataclass(frozen=True)
class Watchers:
    """Who sees the progress.

    Attributes:
        decoding: Told how many pictures are decoded, of how many.
        step: Told about every optimiser step.
    """

    decoding: Watch | None = None
    step: Callable[[StepReport], None] = _ignore_step


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Attributes:
        document: As it stands in the run's `run.json`.
        interrupted: Whether it was stopped and can be resumed.
        first: Whether this is the first of the training's processes, which speaks for all.
    """

    document: RunDocument
    interrupted: bool
    first: bool = True


def train(
    blueprint: Blueprint, settings: TrainingSettings, data: Path, out: Path, watchers: Watchers | None = None
) -> Outcome:
    """Train a network and write a run folder.

    Args:
        blueprint: The network.
        settings: How it is trained.
        data: Folder of the set.
        out: The run folder; it must not hold a run.
        watchers: Who sees the progress.

    Raises:
        InputError: The set cannot be trained on, or `out` holds a run.
        OutputError: The run cannot be written; what was written before stays.
        DivergenceError: The loss is no number; the last state stays.
        MissingLibraryError: A library that the settings ask for is not installed.
    """
    if (out / RUN_FILE).exists() and _is_first_process():
        raise InputError(
            f"'{out}' holds a run already; go on with 'geotamper train --resume {out}' or name another folder"
        )
    opened = open_set(data, balanced=settings.balanced)
    lists = read_lists(opened, settings.limit_pictures)
    tokenizer = blueprint.tokenizer(lists.train.used_texts())
    document = _document(blueprint, settings, opened, lists)
    return _Session(blueprint, opened, lists, tokenizer).run(out, document, watchers or Watchers())


def resume(run: Path, changes: dict[str, object], watchers: Watchers | None = None) -> Outcome:
    """Go on with a run exactly where its last state was saved.

    Args:
        run: The run folder.
        changes: New values of `max_minutes`, `device` or `checkpoint_minutes`; the rest is as it was.
        watchers: Who sees the progress.

    Raises:
        InputError: The folder holds no run, the run is finished, or the set is no longer the same.
        OutputError, DivergenceError, MissingLibraryError: As `train`.
    """
    document = open_run(run).document
    settings = document.training.model_copy(update=changes)
    document = document.model_copy(update={"training": settings})
    if document.epochs_done >= settings.total_epochs or (document.finished and "max_minutes" not in changes):
        raise InputError(
            f"'{run}' is finished ({document.epochs_done} epochs); use it with 'geotamper evaluate {run}' "
            "or train anew with more epochs"
        )
    opened = open_set(Path(document.data), balanced=settings.balanced)
    lists = read_lists(opened, settings.limit_pictures)
    if lists.sha256 != document.data_sha256:
        raise InputError(
            f"the questions of '{document.data}' are not those that '{run}' was trained on; put the old set "
            "back or train anew"
        )
    blueprint = restored_blueprint(document.model, document.preset, document.network)
    session = _Session(blueprint, opened, lists, load_tokenizer(open_run(run)))
    return session.run(run, document, watchers or Watchers())


@dataclass(frozen=True, eq=False)
class _Session:
    """One process's work on a run."""

    blueprint: Blueprint
    opened: TamperSet
    lists: Lists
    tokenizer: Tokenizer

    def run(self, folder: Path, document: RunDocument, watchers: Watchers) -> Outcome:
        settings = document.training
        trainer = build_trainer(settings, folder)
        kept = settings.cache or folder / CACHE_FOLDER
        cache = CachePlace(
            kept,
            document.picture_size,
            watchers.decoding,
            class_maps=_class_map_use(self.blueprint.config),
        )
        train_data, val_data = load_folds(self.opened, self.lists, self.tokenizer, cache)
        torch.manual_seed(settings.seed)
        network = self.blueprint.build(document.classes)
        parameters = sum(parameter.numel() for parameter in network.parameters())
        keeper = RunKeeper(folder, document.model_copy(update={"parameters": parameters}), log_to(trainer))
        # by place and questions, as the pictures are cached: a degraded copy of a set has other pictures
        keys = [cache_key(self.opened, fold, cache.size) for fold in (self.lists.train, self.lists.val)]
        masks = None
        if settings.cache is not None:  # nobody else looks into a run's own cache
            masks = shared_masks(kept, network, settings, f"{keys} {document.mask_scale}")
        if settings.cache_features:
            train_data, val_data = self._with_features(
                network, (train_data, val_data), cache, settings.precision
            )
        parts = TaskParts(
            network, settings, train_data, val_data, document.mask_scale, self.blueprint.pretrained
        )
        if settings.channels_last:
            network.to(memory_format=torch.channels_last)
        task = QuestionTask(parts, _listeners(keeper, watchers, masks))
        state = read_state(folder)
        if state is not None:
            task.load_state(state)
        else:
            if masks is not None:
                masks.take(task)
            if _is_first_process():
                keeper.begin(self.tokenizer.to_json())
        fit(trainer, task)
        return Outcome(keeper.document, task.halt == "interrupted", _is_first_process())

    def _with_features(
        self, network: QuestionNetwork, folds: tuple[FoldData, FoldData], cache: CachePlace, precision: str
    ) -> tuple[FoldData, FoldData]:
        """The folds with the memory of the network's frozen image tower, if it has one."""
        tower = frozen_tower(network)
        if tower is None:
            return folds
        kind = tower_digest(tower, precision)

        def remembering(fold: FoldData) -> FoldData:
            name = f"{cache_key(self.opened, fold.questions, cache.size)}-{kind}"
            memory = TowerMemory(tower, cache.folder, name, len(fold.questions.pictures))
            return replace(fold, features=memory)

        return remembering(folds[0]), remembering(folds[1])


def _listeners(keeper: RunKeeper, watchers: Watchers, masks: SharedMasks | None) -> Listeners:
    def first_only(task: QuestionTask) -> bool:
        return bool(task.trainer.is_global_zero)

    return Listeners(
        step=watchers.step,
        epoch=lambda task, entry, best: keeper.epoch(task, entry, best=best) if first_only(task) else None,
        checkpoint=lambda task: keeper.checkpoint(task) if first_only(task) else None,
        masks=lambda task: masks.keep(task) if masks is not None and first_only(task) else None,
    )


def _document(
    blueprint: Blueprint, settings: TrainingSettings, opened: TamperSet, lists: Lists
) -> RunDocument:
    text = blueprint.config.towers.text
    return RunDocument(
        model=blueprint.model,
        preset=blueprint.preset,
        network=blueprint.config.model_dump(mode="json"),
        training=settings,
        question_set=lists.vocabulary.question_set,
        vocabulary=tuple(dict(answers) for answers in lists.vocabulary.indices),
        questions=wordings(lists.asked(), lists.vocabulary),
        text=TextEncoding(tower=text.kind, length=text.length),
        picture_size=blueprint.picture_size,
        normalisation=Normalisation(mean=MEAN, std=DEVIATION),
        mask_scale=blueprint.mask_scale,
        classes=lists.vocabulary.class_count,
        version=__version__,
        data=str(opened.root.resolve()),
        data_sha256=lists.sha256,
        seed=settings.seed,
        parameters=0,
    )


def _class_map_use(config: NetworkConfig) -> ClassMapUse:
    if config.reads_class_map:
        return "shown"
    return "targets" if config.predicts_class_map else "none"


def _is_first_process() -> bool:
    """False in the further processes of a training, which begin by repeating the command of the first."""
    return os.environ.get("LOCAL_RANK", "0") == "0"
