"""`manifest.json`: what a converted set consists of, with the hash of every file."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geotamper.atomic import write_text
from geotamper.errors import InputError
from geotamper.sets.layout.names import Fold
from geotamper.sets.parquet.names import MANIFEST_FILE, MANIFEST_SCHEMA, ListName
from geotamper.task.catalogue import QuestionSet


class _ManifestModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class FileEntry(_ManifestModel):
    """Length in bytes and SHA-256 of a file."""

    bytes: int
    sha256: str


class FoldEntry(_ManifestModel):
    """The questions of one fold.

    Attributes:
        rows: How many.
        files: Their Parquet files in order, relative to the manifest.
    """

    rows: int
    files: tuple[str, ...]


class ListEntry(_ManifestModel):
    """One list of questions: that of the full set or that of the balanced subset.

    Attributes:
        folds: The questions of each fold.
        unassigned: Questions without a fold.
        pictures: File of the picture list.
        question_set: How the types are numbered.
        answers: Class indices, type by type.
    """

    folds: dict[Fold, FoldEntry]
    unassigned: FoldEntry
    pictures: str
    question_set: QuestionSet
    answers: tuple[dict[str, int], ...]


class Manifest(_ManifestModel):
    """The whole file.

    Attributes:
        schema_: Name and version of the format.
        name: Of the set.
        version: Of the package that wrote it.
        size: Width and height that pictures were brought to, or None for pictures as they were.
        storage: Whether pictures are single files or stand in tar shards.
        lists: The full set and its balanced subset, or one of them.
        sidecar: Whether `geotamper.json` is there.
        files: Every file but the pictures, whose hashes are in `files.parquet`.
    """

    schema_: Literal["geotamper.parquet/1"] = Field(default=MANIFEST_SCHEMA, alias="schema")
    name: str
    version: str
    size: tuple[int, int] | None
    storage: Literal["files", "shards"]
    lists: dict[ListName, ListEntry]
    sidecar: bool
    files: dict[str, FileEntry]


def read_manifest(root: Path) -> Manifest:
    """Read the manifest of a converted set.

    Raises:
        InputError: It is missing, damaged or of another version.
    """
    path = root / MANIFEST_FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror or error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "its content"
        raise InputError(
            f"'{path}' is no manifest of version '{MANIFEST_SCHEMA}': {place}: {first['msg']}; "
            "convert the set again"
        ) from error


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(root / MANIFEST_FILE, manifest.model_dump_json(by_alias=True, indent=1) + "\n")


def describe_file(path: Path) -> FileEntry:
    """Length and hash of a file.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return FileEntry(bytes=stream.tell(), sha256=digest)
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror or error})") from error


def changed_files(root: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Files of the manifest that are missing or have another hash: path and what is wrong."""
    for name, entry in manifest.files.items():
        path = root / name
        if not path.is_file():
            yield name, "is missing"
        elif describe_file(path) != entry:
            yield name, "differs from its hash in the manifest"
