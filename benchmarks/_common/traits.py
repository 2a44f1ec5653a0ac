"""By what the tables are split."""

from _common.records import Record

AREA_BINS = ((600, "below 600 px"), (1500, "600 to 1500 px"), (5000, "1500 to 5000 px"))
LARGEST = "above 5000 px"

ORDER = ("plain", "rotated", "scaled", "rotated and scaled", *(name for _, name in AREA_BINS), LARGEST)
"""Values that have an order of their own; others are sorted by name."""


def traits(record: Record) -> dict[str, str]:
    """What the tables are split by; empty for an untouched picture."""
    if not record.is_forged:
        return {}
    if record.kind == "blur":
        return {
            "blur method": record.blur_method or "unknown",
            "class": record.object_class or "unknown",
            "source": record.source_name,
            "area of the source": area_bin(record.source_area),
            "degradation": record.degradation,
        }
    return {
        "transform": _transform_name(record),
        "class": record.object_class or "unknown",
        "source": record.source_name,
        "area of the source": area_bin(record.source_area),
        "interpolation": record.interpolation or "none",
        "edge": record.edge or "none",
        "degradation": record.degradation,
    }


def _transform_name(record: Record) -> str:
    if record.rotation_deg is None or record.scale is None:
        return record.kind
    turned, scaled = record.rotation_deg % 360 != 0, record.scale != 1
    return {
        (False, False): "plain",
        (True, False): "rotated",
        (False, True): "scaled",
        (True, True): "rotated and scaled",
    }[turned, scaled]


def area_bin(pixels: int) -> str:
    """The bin of a source area; a bin takes its lower border."""
    return next((name for bound, name in AREA_BINS if pixels < bound), LARGEST)


def rank(value: str) -> tuple[int, str]:
    """Sort key for the values of a trait."""
    return (ORDER.index(value) if value in ORDER else len(ORDER), value)
