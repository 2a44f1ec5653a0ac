"""A manifest: one line per picture with what its file does not say, such as its group and fold."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from geotamper.sets.layout.names import FOLDS, Fold
from geotamper.sets.sources.errors import LayoutError

MANIFEST_NAME = "manifest.csv"
_LEVELS_UP = 2
_FOLDS: Mapping[str, Fold] = {fold: fold for fold in FOLDS}
_ANSWERS: Mapping[str, bool] = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class ManifestEntry:
    """One line.

    Attributes:
        group: Pictures that may show the same ground, or "" where the manifest does not say.
        fold: Where the group must go, or None.
        source: Name of the imagery set, or "".
        licence: Terms, or "".
        restricted: Whether the terms allow less than free use; None where the manifest does not say.
        gsd_m: Metres per pixel, or None.
    """

    group: str = ""
    fold: Fold | None = None
    source: str = ""
    licence: str = ""
    restricted: bool | None = None
    gsd_m: float | None = None


def find_manifest(root: Path) -> Mapping[Path, ManifestEntry]:
    """Read the manifest in `root` or up to two folders above it.

    Columns: path (relative to the manifest), and as far as wanted group, fold (train, val, test), source,
    licence, restricted (yes or no; anything else says that nobody knows), gsd_m; others are not looked at.

    Returns:
        Entries by absolute path of the picture; none without a manifest.

    Raises:
        LayoutError: The manifest is no such table, or puts one group into two folds.
    """
    absolute = root.resolve()
    for folder in (absolute, *list(absolute.parents)[:_LEVELS_UP]):
        if (folder / MANIFEST_NAME).is_file():
            return _read(folder / MANIFEST_NAME)
    return {}


def _read(path: Path) -> dict[Path, ManifestEntry]:
    entries: dict[Path, ManifestEntry] = {}
    folds: dict[str, Fold | None] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if "path" not in (reader.fieldnames or ()):
                raise LayoutError(
                    f"'{path}' has no column 'path'; expected a line per picture with at least its relative path, or "
                    "no file of this name"
                )
            for row in reader:
                entry = _entry(path, reader.line_num, row)
                entries[(path.parent / (row["path"] or "")).resolve()] = entry
                if entry.group and folds.setdefault(entry.group, entry.fold) != entry.fold:
                    raise LayoutError(
                        f"'{path}' puts the group '{entry.group}' into two folds (line {reader.line_num}); "
                        "expected one fold for all pictures of a group"
                    )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LayoutError(
            f"'{path}' cannot be read ({error}); expected comma-separated UTF-8 text"
        ) from error
    return entries


def _entry(path: Path, line: int, row: Mapping[str, str | None]) -> ManifestEntry:
    fold = (row.get("fold") or "").strip()
    if fold and fold not in _FOLDS:
        raise LayoutError(
            f"'{path}' has the fold '{fold}' in line {line}; expected {', '.join(_FOLDS)} or nothing"
        )
    return ManifestEntry(
        group=(row.get("group") or "").strip(),
        fold=_FOLDS.get(fold),
        source=(row.get("source") or "").strip(),
        licence=(row.get("licence") or "").strip(),
        restricted=_ANSWERS.get((row.get("restricted") or "").strip().casefold()),
        gsd_m=_number(path, line, (row.get("gsd_m") or "").strip()),
    )


def _number(path: Path, line: int, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise LayoutError(
            f"'{path}' has the gsd_m '{text}' in line {line}; expected metres per pixel or nothing"
        )
    return value
