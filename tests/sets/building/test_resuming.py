import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError, OutputError
from geotamper.locks import FolderLock
from geotamper.sets.building import BuildSettings, build_set
from geotamper.sets.building.journal import Journal
from geotamper.sets.building.workspace import WORK_FOLDER
from geotamper.sets.sources import RawSource

ReadTree = Callable[[Path], dict[str, bytes]]

needs_signals = pytest.mark.skipif(os.name != "posix", reason="processes are killed by POSIX signals")


def command(scenes: Path, out: Path, settings: BuildSettings) -> list[str]:
    words = [
        sys.executable,
        "-m",
        "geotamper",
        "generate",
        str(scenes),
        str(out),
        "--preset",
        settings.preset,
    ]
    return [*words, "--images", str(settings.images), "--seed", str(settings.seed), "--jobs", "2"]


@needs_signals
def test_killed_build_completes_to_the_same_bytes(
    scenes: Path, small_set: Path, small_settings: BuildSettings, tmp_path: Path, read_tree: ReadTree
) -> None:
    out = tmp_path / "set"
    moments = random.Random(1)  # noqa: S311 - chooses when to kill
    targets = [(out / WORK_FOLDER / "tiles.jsonl", 2), (out / WORK_FOLDER / "pictures.jsonl", 3)]
    for path, lines in targets:
        process = subprocess.Popen(command(scenes, out, small_settings), stderr=subprocess.DEVNULL)
        wait_for_lines(path, lines, process)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert not (out / "geotamper.json").exists()
    done = subprocess.run(command(scenes, out, small_settings), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert read_tree(out) == read_tree(small_set)


def wait_for_lines(path: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert process.poll() is None, "the build ended before it could be killed"
        time.sleep(0.005)


@needs_signals
def test_interrupted_build_says_how_to_go_on(
    scenes: Path, small_settings: BuildSettings, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    process = subprocess.Popen(
        command(scenes, out, small_settings), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for_lines(out / WORK_FOLDER / "tiles.jsonl", 1, process)  # type: ignore[arg-type]
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said.count("\n") == 1
    assert "repeat the command" in said
    assert not list(out.rglob("*.part*"))


@pytest.mark.parametrize("stop", [3, 9, 14])
def test_stopped_build_completes_to_the_same_bytes(
    source: RawSource,
    small_set: Path,
    small_settings: BuildSettings,
    tmp_path: Path,
    read_tree: ReadTree,
    stop: int,
) -> None:
    checkpoints = iter(range(100))
    control = Control(is_cancelled=lambda: next(checkpoints) >= stop)
    with pytest.raises(CancelledError, match="what is finished is kept"):
        build_set(source, tmp_path / "set", small_settings, control=control)
    journals = tmp_path / "set" / WORK_FOLDER
    assert list(journals.glob("*.jsonl"))
    for path in journals.glob("*.jsonl"):
        path.write_bytes(path.read_bytes()[:-7])  # cut off in the middle of a line
    (tmp_path / "set/image").mkdir(exist_ok=True)
    (tmp_path / "set/image/.3.0badcafe.part.png").write_bytes(b"left behind")
    build_set(source, tmp_path / "set", small_settings)
    assert read_tree(tmp_path / "set") == read_tree(small_set)


def test_full_disk_keeps_what_is_finished(
    source: RawSource,
    small_set: Path,
    small_settings: BuildSettings,
    tmp_path: Path,
    read_tree: ReadTree,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = 0
    whole = Path.write_bytes

    def until_full(path: Path, content: bytes) -> int:
        nonlocal written
        written += 1
        if written > 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", until_full)
        with pytest.raises(OutputError, match=r"No space left on device.*what is finished is kept"):
            build_set(source, tmp_path / "set", small_settings)
    assert (tmp_path / "set" / WORK_FOLDER / "pictures.jsonl").read_bytes().count(b"\n") >= 1
    assert not list((tmp_path / "set").rglob("*.part*"))
    build_set(source, tmp_path / "set", small_settings)
    assert read_tree(tmp_path / "set") == read_tree(small_set)


def test_full_disk_under_the_card_is_made_good_by_a_repeat(
    source: RawSource,
    small_set: Path,
    small_settings: BuildSettings,
    tmp_path: Path,
    read_tree: ReadTree,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = Path.write_text

    def until_the_card(path: Path, text: str, **options: Any) -> int:
        if "README" in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(path, text, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", until_the_card)
        with pytest.raises(OutputError, match=r"README.md.*what is finished is kept"):
            build_set(source, tmp_path / "set", small_settings)
    build_set(source, tmp_path / "set", small_settings)
    assert read_tree(tmp_path / "set") == read_tree(small_set)


class TestLock:
    def test_second_build_is_refused_and_the_first_goes_on(
        self,
        source: RawSource,
        small_set: Path,
        small_settings: BuildSettings,
        tmp_path: Path,
        read_tree: ReadTree,
    ) -> None:
        refused = []

        def start_another(fraction: float, stage: str) -> None:
            if stage == "writing the lists" or (stage.startswith("picture 3 ") and fraction < 1):
                with pytest.raises(
                    OutputError, match=f"is being built by process {os.getpid()} on "
                ) as error:
                    build_set(source, tmp_path / "set", small_settings)
                refused.append(str(error.value))

        build_set(source, tmp_path / "set", small_settings, control=Control(on_progress=start_another))
        assert len(refused) == 2
        assert read_tree(tmp_path / "set") == read_tree(small_set)

    def test_lock_ends_with_the_build_however_that_ends(
        self, source: RawSource, small_settings: BuildSettings, tmp_path: Path
    ) -> None:
        for settings in (small_settings, small_settings, BuildSettings("rs-cmqa", images=3)):
            with pytest.raises(
                (CancelledError, OutputError), match=r"what is finished is kept|differs in preset"
            ):
                build_set(source, tmp_path / "set", settings, control=_stop_after(3))
        FolderLock(tmp_path / "set" / WORK_FOLDER / "lock", tmp_path).release()

    def test_file_of_a_process_that_is_gone_blocks_nobody(self, tmp_path: Path) -> None:
        path = tmp_path / "lock"
        path.write_text('{"process": 1, "host": "' + "elsewhere" * 100 + '"}')
        lock = FolderLock(path, tmp_path)
        assert json.loads(path.read_text())["process"] == os.getpid()
        with pytest.raises(OutputError, match="wait until that is done, end it, or choose another folder"):
            FolderLock(path, tmp_path)
        lock.release()
        lock.release()
        FolderLock(path, tmp_path).release()

    @needs_signals
    def test_killed_holder_lets_go(self, tmp_path: Path) -> None:
        program = (
            "import sys, time; from pathlib import Path; from geotamper.locks import FolderLock\n"
            "held = FolderLock(Path(sys.argv[1]), Path('.')); print('held', flush=True); time.sleep(60)"
        )
        path = tmp_path / "lock"
        with subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            with pytest.raises(OutputError, match=f"process {process.pid} on"):
                FolderLock(path, tmp_path)
            process.kill()
        FolderLock(path, tmp_path).release()


def test_unfinished_set_of_other_settings_is_refused(
    source: RawSource, small_settings: BuildSettings, tmp_path: Path
) -> None:
    with pytest.raises(CancelledError):
        build_set(source, tmp_path, small_settings, control=_stop_after(3))
    with pytest.raises(OutputError, match="unfinished set that differs in preset"):
        build_set(source, tmp_path, BuildSettings("rs-cmqa", images=14, seed=5))


def _stop_after(count: int) -> Control:
    checkpoints = iter(range(100))
    return Control(is_cancelled=lambda: next(checkpoints) >= count)


class TestJournal:
    @pytest.fixture
    def entries(self) -> list[Mapping[str, Any]]:
        return [{"number": 1, "text": "Zürich"}, {"number": 2, "text": "a\u2028b"}]

    def test_entries_come_back(self, tmp_path: Path, entries: list[Mapping[str, Any]]) -> None:
        with Journal(tmp_path / "a/list.jsonl") as journal:
            for entry in entries:
                journal.add(entry)
        with Journal(tmp_path / "a/list.jsonl") as journal:
            assert journal.entries == entries

    def test_every_cut_leaves_whole_entries_and_can_be_appended_to(
        self, tmp_path: Path, entries: list[Mapping[str, Any]]
    ) -> None:
        path = tmp_path / "list.jsonl"
        with Journal(path) as journal:
            for entry in entries:
                journal.add(entry)
        content = path.read_bytes()
        for cut in range(len(content) + 1):
            path.write_bytes(content[:cut])
            with Journal(path) as journal:
                kept = content[:cut].count(b"\n")
                assert journal.entries == entries[:kept]
                journal.add({"number": 3})
            with Journal(path) as journal:
                assert journal.entries == [*entries[:kept], {"number": 3}]
