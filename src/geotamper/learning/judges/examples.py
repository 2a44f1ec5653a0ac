"""A folder of examples: each file is made once, so that an interrupted training goes on and several can share it."""

import json
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from geotamper.atomic import atomic_path, write_text
from geotamper.errors import InputError

Arrays = dict[str, npt.NDArray[Any]]

STAMP_FILE = "examples.json"


class ExampleFolder:
    """Files of examples and what they depend on.

    Args:
        folder: Where; made when the first file is written.
        origin: What the examples depend on, as JSON data.

    Raises:
        InputError: The folder holds examples of another origin, or something else.
    """

    def __init__(self, folder: Path, origin: Mapping[str, Any]) -> None:
        self.folder = folder
        self._origin = json.loads(json.dumps(origin))
        self.cpu_seconds = self._accept()
        """Processor time that making the files took, in earlier runs too."""

    def _accept(self) -> float:
        path = self.folder / STAMP_FILE
        if not path.is_file():
            if self.folder.is_dir() and any(self.folder.iterdir()):
                raise InputError(
                    f"'{self.folder}' is no folder of examples: it has files but no {STAMP_FILE}; name a new folder"
                )
            return 0.0
        try:
            stamp = json.loads(path.read_text(encoding="utf-8"))
            found, seconds = stamp["origin"], float(stamp["cpu_seconds"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"'{path}' cannot be read ({error}); delete the folder") from error
        if found != self._origin:
            keys = sorted(set(found) | set(self._origin))
            other = [key for key in keys if found.get(key) != self._origin.get(key)]
            raise InputError(
                f"'{self.folder}' holds examples with another {', '.join(other)}; name a new folder, "
                "or delete this one to make them anew"
            )
        return seconds

    def file(self, name: str, make: Callable[[Path], None]) -> Path:
        """A file of this name; made by `make` at the path that it is given, where it is not there yet."""
        path = self.folder / name
        if not path.exists():
            self._stamp(0.0)
            start, counted = time.process_time(), self.cpu_seconds
            with atomic_path(path) as place:
                make(place)
            within = self.cpu_seconds - counted  # of files that this one needed
            self._stamp(time.process_time() - start - within)
        return path

    def arrays(self, name: str, make: Callable[[], Arrays]) -> Arrays:
        """Arrays kept in the file `name`.npz; made where it is not there yet.

        Raises:
            InputError: The file is damaged.
        """

        def write(place: Path) -> None:
            with place.open("wb") as stream:
                np.savez_compressed(stream, **make())  # type: ignore[arg-type]

        return read_arrays(self.file(f"{name}.npz", write))

    def _stamp(self, seconds: float) -> None:
        self.cpu_seconds += seconds
        stamp = {"origin": self._origin, "cpu_seconds": round(self.cpu_seconds, 1)}
        write_text(self.folder / STAMP_FILE, json.dumps(stamp, indent=1) + "\n")


def read_arrays(path: Path) -> Arrays:
    """All arrays of a file.

    Raises:
        InputError: It is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    except (OSError, EOFError, ValueError, BadZipFile, zlib.error) as error:
        raise InputError(f"'{path}' is damaged ({error}); delete it, so that it is made anew") from error
