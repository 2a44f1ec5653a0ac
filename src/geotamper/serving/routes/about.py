"""What the service is: health and models."""

from fastapi import APIRouter

from geotamper._version import __version__
from geotamper.inspection.detector import DEFAULT_DETECTOR, DETECTORS
from geotamper.inspection.report import WeightsInfo
from geotamper.serving.problems import documented
from geotamper.serving.responses import DetectorInfo, Health, Models
from geotamper.serving.routes.dependencies import TheService
from geotamper.weights import PACKAGED

router = APIRouter(tags=["service"])


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
