"""What routes are handed."""

from typing import Annotated

from fastapi import Depends, Request

from geotamper.serving.service import Service


def _service(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)  # noqa: S101 - put there by create_app
    return service


TheService = Annotated[Service, Depends(_service)]
