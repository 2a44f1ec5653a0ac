r"""Feed damaged and hostile input to geotamper and see that nothing crashes, hangs or ends in a traceback.

A case is told by the seed and its number alone. Each is worked on in a process that may die of it; a run that was
interrupted goes on where it stopped. Exits with 1 when there are findings; their files lie under the folder of the run.

Example:
    python benchmarks/fuzz.py reader 10000 --out benchmarks/work/fuzz-reader
    python benchmarks/fuzz.py inspect 300 --out benchmarks/work/fuzz-inspect
    python benchmarks/fuzz.py api 2000 --out benchmarks/work/fuzz-api
    python benchmarks/fuzz.py reader 1 --first 4711 --out benchmarks/work/once   # case 4711 alone
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from _common.failures import one_line_failures
from _fuzzing.cases import Mode, Result
from _fuzzing.journal import Journal
from _fuzzing.worker import Worker
from geotamper.cli.progress import progress_bar


@dataclass(frozen=True)
class Subject:
    """What can be fuzzed.

    Attributes:
        make: Builds the mode.
        limit: Seconds that a case may take.
        memory_mb: Resident size that no case may exceed.
    """

    make: Callable[[], Mode]
    limit: float
    memory_mb: float


def _reader() -> Mode:
    from _fuzzing.reader import ReaderMode

    return ReaderMode()


def _inspect() -> Mode:
    from _fuzzing.inspecting import InspectMode

    return InspectMode()


def _api() -> Mode:
    from _fuzzing.service import ServiceMode

    beside = Path(tempfile.gettempdir()).parent  # what a case leaves among the temporary files is a finding
    return ServiceMode(Path(tempfile.mkdtemp(prefix="service-", dir=beside)))


SUBJECTS = {
    "reader": Subject(_reader, limit=20.0, memory_mb=1500.0),
    "inspect": Subject(_inspect, limit=120.0, memory_mb=2000.0),
    "api": Subject(_api, limit=60.0, memory_mb=1500.0),
}


@one_line_failures
def main() -> int:
    """Run the cases that are missing and print the counts; 1 when there are findings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", choices=sorted(SUBJECTS), help="what is fed")
    parser.add_argument("cases", type=int, help="how many cases")
    parser.add_argument("--seed", type=int, default=1, help="of all chance")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--limit", type=float, help="seconds that a case may take")
    parser.add_argument("--retry", action="store_true", help="work on the findings once more, after mending")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    journal = Journal(options.out, options.mode, options.seed)
    subject = SUBJECTS[options.mode]
    wanted = range(options.first, options.first + options.cases)
    done = journal.done.keys() - (journal.findings.keys() if options.retry else set())
    todo = [number for number in wanted if number not in done]
    start = time.monotonic()
    worker = Worker(
        subject.make, options.out, limit=options.limit or subject.limit, memory_mb=subject.memory_mb
    )
    try:
        _run(worker, journal, todo, options.out, options.seed)
    finally:
        worker.close()
    seconds = time.monotonic() - start
    pace = f" ({len(todo) / seconds:.1f} a second)" if todo else ""
    print(f"{options.mode}, seed {options.seed}: {len(journal.done)} cases, {len(todo)} of them now{pace}")
    print(journal.table())
    print(f"{len(journal.findings)} findings, {worker.restarts} restarts")
    for number, result in journal.findings.items():
        print(
            f"case {number}: {result.subject} ({result.outcome}): {result.finding.strip().splitlines()[-1][:300]}"
        )
    return 1 if journal.findings else 0


def _run(worker: Worker, journal: Journal, todo: list[int], out: Path, seed: int) -> None:
    with journal.open() as stream, progress_bar(len(todo)) as watch:
        for done, number in enumerate(todo):
            report = watch(done, f"case {number}") if watch else None
            result = worker.run(seed, number)
            journal.add(stream, number, result)
            if result.finding:
                _keep(out, number, result)
            if report:
                report(1.0, "")


def _keep(out: Path, number: int, result: Result) -> None:
    """Leave the files of a finding and what was found for whoever mends it."""
    folder = out / "findings" / str(number)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(out / "case", folder)
    (folder / "finding.txt").write_text(
        f"{result.subject}: {result.outcome}\n{result.detail}\n\n{result.finding}\n", encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
