"""The description of the service, with its own problems in place of the framework's."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from geotamper.serving.problems import MEDIA_TYPE, Problem

_FOREIGN = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the service, made once.

    Args:
        app: With all routes.
    """
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document["components"]["schemas"]
        for name in _FOREIGN:
            schemas.pop(name, None)
        schemas["Problem"] = Problem.model_json_schema()
        for methods in document["paths"].values():
            for operation in methods.values():
                _drop_foreign(operation["responses"])
        document["components"]["securitySchemes"] = {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "Wanted by services that listen beyond their own machine.",
            }
        }
        document["security"] = [{"token": []}, {}]
        app.openapi_schema = document
    return app.openapi_schema


def _drop_foreign(responses: dict[str, Any]) -> None:
    """Drop what the framework adds for requests that do not fit; where that can be, a problem is documented."""
    found = responses.get("422")
    if found is not None and MEDIA_TYPE not in found["content"]:
        del responses["422"]
