"""Paths of pictures, from what the user named."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geotamper.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".vrt")
"""Suffixes, in lower case, by which pictures are found in folders."""


@dataclass(frozen=True)
class Discovery:
    """What was found, and what could not be looked at.

    Attributes:
        pictures: Files in the order of the given paths, those of a folder sorted naturally; no path twice.
        failures: Given paths (or unreadable subfolders) with the error of each.
    """

    pictures: tuple[Path, ...]
    failures: tuple[tuple[Path, InputError], ...]


def find_pictures(paths: Sequence[Path], *, recursive: bool) -> Discovery:
    """List the pictures that the paths stand for.

    Files pass as given, whatever their suffix: reading tells their format. Folders give their files with
    one of `SUFFIXES` in either case; hidden ones are left out, links to folders are not followed.

    Args:
        paths: Files and folders.
        recursive: Look into subfolders too.

    Returns:
        Pictures and failures; one bad path does not stop the others.
    """
    pictures: dict[Path, None] = {}
    failures: list[tuple[Path, InputError]] = []
    for path in paths:
        try:
            is_folder, exists = path.is_dir(), path.exists()
        except OSError as error:
            failures.append((path, _unlistable(path, error)))
            continue
        if not exists:
            failures.append(
                (path, InputError(f"'{path}' does not exist; expected a picture or a folder of pictures"))
            )
        elif not is_folder:
            pictures[path] = None
        else:
            found, problems = _list_folder(path, recursive=recursive)
            pictures.update(dict.fromkeys(found))
            failures.extend(problems)
            if not found and not problems:
                failures.append((path, _without_pictures(path, recursive=recursive)))
    return Discovery(tuple(pictures), tuple(failures))


def natural_key(path: Path) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Sort key that puts `tile_2` before `tile_10` and ignores case."""
    return tuple(_natural_part(part) for part in path.parts)


def _natural_part(text: str) -> tuple[tuple[int, int, str], ...]:
    pieces = re.findall(r"[0-9]+|[^0-9]+", text)
    keys = [(0, int(piece), "") if piece[0] in "0123456789" else (1, 0, piece.casefold()) for piece in pieces]
    return (*keys, (-1, 0, text))  # the text itself settles ties, so that the order never depends on the disk


def _list_folder(folder: Path, *, recursive: bool) -> tuple[list[Path], list[tuple[Path, InputError]]]:
    problems: list[tuple[Path, InputError]] = []
    found: list[Path] = []

    def remember(error: OSError) -> None:
        place = Path(error.filename) if error.filename else folder
        problems.append((place, _unlistable(place, error)))

    for parent, subfolders, names in os.walk(folder, onerror=remember):
        subfolders[:] = [name for name in subfolders if recursive and not name.startswith(".")]
        found += [
            Path(parent) / name
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    return sorted(found, key=natural_key), problems


def _unlistable(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(f"'{path}' cannot be listed ({reason}); expected a picture or folder that you may read")


def _without_pictures(folder: Path, *, recursive: bool) -> InputError:
    where = "in it or below it" if recursive else "directly in it; subfolders are searched with --recursive"
    return InputError(
        f"'{folder}' is a folder without pictures; expected files ending in {', '.join(SUFFIXES)} {where}"
    )
