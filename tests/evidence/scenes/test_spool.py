"""Rows that go to a temporary file when memory ends."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from geotamper.errors import OutputError
from geotamper.evidence.scenes.spool import Spool


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Temporary files lie here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def rows(count: int) -> np.ndarray:
    """Rows that differ."""
    return np.arange(3 * count, dtype=np.int8).reshape(count, 3)


def joined(spool: Spool) -> np.ndarray:
    """All rows."""
    return np.concatenate([block for _, block in spool.blocks()])


@pytest.mark.parametrize("most", [10, 15, 1000])
def test_spool_gives_back_what_was_appended_wherever_it_lies(most: int) -> None:
    with Spool(3, np.int8, most_bytes=most) as spool:
        spool.append(rows(2))
        spool.append(rows(4)[2:])
        spool.append(rows(9)[4:])
        assert len(spool) == 9
        assert spool.is_on_disk == (most < 27)
        np.testing.assert_array_equal(joined(spool), rows(9))


def test_spool_reads_files_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geotamper.evidence.scenes.spool.READ_BYTES", 6)
    with Spool(3, np.int8, most_bytes=0) as spool:
        spool.append(rows(5))
        assert [(start, len(block)) for start, block in spool.blocks()] == [(0, 2), (2, 2), (4, 1)]


def test_spool_without_rows_is_empty() -> None:
    with Spool(3, np.int8, most_bytes=10) as spool:
        assert joined(spool).shape == (0, 3)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_spool_removes_its_file_at_the_end_whatever_happens(folder: Path, error: type[BaseException]) -> None:
    with Spool(3, np.int8, most_bytes=0) as spool:
        spool.append(rows(2))
        assert len(list(folder.iterdir())) == 1
    assert not list(folder.iterdir())

    def fail() -> None:
        with Spool(3, np.int8, most_bytes=0) as spool:
            spool.append(rows(2))
            raise error

    with pytest.raises(error):
        fail()
    assert not list(folder.iterdir())


def test_spool_says_where_there_is_no_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "missing"))
    with Spool(3, np.int8, most_bytes=0) as spool, pytest.raises(OutputError, match="TMPDIR"):
        spool.append(rows(2))
