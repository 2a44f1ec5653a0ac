"""The files of a report."""

import hashlib
from email.utils import formatdate
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from starlette.responses import FileResponse

from geotamper.serving.downloads import Download
from geotamper.serving.problems import documented
from geotamper.serving.refusals import not_found
from geotamper.serving.responses import Artifact, ArtifactList, address_of
from geotamper.serving.routes.dependencies import TheService

router = APIRouter(prefix="/inspections/{job_id}/artifacts", tags=["artifacts"])

_MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".qml": "application/xml",
    ".tif": "image/tiff; application=geotiff",
}
_SHOWN = (".html", ".jpg", ".json", ".pdf", ".png")
"""What browsers show; everything else is saved."""
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups"
)
"""For the report's page: it brings its style and pictures along, and runs nothing."""


@router.get("", responses=documented(401, 403, 404))
def list_artifacts(job_id: str, service: TheService) -> ArtifactList:
    """List the files of the report; there are none before the inspection is done."""
    service.require(job_id)
    folder = service.folders.report_of(job_id)
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return ArtifactList(
        items=[
            Artifact(
                name=path.name,
                media_type=_media_type(path),
                size=path.stat().st_size,
                link=f"{address_of(job_id)}/artifacts/{path.name}",
            )
            for path in files
        ]
    )


@router.get(
    "/{name}",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        },
        206: {"description": "The part of the file that the header Range asks for."},
        304: {"description": "The file that the client has is still right."},
        **documented(400, 401, 403, 404, 416, 422),
    },
)
def show_artifact(
    job_id: str,
    name: str,
    service: TheService,
    if_none_match: Annotated[str | None, Header(description="ETag of the file that the client has.")] = None,
    download: Annotated[  # noqa: FBT002 - a parameter of the address
        bool, Query(description="Save the file also where the browser would show it.")
    ] = False,
) -> Response:
    """Get a file of the report."""
    service.require(job_id)
    folder = service.folders.report_of(job_id)
    names = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    if name not in names:
        raise not_found(f"the inspection has no file '{name}'; see its list of artifacts")
    path = folder / name
    tag = _tag(path)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and tag in [given.strip() for given in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    if path.suffix == ".html":
        headers["Content-Security-Policy"] = _PAGE_POLICY
    shown = "attachment" if download or path.suffix not in _SHOWN else "inline"
    return Download(
        path, media_type=_media_type(path), filename=name, content_disposition_type=shown, headers=headers
    )


def _media_type(path: Path) -> str:
    return _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")


def _tag(path: Path) -> str:
    state = path.stat()
    text = f"{state.st_size}-{state.st_mtime_ns}-{formatdate(state.st_mtime)}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
