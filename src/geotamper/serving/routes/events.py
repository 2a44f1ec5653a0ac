"""Progress as server-sent events."""

from collections.abc import AsyncIterator

from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from geotamper.serving.problems import documented
from geotamper.serving.responses import event_of
from geotamper.serving.routes.dependencies import TheService
from geotamper.serving.service import Service

router = APIRouter(prefix="/inspections", tags=["inspections"])

HEARTBEAT = 15
"""Seconds between comments that keep the connection open."""

_STREAM = {
    "description": (
        "Events `state` (the state changed, or the stream begins) and `progress`, each with `id`, `state`, `progress`, "
        "`stage` and `error` as JSON; the stream ends after the state `done`, `failed` or `cancelled`, or with the "
        "event `removed`. A stream may be opened at any time and begins with where the "
        "inspection stands; it breaks off where the service ends."
    ),
    "content": {
        "text/event-stream": {
            "schema": {
                "type": "object",
                "required": ["event", "data"],
                "properties": {
                    "event": {"enum": ["state", "progress", "removed"]},
                    "data": {"type": "string", "contentMediaType": "application/json"},
                    "id": {"type": "string"},
                },
            },
            "example": (
                "id: 7\nevent: progress\n"
                'data: {"id": "3f1c5c0f6d2a4b7e9a0c1d2e", "state": "running", "progress": 0.5, '
                '"stage": "finding keypoints", "error": null}\n\n'
            ),
        }
    },
}


@router.get(
    "/{job_id}/events",
    response_class=EventSourceResponse,
    responses={200: _STREAM, **documented(401, 403, 404)},
)
async def watch_inspection(job_id: str, service: TheService) -> EventSourceResponse:
    """Watch an inspection until it is over."""
    await run_in_threadpool(service.require, job_id)
    return EventSourceResponse(_events(job_id, service), ping=HEARTBEAT)


async def _events(job_id: str, service: Service) -> AsyncIterator[ServerSentEvent]:
    state, revision = None, 0
    with service.changes.watching(job_id) as changed:
        while not service.changes.is_closed:
            changed.clear()
            job = await run_in_threadpool(service.store.get, job_id)
            if job is None:
                yield ServerSentEvent(event="removed", data="{}")
                return
            if job.revision != revision:
                kind = "progress" if job.state == state else "state"
                state, revision = job.state, job.revision
                yield ServerSentEvent(event=kind, data=event_of(job).model_dump_json(), id=str(revision))
            if job.is_over:
                return
            await changed.wait()
