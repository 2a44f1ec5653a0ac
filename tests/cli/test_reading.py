"""The options about reading."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from geotamper.cli.main import app
from geotamper.cli.reading import read_options
from geotamper.errors import InputError
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


def test_inspect_reads_the_bands_that_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[ReadOptions] = []

    def refuse(path: str, read: ReadOptions, *_: object) -> None:
        seen.append(read)
        raise InputError(f"'{path}' is not read in this test")

    monkeypatch.setattr("geotamper.api.open_scene", refuse)
    (tmp_path / "a.tif").touch()
    result = CliRunner().invoke(
        app, ["inspect", str(tmp_path / "a.tif"), "--bands", "4,3,2", "--stretch", "1,99"]
    )
    assert result.exit_code == 1
    assert seen == [ReadOptions(bands=(4, 3, 2), stretch=(1, 99))]


def test_inspect_refuses_bad_bands_as_wrong_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", str(tmp_path / "a.tif"), "--bands", "4,x"])
    assert result.exit_code == 2
