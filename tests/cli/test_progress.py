import io
import sys

import pytest

from geotamper.cli.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_bar_is_silent_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress_bar(2) as watch:
        assert watch is None
    assert stream.getvalue() == ""


def test_progress_bar_shows_picture_and_stage_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar(2) as watch:
        assert watch is not None
        watch(1, "scene.png")(0.5, "looking")
    assert "scene.png: looking" in stream.getvalue()
    assert sys.stdout is not stream
