"""Finished pictures of an evaluation, one line each, so that an interrupted one goes on where it stopped.

The file grows line by line instead of being replaced: only so does a killed run keep what it had measured. A
last line that was cut off is left out when the file is read.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from geotamper.atomic import atomic_path
from geotamper.errors import InputError, OutputError
from geotamper.evaluation.outcomes import PictureOutcome

JOURNAL_FILE = "pictures.jsonl"
JOURNAL_SCHEMA: Literal["geotamper.evaluation/1"] = "geotamper.evaluation/1"

Run = Mapping[str, Any]
"""What the outcomes depend on; outcomes of other runs are not taken over."""


def read_journal(folder: Path, run: Run) -> dict[int, PictureOutcome]:
    """The outcomes of an earlier, possibly interrupted evaluation with the same settings, by picture.

    Args:
        folder: Of the results.
        run: What the outcomes depend on.

    Raises:
        InputError: The folder holds another evaluation, or the file is not one of this version.
    """
    path = folder / JOURNAL_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}' cannot be read ({error}); remove it or choose another folder") from error
    # What follows the last line break is either nothing or was cut off.
    lines = text.split("\n")[:-1]
    if not lines:
        return {}
    _check_head(path, lines[0], run)
    try:
        outcomes = [PictureOutcome.model_validate_json(line) for line in lines[1:]]
    except ValidationError as error:
        raise InputError(
            f"'{path}' holds a line that is no outcome of this version ({error.error_count()} faults); "
            "remove the file to measure anew"
        ) from error
    return {outcome.picture: outcome for outcome in outcomes}


def _check_head(path: Path, line: str, run: Run) -> None:
    try:
        head = json.loads(line)
    except json.JSONDecodeError:
        head = None
    if not isinstance(head, dict) or head.get("schema") != JOURNAL_SCHEMA:
        raise InputError(
            f"'{path}' does not start like an evaluation ({JOURNAL_SCHEMA}); remove it or choose another folder"
        )
    wanted = json.loads(json.dumps(dict(run)))
    different = sorted(name for name in wanted if head.get("run", {}).get(name) != wanted[name])
    if different:
        raise InputError(
            f"'{path}' holds an evaluation that differs in {', '.join(different)}; choose another folder with "
            "--out, or remove the file to measure anew"
        )


@contextmanager
def open_journal(
    folder: Path, run: Run, kept: Mapping[int, PictureOutcome]
) -> Iterator[Callable[[PictureOutcome], None]]:
    """Start the file with what is kept of an earlier run, and give a function that adds an outcome.

    Raises:
        OutputError: The file cannot be written.
    """
    path = folder / JOURNAL_FILE
    head = json.dumps({"schema": JOURNAL_SCHEMA, "run": dict(run)})
    with atomic_path(path) as temporary:
        lines = [head, *(outcome.model_dump_json() for outcome in kept.values())]
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    try:
        with path.open("a", encoding="utf-8") as stream:

            def add(outcome: PictureOutcome) -> None:
                stream.write(outcome.model_dump_json() + "\n")
                stream.flush()

            yield add
    except OSError as error:
        raise OutputError(
            f"cannot write '{path}': {error.strerror or error}; choose a folder that has room"
        ) from error
