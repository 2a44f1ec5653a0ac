"""The training of a judge as a folder: weights, `run.json`, `report.md` and the examples."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geotamper._version import __version__
from geotamper.atomic import atomic_path, write_text
from geotamper.control import Control
from geotamper.errors import InputError, SpecificationError
from geotamper.learning.judges.examples import ExampleFolder
from geotamper.learning.judges.job import Materials
from geotamper.learning.judges.registry import judge_entry
from geotamper.learning.judges.settings import JudgeSettings
from geotamper.learning.settings import read_settings
from geotamper.sets.layout import TamperSet, open_set

JUDGE_SCHEMA: Literal["geotamper.judge/1"] = "geotamper.judge/1"

RUN_FILE = "run.json"
REPORT_FILE = "report.md"
EXAMPLES_FOLDER = "examples"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class UsedSet(_Part):
    """A set that a judge was trained from.

    Attributes:
        folder: Where it was.
        sha256: Of what it says about all of its pictures.
    """

    folder: str
    sha256: str


class JudgeDocument(_Part):
    """All about the training of a judge but its weights.

    Attributes:
        judge: Name in the registry.
        settings: All of them.
        sets: What it was trained from.
        version: Of geotamper.
        finished: Whether the training came to its end; what follows is known then alone.
        examples_cpu_seconds: Processor time for the examples, of interrupted trainings too.
        fitting_cpu_seconds: Processor time for the rest.
        metrics: The most important figures by name.
        weights: Name of the file beside this one.
        weights_sha256: Of its content.
    """

    schema_: Literal["geotamper.judge/1"] = Field(default=JUDGE_SCHEMA, alias="schema")
    judge: str
    settings: dict[str, Any]
    sets: tuple[UsedSet, ...]
    version: str = __version__
    finished: bool = False
    examples_cpu_seconds: float = 0.0
    fitting_cpu_seconds: float = 0.0
    metrics: dict[str, float] = Field(default_factory=dict)
    weights: str
    weights_sha256: str | None = None

    def is_same_training(self, other: "JudgeDocument") -> bool:
        """Whether both describe the same work, wherever the sets lie."""
        mine, its = ((one.judge, one.settings, [used.sha256 for used in one.sets]) for one in (self, other))
        return mine == its

    def to_json(self) -> str:
        """The file's content."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"


def train_judge(
    name: str, settings: JudgeSettings, sets: Sequence[Path], out: Path, control: Control | None = None
) -> JudgeDocument:
    """Train a judge and write a folder, or go on where the same training was interrupted.

    Args:
        name: In the registry.
        settings: Of the type that belongs to it.
        sets: Folders that `geotamper generate` made, at least one.
        out: The folder with the results.
        control: Progress and cancellation.

    Raises:
        SpecificationError: The judge is unknown, there is no set, or the settings are those of another judge.
        InputError: A set cannot be learned from, or `out` holds another or a finished training.
        OutputError: A file cannot be written; the examples that were made before stay.
        MissingLibraryError: A library that the training needs is not installed.
        CancelledError: The caller asked to stop; the examples that were made before stay.
    """
    entry = judge_entry(name)
    if type(settings) is not entry.settings or not sets:
        raise SpecificationError(
            f"{name} needs {entry.settings.__name__} and at least one set, got {type(settings).__name__} "
            f"and {len(sets)} sets"
        )
    opened = tuple(_made_set(folder) for folder in sets)
    document = JudgeDocument(
        judge=name,
        settings=settings.model_dump(mode="json"),
        sets=tuple(UsedSet(folder=str(one.root.resolve()), sha256=_digest(one)) for one in opened),
        weights=entry.weights,
    )
    _claim(out, document)
    origin = {
        "judge": name,
        **settings.of_examples(),
        "sets": [used.sha256 for used in document.sets],
    }
    examples = ExampleFolder(settings.examples or out / EXAMPLES_FOLDER, origin)
    start, made_before = time.process_time(), examples.cpu_seconds
    learned = entry.train(settings, Materials(opened, examples, control or Control()))
    weights = out / entry.weights
    with atomic_path(weights) as place:
        learned.write(place)
    write_text(out / REPORT_FILE, f"# {name}: {entry.title}\n\n{learned.report.rstrip()}\n")
    spent = time.process_time() - start - (examples.cpu_seconds - made_before)
    document = document.model_copy(
        update={
            "finished": True,
            "examples_cpu_seconds": round(examples.cpu_seconds, 1),
            "fitting_cpu_seconds": round(spent, 1),
            "metrics": dict(learned.metrics),
            "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        }
    )
    write_text(out / RUN_FILE, document.to_json())
    return document


def resume_judge(out: Path, control: Control | None = None) -> JudgeDocument:
    """Go on with a training that was interrupted.

    Args:
        out: Its folder.
        control: Progress and cancellation.

    Raises:
        InputError: The folder holds no training of a judge, or a finished one, or a set has changed.
        SpecificationError, OutputError, MissingLibraryError, CancelledError: As `train_judge`.
    """
    document = open_judge(out)
    settings = read_settings(judge_entry(document.judge).settings, document.settings, {})
    return train_judge(document.judge, settings, [Path(used.folder) for used in document.sets], out, control)


def open_judge(folder: Path) -> JudgeDocument:
    """What a folder says about the training of a judge.

    Raises:
        InputError: It holds none.
    """
    path = folder / RUN_FILE
    try:
        return JudgeDocument.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror or error})") from error
    except ValidationError as error:
        raise InputError(f"'{path}' describes no training of a judge; name another folder") from error


def holds_judge(folder: Path) -> bool:
    """Whether a folder holds the training of a judge, finished or not."""
    path = folder / RUN_FILE
    return path.is_file() and JUDGE_SCHEMA.encode() in path.read_bytes()


def _claim(out: Path, document: JudgeDocument) -> None:
    if not (out / RUN_FILE).exists():
        write_text(out / RUN_FILE, document.to_json())
        return
    held = open_judge(out)
    if held.finished:
        raise InputError(f"'{out}' holds a finished training of {held.judge}; name another folder")
    if not held.is_same_training(document):
        raise InputError(
            f"'{out}' holds a training of {held.judge} with other settings or sets; go on with it by "
            f"'geotamper train --resume {out}', or name another folder"
        )


def _made_set(folder: Path) -> TamperSet:
    opened = open_set(folder)
    if opened.sidecar is None:
        raise InputError(f"'{folder}' has no geotamper.json; make the set with geotamper generate")
    return opened


def _digest(opened: TamperSet) -> str:
    content = opened.sidecar.model_dump_json() if opened.sidecar else ""
    return hashlib.sha256(content.encode()).hexdigest()
