"""Tiles of the picture and of what was found in it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response

from geotamper.errors import InputError
from geotamper.serving.problems import documented
from geotamper.serving.refusals import ServiceError, not_found
from geotamper.serving.routes.dependencies import TheService
from geotamper.serving.tiles import LAYERS, TilePlace, draw_regions, encode_tile

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
    place = TilePlace(z, x, y)
    if layer == "picture":
        try:
            tile = service.pictures.tile(job_id, service.folders.picture_of(job), place)
        except InputError as error:
            detail = f"'{job.name}' cannot be shown: its inspection says why, or its file is gone"
            raise ServiceError(HTTPStatus.NOT_FOUND, "", detail) from error
    elif layer in LAYERS:
        tile = draw_regions(service.report(job), layer, place)
    else:
        raise not_found(f"there is no layer '{layer}'; there are {', '.join(LAYERS)}")
    return Response(
        encode_tile(tile), media_type="image/png", headers={"Cache-Control": "private, max-age=3600"}
    )
