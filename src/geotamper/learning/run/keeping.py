"""Writing a run folder: every file whole or not at all, the resumable state last."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from geotamper.atomic import atomic_path, write_bytes, write_text
from geotamper.errors import InputError, OutputError
from geotamper.learning.position import Entry
from geotamper.learning.run.curves import draw_curves
from geotamper.learning.run.document import (
    BEST_FILE,
    LAST_FILE,
    LOG_FILE,
    RUN_FILE,
    STATE_FILE,
    STATE_FOLDER,
    TOKENIZER_FILE,
    RunDocument,
)
from geotamper.learning.task import QuestionTask

Metrics = dict[str, float]


class RunKeeper:
    """Writes what a training tells into its run folder.

    Args:
        folder: The run.
        document: What is known before the first epoch.
        log: Takes the numbers of an epoch to further loggers.
    """

    def __init__(
        self, folder: Path, document: RunDocument, log: Callable[[Metrics, int], None] | None = None
    ) -> None:
        self.folder = folder
        self.document = document
        self._log = log

    def begin(self, tokenizer: str) -> None:
        """Write what does not change.

        Raises:
            OutputError: The folder cannot be written.
        """
        write_text(self.folder / TOKENIZER_FILE, tokenizer)
        self._write_document()

    def epoch(self, task: QuestionTask, entry: Entry, *, best: bool) -> None:
        """Write weights, log, curves and state after an epoch.

        The state comes last: a process that dies in between resumes from the state before and writes the same again.

        Raises:
            OutputError: A file cannot be written; what stood there before stays.
        """
        weights = {
            name: value.detach().cpu().contiguous() for name, value in task.network.state_dict().items()
        }
        content = save(weights)
        if best:
            write_bytes(self.folder / BEST_FILE, content)
        write_bytes(self.folder / LAST_FILE, content)
        history = task.position.history
        write_text(self.folder / LOG_FILE, "".join(json.dumps(line) + "\n" for line in history))
        draw_curves(self.folder, history)
        if self._log is not None:
            self._log(flat_numbers(entry), int(entry["epoch"]))
        self._update(task)
        self.checkpoint(task)

    def checkpoint(self, task: QuestionTask) -> None:
        """Write the resumable state.

        Raises:
            OutputError: It cannot be written; the state before stays.
        """
        path = self.folder / STATE_FOLDER / STATE_FILE
        with atomic_path(path) as temporary:
            try:
                torch.save(task.state(), temporary)
            except RuntimeError as error:  # how torch reports a full disk
                reason = str(error).splitlines()[0]
                raise OutputError(
                    f"cannot write '{path}': {reason}; the state before stays: make room and resume"
                ) from error

    def _update(self, task: QuestionTask) -> None:
        position = task.position
        over = task.halt == "budget" or task.schedule.is_over(position.epoch, task.seconds)
        self.document = self.document.model_copy(
            update={
                "epochs_done": position.epoch,
                "finished": over,
                "best_oa": position.best,
                "best_epoch": position.best_epoch,
                "seconds": round(task.seconds, 1),
            }
        )
        self._write_document()

    def _write_document(self) -> None:
        write_text(self.folder / RUN_FILE, self.document.to_json())


def read_state(folder: Path) -> dict[str, Any] | None:
    """The resumable state of a run, or None where it died before its first one.

    Raises:
        InputError: It cannot be read.
    """
    path = folder / STATE_FOLDER / STATE_FILE
    if not path.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"'{path}' cannot be read ({reason}); train again from the start") from error
    return state


def flat_numbers(entry: Entry) -> Metrics:
    """The numbers of an epoch with slashes in their names, as loggers want them."""
    found: Metrics = {}
    _collect(entry, "", found)
    return found


def _collect(values: dict[str, Any], prefix: str, found: Metrics) -> None:
    for name, value in values.items():
        if isinstance(value, dict):
            _collect(value, f"{prefix}{name}/", found)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[f"{prefix}{name}"] = float(value)
