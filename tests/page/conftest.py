"""A service that really runs, and a Chromium that shows its page."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from geotamper.forge.forgery import Forgery

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000
"""For a slow machine; a step that works is over long before."""

OpenPage = Callable[..., "Page"]


@dataclass(frozen=True)
class RunningService:
    """A service in a process of its own.

    Attributes:
        url: Of its page.
        client: Asks its REST interface.
    """

    url: str
    client: httpx.Client

    def submit(self, path: Path, **options: str) -> str:
        """Send a picture; the id of its inspection."""
        with path.open("rb") as stream:
            answer = self.client.post("inspections", files={"file": (path.name, stream)}, data=options)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def finish(self, job_id: str) -> dict[str, Any]:
        """Wait until an inspection is over; what is known of it then."""
        with self.client.stream("GET", f"inspections/{job_id}/events", timeout=120) as events:
            for _ in events.iter_lines():
                pass
        return dict(self.client.get(f"inspections/{job_id}").json())


@contextlib.contextmanager
def running_service(data: Path, *options: str) -> Iterator[RunningService]:
    """Run `geotamper serve` on a free port until the block ends."""
    command = [sys.executable, "-m", "geotamper", "serve", "--port", "0", "--data", str(data), *options]
    with (
        (data.parent / f"{data.name}.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            url = next((word for word in line.split() if word.startswith("http://")), None)
            assert url is not None, f"the service did not start: {line!r}, {Path(log.name).read_text()}"
            with httpx.Client(base_url=f"{url}api/v1/", timeout=60, trust_env=False) as client:
                yield RunningService(url, client)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def run_service() -> Callable[..., contextlib.AbstractContextManager[RunningService]]:
    """Runs services with other options."""
    return running_service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service on the loopback address, which wants no token."""
    with running_service(tmp_path_factory.mktemp("service") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def forged_file(tmp_path_factory: pytest.TempPathFactory, forgery: Forgery) -> Path:
    """A small picture with one copied region."""
    path = tmp_path_factory.mktemp("pictures") / "forged.png"
    Image.fromarray(forgery.pixels).save(path)
    return path


@pytest.fixture(scope="session")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that is searched for much longer than a test lasts."""
    path = tmp_path_factory.mktemp("pictures") / "long.png"
    pixels = np.random.default_rng(4).integers(0, 256, (1800, 1800, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, compress_level=0)
    return path


@pytest.fixture(scope="session")
def forged_job(service: RunningService, forged_file: Path) -> dict[str, Any]:
    """The inspection of the forged picture, done."""
    job = service.finish(service.submit(forged_file))
    assert job["state"] == "done", job["error"]
    assert job["report"]["verdict"]["tampered"] is True
    return job


# One browser for each module, not for the session: the loop that drives it would be in the way of other tests.
@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Chromium; without one the tests skip, but not on the build server."""
    path = os.environ.get("GEOTAMPER_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        message = "no Chromium found; install Debian's package chromium or name one with GEOTAMPER_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Watch:
    """What the browser says about a page.

    Attributes:
        host: The only one that may be asked for anything.
        faults: Whatever went wrong.
        expected: Parts of messages that belong to a test.
    """

    host: str
    faults: list[str]
    expected: tuple[str, ...] = ()

    def on(self, context: "BrowserContext") -> None:
        """Listen to all pages of a context."""
        context.on("console", lambda message: self._console(message.type, message.text))
        context.on("weberror", lambda error: self.faults.append(f"uncaught: {error.error}"))
        context.on("request", lambda request: self._request(request.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.faults.append(f"console {kind}: {text}")

    def _request(self, url: str) -> None:
        if not url.startswith(("data:", "blob:")) and urlsplit(url).netloc != self.host:
            self.faults.append(f"request to another host: {url}")

    def unexpected(self) -> list[str]:
        """Faults that no test asked for."""
        return [fault for fault in self.faults if not any(part in fault for part in self.expected)]


@pytest.fixture
def watch(service: RunningService) -> Watch:
    """Collects console errors and requests to other hosts; a test may name those that it expects."""
    return Watch(urlsplit(service.url).netloc, [])


@pytest.fixture
def context(browser: "Browser", watch: Watch) -> "Iterator[BrowserContext]":
    """A browser of its own for each test; at the end nothing may have gone wrong in any of its pages."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as context:
        context.set_default_timeout(PATIENCE_MS)
        watch.on(context)
        yield context
    assert watch.unexpected() == []


@pytest.fixture
def open_page(context: "BrowserContext", service: RunningService) -> OpenPage:
    """Opens the page, at the start or at an inspection."""

    def open_at(job_id: str | None = None) -> "Page":
        page = context.new_page()
        page.goto(service.url + (f"#/inspections/{job_id}" if job_id else ""))
        return page

    return open_at
