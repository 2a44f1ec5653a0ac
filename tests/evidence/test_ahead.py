"""Pieces of work are done once, early or late, and never outlive the search."""

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError
from geotamper.evidence.ahead import Ahead
from geotamper.evidence.search import find_evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.degradation import degrade_picture, parse_degradations
from geotamper.forge.forgery import Forgery
from geotamper.scenes import Scene

PATIENCE = 20.0
"""Seconds after which a thread that should have come is taken for lost."""


def _here(_: Control) -> int:
    return threading.get_ident()


def test_ahead_does_what_was_begun_in_another_thread() -> None:
    started = threading.Event()

    def work(control: Control) -> int:
        started.set()
        return _here(control)

    with Ahead(Control(), is_parallel=True) as ahead:
        ahead.begin("piece", work)
        assert started.wait(PATIENCE)
        assert ahead.result("piece", _here) != threading.get_ident()


def test_ahead_does_at_once_what_nobody_has_come_to() -> None:
    blocked, release = threading.Event(), threading.Event()

    def occupy(_: Control) -> None:
        blocked.set()
        assert release.wait(PATIENCE)

    with Ahead(Control(), is_parallel=True) as ahead:
        ahead.begin("first", occupy)
        assert blocked.wait(PATIENCE)
        ahead.begin("second", _here)
        assert ahead.result("second", _here) == threading.get_ident()
        release.set()


@pytest.mark.parametrize("is_parallel", [False, True])
def test_ahead_does_each_piece_once(is_parallel: bool) -> None:
    done: list[int] = []
    with Ahead(Control(), is_parallel=is_parallel) as ahead:
        for _ in range(3):
            ahead.begin("piece", lambda _: done.append(1))
        ahead.result("piece", lambda _: done.append(1))
    assert done == [1]


def test_ahead_begins_nothing_without_a_second_thread_or_time() -> None:
    done: list[int] = []
    for ahead in (Ahead(Control()), Ahead(Control(time_limit=0.0), is_parallel=True)):
        with ahead:
            ahead.begin("piece", lambda _: done.append(1))
    assert done == []


def test_ahead_passes_on_what_a_piece_raises() -> None:
    def fail(_: Control) -> None:
        raise ValueError("broken")

    with Ahead(Control(), is_parallel=True) as ahead:
        ahead.begin("piece", fail)
        with pytest.raises(ValueError, match="broken"):
            ahead.result("piece", fail)


def test_ahead_stops_what_is_not_needed_at_its_next_checkpoint() -> None:
    started, stopped = threading.Event(), threading.Event()

    def endless(control: Control) -> None:
        started.set()
        try:
            while True:
                control.checkpoint(0.0, "going on")
        except CancelledError:
            stopped.set()
            raise

    with Ahead(Control(), is_parallel=True) as ahead:
        ahead.begin("piece", endless)
        assert started.wait(PATIENCE)
    assert stopped.is_set()


def test_ahead_calls_its_caller_from_the_callers_thread_only() -> None:
    seen: list[int] = []
    control = Control(on_progress=lambda *_: seen.append(threading.get_ident()))

    def work(own: Control) -> None:
        own.checkpoint(0.5, "half way")

    with Ahead(control, is_parallel=True) as ahead:
        for key in range(5):
            ahead.begin(key, work)
        for key in range(6):
            ahead.result(key, work)
    assert seen
    assert set(seen) == {threading.get_ident()}


def _all_found(pixels: npt.NDArray[np.uint8], workers: int) -> list[tuple[object, ...]]:
    evidence = find_evidence(pixels, settings=EvidenceSettings(workers=workers))
    pairs = evidence.copies + evidence.undecided
    return [(p.source.tobytes(), p.target.tobytes(), p.transform, p.probability) for p in pairs]


@pytest.mark.parametrize("change", ["none", "jpeg:85"])
@pytest.mark.parametrize("is_forged", [False, True])
def test_find_evidence_finds_the_same_whether_or_not_it_works_ahead(
    change: str,
    is_forged: bool,
    case: type,
    forged: Callable[..., Forgery],
    scene: Callable[..., Scene],
) -> None:
    pixels = forged(case("city", 35.0)).pixels if is_forged else scene("city").pixels
    pixels = degrade_picture(pixels, parse_degradations(change), rng=np.random.default_rng(0))
    assert _all_found(pixels, workers=3) == _all_found(pixels, workers=1)
