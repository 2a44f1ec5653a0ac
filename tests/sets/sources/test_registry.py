from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.errors import SpecificationError
from geotamper.sets.sources import READERS, LayoutError, detect_reader, open_source

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]


def make_masks(save: Save, noise: Noise) -> None:
    save("images/a.png", noise(512, 512))
    save("masks/a.png", np.zeros((512, 512), np.uint8))


def test_readers_know_licence_citation_and_regions() -> None:
    names = {"loveda", "iaild", "laisfo", "whu-building", "dronedeploy", "hrsc", "isaid", "masks", "coco"}
    assert set(READERS) == names
    for name, reader in READERS.items():
        assert reader.name == name
        assert reader.info.licence
        assert reader.info.regions
        assert reader.info.classes
        if reader.takes_table:
            assert reader.info.citation_key == ""
        else:
            assert reader.info.citation_key.isalnum()
            assert reader.info.bibtex.count("{") == reader.info.bibtex.count("}")
            assert reader.info.bibtex.startswith("@")


def test_readers_that_were_checked_against_original_files_say_so() -> None:
    checked = {name for name, reader in READERS.items() if reader.info.checked_against == "original files"}
    assert checked == {"loveda", "whu-building", "isaid", "masks", "coco"}


def test_detect_reader_refuses_an_unknown_layout(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with pytest.raises(LayoutError, match=r"has pictures and fits no reader.*loveda: .*coco: "):
        detect_reader(tmp_path)


def test_detect_reader_names_all_readers_that_fit(tmp_path: Path, save: Save, noise: Noise) -> None:
    make_masks(save, noise)
    (tmp_path / "annotations.json").write_text(
        '{"images": [], "annotations": [], "categories": []}', encoding="utf-8"
    )
    with pytest.raises(LayoutError, match=r"'masks' .* and 'coco' .*--reader"):
        detect_reader(tmp_path)
    assert open_source(tmp_path, "masks").info.name == "masks"


@pytest.mark.parametrize("name", [*READERS, None])
def test_open_source_refuses_a_missing_folder(tmp_path: Path, name: str | None) -> None:
    with pytest.raises(LayoutError, match="does not exist"):
        open_source(tmp_path / "nowhere", name).tiles()


@pytest.mark.parametrize("name", READERS)
def test_readers_name_what_is_missing_in_an_empty_folder(tmp_path: Path, name: str | None) -> None:
    with pytest.raises(LayoutError, match="expected"):
        open_source(tmp_path, name).tiles()


def test_open_source_suggests_a_close_name(tmp_path: Path) -> None:
    with pytest.raises(SpecificationError, match="did you mean 'loveda'"):
        open_source(tmp_path, "lovdea")


def test_open_source_refuses_a_table_for_fixed_classes(tmp_path: Path) -> None:
    with pytest.raises(SpecificationError, match="fixed classes"):
        open_source(tmp_path, "loveda", class_table=Path("classes.yaml"))
