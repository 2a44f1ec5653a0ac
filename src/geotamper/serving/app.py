"""The application: routes, errors, guard and the work behind them."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool

from geotamper._version import __version__
from geotamper.serving.metrics import CountRequests, Metrics
from geotamper.serving.openapi import describe
from geotamper.serving.problems import add_handlers
from geotamper.serving.responses import API
from geotamper.serving.routes import about, artifacts, events, inspections, questions, tiles
from geotamper.serving.security import Guard
from geotamper.serving.service import Service
from geotamper.serving.settings import ServiceSettings

_ABOUT = """Finds copied, turned, scaled and blurred-away objects in remote-sensing pictures, and answers questions
about them. An inspection is begun with a picture, watched, asked about, and removed."""


def create_app(settings: ServiceSettings) -> FastAPI:
    """Build the service.

    Args:
        settings: What its operator decides.

    Raises:
        OutputError: The data folder cannot be used, or another service uses it.
    """
    metrics = Metrics()
    service = Service(settings, metrics)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        await run_in_threadpool(service.start)
        try:
            yield
        finally:
            await run_in_threadpool(service.stop)

    app = FastAPI(
        title="geotamper",
        version=__version__,
        description=_ABOUT,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # the pages of these tools come from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    app.openapi = partial(describe, app)  # type: ignore[method-assign] # the way that FastAPI documents
    add_handlers(app)
    api = APIRouter(prefix=API)
    for module in (inspections, events, questions, artifacts, tiles, about):
        api.include_router(module.router)
    app.include_router(api)
    app.include_router(about.metrics_router)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(CountRequests, metrics=metrics)
    return app


def service_of(app: FastAPI) -> Service:
    """The service behind an application."""
    service = app.state.service
    assert isinstance(service, Service)  # noqa: S101 - put there by create_app
    return service
