from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.imagery.discovery import find_pictures, natural_key


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_find_pictures_passes_files_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _touch(tmp_path, "b.dat", "a.png")
    monkeypatch.chdir(tmp_path)
    found = find_pictures([Path("b.dat"), Path("a.png"), Path("b.dat")], recursive=False)
    assert found.pictures == (Path("b.dat"), Path("a.png"))
    assert found.failures == ()


def test_find_pictures_lists_a_folder_by_suffix_in_natural_order(tmp_path: Path) -> None:
    wanted = ["Tile_1.PNG", "tile_2.jpg", "tile_03.jpeg", "tile_10.webp", "tile_20.Tif", "tile_100.TIFF"]
    _touch(tmp_path, *wanted[3:], *wanted[:3])
    _touch(tmp_path, "notes.txt", "tile_1.tfw", ".hidden.png", "below/tile_4.png")
    found = find_pictures([tmp_path], recursive=False)
    assert [path.name for path in found.pictures] == wanted


def test_find_pictures_descends_when_asked(tmp_path: Path) -> None:
    _touch(tmp_path, "b.png", "part 10/a.png", "part 9/a.png", "part 9/deep/c.tif", ".cache/d.png")
    found = find_pictures([tmp_path], recursive=True)
    names = [path.relative_to(tmp_path).as_posix() for path in found.pictures]
    assert names == ["b.png", "part 9/a.png", "part 9/deep/c.tif", "part 10/a.png"]


def test_find_pictures_does_not_follow_links_in_circles(tmp_path: Path) -> None:
    _touch(tmp_path, "a/b.png")
    (tmp_path / "a/loop").symlink_to(tmp_path, target_is_directory=True)
    assert len(find_pictures([tmp_path], recursive=True).pictures) == 1


def test_find_pictures_reports_bad_paths_and_goes_on(tmp_path: Path) -> None:
    _touch(tmp_path, "good.png", "empty/notes.txt", "empty/below/a.png")
    missing, empty = tmp_path / "missing.png", tmp_path / "empty"
    found = find_pictures([missing, empty, tmp_path / "good.png"], recursive=False)
    assert found.pictures == (tmp_path / "good.png",)
    assert [path for path, _ in found.failures] == [missing, empty]
    assert "does not exist" in str(found.failures[0][1])
    assert "without pictures" in str(found.failures[1][1])
    assert "--recursive" in str(found.failures[1][1])
    assert all(str(path) in str(error) for path, error in found.failures)


def test_find_pictures_reports_a_folder_that_may_not_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", denied)
    found = find_pictures([tmp_path], recursive=True)
    assert [path for path, _ in found.failures] == [tmp_path]
    assert "Permission denied" in str(found.failures[0][1])


def test_find_pictures_reports_names_too_long_for_the_disk() -> None:
    path = Path("x" * 5000)
    assert [given for given, _ in find_pictures([path], recursive=False).failures] == [path]


@given(st.lists(st.text(st.sampled_from("aB10._ é²"), min_size=1, max_size=6), unique=True))
def test_natural_key_orders_every_set_of_names_one_way(names: list[str]) -> None:
    paths = [Path("folder") / f"x{name}" for name in names]
    backwards = paths[::-1]
    assert sorted(paths, key=natural_key) == sorted(backwards, key=natural_key)
