"""The service behind a socket: `geotamper serve` as a user starts it."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from geotamper.errors import InputError
from geotamper.serving.server import run
from geotamper.serving.settings import ServiceSettings
from geotamper.serving.store import JobStore

INSPECTIONS = "/api/v1/inspections"


@contextmanager
def _served(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A `geotamper serve` that listens, and its address."""
    command = [sys.executable, "-m", "geotamper", "serve", "--port", "0", *options]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, line
            yield process, found[0]
        finally:
            process.kill()


def _events(client: httpx.Client, job_id: str, **headers: str) -> Iterator[tuple[str, dict[str, Any]]]:
    with client.stream("GET", f"{INSPECTIONS}/{job_id}/events", headers=headers, timeout=120) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        kind = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_serve_streams_events_and_ends_with_ctrl_c(tmp_path: Path, forged_png: bytes) -> None:
    with (
        _served("--data", str(tmp_path / "data")) as (process, address),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        data = {"detector": "block-dct"}
        first = client.post(INSPECTIONS, files={"file": ("a.png", forged_png)}, data=data).json()["id"]
        events = list(_events(client, first))
        assert [kind for kind, _ in events[-1:]] == ["state"]
        assert events[-1][1] == {
            "id": first,
            "state": "done",
            "progress": 1.0,
            "stage": "done",
            "error": None,
        }
        assert {"progress", "state"} == {kind for kind, _ in events}
        fractions = [event["progress"] for _, event in events]
        assert fractions == sorted(fractions)
        assert list(_events(client, first, **{"Last-Event-ID": "3"})) == events[-1:]

        removed = _begin_long(client)
        stream = _events(client, removed)
        next(stream)
        assert client.delete(f"{INSPECTIONS}/{removed}").status_code == 204
        assert [kind for kind, _ in stream][-1] in {"removed", "state"}

        long = _begin_long(client)
        stream = _events(client, long)
        while next(stream)[1]["state"] != "running":
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert all(event["state"] == "running" for _, event in stream), "the stream breaks off without an end"
    store = JobStore(tmp_path / "data" / "service.sqlite3")
    assert [(job.id, job.state) for job in store.page(limit=9)] == [(long, "queued"), (first, "done")]
    store.close()


def test_serve_beyond_loopback_makes_a_token(tmp_path: Path) -> None:
    with _served("--data", str(tmp_path), "--host", "0.0.0.0") as (_, address):  # noqa: S104
        place, _, token = address.replace("0.0.0.0", "127.0.0.1").partition("?token=")  # noqa: S104
        assert len(token) >= 32
        refused = httpx.get(f"{place}api/v1/inspections", timeout=60)
        assert refused.status_code == 401
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{place}api/v1/inspections", headers=headers).status_code == 200


def test_taken_port_is_refused(tmp_path: Path) -> None:
    lines: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1, port {port}"):
            run(ServiceSettings(data=tmp_path, port=port), announce=lines.append)
    assert not lines


def test_ten_clients_with_good_and_bad_files_get_their_results(
    roomy: Any, forged_png: bytes, finished: Callable[..., dict[str, Any]]
) -> None:
    def one_client(number: int) -> None:
        for turn in range(2):
            is_good = (number + turn) % 3 > 0
            content = forged_png + bytes(number) if is_good else forged_png[: 50 + number]
            name = f"{number}-{turn}.png"
            answer = roomy.post(INSPECTIONS, files={"file": (name, content)}, data={"detector": "block-dct"})
            assert answer.status_code == 202, answer.text
            job = finished(roomy, answer.json()["id"])
            assert job["name"] == name
            if is_good:
                assert job["state"] == "done"
                assert job["report"]["image"]["path"] == name
                assert [item["target"]["bbox"] for item in job["report"]["findings"]] == [[90, 70, 130, 110]]
            else:
                assert job["state"] == "failed"
                assert f"'{name}'" in job["error"]

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(one_client, range(10)))
    counts = roomy.get("/api/v1/health").json()["jobs"]
    assert counts["queued"] == counts["running"] == 0


def _begin_long(client: httpx.Client) -> str:
    """Begin what takes long."""
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(2).integers(0, 256, (1200, 1200, 3), dtype=np.uint8)).save(
        stream, "PNG"
    )
    job_id: str = client.post(INSPECTIONS, files={"file": ("long.png", stream.getvalue())}).json()["id"]
    return job_id
