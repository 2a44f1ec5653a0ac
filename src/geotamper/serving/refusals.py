"""Requests that a service does not serve, with the HTTP status that says so."""

import errno
import sqlite3
from collections.abc import Mapping
from http import HTTPStatus

from geotamper.errors import GeotamperError

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class ServiceError(GeotamperError):
    """A request that cannot be served.

    Args:
        status: For the client.
        kind: Last part of the problem's type; empty for `about:blank`.
        detail: What was given, what was expected, and what to do.
        headers: To be sent along.
    """

    def __init__(
        self, status: HTTPStatus, kind: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.headers = dict(headers or {})


class QueueFullError(ServiceError):
    """So many inspections wait already."""

    def __init__(self, waiting: int) -> None:
        super().__init__(
            HTTPStatus.TOO_MANY_REQUESTS,
            "queue-full",
            f"{waiting} inspections wait already, which is all that this service queues; try again later",
            {"Retry-After": "30"},
        )


class KeyReusedError(ServiceError):
    """An idempotency key came with two different requests."""

    def __init__(self, key: str) -> None:
        super().__init__(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "idempotency-key-reused",
            f"the Idempotency-Key '{key}' was used before with another picture or other options; send a new key",
        )


def not_found(detail: str) -> ServiceError:
    """The error of an address behind which there is nothing."""
    return ServiceError(HTTPStatus.NOT_FOUND, "", detail)


def unprocessable(kind: str, detail: str) -> ServiceError:
    """The error of a request that is well-formed and cannot be done."""
    return ServiceError(HTTPStatus.UNPROCESSABLE_ENTITY, kind, detail)


def disk_full(error: OSError | sqlite3.Error) -> ServiceError | None:
    """The error of a full disk, where it was the disk."""
    is_full = error.errno in _FULL if isinstance(error, OSError) else "full" in str(error)
    if not is_full:
        return None
    return ServiceError(
        HTTPStatus.INSUFFICIENT_STORAGE,
        "disk-full",
        "the disk of the service is full; remove inspections that are no longer needed, or tell its operator",
    )
