"""Walk through the jobs of a benchmark; a job that fails stops no other."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from geotamper.evaluation.benchmarking.isolation import ProcessDiedError, run_isolated
from geotamper.evaluation.benchmarking.jobs import Job, JobRecord, Subset, is_done, keep, read_record, run_job
from geotamper.evaluation.benchmarking.plan import Plan
from geotamper.evaluation.benchmarking.rows import Row
from geotamper.evaluation.document import MetricsDocument

Tell = Callable[[Job, str, int, int], None]
"""Told what a job does, how much of it is finished, and of how much."""

UNFINISHED = "not finished; repeat the command to go on"


class Runner(Protocol):
    """Does jobs."""

    def run(self, jobs: Sequence[Job], tell: Tell) -> Iterator[JobRecord]:
        """Yield what came of every job, in any order; a job that fails has a record like any other.

        Raises:
            KeyboardInterrupt: Once nothing is running any more.
            OutputError: A record cannot be written.
        """
        ...


class InProcess:
    """One job after the other in this process: for tests and debuggers, since all share one peak of memory."""

    def run(self, jobs: Sequence[Job], tell: Tell) -> Iterator[JobRecord]:
        """As `Runner.run`."""
        for job in jobs:
            yield run_job(job, partial(tell, job))


class Isolated:
    """One job after the other, each in a process of its own."""

    def run(self, jobs: Sequence[Job], tell: Tell) -> Iterator[JobRecord]:
        """As `Runner.run`."""
        for job in jobs:
            try:
                yield run_isolated(partial(run_job, job), job.log_file, partial(tell, job))
            except ProcessDiedError as error:
                yield failed(job, str(error))


@dataclass(frozen=True)
class RowOutcome:
    """What came of a row.

    Attributes:
        row: The row.
        job: What was done for it; None where it cannot be.
        record: What came of the job; None where it has not begun.
        documents: Numbers by list of questions.
        problem: Why it has no numbers, one line; None where it has.
    """

    row: Row
    job: Job | None
    record: JobRecord | None
    documents: Mapping[Subset, MetricsDocument]
    problem: str | None


@dataclass(frozen=True)
class Benchmark:
    """What came of a benchmark.

    Attributes:
        plan: What was to be done.
        outcomes: Of every row, in the order of the tables.
        interrupted: Whether Ctrl-C ended it.
    """

    plan: Plan
    outcomes: tuple[RowOutcome, ...]
    interrupted: bool

    @property
    def failed(self) -> tuple[RowOutcome, ...]:
        """Rows without numbers."""
        return tuple(outcome for outcome in self.outcomes if outcome.problem is not None)


def run_benchmark(plan: Plan, runner: Runner, tell: Tell) -> Benchmark:
    """Do what is left of a benchmark: jobs that an earlier call has finished are not done again.

    Args:
        plan: The rows and their jobs.
        runner: Does the jobs.
        tell: Told about the progress.

    Raises:
        OutputError: A record cannot be written.
    """
    todo = [job for job in plan.distinct() if not is_done(job)]
    interrupted = False
    try:
        with closing(_iterated(runner.run(todo, tell))) as records:
            for record in records:
                if record.status == "interrupted":
                    interrupted = True
                    break
    except KeyboardInterrupt:
        interrupted = True
    return Benchmark(plan, tuple(outcome_of(plan, row) for row in plan.rows), interrupted)


def _iterated(records: Iterator[JobRecord]) -> Generator[JobRecord]:
    """As a generator, which can be closed."""
    yield from records


def outcome_of(plan: Plan, row: Row) -> RowOutcome:
    """What the folder of a benchmark holds of a row."""
    job = plan.jobs.get(row)
    if job is None:
        return RowOutcome(row, None, None, {}, plan.problems[row])
    record = read_record(job)
    if record is None or record.status == "interrupted":
        return RowOutcome(row, job, record, {}, UNFINISHED)
    if record.status == "failed":
        return RowOutcome(row, job, record, {}, record.reason or "failed")
    documents = {subset: job.metrics(subset) for subset in job.subsets}
    found = {subset: document for subset, document in documents.items() if document is not None}
    return RowOutcome(row, job, record, found, None if len(found) == len(documents) else UNFINISHED)


def failed(job: Job, reason: str) -> JobRecord:
    """Record that the process of a job ended without a result.

    Raises:
        OutputError: The record cannot be written.
    """
    before = read_record(job) or JobRecord(key=job.key, status="failed")
    return keep(job, before.model_copy(update={"status": "failed", "reason": reason}))
