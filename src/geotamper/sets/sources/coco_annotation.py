"""A COCO JSON file: its objects by picture."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geotamper.sets.sources.errors import LayoutError


@dataclass(frozen=True)
class CocoObject:
    """One annotation.

    Attributes:
        id: As in the file.
        category: Name of its category.
        area: Square pixels, as the file says.
        is_crowd: A region with many objects that were not told apart.
        segmentation: Polygons, each [x0, y0, x1, y1, ...], or run lengths.
    """

    id: int
    category: str
    area: float
    is_crowd: bool
    segmentation: list[list[float]] | dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class CocoFile:
    """What a file holds.

    Attributes:
        objects: Annotations by `file_name`, in the order of the file's pictures; also pictures without any.
        licences: Name of the licence by `file_name`, where the file names one.
        sizes: Width and height by `file_name`, where the file has them.
    """

    objects: Mapping[str, list[CocoObject]]
    licences: Mapping[str, str]
    sizes: Mapping[str, tuple[int, int]]


def load_coco(path: Path) -> CocoFile:
    """Read a file.

    Raises:
        LayoutError: No JSON, or without the parts that a COCO file has.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        categories = {c["id"]: str(c["name"]) for c in content["categories"]}
        terms = {entry["id"]: entry.get("name") for entry in content.get("licenses") or ()}
        names = {image["id"]: str(image["file_name"]) for image in content["images"]}
        licences = {
            str(image["file_name"]): str(terms[image["license"]])
            for image in content["images"]
            if terms.get(image.get("license"))
        }
        sizes = {
            str(image["file_name"]): (int(image["width"]), int(image["height"]))
            for image in content["images"]
            if image.get("width") and image.get("height")
        }
        objects: dict[str, list[CocoObject]] = {name: [] for name in names.values()}
        for annotation in content["annotations"]:
            objects[names[annotation["image_id"]]].append(_object(annotation, categories))
    except KeyError as error:
        raise LayoutError(
            f"'{path}' lacks {error} or refers to it; expected COCO annotations with images, annotations and "
            "categories that name each other's ids"
        ) from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LayoutError(f"'{path}' cannot be read ({reason}); expected COCO annotations, JSON") from error
    return CocoFile(objects, licences, sizes)


def _object(annotation: Mapping[str, Any], categories: Mapping[Any, str]) -> CocoObject:
    segmentation = annotation.get("segmentation") or []
    if isinstance(segmentation, str):  # some sets store the list of polygons as text
        segmentation = json.loads(segmentation)
    return CocoObject(
        id=int(annotation["id"]),
        category=categories[annotation["category_id"]],
        area=float(annotation.get("area") or 0.0),
        is_crowd=bool(annotation.get("iscrowd")),
        segmentation=segmentation,
    )
