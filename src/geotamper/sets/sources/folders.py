"""Finding a set's folders and pairing its files, whatever their case, with messages that name what is missing."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from geotamper.imagery.discovery import natural_key
from geotamper.sets.sources.errors import LayoutError, TileError


def require_root(root: Path) -> None:
    """Refuse a root that is no folder.

    Raises:
        LayoutError: It is missing, or a file.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise LayoutError(
            f"'{root}' {what}; expected the folder of an imagery set: unpack its archives first"
        )


def find_folder(parent: Path, *names: str) -> Path | None:
    """The first of the names that is a folder in `parent`, case ignored; None without any."""
    folders = {path.name.casefold(): path for path in subfolders(parent)}
    return next((folders[name.casefold()] for name in names if name.casefold() in folders), None)


def require_folder(parent: Path, *names: str, holding: str) -> Path:
    """Like `find_folder`, for a folder that must be there.

    Args:
        parent: Where to look.
        names: The usual name first.
        holding: What it should hold, for the message.

    Raises:
        LayoutError: None of the names is there.
    """
    found = find_folder(parent, *names)
    if found is None:
        other = f" (or {', '.join(names[1:])})" if len(names) > 1 else ""
        present = ", ".join(path.name for path in subfolders(parent)[:8]) or "no folders"
        raise LayoutError(
            f"the folder '{parent / names[0]}'{other} is missing; expected it to hold {holding}; "
            f"'{parent}' has {present}"
        )
    return found


def subfolders(parent: Path) -> list[Path]:
    """Folders in `parent` that are not hidden, sorted naturally; none where it is no folder."""
    if not parent.is_dir():
        return []
    return sorted((p for p in parent.iterdir() if p.is_dir() and not p.name.startswith(".")), key=natural_key)


def list_files(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files in `folder` with one of the suffixes in either case, not hidden, sorted naturally."""
    return sorted(
        (
            path
            for path in folder.iterdir()
            if path.suffix.lower() in suffixes and not path.name.startswith(".") and path.is_file()
        ),
        key=natural_key,
    )


def by_stem(files: Iterable[Path], *, without: str = "") -> dict[str, Path]:
    """Files by stem in lower case, less an ending that all of them carry, such as "_labels".

    Of two files with one stem the first counts.
    """
    found: dict[str, Path] = {}
    for path in files:
        found.setdefault(path.stem.casefold().removesuffix(without.casefold()), path)
    return found


def pair_by_stem(
    pictures: Sequence[Path], labels: Iterable[Path]
) -> tuple[list[tuple[Path, Path]], list[TileError]]:
    """Pair pictures with the label files of the same stem.

    Returns:
        The pairs in the pictures' order, and an error for each picture without labels and for each further
        picture of one stem, because labels belong to one picture.
    """
    known = by_stem(labels)
    first = by_stem(pictures)
    pairs: list[tuple[Path, Path]] = []
    failures: list[TileError] = []
    for picture in pictures:
        stem = picture.stem.casefold()
        if stem not in known:
            failures.append(without_labels(picture))
        elif first[stem] != picture:
            message = (
                f"'{picture}' has the stem of '{first[stem]}'; it is left out: expected one picture per label"
            )
            failures.append(TileError(message, picture))
        else:
            pairs.append((picture, known[stem]))
    return pairs, failures


def without_labels(picture: Path) -> TileError:
    """The error for a picture whose label file is missing."""
    return TileError(f"'{picture}' has no label file of the same name; it is left out", picture)


def require_pictures(count: int, folder: Path, expected: str) -> None:
    """Refuse an empty set.

    Raises:
        LayoutError: Nothing was found.
    """
    if not count:
        raise LayoutError(f"'{folder}' holds no pictures to read; expected {expected}")
