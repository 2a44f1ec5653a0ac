"""What Prometheus is told: requests, inspections, the queue and the process."""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geotamper.serving.jobs import Job
from geotamper.serving.store import JobStore

_SECONDS_OF_JOBS = (0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1280)
_SECONDS_OF_REQUESTS = (0.005, 0.02, 0.1, 0.5, 2, 10)


class Metrics:
    """The numbers of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._ended = Counter(
            "geotamper_inspections_ended",
            "Inspections that were worked on, by how they ended",
            ["state"],
            registry=self._registry,
        )
        self._job_seconds = Histogram(
            "geotamper_inspection_seconds",
            "Time of work on an inspection",
            buckets=_SECONDS_OF_JOBS,
            registry=self._registry,
        )
        self._requests = Counter(
            "geotamper_requests", "Requests answered", ["operation", "status"], registry=self._registry
        )
        self._request_seconds = Histogram(
            "geotamper_request_seconds",
            "Time until the answer begins",
            buckets=_SECONDS_OF_REQUESTS,
            registry=self._registry,
        )

    def watch(self, store: JobStore) -> None:
        """Tell the states of the inspections of a store, as they are when they are asked for."""
        self._registry.register(_States(store))

    def note_end(self, job: Job) -> None:
        """Count an inspection that was worked on."""
        self._ended.labels(job.state).inc()
        if job.started is not None and job.ended is not None:
            self._job_seconds.observe(max(0.0, job.ended - job.started))

    def note_request(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request, by what was asked: addresses hold ids, which would make a number of their own each."""
        operation = getattr(scope.get("route"), "name", "other")
        self._requests.labels(operation, str(status)).inc()
        self._request_seconds.observe(seconds)

    def text(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self._registry)


class CountRequests:
    """Counts every request and its answer.

    Args:
        app: What answers.
        metrics: Where they are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.monotonic()

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.note_request(scope, message["status"], time.monotonic() - begin)
            await send(message)

        await self._app(scope, receive, send_counted)


class _States(Collector):
    def __init__(self, store: JobStore) -> None:
        self._store = store

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("geotamper_inspections", "Inspections by state", labels=["state"])
        for state, count in self._store.counts().items():
            family.add_metric([state], count)
        yield family
