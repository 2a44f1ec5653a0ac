"""A user's table of classes in YAML: what the numbers, colours or names of a label mean."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geotamper.sets.sources.decoding import IGNORE, Colour, ColourTable
from geotamper.sets.sources.errors import LayoutError
from geotamper.sets.sources.labels import LABEL_IDS

TABLE_NAMES = ("classes.yaml", "classes.yml")
"""Names under which a table is found beside the pictures."""

_COLOUR = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.IGNORECASE)
_IDS = {name.casefold(): identifier for name, identifier in LABEL_IDS.items()} | {"ignore": IGNORE}
_KEYS = {"classes", "others"}

# What annotators call the seven classes; "large vehicle", "Large_Vehicle" and "large-vehicle" are one name.
_SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Car": ("cars", "vehicle", "vehicles", "small vehicle", "large vehicle", "truck", "van", "bus"),
        "Airplane": ("airplanes", "plane", "aeroplane", "aircraft"),
        "Ship": ("ships", "boat", "vessel"),
        "Building": ("buildings", "house", "roof"),
        "Road": ("roads", "street"),
        "Vegetation": ("tree", "trees", "canopy", "forest"),
        "Farmland": ("field", "crop", "agriculture", "agricultural land"),
        "Water": ("river", "lake", "pond"),
        "Bare land": ("barren",),
        "Low vegetation": ("grass", "grassland"),
    }
)


@dataclass(frozen=True)
class TableRecord:
    """What a table says, for whoever wants to know how a set was made.

    Attributes:
        sha256: Of the file.
        classes: Class of each number, colour or category name.
        others: Class of whatever is not listed, or None.
    """

    sha256: str
    classes: Mapping[str, str]
    others: str | None


@dataclass(frozen=True)
class ClassTable:
    """What labels mean.

    Attributes:
        numbers: Id of each number in a mask, or `IGNORE`; empty where masks are colour-coded.
        colours: The colours of masks, or None.
        names: Id of each category name, in the form of `plain_name`.
        others: Id of what the table does not hold, or None where that is an error.
        record: The table as its file has it; None for the project's own table.
    """

    numbers: Mapping[int, int]
    colours: ColourTable | None
    names: Mapping[str, int]
    others: int | None
    record: TableRecord | None = None

    def label_of(self, category: str) -> int:
        """Id of a category, `IGNORE` included; one that the table does not hold is `others`, or "Other"."""
        return self.names.get(plain_name(category), self.others or LABEL_IDS["Other"])


def plain_name(name: str) -> str:
    """A category name without case, underscores and hyphens."""
    return " ".join(re.sub(r"[_\-]+", " ", name).casefold().split())


def default_table() -> ClassTable:
    """The project's own ids for masks, and the usual names of the classes for categories.

    Categories of other names count as other things; other numbers are an error.
    """
    names = {plain_name(name): identifier for name, identifier in LABEL_IDS.items()}
    for name, others in _SYNONYMS.items():
        names |= dict.fromkeys(others, LABEL_IDS[name])
    return ClassTable({i: i for i in LABEL_IDS.values()}, None, names, others=None)


def find_table(given: Path | None, *folders: Path) -> ClassTable:
    """The table that was given, else the first one beside the pictures, else the default.

    Raises:
        LayoutError: As `read_table`.
    """
    if given is not None:
        return read_table(given)
    for folder in folders:
        for name in TABLE_NAMES:
            if (folder / name).is_file():
                return read_table(folder / name)
    return default_table()


def read_table(path: Path) -> ClassTable:
    """Read a table.

    The file holds `classes`, a mapping from numbers, "#RRGGBB" colours or category names to one of the seven
    classes, a kind of ground, "Other" or "Ignore"; and, if wanted, `others` with one of these for whatever is
    not listed. Without it an unlisted number or colour is an error, and an unlisted category is "Other".

    Raises:
        LayoutError: Unreadable, no YAML, or not of this form.
    """
    import yaml

    try:
        raw = path.read_bytes()
        content = yaml.safe_load(raw.decode("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LayoutError(f"the class table '{path}' cannot be read ({reason}); expected YAML") from error
    if not isinstance(content, dict) or not isinstance(content.get("classes"), dict) or set(content) - _KEYS:
        raise LayoutError(
            f"the class table '{path}' is not of the expected form; expected the key 'classes' with a mapping such as "
            "'1: Building', and at most the key 'others' beside it"
        )
    others = _id(path, content["others"]) if "others" in content else None
    record = TableRecord(
        sha256=hashlib.sha256(raw).hexdigest(),
        classes={str(key): str(name) for key, name in content["classes"].items()},
        others=str(content["others"]) if "others" in content else None,
    )
    return replace(_table(path, content["classes"], others), record=record)


def _table(path: Path, classes: dict[Any, Any], others: int | None) -> ClassTable:
    numbers: dict[int, int] = {}
    colours: dict[Colour, int] = {}
    names: dict[str, int] = {}
    for key, name in classes.items():
        identifier = _id(path, name)
        match = _COLOUR.fullmatch(str(key))
        if isinstance(key, int) and not isinstance(key, bool):
            numbers[key] = identifier
        elif match is not None:
            colours[int(match[1], 16), int(match[2], 16), int(match[3], 16)] = identifier
        else:
            names[plain_name(str(key))] = identifier
    if numbers and colours:
        raise LayoutError(
            f"the class table '{path}' mixes numbers and colours; expected one of them: a mask holds either"
        )
    return ClassTable(numbers, ColourTable(colours, others=others) if colours else None, names, others)


def _id(path: Path, name: object) -> int:
    identifier = _IDS.get(str(name).casefold())
    if identifier is None:
        raise LayoutError(
            f"the class table '{path}' names the class '{name}'; expected one of "
            f"{', '.join(LABEL_IDS)} or Ignore"
        )
    return identifier
