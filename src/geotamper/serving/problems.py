"""Errors as problem details (RFC 9457): one JSON shape for everything that goes wrong."""

import sqlite3
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from geotamper.errors import GeotamperError
from geotamper.inspection.report import printable
from geotamper.serving.refusals import ServiceError, disk_full

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What went wrong with a request."""

    type: str = Field(
        default="about:blank",
        description="Names the kind of problem; `about:blank` where the status says it all.",
        examples=["urn:problem-type:geotamper:queue-full"],
    )
    title: str = Field(description="The kind of problem in a few words.", examples=["Too Many Requests"])
    status: int = Field(description="The HTTP status.", examples=[429])
    detail: str = Field(description="What was given, what was expected, and what to do.")
    errors: list[dict[str, Any]] | None = Field(
        default=None,
        description="Of a request that does not fit its description: place and reason of each misfit.",
    )


def problem_response(error: ServiceError) -> JSONResponse:
    """The answer to a request that cannot be served."""
    kind = f"urn:problem-type:geotamper:{error.kind}" if error.kind else "about:blank"
    return _response(error.status, str(error), kind=kind, headers=error.headers)


def add_handlers(app: FastAPI) -> None:
    """Answer every error of `app` with problem details."""
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(GeotamperError, _on_geotamper_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_misfit)
    app.add_exception_handler(OSError, _on_system_error)
    app.add_exception_handler(sqlite3.Error, _on_system_error)
    app.add_exception_handler(Exception, _on_bug)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem responses of a route for its OpenAPI description."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


async def _on_service_error(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this class
    return problem_response(error)


async def _on_geotamper_error(request: Request, error: Exception) -> JSONResponse:
    del request
    return _response(HTTPStatus.UNPROCESSABLE_ENTITY, " ".join(str(error).split()))


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    details = {
        HTTPStatus.NOT_FOUND: f"there is nothing at {request.url.path}; see /api/v1/openapi.json for what there is",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not for {request.url.path}",
    }
    status = HTTPStatus(error.status_code)
    return _response(status, details.get(status, error.detail), headers=error.headers)


async def _on_misfit(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    return misfit_response(error.errors())


def misfit_response(errors: Any) -> JSONResponse:  # noqa: ANN401 - what pydantic gives
    """The answer to values that do not fit: places and reasons, without the values themselves."""
    misfits = [
        {"place": printable(".".join(map(str, item["loc"]))), "reason": printable(item["msg"])}
        for item in errors
    ]
    first = misfits[0] if misfits else {"place": "the request", "reason": "does not fit"}
    return _response(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{first['place']}: {first['reason']}; see /api/v1/openapi.json for what is expected",
        errors=misfits,
    )


async def _on_system_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OSError | sqlite3.Error)  # noqa: S101 - registered for these classes
    full = disk_full(error)
    return problem_response(full) if full is not None else await _on_bug(request, error)


async def _on_bug(request: Request, error: Exception) -> JSONResponse:
    del request, error  # the server's log has the traceback
    return _response(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "the service failed on this request, which is a bug; its log says more",
    )


def _response(
    status: HTTPStatus,
    detail: str,
    *,
    kind: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, Any]] | None = None,
) -> JSONResponse:
    problem = Problem(type=kind, title=status.phrase, status=status, detail=printable(detail), errors=errors)
    return JSONResponse(
        problem.model_dump(exclude_none=True), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )
