"""The database of inspections."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from geotamper.errors import OutputError
from geotamper.inspection.report import Verdict
from geotamper.serving.jobs import JobOptions, NewJob
from geotamper.serving.refusals import QueueFullError
from geotamper.serving.store import JobStore

VERDICT = Verdict(tampered=None, kind=None, score=0.5, confidence=0.0)


def _new(number: int) -> NewJob:
    return NewJob(f"{number:024x}", f"{number}.png", None, JobOptions(questions=("Was it?",)))


def test_claims_of_many_threads_take_every_inspection_once(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "a.sqlite3")
    for number in range(40):
        store.add(_new(number), queue_length=40)
    begin = threading.Barrier(4)

    def claim(_: int) -> list[str]:
        begin.wait()
        taken = []
        while (job := store.claim()) is not None:
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [job_id for found in pool.map(claim, range(4)) for job_id in found]
    assert sorted(taken) == [_new(number).id for number in range(40)]
    store.close()


def test_queue_takes_no_more_than_its_length_from_many_threads(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "a.sqlite3")

    def add(number: int) -> bool:
        try:
            store.add(_new(number), queue_length=5)
        except QueueFullError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(20))) == 5
    store.close()


def test_ended_inspections_change_no_more(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "a.sqlite3")
    store.add(_new(1), queue_length=5)
    job = store.claim()
    assert job is not None
    assert store.finish(job.id, VERDICT)
    ended = store.get(job.id)
    assert not store.fail(job.id, "late")
    assert not store.cancel(job.id)
    assert not store.give_back(job.id)
    store.advance(job.id, 0.1, "late")
    assert store.requeue_all() == 0
    assert store.get(job.id) == ended
    assert ended is not None
    assert (ended.state, ended.verdict, ended.options) == ("done", VERDICT, _new(1).options)
    store.close()


def test_database_of_another_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(OutputError, match="layout 99"):
        JobStore(path)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    path.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(OutputError, match="give a folder with --data"):
        JobStore(path)
