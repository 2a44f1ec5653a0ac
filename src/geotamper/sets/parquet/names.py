"""Names of the Parquet layout, and the library that reads it."""

from types import ModuleType
from typing import Literal

from geotamper.errors import MissingLibraryError

MANIFEST_FILE = "manifest.json"
MANIFEST_SCHEMA: Literal["geotamper.parquet/1"] = "geotamper.parquet/1"
FILES_FILE = "files.parquet"
SHARD_FOLDER = "shards"

ListName = Literal["full", "balanced"]


def data_folder(name: ListName) -> str:
    """Folder of the question files; `datasets.load_dataset` takes that of the full set by its name."""
    return "data" if name == "full" else "data-balanced"


def pictures_file(name: ListName) -> str:
    """File of the picture list."""
    return "pictures.parquet" if name == "full" else "pictures-balanced.parquet"


def arrow() -> tuple[ModuleType, ModuleType]:
    """The modules `pyarrow` and `pyarrow.parquet`.

    Raises:
        MissingLibraryError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingLibraryError(
            "Parquet needs the library pyarrow; install it with 'pip install geotamper[parquet]'"
        ) from error
    return pa, parquet
