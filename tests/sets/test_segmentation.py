import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.sets.layout import (
    CLASSES_BY_LEVEL,
    SEGMENTATION_LEVELS,
    decode_segmentation,
    encode_segmentation,
    majority_class,
)


def test_levels_are_multiples_of_thirty() -> None:
    assert list(SEGMENTATION_LEVELS.values()) == [30, 60, 90, 120, 150, 180, 210]
    assert CLASSES_BY_LEVEL[0] == "Building"
    assert CLASSES_BY_LEVEL[-1] == "Vegetation"


@given(st.lists(st.integers(0, 7), min_size=1, max_size=40))
def test_class_maps_survive(numbers: list[int]) -> None:
    class_map = np.array([numbers])
    ids = {place + 1: name for place, name in enumerate(CLASSES_BY_LEVEL)}
    grey = encode_segmentation(class_map, ids)
    assert grey.dtype == np.uint8
    assert np.array_equal(decode_segmentation(grey), class_map - 1)


def test_levels_are_read_by_the_nearest_one() -> None:
    grey = np.array([[29, 60, 92, 121, 152, 177, 208, 255, 240]], dtype=np.uint8)
    assert decode_segmentation(grey).tolist() == [[0, 1, 2, 3, 4, 5, 6, -1, -1]]


def test_majority_class_takes_the_lower_level_of_equals() -> None:
    grey = np.array([[60, 30, 255, 255]], dtype=np.uint8)
    everywhere = np.ones((1, 4), dtype=np.bool_)
    assert majority_class(grey, everywhere) == "Building"
    assert majority_class(grey, grey == 60) == "Car"
    assert majority_class(grey, grey == 255) is None


def test_encode_refuses_what_it_cannot_write() -> None:
    with pytest.raises(SpecificationError, match="0 to 255"):
        encode_segmentation(np.array([[256]]), {})
    with pytest.raises(SpecificationError, match="unknown classes"):
        encode_segmentation(np.array([[1]]), {1: "Boat"})  # type: ignore[dict-item]
