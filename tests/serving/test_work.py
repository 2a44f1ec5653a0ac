"""The life of inspections when things go wrong: cancelled, killed, too slow, too many, restarted."""

import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from geotamper.errors import OutputError
from geotamper.serving import slot
from geotamper.serving.app import create_app
from geotamper.serving.jobs import JobOptions, NewJob
from geotamper.serving.metrics import Metrics
from geotamper.serving.refusals import disk_full
from geotamper.serving.service import Service
from geotamper.serving.settings import ServiceSettings
from geotamper.serving.store import JobStore

INSPECTIONS = "/api/v1/inspections"
Finished = Callable[[TestClient, str], dict[str, Any]]


def _begin(client: TestClient, wish: str) -> str:
    answer = client.post(INSPECTIONS, files={"file": ("a.png", b"x")}, data={"questions": wish})
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def _state(client: TestClient, job_id: str) -> str:
    jobs = client.get(INSPECTIONS).json()["items"]  # which looks at no report
    state: str = next(job["state"] for job in jobs if job["id"] == job_id)
    return state


def _until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def _halfway(client: TestClient, job_id: str) -> int:
    """Wait until work is under way; the id of the process that does it."""
    _until(lambda: bool(client.get(f"{INSPECTIONS}/{job_id}").json()["progress"] == 0.5))
    return int(client.get(f"{INSPECTIONS}/{job_id}").json()["stage"].rpartition(" ")[2])


def _workers() -> set[int | None]:
    return {process.pid for process in multiprocessing.active_children()}


@pytest.mark.parametrize("wish", ["wait", "be deaf"])
def test_cancel_ends_running_work_within_seconds(serve: Any, finished: Finished, wish: str) -> None:
    client = serve()
    folder = client.app.state.service.folders
    job_id = _begin(client, wish)
    process = _halfway(client, job_id)
    begin = time.monotonic()
    answer = client.post(f"{INSPECTIONS}/{job_id}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    other = _begin(client, "complain")
    assert finished(client, other)["error"] == "'a.png' does not please"
    assert time.monotonic() - begin < slot.CANCEL_PATIENCE + 30
    assert (process in _workers()) == (wish == "wait"), "a process that listens is kept, a deaf one is ended"
    assert not list(folder.of(job_id).glob(".*")), "nothing half-written stays"
    again = client.post(f"{INSPECTIONS}/{job_id}/cancel").json()
    assert (again["state"], again["ended"]) == ("cancelled", answer.json()["ended"])


def test_cancel_of_what_waits_keeps_it_from_work(serve: Any, finished: Finished) -> None:
    client = serve()
    first, second = _begin(client, "wait"), _begin(client, "finish")
    assert client.get(f"{INSPECTIONS}/{second}").json()["queue_position"] == 0
    assert client.post(f"{INSPECTIONS}/{second}/cancel").json()["started"] is None
    client.post(f"{INSPECTIONS}/{first}/cancel")
    assert finished(client, _begin(client, "complain"))["state"] == "failed"
    assert _state(client, second) == "cancelled"


def test_remove_ends_running_work_and_its_files(serve: Any) -> None:
    client = serve()
    job_id = _begin(client, "be deaf")
    process = _halfway(client, job_id)
    folder: Path = client.app.state.service.folders.of(job_id)
    assert client.delete(f"{INSPECTIONS}/{job_id}").status_code == 204
    _until(lambda: process not in _workers())
    _until(lambda: not folder.exists())
    assert client.get(f"{INSPECTIONS}/{job_id}").status_code == 404


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_killed_process_fails_its_inspection_alone(serve: Any, finished: Finished) -> None:
    client = serve()
    job_id = _begin(client, "wait")
    os.kill(_halfway(client, job_id), signal.SIGKILL)
    job = finished(client, job_id)
    assert job["state"] == "failed"
    assert "was killed (signal 9), probably for lack of memory" in job["error"]
    assert finished(client, _begin(client, "complain"))["error"] == "'a.png' does not please"


def test_process_that_ends_by_itself_fails_its_inspection(serve: Any, finished: Finished) -> None:
    client = serve()
    job = finished(client, _begin(client, "exit"))
    assert job["state"] == "failed"
    assert "ended by itself (exit code 7)" in job["error"]
    assert finished(client, _begin(client, "complain"))["state"] == "failed"


def test_time_limit_ends_work(serve: Any, finished: Finished) -> None:
    job = finished(client := serve(seconds_per_job=2.5), _begin(client, "be deaf"))
    assert job["state"] == "failed"
    assert "longer than the 2.5 seconds" in job["error"]


def test_options_are_held_to_the_limits_of_the_service(tmp_path: Path) -> None:
    settings = ServiceSettings(data=tmp_path, seconds_per_job=100, max_memory=1000)
    service = Service(settings, Metrics())
    try:
        shared = service._runner._shared  # what reaches the process
        for given, time_limit, max_memory in (
            (JobOptions(), 80, 1000),
            (JobOptions(time_limit=5, max_memory=10), 5, 10),
            (JobOptions(time_limit=500, max_memory=10**12), 80, 1000),
        ):
            job, _ = service.store.add(NewJob("a" * 24, "a.png", None, given), queue_length=9)
            task = slot._assignment(job, shared)
            assert (task.options.time_limit, task.options.max_memory) == (time_limit, max_memory)
            service.store.remove(job.id)
    finally:
        service.stop()


def test_full_queue_refuses_with_retry_after(serve: Any) -> None:
    client = serve(queue_length=2)
    running = _begin(client, "wait")
    _halfway(client, running)
    waiting = [_begin(client, "finish"), _begin(client, "finish")]
    answer = client.post(INSPECTIONS, files={"file": b"x"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"] == "urn:problem-type:geotamper:queue-full"
    folders = client.app.state.service.folders
    assert {path.name for path in folders.jobs.iterdir()} == {running, *waiting}
    assert not list(folders.incoming.iterdir())
    client.post(f"{INSPECTIONS}/{running}/cancel")


def test_restart_keeps_inspections_and_begins_unfinished_ones_again(
    serve: Any, finished: Finished, tmp_path: Path
) -> None:
    settings = ServiceSettings(data=tmp_path / "data")
    serve(data=tmp_path / "elsewhere")  # which brings the obedient workers
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as before:
        ended, running, waiting = (
            _begin(before, "complain"),
            _begin(before, "wait"),
            _begin(before, "complain"),
        )
        finished(before, ended)
        process = _halfway(before, running)
    assert process not in _workers()
    store = JobStore(tmp_path / "data" / "service.sqlite3")
    jobs = {job.id: job for job in store.page(limit=9)}
    store.close()
    assert (jobs[running].state, jobs[running].attempts) == ("queued", 0)
    assert (jobs[ended].state, jobs[waiting].state) == ("failed", "queued")
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as after:
        _halfway(after, running)
        after.post(f"{INSPECTIONS}/{running}/cancel")
        assert finished(after, waiting)["error"] == "'a.png' does not please"
        assert finished(after, ended)["state"] == "failed"


def test_inspection_that_ends_the_service_again_and_again_is_given_up(
    serve: Any, finished: Finished, tmp_path: Path
) -> None:
    store = JobStore(tmp_path / "data" / "service.sqlite3")
    store.add(NewJob("b" * 24, "bomb.png", None, JobOptions()), queue_length=9)
    for _ in range(3):
        assert store.claim() is not None
        store.requeue_all()  # as a start after a crash does
    store.close()
    job = finished(serve(), "b" * 24)
    assert job["state"] == "failed"
    assert "the service ended 3 times while it inspected 'bomb.png'" in job["error"]


def test_second_service_in_a_folder_is_refused(serve: Any) -> None:
    client = serve()
    settings = client.app.state.service.settings
    with pytest.raises(OutputError, match="is served by process"):
        Service(settings, Metrics())


def test_sweep_removes_what_is_old_or_too_much(serve: Any, finished: Finished) -> None:
    client = serve(retention_count=2)
    service = client.app.state.service
    ids = [_begin(client, "complain") for _ in range(4)]
    for job_id in ids:
        finished(client, job_id)
    running = _begin(client, "wait")
    assert service.sweep() == 2
    assert [job.id for job in service.store.page(limit=9)] == [running, ids[3], ids[2]]
    assert not service.folders.of(ids[0]).exists()
    assert service.store.expired(ended_before=time.time() + 1, keep=9) == [ids[3], ids[2]]
    client.post(f"{INSPECTIONS}/{running}/cancel")


def test_full_disk_is_told(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()

    def fail(form: object) -> None:
        del form
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geotamper.serving.uploads._Form.take", fail)
    answer = client.post(INSPECTIONS, files={"file": b"x"})
    assert answer.status_code == 507
    assert answer.json()["type"] == "urn:problem-type:geotamper:disk-full"
    assert disk_full(PermissionError(13, "Permission denied")) is None


def test_work_goes_on_after_the_database_failed(
    serve: Any, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve()
    store = client.app.state.service.store
    monkeypatch.setattr(slot, "_RETRY_SECONDS", 0.01)
    fail = store.fail
    failures = iter([sqlite3.OperationalError("database or disk is full")])

    def fail_once(job_id: str, reason: str) -> bool:
        for error in failures:
            raise error
        kept: bool = fail(job_id, reason)
        return kept

    monkeypatch.setattr(store, "fail", fail_once)
    job = finished(client, _begin(client, "complain"))
    assert "could not write down the result" in job["error"]
    assert finished(client, _begin(client, "complain"))["error"] == "'a.png' does not please"
