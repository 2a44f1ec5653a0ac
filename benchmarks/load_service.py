"""Ten clients at once against a real `geotamper serve`: is any inspection lost or wrong, and does memory grow?

Example:
    python benchmarks/load_service.py --minutes 10

Every client sends good and bad files in turn, watches its inspections, asks, looks at tiles and files, cancels and
removes. Prints what became of them and the memory of the server and of its workers over time. Needs Linux, which tells
the memory of processes in /proc.
"""

import argparse
import io
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from _common.failures import one_line_failures
from _common.machine import describe_machine

INSPECTIONS = "/api/v1/inspections"
_SOURCE, _TARGET = (10, 10, 50, 50), (90, 70, 130, 110)
_TOLERANCE = 3
"""Pixels by which a corner of a region may be off."""
_SAMPLE_SECONDS = 2.0
_PATIENCE = 600.0
"""Seconds after which an inspection counts as lost."""


@dataclass(frozen=True)
class Case:
    """A file and what must come of it.

    Attributes:
        name: For the tables.
        content: Of the file.
        status: Of the answer to its upload.
        state: In which its inspection must end.
        tampered: What the verdict must be, or None where there is none.
    """

    name: str
    content: bytes
    status: int = 202
    state: str = "done"
    tampered: bool | None = None


@dataclass
class Tally:
    """What became of the inspections; to be changed by one thread at a time.

    Attributes:
        ended: By case and state.
        wrong: Descriptions of what was not as it must be.
        seconds: Waited for each inspection that was done.
        refused: Answers 429, each of which was tried again.
    """

    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, case: str, state: str, wrong: list[str], seconds: float | None = None) -> None:
        """Add one inspection."""
        with self.lock:
            self.ended[case, state] += 1
            self.wrong += wrong
            if seconds is not None:
                self.seconds.append(seconds)


@one_line_failures
def main() -> int:
    """Run the load; 1 when an inspection was lost or wrong."""
    options = _parser().parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as data, _served(Path(data), options.workers) as (pid, address):
        memory = Memory(pid)
        memory.start()
        end = time.monotonic() + 60 * options.minutes
        with ThreadPoolExecutor(options.clients) as pool:
            for client in [
                pool.submit(_client, address, number, end, tally) for number in range(options.clients)
            ]:
                client.result()
        memory.stop()
        left = httpx.get(f"{address}api/v1/health", timeout=60).json()["jobs"]
    _print(options, tally, memory, left)
    return 1 if tally.wrong else 0


class Memory(threading.Thread):
    """Samples the resident memory of a process and of its children.

    Args:
        pid: Of the process.

    Attributes:
        samples: (seconds since the start, server MB, workers MB).
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._stopping = threading.Event()
        self.samples: list[tuple[float, float, float]] = []

    def run(self) -> None:
        """Sample until told to stop."""
        begin = time.monotonic()
        while not self._stopping.wait(_SAMPLE_SECONDS):
            workers = sum(_resident(child) for child in _children(self._pid))
            self.samples.append((time.monotonic() - begin, _resident(self._pid), workers))

    def stop(self) -> None:
        """Sample no more."""
        self._stopping.set()
        self.join()


def _client(address: str, number: int, end: float, tally: Tally) -> None:
    """Send one file after the other."""
    choice = random.Random(number)  # noqa: S311 - the same load every time
    cases = _cases(number)
    with httpx.Client(base_url=address, timeout=120) as client:
        while time.monotonic() < end:
            _one(client, choice, choice.choice(cases), tally)


def _one(client: httpx.Client, choice: random.Random, case: Case, tally: Tally) -> None:
    detector = "inspector" if choice.random() < 0.15 else "block-dct"
    name = f"{case.name}-{choice.randrange(10**6)}.png"
    begin = time.monotonic()
    answer = client.post(INSPECTIONS, files={"file": (name, case.content)}, data={"detector": detector})
    while answer.status_code == 429:
        with tally.lock:
            tally.refused += 1
        time.sleep(0.5)
        answer = client.post(INSPECTIONS, files={"file": (name, case.content)}, data={"detector": detector})
    if answer.status_code != case.status:
        tally.note(
            case.name, "wrong status", [f"{name}: status {answer.status_code}, expected {case.status}"]
        )
        return
    if answer.status_code != 202:
        tally.note(case.name, f"refused with {answer.status_code}", [])
        return
    job_id = answer.json()["id"]
    if choice.random() < 0.1:
        _cancel(client, job_id, case, tally)
        return
    job = _watch(client, job_id) if choice.random() < 0.5 else _poll(client, job_id)
    wrong = _judge(job, case, name) + (_look(client, job) if job["state"] == "done" else [])
    tally.note(case.name, job["state"], wrong, time.monotonic() - begin if job["state"] == "done" else None)
    if choice.random() < 0.5 and client.delete(f"{INSPECTIONS}/{job_id}").status_code != 204:
        tally.note(case.name, "not removed", [f"{name}: cannot be removed"])


def _cancel(client: httpx.Client, job_id: str, case: Case, tally: Tally) -> None:
    state = client.post(f"{INSPECTIONS}/{job_id}/cancel").json()["state"]
    wrong = [] if state in {"cancelled", case.state} else [f"{case.name}: {state} after it was cancelled"]
    tally.note(case.name, state, wrong)


def _watch(client: httpx.Client, job_id: str) -> dict[str, Any]:
    with client.stream("GET", f"{INSPECTIONS}/{job_id}/events", timeout=_PATIENCE) as stream:
        for _ in stream.iter_lines():
            pass
    job: dict[str, Any] = client.get(f"{INSPECTIONS}/{job_id}").json()
    return job


def _poll(client: httpx.Client, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while True:
        job: dict[str, Any] = client.get(f"{INSPECTIONS}/{job_id}").json()
        if job["state"] in {"done", "failed", "cancelled"} or time.monotonic() > deadline:
            return job
        time.sleep(0.5)


def _judge(job: dict[str, Any], case: Case, name: str) -> list[str]:
    """What is not as it must be."""
    if job["state"] != case.state:
        return [f"{name}: ended as {job['state']} ({job['error']}), expected {case.state}"]
    if job["name"] != name:
        return [f"{name}: is called {job['name']}"]
    if case.state == "failed":
        return [] if name in job["error"] else [f"{name}: its error is of another: {job['error']}"]
    report = job["report"]
    if report["image"]["path"] != name or report["verdict"]["tampered"] != case.tampered:
        return [f"{name}: {report['image']['path']}, {report['verdict']}"]
    if not case.tampered:
        return []
    boxes = [report["findings"][0][role]["bbox"] for role in ("source", "target")]
    off = np.abs(np.subtract(sorted(boxes), [_SOURCE, _TARGET])).max()
    return [] if off <= _TOLERANCE else [f"{name}: regions {boxes}, expected {_SOURCE} and {_TARGET}"]


def _look(client: httpx.Client, job: dict[str, Any]) -> list[str]:
    """Ask, and look at a tile and at the files, as a page does."""
    place = f"{INSPECTIONS}/{job['id']}"
    answers = [
        client.post(f"{place}/questions", json={"text": "Was the copy rotated?"}),
        client.get(f"{place}/tiles/picture/0/0/0.png"),
        client.get(f"{place}/tiles/target/0/0/0.png"),
        client.get(f"{place}/artifacts/report.html"),
    ]
    return [f"{answer.url}: {answer.status_code}" for answer in answers if answer.status_code != 200]


def _cases(number: int) -> list[Case]:
    """Good and bad files, other pixels for every client."""
    noise = np.random.default_rng(number).integers(0, 256, (128, 160, 3), dtype=np.uint8)
    forged = noise.copy()
    forged[70:110, 90:130] = forged[10:50, 10:50]
    good = _png(forged)
    return [
        Case("forged", good, tampered=True),
        Case("untouched", _png(noise), tampered=False),
        Case("cut off", good[: len(good) // 2], state="failed"),
        Case("no picture", b"no picture at all", state="failed"),
        Case("empty", b"", state="failed"),
        Case("broken TIFF", b"II*\0\x08\0\0\0" + bytes(30), state="failed"),
        Case("too many pixels", _png_header(100_000, 100_000), status=413),
    ]


def _png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def _png_header(width: int, height: int) -> bytes:
    """What a PNG of this size begins with: it is refused before anything else is read."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + b"\x08\x02\0\0\0"


@contextmanager
def _served(data: Path, workers: int) -> Iterator[tuple[int, str]]:
    command = [sys.executable, "-m", "geotamper", "serve", "--port", "0", "--data", str(data)]
    command += ["--workers", str(workers), "--queue", "100", "--keep-count", "50"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            found = re.search(r"http://\S+", process.stdout.readline() if process.stdout else "")
            if found is None:
                raise SystemExit("geotamper serve did not start; see above")
            yield process.pid, found[0]
        finally:
            process.terminate()
            process.wait()


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    found = {
        int(child) for task in path.parents[1].iterdir() for child in (task / "children").read_text().split()
    }
    return sorted(found)


def _resident(pid: int) -> float:
    """Resident memory, MB; 0 for a process that has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _print(options: argparse.Namespace, tally: Tally, memory: Memory, left: dict[str, int]) -> None:
    print(describe_machine())
    print(f"\n{options.clients} clients, {options.minutes:g} minutes, {options.workers} workers\n")
    print("| file | how it ended | inspections |\n| --- | --- | --- |")
    for (case, state), count in sorted(tally.ended.items()):
        print(f"| {case} | {state} | {count} |")
    print(
        f"\ninspections: {sum(tally.ended.values())}; wrong or lost: {len(tally.wrong)}; queue full: {tally.refused}"
    )
    print(f"left in the queue or in work: {left['queued'] + left['running']}")
    if tally.seconds:
        ninth = statistics.quantiles(tally.seconds, n=10)[-1] if len(tally.seconds) > 1 else tally.seconds[0]
        print(f"seconds to a report: median {statistics.median(tally.seconds):.1f}, ninth decile {ninth:.1f}")
    for line in tally.wrong[:20]:
        print(f"  {line}")
    print(
        "\n| minutes | server MB, median | workers MB, median | workers MB, largest |\n| --- | --- | --- | --- |"
    )
    step = max(1, len(memory.samples) // 10)
    for start in range(0, len(memory.samples), step):
        part = memory.samples[start : start + step]
        _, servers, workers = zip(*part, strict=True)
        print(
            f"| {part[0][0] / 60:.1f} to {part[-1][0] / 60:.1f} | {statistics.median(servers):.0f} | "
            f"{statistics.median(workers):.0f} | {max(workers):.0f} |"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (10)")
    parser.add_argument("--clients", type=int, default=10, help="at the same time (10)")
    parser.add_argument("--workers", type=int, default=1, help="of the service (1)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
