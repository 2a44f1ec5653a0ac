"""Inspections: begin, list, look at, cancel, remove."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from geotamper.serving.jobs import JobOptions
from geotamper.serving.problems import documented
from geotamper.serving.refusals import unprocessable
from geotamper.serving.responses import Inspection, Page, address_of, inspection_of, summary_of
from geotamper.serving.routes.dependencies import TheService
from geotamper.serving.uploads import Received, receive

router = APIRouter(prefix="/inspections", tags=["inspections"])

_LOCATION = {"Location": {"description": "Address of the inspection.", "schema": {"type": "string"}}}
_OPTIONS = JobOptions.model_json_schema()["properties"]
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "The picture."},
                    **_OPTIONS,
                },
                "additionalProperties": False,
            },
            "encoding": {"questions": {"style": "form", "explode": True}},
        },
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["path"],
                "properties": {
                    "path": {
                        "type": "string",
                        "description": "Of a picture on the service's machine, under a folder that is allowed.",
                    },
                    **_OPTIONS,
                },
                "additionalProperties": False,
            },
            "example": {"path": "/data/scenes/scene.tif", "questions": ["Was the copy rotated?"]},
        },
    },
}


@router.post(
    "",
    status_code=202,
    response_model=Inspection,
    responses={
        202: {
            "headers": _LOCATION,
            "description": "Queued; with a repeated Idempotency-Key, the inspection of before.",
        },
        **documented(400, 401, 403, 404, 413, 415, 422, 429, 507),
    },
    openapi_extra={"requestBody": _BODY},
)
async def begin_inspection(
    request: Request,
    response: Response,
    service: TheService,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="Chosen by the client: a repetition with the same key begins nothing new.",
        ),
    ] = None,
) -> Inspection:
    """Queue the inspection of a picture, sent as `file` of a multipart form or named by its `path`."""
    await run_in_threadpool(service.check_room)
    received = await receive(request, service.folders.incoming, max_upload=service.settings.max_upload)
    job = await run_in_threadpool(_submit, service, received, idempotency_key)
    response.headers["Location"] = address_of(job.id)
    return job


@router.get("", responses=documented(401, 403, 422))
def list_inspections(
    service: TheService,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 50,
    cursor: Annotated[
        str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")
    ] = None,
) -> Page:
    """List inspections, newest first."""
    jobs = service.store.page(limit=limit + 1, before=None if cursor is None else int(cursor))
    shown = jobs[:limit]
    return Page(
        items=[summary_of(job) for job in shown],
        next=str(shown[-1].number) if len(jobs) > limit else None,
    )


@router.get("/{job_id}", responses=documented(401, 403, 404, 410))
def show_inspection(job_id: str, service: TheService) -> Inspection:
    """Tell where an inspection stands, with its report once it is done."""
    return inspection_of(service.require(job_id), service)


@router.post("/{job_id}/cancel", responses=documented(401, 403, 404))
def cancel_inspection(job_id: str, service: TheService) -> Inspection:
    """Cancel an inspection and keep it in the list; one that is over stays as it is."""
    return inspection_of(service.cancel(job_id), service)


@router.delete("/{job_id}", status_code=204, responses=documented(401, 403, 404))
def remove_inspection(job_id: str, service: TheService) -> None:
    """Cancel an inspection where it is not over, and remove it with its picture and its report."""
    service.remove(job_id)


def _submit(service: TheService, received: Received, key: str | None) -> Inspection:
    values, upload = dict(received.values), received.upload
    path = values.pop("path", None)
    try:
        options = JobOptions.model_validate(values)
        if upload is not None and path is None:
            return inspection_of(service.submit_upload(upload, options, key), service)
    except ValidationError as error:
        raise RequestValidationError(
            [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        ) from error
    finally:
        if upload is not None:
            upload.path.unlink(missing_ok=True)
    if upload is not None:
        raise unprocessable("two-pictures", "both a file and a path were sent; send one of them")
    if not isinstance(path, str) or not path:
        raise unprocessable(
            "no-picture", "no picture was sent; send it as 'file' of a multipart form, or its 'path'"
        )
    return inspection_of(service.submit_path(path, options, key), service)
