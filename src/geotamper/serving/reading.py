"""From what a client chose to how its picture is read, alike for the inspection and for the tiles."""

from pathlib import Path

from geotamper.imagery.area import Area
from geotamper.imagery.read_options import ReadOptions
from geotamper.serving.jobs import Job, JobOptions


def read_options(options: JobOptions, vrt_root: Path) -> ReadOptions:
    """How a picture is read.

    Args:
        options: What the client chose.
        vrt_root: Folder that all files named by a VRT must lie in.

    Raises:
        SpecificationError: Bands, percentiles or area are out of range.
    """
    area = None
    if options.window is not None:
        area = Area.from_window(*options.window)
    elif options.bbox is not None:
        area = Area.from_bbox(*options.bbox)
    return ReadOptions(options.bands, options.stretch, area, vrt_root)


def vrt_root(job: Job, upload: Path, allowed_roots: tuple[Path, ...]) -> Path:
    """Where files named by a VRT may lie: the allowed root of a picture given by path, nowhere else for uploads."""
    if job.path is not None:
        for root in allowed_roots:
            if job.path.is_relative_to(root.resolve()):
                return root.resolve()
    return upload.parent
