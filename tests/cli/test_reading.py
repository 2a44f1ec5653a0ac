"""The options about reading."""

import pytest
import typer

from geotamper.cli.reading import read_options
from geotamper.imagery.read_options import ReadOptions


def test_read_options_are_empty_without_options() -> None:
    assert read_options() == ReadOptions()


def test_read_options_understand_every_form() -> None:
    options = read_options(bands="4, 3,2", stretch="2,98.5", window="10,20,30,40")
    assert (options.bands, options.stretch) == ((4, 3, 2), (2, 98.5))
    assert options.area is not None
    assert options.area.frame == "pixels"
    assert read_options(bands="7").bands == (7,)


@pytest.mark.parametrize(
    "given",
    [
        {"bands": "1,2"},
        {"bands": "a"},
        {"bands": "1.5"},
        {"bands": "0"},
        {"stretch": "5"},
        {"stretch": "90,10"},
        {"stretch": "nan,10"},
        {"window": "1,2,3"},
        {"window": "0,0,0,5"},
        {"window": "0,0,inf,5"},
        {"bbox": "5,5,1,1"},
        {"window": "0,0,5,5", "bbox": "0,0,5,5"},
    ],
)
def test_read_options_refuse_other_forms_as_wrong_usage(given: dict[str, str]) -> None:
    with pytest.raises(typer.BadParameter):
        read_options(**given)
