"""Whether the libraries of the service are there."""

from importlib.util import find_spec

from geotamper.errors import MissingLibraryError

_NEEDED = {
    "fastapi": "fastapi",
    "uvicorn": "uvicorn",
    "python_multipart": "python-multipart",
    "sse_starlette": "sse-starlette",
    "prometheus_client": "prometheus-client",
}
"""Names of modules, and of the distributions that bring them."""


def require_serving() -> None:
    """Make sure that the service can be started.

    Raises:
        MissingLibraryError: A library of the extra "serve" is missing.
    """
    missing = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise MissingLibraryError(
            f"the service cannot do without {', '.join(missing)}; "
            "install with: python -m pip install 'geotamper[serve]'"
        )
