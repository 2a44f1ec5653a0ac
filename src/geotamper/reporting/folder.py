"""The folder of one report: JSON, masks, overlay, layers and HTML, all of it or nothing."""

import contextlib
import hashlib
import io
import json
import logging
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from geotamper.atomic import write_bytes, write_text
from geotamper.errors import InputError, MissingLibraryError, OutputError
from geotamper.inspection.exhibit import Exhibit
from geotamper.inspection.report import Artifacts, InspectionReport, printable
from geotamper.reporting.html import render_html
from geotamper.reporting.layers.features import is_placed
from geotamper.reporting.layers.geojson import findings_geojson
from geotamper.reporting.layers.geopackage import write_geopackage
from geotamper.reporting.layers.masks import write_union
from geotamper.reporting.layers.qgis import region_style
from geotamper.reporting.overlay import Pixels, draw_overlay

_LOG = logging.getLogger(__name__)

REPORT_NAME = "report.json"

FILES = (
    REPORT_NAME,
    "report.html",
    "report.pdf",
    "overlay.png",
    "source_mask.png",
    "source_mask.tif",
    "target_mask.png",
    "target_mask.tif",
    "findings.geojson",
    "findings.gpkg",
    "findings.qml",
)
"""What may stand in the folder; what a new report does not have is removed when it replaces an older one."""


def check_writable(out: str) -> None:
    """Make sure that reports can be written under `out`, before any work is done.

    Raises:
        OutputError: The folder cannot be made or written to.
    """
    folder = Path(out)
    probe = folder / f".{secrets.token_hex(4)}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot write into '{out}': {reason}; give --out a folder that you may write to"
        ) from error


def hashed_name(path: str) -> str:
    """The name of a report's folder where the stems of two inputs collide: stem and a short hash."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{Path(path).stem}-{digest[:8]}"


def folder_names(paths: list[str], out: str | None) -> list[str]:
    """A folder name for each input of a run: its stem, with a short hash where stems collide.

    Args:
        paths: As given.
        out: Where the folders will be, or None; reports of other pictures that are there already keep their
            names.
    """
    counts = Counter(Path(path).stem.casefold() for path in paths)
    return [
        hashed_name(path) if counts[Path(path).stem.casefold()] > 1 else free_name(out, path)
        for path in paths
    ]


def free_name(out: str | None, path: str) -> str:
    """The folder name of one report: the stem, unless another picture's report has that name already."""
    stem = Path(path).stem
    if out is None:
        return stem
    try:
        known = json.loads((Path(out) / stem / REPORT_NAME).read_text(encoding="utf-8"))
        is_other = known["image"]["path"] != path
    except (OSError, ValueError, KeyError, TypeError):
        return stem
    return hashed_name(path) if is_other else stem


def save_report(report: InspectionReport, exhibit: Exhibit, out: str, name: str) -> InspectionReport:
    """Write the folder `out`/`name` of one report.

    The files are made in a hidden folder beside it and moved into place together; on an error or Ctrl-C
    nothing of them stays. A picture with CRS and geotransform gets `findings.gpkg` and `findings.qml` too, the former
    where pyogrio is installed.

    Args:
        report: Without artifacts.
        exhibit: Pixels and regions.
        out: As the caller gave it; artifact paths begin with it.
        name: Of the subfolder.

    Returns:
        The report as written, with the paths of its artifacts.

    Raises:
        OutputError: The folder cannot be written.
    """
    place = printable(f"{out.rstrip('/')}/{name}" if out.strip("/") else f"{out}{name}")
    with _whole_folder(Path(out) / name) as folder:
        source = write_union(folder / "source_mask", [item.source for item in exhibit.items], exhibit.source)
        target = write_union(folder / "target_mask", [item.target for item in exhibit.items], exhibit.source)
        overlay = draw_overlay(report, exhibit)
        write_bytes(folder / "overlay.png", _png(overlay))
        has_geojson = _write_geojson(folder / "findings.geojson", report)
        if is_placed(report.image):
            write_text(folder / "findings.qml", region_style())
            _write_geopackage(folder / "findings.gpkg", report)
        complete = report.model_copy(
            update={
                "artifacts": Artifacts(
                    source_mask=f"{place}/{source.name}",
                    target_mask=f"{place}/{target.name}",
                    overlay=f"{place}/overlay.png",
                    html=f"{place}/report.html",
                    geojson=f"{place}/findings.geojson" if has_geojson else None,
                )
            }
        )
        write_text(folder / "report.html", render_html(complete, exhibit, overlay))
        write_text(folder / REPORT_NAME, complete.to_json(indent=2) + "\n")
    return complete


def _write_geojson(path: Path, report: InspectionReport) -> bool:
    """Write the findings as GeoJSON; without a way from the picture's CRS to WGS 84 there is no such file."""
    try:
        text = findings_geojson(report)
    except InputError:
        return False
    write_text(path, text)
    return True


def _write_geopackage(path: Path, report: InspectionReport) -> None:
    """Write the findings as GeoPackage; without the library or a CRS that it knows there is no such file."""
    try:
        write_geopackage(report, path)
    except MissingLibraryError as error:
        _tell_once(str(error))
    except InputError as error:
        _LOG.warning("%s", error)


@cache
def _tell_once(message: str) -> None:
    """Say for a run what would otherwise be said for each of its pictures."""
    _LOG.warning("%s", message)


def _png(pixels: Pixels) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)  # the default takes nearly twice the time
    return buffer.getvalue()


def _keep(path: Path) -> None:
    """See to it that a file outlasts the loss of power."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextlib.contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """Give a temporary folder whose files are moved to `folder` when the block ends without an error."""
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        for path in temporary.iterdir():
            _keep(path)
        if not folder.exists():
            temporary.rename(folder)
            return
        (folder / REPORT_NAME).unlink(missing_ok=True)
        written = sorted(temporary.iterdir(), key=lambda path: path.name == REPORT_NAME)
        # the report comes last: where there is one, the rest is there and belongs to it
        for path in written:
            os.replace(path, folder / path.name)  # noqa: PTH105 - overwrites on every platform
        for stale in set(FILES) - {path.name for path in written}:
            (folder / stale).unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot write '{folder}': {reason}; choose a folder that is writable and has room"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
