"""What the service is: health, models and metrics."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from geotamper._version import __version__
from geotamper.inspection.detector import DEFAULT_DETECTOR, DETECTORS
from geotamper.inspection.report import WeightsInfo
from geotamper.serving.problems import documented
from geotamper.serving.responses import DetectorInfo, Health, Models
from geotamper.serving.routes.dependencies import TheService
from geotamper.weights import PACKAGED

router = APIRouter(tags=["service"])
metrics_router = APIRouter(tags=["service"])
"""Outside the versioned part, where Prometheus looks."""


@router.get("/health", responses=documented(403))
def show_health(service: TheService) -> Health:
    """Tell that the service runs; needs no token."""
    return Health(status="ok", version=__version__, jobs={**service.store.counts()})


@router.get("/models", responses=documented(401, 403))
def show_models() -> Models:
    """List detectors that may be asked for by name, and the trained weights that come with the package."""
    return Models(
        detectors=[DetectorInfo(name=name, is_default=name == DEFAULT_DETECTOR) for name in DETECTORS],
        weights=[
            WeightsInfo(name=item.name, sha256=item.digest(), licence=item.licence) for item in PACKAGED
        ],
    )


@metrics_router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Numbers of the service.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **documented(401, 403),
    },
)
def show_metrics(service: TheService) -> Response:
    """Tell Prometheus the numbers of the service."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)
