"""Tiles of the picture and of what was found in it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response

from geotamper.errors import InputError, SpecificationError
from geotamper.serving.jobs import Job
from geotamper.serving.problems import documented
from geotamper.serving.refusals import ServiceError, not_found
from geotamper.serving.routes.dependencies import TheService
from geotamper.serving.service import Service
from geotamper.serving.tiles import (
    DRAWN_LAYERS,
    LAYERS,
    OUTLINE_LAYERS,
    Rgba,
    TilePlace,
    draw_regions,
    encode_tile,
)

router = APIRouter(prefix="/inspections/{job_id}/tiles", tags=["tiles"])

_Number = Annotated[int, Path(ge=0, le=2**31 - 1)]


@router.get(
    "/{layer}/{z}/{x}/{y}.png",
    response_class=Response,
    responses={
        200: {
            "description": "256 x 256 pixels with transparency.",
            "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        },
        **documented(401, 403, 404, 409, 410, 422),
    },
)
def show_tile(
    job_id: str, layer: str, z: Annotated[int, Path(ge=0, le=40)], x: _Number, y: _Number, service: TheService
) -> Response:
    """Get a tile: at zoom 0 one tile holds the whole picture, and every further zoom doubles the resolution."""
    job = service.require(job_id)
    try:
        tile = _tile(service, job, layer, TilePlace(z, x, y))
    except (InputError, SpecificationError) as error:
        detail = f"'{job.name}' cannot be shown: its inspection says why, or its file is gone"
        raise ServiceError(HTTPStatus.NOT_FOUND, "", detail) from error
    return Response(
        encode_tile(tile), media_type="image/png", headers={"Cache-Control": "private, max-age=3600"}
    )


def _tile(service: Service, job: Job, layer: str, place: TilePlace) -> Rgba:
    for outline in OUTLINE_LAYERS:
        if layer == outline:
            return draw_regions(service.report(job), outline, place)
    for drawn in DRAWN_LAYERS:
        if layer == drawn:
            return service.pictures.drawn(job.id, service.picture_of(job), place, drawn, service.report(job))
    if layer != "picture":
        raise not_found(f"there is no layer '{layer}'; there are {', '.join(LAYERS)}")
    return service.pictures.tile(job.id, service.picture_of(job), place)
