"""The Lightning trainer: devices, processes, precision, loggers, Ctrl-C."""

import contextlib
import logging
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.loggers import Logger, MLFlowLogger, TensorBoardLogger, WandbLogger
from lightning.pytorch.strategies import DDPStrategy

from geotamper.errors import MissingLibraryError
from geotamper.learning.settings import TrainingSettings
from geotamper.learning.task import QuestionTask

TENSORBOARD_FOLDER = "tensorboard"

_ACCELERATORS: Mapping[str, str] = {"auto": "auto", "cpu": "cpu", "cuda": "gpu"}


def build_trainer(settings: TrainingSettings, folder: Path) -> Trainer:
    """A trainer that only runs the task: validation, checkpoints and progress are the task's own.

    Args:
        settings: Devices, precision and loggers.
        folder: The run, for the events of TensorBoard.

    Raises:
        MissingLibraryError: The library of a logger is not installed.
    """
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return Trainer(
        accelerator=_ACCELERATORS[settings.device],
        devices=settings.devices,
        # Unused parameters are normal: the frozen mask network, modules the published code never calls.
        strategy=DDPStrategy(find_unused_parameters=True) if settings.devices > 1 else "auto",
        precision="bf16-mixed" if settings.precision == "bf16" else "32-true",
        max_epochs=-1,
        limit_val_batches=0,
        num_sanity_val_steps=0,
        reload_dataloaders_every_n_epochs=1,
        use_distributed_sampler=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        logger=_loggers(settings, folder),
        default_root_dir=folder,
    )


def log_to(trainer: Trainer) -> Callable[[dict[str, float], int], None]:
    """A function that gives numbers of a step to every logger of a trainer."""

    def log(numbers: dict[str, float], step: int) -> None:
        for logger in trainer.loggers:
            logger.log_metrics(numbers, step)
            logger.save()

    return log


def fit(trainer: Trainer, task: QuestionTask) -> None:
    """Train until the task says that it is over; the first Ctrl-C ends it after the current step.

    Raises:
        OutputError, DivergenceError: As the task's listeners and steps raise them.
    """
    with warnings.catch_warnings(), _stop_on_interrupt(task):
        # Advice on data loaders and devices, which the task does not use or has chosen.
        warnings.filterwarnings("ignore", module=r"lightning\..*")
        trainer.fit(task)


@contextlib.contextmanager
def _stop_on_interrupt(task: QuestionTask) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> Any:  # noqa: ANN401 - as signal declares it
        del number, frame
        task.request_stop()
        signal.signal(signal.SIGINT, before)  # a second one ends it at once

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _loggers(settings: TrainingSettings, folder: Path) -> list[Logger]:
    found: list[Logger] = [_built("tensorboard", lambda: TensorBoardLogger(folder, "", TENSORBOARD_FOLDER))]
    if settings.logger == "wandb":
        found.append(_built("wandb", lambda: WandbLogger(folder.name, folder, project="geotamper")))
    elif settings.logger == "mlflow":
        found.append(_built("mlflow", lambda: MLFlowLogger("geotamper", folder.name)))
    return found


def _built(library: str, build: Callable[[], Logger]) -> Logger:
    try:
        return build()
    except ModuleNotFoundError as error:
        raise MissingLibraryError(
            f"the logger {library} needs the library {library}; install it with 'pip install {library}' "
            "or train without it"
        ) from error
