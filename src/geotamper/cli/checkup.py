"""What `geotamper doctor` looks at."""

import os
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import FunctionType

from geotamper._version import __version__
from geotamper.classical.names import METHOD_NAMES
from geotamper.weights import PACKAGED

LIBRARIES = (
    "numpy",
    "opencv-python-headless",
    "numba",
    "pillow",
    "rasterio",
    "onnxruntime",
    "shapely",
    "pydantic",
    "typer",
)


def checkup() -> Iterator[tuple[str, str]]:
    """Names and states of everything that results may depend on."""
    yield "geotamper", __version__
    yield "python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "system", platform.platform()
    for name in LIBRARIES:
        yield name, _version(name)
    yield "gdal", _gdal_version()
    yield "processors", str(_processors())
    yield "memory", _memory()
    yield "compiled loops", _compiled_state()
    for weights in PACKAGED:
        yield weights.name, f"{weights.licence}, SHA-256 {weights.digest()[:16]}..."
    yield "detectors", f"inspector; references: {', '.join(METHOD_NAMES)} (all on the CPU)"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing; reinstall geotamper with pip"


def _gdal_version() -> str:
    import rasterio

    return str(rasterio.__gdal_version__)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity
        return os.cpu_count() or 1


def _memory() -> str:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return "unknown"
    return f"{total / 1e9:.1f} GB"


def _compiled_state() -> str:
    """Whether the machine code of the loops is kept on disk, so that a run does not wait for the compiler."""
    from geotamper.evidence.loops import discs, likeness, lists, predictions

    loops = [
        value
        for module in (discs, likeness, lists, predictions)
        for value in vars(module).values()
        if hasattr(value, "py_func") and value.py_func.__module__ == module.__name__
    ]
    folders = {loop.stats.cache_path for loop in loops}
    kept = [loop for loop in loops if _is_kept(loop.py_func, loop.stats.cache_path)]
    place = ", ".join(sorted(str(folder) for folder in folders if folder))
    if len(kept) == len(loops):
        return f"on disk in {place}"
    if not place:
        return "compiled in every process, because no folder for them is writable"
    return f"{len(kept)} of {len(loops)} on disk; the first inspection compiles the others into {place}"


def _is_kept(function: FunctionType, folder: str | None) -> bool:
    module = function.__module__.rpartition(".")[2]
    return folder is not None and any(Path(folder).glob(f"{module}.{function.__name__}-*.nbi"))
