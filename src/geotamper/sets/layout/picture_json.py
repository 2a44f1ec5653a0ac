"""The picture list: `All_Images.json`."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geotamper.atomic import atomic_path
from geotamper.errors import InputError
from geotamper.sets.layout.documents import load_document
from geotamper.sets.layout.records import Info, SetPicture


def read_pictures(path: Path) -> Mapping[int, SetPicture]:
    """Read the picture list; fields that the format does not know are left out.

    Returns:
        Every picture by its id, in the order of the file.

    Raises:
        InputError: The file is missing or damaged, a record lacks its id, or an id comes twice.
    """
    document = load_document(path)
    records = document.get("images") if isinstance(document, dict) else None
    if not isinstance(records, list):
        raise InputError(f"'{path}' has no list 'images'; expected the pictures of a set")
    pictures: dict[int, SetPicture] = {}
    # The parsed records are dropped one by one: both forms of a large set would not fit beside each other.
    records.reverse()
    while records:
        picture = _picture(records.pop(), len(pictures) + 1, path)
        if picture.id in pictures:
            raise InputError(f"picture {picture.id} comes twice in '{path}'; expected every id once")
        pictures[picture.id] = picture
    return MappingProxyType(pictures)


def _picture(record: Any, place: int, path: Path) -> SetPicture:  # noqa: ANN401 - any JSON
    if not isinstance(record, dict) or type(record.get("id")) is not int:
        raise InputError(f"record {place} of '{path}' has no whole number 'id'; expected a picture")
    questions, info = record.get("questions_ids", []), record.get("info", {})
    if not isinstance(questions, list) or not all(type(number) is int for number in questions):
        raise InputError(f"picture {record['id']} of '{path}' has 'questions_ids' that are no whole numbers")
    if not isinstance(info, dict) or not all(type(value) in (str, int, float) for value in info.values()):
        raise InputError(f"picture {record['id']} of '{path}' has an 'info' that is no table of answers")
    return SetPicture(
        id=record["id"],
        question_ids=tuple(questions),
        active=bool(record.get("active", True)),
        origin_dataset=sys.intern(str(record.get("origin_dataset", ""))),
        caption=sys.intern(str(record.get("caption", ""))),
        info={key: sys.intern(value) if type(value) is str else value for key, value in info.items()},
    )


def picture_document(picture: SetPicture) -> dict[str, int | bool | str | list[int] | Info]:
    """The record of one picture."""
    return {
        "id": picture.id,
        "questions_ids": list(picture.question_ids),
        "active": picture.active,
        "origin_dataset": picture.origin_dataset,
        "caption": picture.caption,
        "info": dict(picture.info),
    }


def write_pictures(path: Path, pictures: Iterable[SetPicture]) -> None:
    """Write the picture list with one record a line, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write('{"images": [')
        separator = "\n"
        for picture in pictures:
            stream.write(separator + json.dumps(picture_document(picture), ensure_ascii=False))
            separator = ",\n"
        stream.write("\n]}\n")
