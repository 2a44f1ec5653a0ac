"""The jobs of a benchmark on a Ray cluster."""

from collections.abc import Iterator, Sequence
from typing import Any

from geotamper.evaluation.benchmarking.jobs import Job, JobRecord, one_line, run_job
from geotamper.evaluation.benchmarking.runner import Tell, failed
from geotamper.processes.ray_engine import RayEngine


class OnRay:
    """Jobs on the cluster that RAY_ADDRESS names, else on a new one on this machine.

    All machines need geotamper, the set and the folder of the benchmark under the same paths. Every job has a process
    of its own, which Ray gives one core.

    Args:
        jobs: At the same time.

    Raises:
        SpecificationError: Ray is not installed.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._engine = RayEngine(jobs)

    def run(self, jobs: Sequence[Job], tell: Tell) -> Iterator[JobRecord]:
        """As `Runner.run`; of the progress only the end of a job is told."""
        import ray

        with self._engine:
            # max_calls: a process for each job, so that its peak of memory is its own
            remote = ray.remote(num_cpus=1, max_calls=1, max_retries=0)(_quietly)
            todo, waiting = iter(jobs), dict[Any, Job]()
            try:
                for job in todo:
                    waiting[remote.remote(job)] = job
                    if len(waiting) >= self._jobs:
                        yield _next(ray, waiting, tell)
                while waiting:
                    yield _next(ray, waiting, tell)
            finally:
                for task in waiting:
                    ray.cancel(task)


def _next(ray: Any, waiting: dict[Any, Job], tell: Tell) -> JobRecord:  # noqa: ANN401 - Ray has no types
    done, _ = ray.wait(list(waiting), num_returns=1)
    job = waiting.pop(done[0])
    try:
        record: JobRecord = ray.get(done[0])
    except ray.exceptions.RayError as error:
        record = failed(job, f"its Ray process ended without a result: {one_line(str(error))[-300:]}")
    tell(job, "finished", 1, 1)
    return record


def _quietly(job: Job) -> JobRecord:
    return run_job(job, lambda *_: None)
