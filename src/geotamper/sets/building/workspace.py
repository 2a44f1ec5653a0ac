"""The folder of a set while it is built: which set it will be, what is finished, and what to tidy up."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from geotamper._version import __version__
from geotamper.atomic import write_text
from geotamper.errors import InputError, OutputError
from geotamper.locks import FolderLock
from geotamper.sets.building.presets import BuildSettings
from geotamper.sets.layout import ROLES, Sidecar, read_sidecar
from geotamper.sets.layout.documents import load_document
from geotamper.sets.layout.names import JSON_FOLDER, SIDECAR_FILE
from geotamper.sets.sources.protocol import Listing, SourceInfo

WORK_FOLDER = ".geotamper-build"
"""Holds the journals; gone when the set is complete."""

_IDENTITY_FILE = "build.json"
_LOCK_FILE = "lock"

Identity = Mapping[str, str | int | None]


def identify(settings: BuildSettings, info: SourceInfo, listing: Listing) -> Identity:
    """What makes two runs build the same set, whatever the number of processes.

    Raw files are told apart by name and size, not by their pixels, which would take as long as building.
    """
    digest = hashlib.sha256()
    for ref in listing.tiles:
        raw = ref.raw
        sizes = [_size(path) for path in (raw.picture, raw.labels, raw.instances) if path is not None]
        terms = [raw.licence, raw.restricted]
        digest.update(json.dumps([ref.id, raw.group, raw.fold, sizes, terms]).encode())
    tables = json.dumps(table_documents(listing), sort_keys=True) if listing.tables else None
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
        "classes": hashlib.sha256(tables.encode()).hexdigest() if tables else None,
    }


def table_documents(listing: Listing) -> dict[str, dict[str, Any]]:
    """The user's tables of classes as JSON data, by the folder that they hold for."""
    return {folder: asdict(record) for folder, record in sorted(listing.tables.items())}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1  # reading the tile reports it


class Workspace:
    """The folder of one set; to be used in a `with` block, which keeps other builds out of it.

    Attributes:
        root: The folder.
        identity: Of the set.
        finished: The sidecar of the set where it is complete, else None.

    Raises:
        OutputError: The folder holds something else, is being built, or cannot be written.
    """

    def __init__(self, root: Path, identity: Identity) -> None:
        self.root = root
        self.identity = identity
        self._work = root / WORK_FOLDER
        if root.exists() and not root.is_dir():
            raise OutputError(f"'{root}' is a file; expected a folder for the set, new or empty")
        self._lock: FolderLock | None = None
        self.finished = self._finished_set()
        if self.finished is None:
            self._require_own()
            self._lock = FolderLock(self._work / _LOCK_FILE, root, state="being built")
            try:
                self.finished = self._finished_set()  # by a build that ended just before the lock was free
                if self.finished is None:
                    self._begin()
            except BaseException:
                self.release()
                raise

    @property
    def surveys(self) -> Path:
        """Journal of the raw tiles."""
        return self._work / "tiles.jsonl"

    @property
    def pictures(self) -> Path:
        """Journal of the pictures."""
        return self._work / "pictures.jsonl"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let other builds into the folder."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def close(self) -> None:
        """Remove the journals; the set is complete."""
        self.release()  # first, because Windows removes no open file; whoever comes now finds a complete set
        shutil.rmtree(self._work, ignore_errors=True)

    def _finished_set(self) -> Sidecar | None:
        sidecar = read_sidecar(self.root / SIDECAR_FILE)
        if sidecar is None:
            return None
        self._require_same(sidecar.settings.get("identity", {}), "holds a finished set")
        self.close()
        return sidecar

    def _require_own(self) -> None:
        """Refuse a folder with other files, before anything is written into it."""
        names = {entry.name for entry in self.root.iterdir()} if self.root.is_dir() else set()
        if names - {WORK_FOLDER} and self._begun() is None:
            raise OutputError(
                f"'{self.root}' holds files that are no unfinished set; choose a new or empty folder"
            )

    def _begun(self) -> Any:  # noqa: ANN401 - any JSON
        """The identity of the unfinished set in the folder, or None."""
        path = self._work / _IDENTITY_FILE
        try:
            return load_document(path) if path.is_file() else None
        except InputError:
            return None

    def _begin(self) -> None:
        known = self._begun()
        if known is not None:
            self._require_same(known, "holds an unfinished set")
        else:
            write_text(self._work / _IDENTITY_FILE, json.dumps(dict(self.identity)) + "\n")
        self._tidy()

    def _require_same(self, known: Any, what: str) -> None:  # noqa: ANN401 - any JSON
        given = known if isinstance(known, dict) else {}
        differing = [name for name, value in self.identity.items() if given.get(name) != value]
        if not differing:
            return
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
