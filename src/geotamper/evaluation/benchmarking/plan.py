"""From the rows of a benchmark to the jobs behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from geotamper.errors import InputError, SpecificationError
from geotamper.evaluation.benchmarking.jobs import Job, Subset, job_key, network_key
from geotamper.evaluation.benchmarking.rows import Row
from geotamper.sets.layout import Fold, open_set

if TYPE_CHECKING:
    from geotamper.learning.settings import Preset


@dataclass(frozen=True)
class Conditions:
    """What is the same for all rows.

    Attributes:
        data: Folder of the set.
        out: Folder of the benchmark.
        preset: Of every network and its training.
        budget: Minutes of training for each network.
        settings: Further changes for every network, `key=value`.
        split: The fold that is asked.
        balanced: Whether the balanced subset is asked too; None for where the set has one.
        pictures: Ask about so many pictures; None for all.
        device: Where networks are trained: "auto", "cpu" or "cuda".
    """

    data: Path
    out: Path
    preset: "Preset" = "compact"
    budget: float = 15.0
    settings: tuple[str, ...] = ()
    split: Fold = "test"
    balanced: bool | None = None
    pictures: int | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Plan:
    """Rows and what is to be done for them.

    Attributes:
        conditions: Of all.
        rows: In the order of the tables.
        jobs: By row; a row that cannot be is missing.
        problems: By row: why it cannot be, one line.
        subsets: Which lists of questions are asked.
    """

    conditions: Conditions
    rows: tuple[Row, ...]
    jobs: Mapping[Row, Job]
    problems: Mapping[Row, str]
    subsets: tuple[Subset, ...]

    def distinct(self) -> tuple[Job, ...]:
        """Every job once: rows with equal settings share one."""
        return tuple({job.key: job for job in self.jobs.values()}.values())


def plan_benchmark(rows: Sequence[Row], conditions: Conditions) -> Plan:
    """Resolve the settings of every row; nothing is trained, and a row whose settings are wrong stops no other.

    Args:
        rows: Any; at least one.
        conditions: Of all.

    Raises:
        InputError: The set cannot be read, or lacks the balanced subset that is asked for.
        SpecificationError: There is no row, or a setting for every network is wrong.
    """
    if not rows:
        raise SpecificationError("there is nothing to compare; name models or ablations")
    for text in conditions.settings:
        _assignment(text)
    subsets = _subsets(conditions)
    jobs: dict[Row, Job] = {}
    problems: dict[Row, str] = {}
    for row in rows:
        if row.is_trained and conditions.preset not in row.presets:
            problems[row] = f"means something only in preset {' or '.join(row.presets)}"
            continue
        try:
            jobs[row] = _job(row, conditions, subsets)
        except SpecificationError as error:
            problems[row] = str(error)
    if problems and not jobs:
        raise SpecificationError(f"no row can be worked on; the first: {next(iter(problems.values()))}")
    return Plan(conditions, tuple(rows), jobs, problems, subsets)


def _subsets(conditions: Conditions) -> tuple[Subset, ...]:
    open_set(conditions.data)
    if conditions.balanced is False:
        return ("plain",)
    try:
        open_set(conditions.data, balanced=True)
    except InputError:
        if conditions.balanced:
            raise
        return ("plain",)
    return ("plain", "balanced")


def _job(row: Row, conditions: Conditions, subsets: tuple[Subset, ...]) -> Job:
    base = Job(
        key="",
        subject=row.subject,
        is_trained=row.is_trained,
        data=conditions.data.resolve(),
        out=conditions.out.resolve(),
        split=conditions.split,
        subsets=subsets,
        pictures=conditions.pictures,
    )
    place = str(base.data)
    if not row.is_trained:
        return replace(base, key=job_key(row.subject, {"data": place}))
    shared = "cache_features=true"  # a frozen tower looks at every picture once, for all rows that have it
    assignments = [_assignment(text) for text in (shared, *row.settings, *conditions.settings)]
    assignments += [("max_minutes", str(conditions.budget)), ("device", conditions.device)]
    if row.seed is not None:
        assignments.append(("seed", str(row.seed)))
    fixed = tuple(assignments)
    key = job_key(row.subject, {"data": place, "network": network_key(row.subject, conditions.preset, fixed)})
    return replace(base, key=key, preset=conditions.preset, assignments=fixed)


def _assignment(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise SpecificationError(f"'{text}' is no setting; write KEY=VALUE")
    return key.strip(), value.strip()
