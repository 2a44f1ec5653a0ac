"""The work behind a row: train a network within the budget, ask it the questions of the fold, tell what it took."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geotamper.atomic import write_text
from geotamper.errors import CancelledError, GeotamperError
from geotamper.evaluation.document import MetricsDocument
from geotamper.evaluation.evaluate import EvaluationOptions, evaluate_set
from geotamper.evaluation.results import METRICS_FILE
from geotamper.inspection.assembly import peak_memory_mb as process_peak_mb
from geotamper.sets.layout import Fold

if TYPE_CHECKING:
    from geotamper.learning.blueprint import Blueprint
    from geotamper.learning.run import RunDocument
    from geotamper.learning.settings import Preset, TrainingSettings

RUNS, RESULTS, RECORDS, LOGS, CACHE = "runs", "results", "rows", "logs", "cache"
"""Folders of a benchmark."""

Subset = Literal["plain", "balanced"]
Status = Literal["finished", "failed", "interrupted"]
Report = Callable[[str, int, int], None]
"""Told what is done, how much of it is finished, and of how much."""

_PLACES = ("cache", "cache_features", "device", "checkpoint_minutes")
"""Settings that change nothing about what is trained."""


@dataclass(frozen=True)
class Job:
    """What one process does for a row; rows with equal settings share it.

    Attributes:
        key: Names its files.
        subject: Network, detector or floor.
        is_trained: Whether a network is trained first.
        data: Folder of the set.
        out: Folder of the benchmark.
        preset: Of the network; "" for what is not trained.
        assignments: Changes of the preset, key and value, resolved.
        split: The fold that is asked.
        subsets: Which lists of its questions.
        pictures: Ask about so many pictures; None for all.
    """

    key: str
    subject: str
    is_trained: bool
    data: Path
    out: Path
    preset: "Preset | Literal['']" = ""
    assignments: tuple[tuple[str, str], ...] = ()
    split: Fold = "test"
    subsets: tuple[Subset, ...] = ("plain",)
    pictures: int | None = None

    @property
    def run_folder(self) -> Path:
        """Where the network is trained."""
        return self.out / RUNS / self.key

    @property
    def log_file(self) -> Path:
        """What its process said on the way."""
        return self.out / LOGS / f"{self.key}.txt"

    @property
    def record_file(self) -> Path:
        """What came of it."""
        return self.out / RECORDS / f"{self.key}.json"

    def results_folder(self, subset: Subset) -> Path:
        """Where an evaluation is written."""
        parts = [self.split, *(["balanced"] if subset == "balanced" else [])]
        if self.pictures is not None:
            parts.append(str(self.pictures))
        return self.out / RESULTS / self.key / "-".join(parts)

    def metrics(self, subset: Subset) -> MetricsDocument | None:
        """The numbers of an evaluation; None where it is not finished."""
        try:
            text = (self.results_folder(subset) / METRICS_FILE).read_text(encoding="utf-8")
            return MetricsDocument.model_validate_json(text)
        except (OSError, ValidationError):
            return None


class JobRecord(BaseModel):
    """What came of a job: `geotamper.benchmark-row/1`.

    Attributes:
        key: Of the job.
        status: Whether training and evaluations came to their end.
        reason: Why it failed, one line.
        parameters: Numbers that were trained; None for what is not trained.
        epochs: Finished epochs.
        training_minutes: Time in training steps and validations.
        validation_oa: Best OA on the val fold.
        peak_memory_mb: Most resident memory of its process, 10^6 bytes; None where the system does not tell.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["geotamper.benchmark-row/1"] = Field(default="geotamper.benchmark-row/1", alias="schema")
    key: str
    status: Status
    reason: str | None = None
    parameters: int | None = None
    epochs: int | None = None
    training_minutes: float | None = None
    validation_oa: float | None = None
    peak_memory_mb: float | None = None


def read_record(job: Job) -> JobRecord | None:
    """What an earlier benchmark left of a job; None where that is nothing that can be used."""
    try:
        return JobRecord.model_validate_json(job.record_file.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def is_done(job: Job) -> bool:
    """Whether nothing is left to do."""
    record = read_record(job)
    if record is None or record.status != "finished":
        return False
    return all(job.metrics(subset) is not None for subset in job.subsets)


def run_job(job: Job, report: Report) -> JobRecord:
    """Do what is left of a job, and record what came of it.

    Args:
        job: The work.
        report: Told about the progress.

    Raises:
        OutputError: The record cannot be written.
        KeyboardInterrupt: It was interrupted outside the steps of a training; what is finished is kept.
    """
    before = read_record(job) or JobRecord(key=job.key, status="interrupted")
    record = before.model_copy(update={"status": "finished", "reason": None})
    try:
        if job.is_trained:
            record = _with_run(record, _train(job, report))
            record = _kept(job, record.model_copy(update={"status": "interrupted"}))
        for subset in job.subsets:
            if job.metrics(subset) is None:
                _evaluate(job, subset, report)
    except CancelledError:
        return _kept(job, record.model_copy(update={"status": "interrupted"}))
    except GeotamperError as error:
        return _kept(job, record.model_copy(update={"status": "failed", "reason": one_line(str(error))}))
    return _kept(job, record.model_copy(update={"status": "finished"}))


def one_line(text: str) -> str:
    """A message without line breaks."""
    return " ".join(text.split())


def job_key(subject: str, content: dict[str, object]) -> str:
    """A name for files that differs where the content does."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"{subject}-{digest[:8]}"


def network_key(subject: str, preset: "Preset", assignments: tuple[tuple[str, str], ...]) -> str:
    """The key of a network: equal for rows whose resolved settings are equal.

    Raises:
        SpecificationError: A setting is unknown or out of range.
    """
    blueprint, settings = _configured(subject, preset, assignments)
    training = {
        name: value for name, value in settings.model_dump(mode="json").items() if name not in _PLACES
    }
    return job_key(subject, {"network": blueprint.config.model_dump(mode="json"), "training": training})


def _configured(
    subject: str, preset: "Preset", assignments: tuple[tuple[str, str], ...]
) -> tuple["Blueprint", "TrainingSettings"]:
    from geotamper.learning.blueprint import configure

    return configure(subject, preset, assignments)


def _train(job: Job, report: Report) -> "RunDocument":
    """The finished run of a job, whatever of it was there.

    Raises:
        CancelledError: It was interrupted; its state is saved.
        GeotamperError: It cannot be trained.
    """
    from geotamper.learning import training
    from geotamper.learning.run import open_run
    from geotamper.learning.run.document import RUN_FILE

    watchers = training.Watchers(
        decoding=lambda done, total: report("decoding pictures", done, total),
        step=lambda at: report(f"epoch {at.epoch}/{at.epochs}, loss {at.loss:.3f}", at.step, at.steps),
    )
    if (job.run_folder / RUN_FILE).is_file():
        document = open_run(job.run_folder).document
        if document.finished or document.epochs_done >= document.training.total_epochs:
            return document
        outcome = training.resume(job.run_folder, {}, watchers)
    else:
        if job.preset == "":
            raise ValueError(f"job {job.key} trains a network without a preset")
        blueprint, settings = _configured(job.subject, job.preset, job.assignments)
        settings = settings.model_copy(update={"cache": job.out / CACHE})
        outcome = training.train(blueprint, settings, job.data, job.run_folder, watchers)
    if outcome.interrupted:
        raise CancelledError(f"the training of {job.subject} was interrupted; repeat the command to go on")
    return outcome.document


def _with_run(record: JobRecord, document: "RunDocument") -> JobRecord:
    return record.model_copy(
        update={
            "parameters": document.parameters,
            "epochs": document.epochs_done,
            "training_minutes": round(document.seconds / 60, 2),
            "validation_oa": document.best_oa,
        }
    )


def _evaluate(job: Job, subset: Subset, report: Report) -> None:
    options = EvaluationOptions(
        detector=str(job.run_folder) if job.is_trained else job.subject,
        split=job.split,
        balanced=subset == "balanced",
        out=job.results_folder(subset),
        pictures=job.pictures,
    )
    evaluate_set(
        job.data, options, watch=lambda done, total: report(f"asking, {subset} questions", done, total)
    )


def keep(job: Job, record: JobRecord) -> JobRecord:
    """Write a record.

    Raises:
        OutputError: It cannot be written.
    """
    write_text(job.record_file, record.model_dump_json(by_alias=True, indent=1) + "\n")
    return record


def _kept(job: Job, record: JobRecord) -> JobRecord:
    """The record with the memory of this process so far, written."""
    peaks = [peak for peak in (record.peak_memory_mb, peak_memory_mb()) if peak is not None]
    return keep(job, record.model_copy(update={"peak_memory_mb": max(peaks) if peaks else None}))


def peak_memory_mb() -> float | None:
    """Most resident memory of this process so far, 10^6 bytes.

    Linux tells that of the program alone; elsewhere what the process was before counts too.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return process_peak_mb() or None
