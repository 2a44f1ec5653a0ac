from pathlib import Path

import pytest

from geotamper.sets.building.lines import relative_line


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("'/data/raw/images/a.png' is\n  no PNG", "'images/a.png' is no PNG"),
        ("'/data/raw/a b.png' and '/data/raw/c.png' differ", "'a b.png' and 'c.png' differ"),
        ("/data/raw/a.png, band 1", "a.png, band 1"),
        ("'x.png' is missing below '/data/raw'", "'x.png' is missing below '.'"),
        ("'/data/raw-2/a.png' and '/data/rawer' stay", "'/data/raw-2/a.png' and '/data/rawer' stay"),
        ("'/old/data/raw/a.png' stays", "'/old/data/raw/a.png' stays"),
    ],
)
def test_paths_become_relative_to_the_folder(message: str, line: str) -> None:
    assert relative_line(message, Path("/data/raw")) == line


def test_relative_folder_is_known_in_both_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw").mkdir()
    assert relative_line(f"'raw/a.png' is '{tmp_path}/raw/a.png'", Path("raw")) == "'a.png' is 'a.png'"
    assert relative_line("'raw/a.png'", Path()) == "'raw/a.png'"
