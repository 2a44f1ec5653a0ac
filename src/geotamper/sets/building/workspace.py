"""The folder of a set while it is built: which set it will be, what is finished, and what to tidy up."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geotamper._version import __version__
from geotamper.atomic import write_text
from geotamper.errors import InputError, OutputError
from geotamper.sets.building.presets import BuildSettings
from geotamper.sets.layout import ROLES, Sidecar, read_sidecar
from geotamper.sets.layout.documents import load_document
from geotamper.sets.layout.names import JSON_FOLDER, SIDECAR_FILE
from geotamper.sets.sources.protocol import Listing, SourceInfo

WORK_FOLDER = ".geotamper-build"
"""Holds the journals; gone when the set is complete."""

_IDENTITY_FILE = "build.json"

Identity = Mapping[str, str | int | None]


def identify(settings: BuildSettings, info: SourceInfo, listing: Listing) -> Identity:
    """What makes two runs build the same set, whatever the number of processes.

    Raw files are told apart by name and size, not by their pixels, which would take as long as building.
    """
    digest = hashlib.sha256()
    for ref in listing.tiles:
        raw = ref.raw
        sizes = [_size(path) for path in (raw.picture, raw.labels, raw.instances) if path is not None]
        digest.update(json.dumps([ref.id, raw.group, raw.fold, sizes]).encode())
    return {
        "version": __version__,
        "preset": settings.preset,
        "images": settings.images,
        "seed": settings.seed,
        "wording": settings.wording,
        "per_object": settings.per_object,
        "source": info.name,
        "tiles": len(listing.tiles),
        "listing": digest.hexdigest(),
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1  # reading the tile reports it


class Workspace:
    """The folder of one set.

    Attributes:
        root: The folder.
        identity: Of the set.

    Raises:
        OutputError: The folder holds something else, or cannot be written.
    """

    def __init__(self, root: Path, identity: Identity) -> None:
        self.root = root
        self.identity = identity
        self._work = root / WORK_FOLDER
        if root.exists() and not root.is_dir():
            raise OutputError(f"'{root}' is a file; expected a folder for the set, new or empty")
        self.finished = self._finished_set()
        if self.finished is None:
            self._begin()

    @property
    def surveys(self) -> Path:
        """Journal of the raw tiles."""
        return self._work / "tiles.jsonl"

    @property
    def pictures(self) -> Path:
        """Journal of the pictures."""
        return self._work / "pictures.jsonl"

    def close(self) -> None:
        """Remove the journals; the set is complete."""
        shutil.rmtree(self._work, ignore_errors=True)

    def _finished_set(self) -> Sidecar | None:
        sidecar = read_sidecar(self.root / SIDECAR_FILE)
        if sidecar is None:
            return None
        self._require_same(sidecar.settings.get("identity", {}), "holds a finished set")
        self.close()
        return sidecar

    def _begin(self) -> None:
        path = self._work / _IDENTITY_FILE
        try:
            known = load_document(path) if path.is_file() else None
        except InputError:
            known = None
        if known is not None:
            self._require_same(known, "holds an unfinished set")
        elif self.root.is_dir() and any(entry.name != WORK_FOLDER for entry in self.root.iterdir()):
            raise OutputError(
                f"'{self.root}' holds files that are no unfinished set; choose a new or empty folder"
            )
        else:
            write_text(path, json.dumps(dict(self.identity)) + "\n")
        self._tidy()

    def _require_same(self, known: Any, what: str) -> None:  # noqa: ANN401 - any JSON
        if known == dict(self.identity):
            return
        given = known if isinstance(known, dict) else {}
        differing = [name for name, value in self.identity.items() if given.get(name) != value]
        raise OutputError(
            f"'{self.root}' {what} that differs in {', '.join(differing)}; choose another folder, remove this one, or "
            "repeat the command that began it"
        )

    def _tidy(self) -> None:
        """Remove temporary files of a process that was killed; no check shall meet them."""
        for folder in (self.root, self.root / JSON_FOLDER, *(self.root / role for role in ROLES)):
            for path in folder.glob(".*.part*") if folder.is_dir() else ():
                with contextlib.suppress(OSError):
                    path.unlink()
