"""Services for tests: a real one with quick pictures, and one whose workers do what they are told."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from fastapi.testclient import TestClient
from PIL import Image

from geotamper.serving import slot
from geotamper.serving.app import create_app
from geotamper.serving.settings import ServiceSettings

ADDRESS = "http://127.0.0.1:8000"
INSPECTIONS = "/api/v1/inspections"

Serve = Callable[..., TestClient]
Finished = Callable[[TestClient, str], dict[str, Any]]


@pytest.fixture(scope="session")
def pixels() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Noise of 160 x 128 pixels; the square at (10, 10) was copied to (90, 70)."""
    noise = np.random.default_rng(1).integers(0, 256, (128, 160, 3), dtype=np.uint8)
    noise[70:110, 90:130] = noise[10:50, 10:50]
    return noise


@pytest.fixture(scope="session")
def forged_png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """A file in which block-dct finds the copy at once."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="session")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a real service, shared by all tests that do not mind each other's inspections."""
    root = tmp_path_factory.mktemp("root")
    settings = ServiceSettings(
        data=tmp_path_factory.mktemp("service"),
        allowed_roots=(root,),
        max_upload=200_000,
        max_pixels=1_000_000,
    )
    with TestClient(create_app(settings), base_url=ADDRESS) as client:
        yield client


@pytest.fixture(scope="session")
def address(roomy: TestClient) -> Iterator[str]:
    """Where the real service listens, for clients that want a socket."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(roomy.app, lifespan="off", log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def root(roomy: TestClient) -> Path:
    """The folder whose pictures the real service inspects by path."""
    folder: Path = roomy.app.state.service.settings.allowed_roots[0]  # type: ignore[attr-defined]
    return folder


@pytest.fixture(scope="session")
def done_id(roomy: TestClient, forged_png: bytes, finished: Finished) -> str:
    """The id of an inspection of the forged picture that is done."""
    answer = roomy.post(
        INSPECTIONS,
        files={"file": ("fields north.png", forged_png)},
        data={
            "detector": "block-dct",
            "questions": ["Was the image tampered with?", "Was the copy rotated?"],
        },
    )
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    assert finished(roomy, job_id)["state"] == "done"
    return job_id


@pytest.fixture(scope="session")
def finished() -> Finished:
    """Waits until an inspection is over, and gives it."""

    def wait(client: TestClient, job_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            job: dict[str, Any] = client.get(f"{INSPECTIONS}/{job_id}").json()
            if job["state"] in {"done", "failed", "cancelled"}:
                return job
            time.sleep(0.05)
        raise TimeoutError(job_id)

    return wait


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts services whose workers do what the first question says; settings by name."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(slot, "work", import_module("obedient_worker").work)
    with ExitStack() as stack:

        def start(**settings: Any) -> TestClient:
            chosen = ServiceSettings(**{"data": tmp_path / "data", **settings})
            return stack.enter_context(TestClient(create_app(chosen), base_url=ADDRESS))

        yield start
