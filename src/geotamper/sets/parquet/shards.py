"""Pictures in tar files that are not compressed, and the index that finds each of them.

Members are named `<id>.<role>.png`, as WebDataset wants them, so other tools read the shards too; the index makes
every single file reachable without reading the tar from its beginning.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.atomic import atomic_path
from geotamper.errors import InputError
from geotamper.sets.layout.names import ROLES, Role
from geotamper.sets.parquet.names import FILES_FILE, SHARD_FOLDER, arrow

SHARD_BYTES = 256 * 2**20
"""A shard is closed when it holds at least this much."""

_BLOCK = 512


@dataclass
class FileIndex:
    """Where every file of every picture is, column by column.

    Attributes:
        pictures: Ids.
        roles: What the file is.
        paths: Of the file itself or of the shard that holds it, relative to the manifest.
        offsets: First byte within the shard; 0 for single files.
        sizes: Bytes.
        digests: SHA-256.
    """

    pictures: list[int] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)

    def add(self, picture: int, role: Role, path: str, content: bytes, *, offset: int = 0) -> None:
        """Append one file."""
        self.pictures.append(picture)
        self.roles.append(role)
        self.paths.append(path)
        self.offsets.append(offset)
        self.sizes.append(len(content))
        self.digests.append(hashlib.sha256(content).digest())

    def write(self, root: Path) -> None:
        """Write `files.parquet`, whole or not at all.

        Raises:
            OutputError: The file cannot be written.
        """
        pa, parquet = arrow()
        columns = {
            "img_id": pa.array(self.pictures, pa.int64()),
            "role": pa.array(self.roles, pa.string()),
            "path": pa.array(self.paths, pa.string()),
            "offset": pa.array(self.offsets, pa.int64()),
            "bytes": pa.array(self.sizes, pa.int64()),
            "sha256": pa.array(self.digests, pa.binary(32)),
        }
        with atomic_path(root / FILES_FILE) as temporary:
            parquet.write_table(pa.table(columns), temporary, compression="zstd")


def read_digests(root: Path) -> dict[tuple[int, str], str]:
    """SHA-256 of every picture file, hexadecimal, by picture and role.

    Raises:
        InputError: `files.parquet` is missing or damaged.
    """
    table = _read_index(root, ["img_id", "role", "sha256"])
    columns = [table.column(name).to_pylist() for name in ("img_id", "role", "sha256")]
    return {(picture, role): digest.hex() for picture, role, digest in zip(*columns, strict=True)}


def _read_index(root: Path, columns: list[str]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    pa, parquet = arrow()
    path = root / FILES_FILE
    try:
        return parquet.read_table(path, columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"'{path}' cannot be read as Parquet ({error}); convert the set again") from error


def write_shards(
    root: Path, files: Iterable[tuple[int, Role, bytes]], index: FileIndex, *, shard_bytes: int = SHARD_BYTES
) -> list[str]:
    """Write files into shards, each shard whole or not at all; a picture never spans two of them.

    Args:
        root: The folder of the converted set.
        files: Picture, role and content; those of one picture follow each other.
        index: Takes the place of every file.
        shard_bytes: A shard is closed after the picture that makes it at least this large.

    Returns:
        Paths of the shards, relative to `root`.

    Raises:
        OutputError: A shard cannot be written.
    """
    names: list[str] = []
    with ExitStack() as stack:
        shard: tarfile.TarFile | None = None
        last: int | None = None
        for picture, role, content in files:
            if shard is not None and picture != last and shard.offset >= shard_bytes:
                stack.pop_all().close()
                shard = None
            if shard is None:
                names.append(f"{SHARD_FOLDER}/pictures-{len(names):05d}.tar")
                temporary = stack.enter_context(atomic_path(root / names[-1]))
                shard = stack.enter_context(tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT))
            member = tarfile.TarInfo(f"{picture}.{role}.png")
            member.size = len(content)
            index.add(picture, role, names[-1], content, offset=shard.offset + _BLOCK)
            shard.addfile(member, io.BytesIO(content))
            last = picture
    return names


@dataclass(frozen=True)
class _Places:
    """The index sorted by picture and role."""

    keys: npt.NDArray[np.int64]
    shards: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    names: tuple[str, ...]


@dataclass(frozen=True)
class ShardedFiles:
    """The pictures of a set in tar shards.

    Attributes:
        root: The folder of the converted set.
    """

    root: Path

    @cached_property
    def _places(self) -> _Places:
        table = _read_index(self.root, ["img_id", "role", "path", "offset", "bytes"])
        roles = np.array([ROLES.index(role) for role in table.column("role").to_pylist()], dtype=np.int64)
        paths = table.column("path").to_pylist()
        names = tuple(dict.fromkeys(paths))
        number = {name: place for place, name in enumerate(names)}
        keys = table.column("img_id").to_numpy() * len(ROLES) + roles
        order = np.argsort(keys)
        return _Places(
            keys[order],
            np.array([number[path] for path in paths], dtype=np.int32)[order],
            table.column("offset").to_numpy()[order],
            table.column("bytes").to_numpy()[order],
            names,
        )

    def _find(self, picture: int, role: Role) -> int | None:
        key = picture * len(ROLES) + ROLES.index(role)
        place = int(np.searchsorted(self._places.keys, key))
        found = place < len(self._places.keys) and int(self._places.keys[place]) == key
        return place if found else None

    def read(self, picture: int, role: Role) -> bytes:
        """As `PictureStore.read`."""
        place = self._find(picture, role)
        if place is None:
            raise InputError(f"'{self.root}' has no {role} of picture {picture} in its shards")
        path = self.root / self._places.names[self._places.shards[place]]
        size = int(self._places.sizes[place])
        try:
            with path.open("rb") as stream:
                stream.seek(int(self._places.offsets[place]))
                content: bytes = stream.read(size)
        except OSError as error:
            raise InputError(f"'{path}' cannot be read ({error.strerror or error})") from error
        if len(content) != size:
            raise InputError(f"'{path}' ends before the {role} of picture {picture}; fetch the shard again")
        return content

    def has(self, picture: int, role: Role) -> bool:
        """As `PictureStore.has`."""
        return self._find(picture, role) is not None

    def name(self, picture: int, role: Role) -> str:
        """As `PictureStore.name`."""
        return f"{self.root}/{SHARD_FOLDER}/.../{picture}.{role}.png"

    def pictures(self, role: Role) -> Iterator[int]:
        """As `PictureStore.pictures`."""
        keys = self._places.keys
        yield from (keys[keys % len(ROLES) == ROLES.index(role)] // len(ROLES)).tolist()

    def strangers(self) -> Iterator[str]:
        """As `PictureStore.strangers`: a shard holds nothing else."""
        yield from ()
