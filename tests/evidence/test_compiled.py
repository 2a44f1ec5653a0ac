import threading

import numpy as np
import pytest

from geotamper.evidence.compiled import for_slices


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [0, 1, 5, 16, 1000])
def test_for_slices_visits_everything_once(count: int, workers: int) -> None:
    visits = np.zeros(count, np.int64)

    def work(start: int, stop: int) -> None:
        visits[start:stop] += 1

    for_slices(work, count, workers)
    assert (visits == 1).all()


def test_for_slices_uses_several_threads() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def work(start: int, stop: int) -> None:
        del stop
        if start in (0, 1):
            meeting.wait()  # passes only when two slices are worked on at once

    for_slices(work, 16, 2)


@pytest.mark.parametrize("workers", [1, 2])
def test_for_slices_passes_errors_on(workers: int) -> None:
    def work(start: int, stop: int) -> None:
        if start <= 70 < stop:
            raise ArithmeticError("slice 70")

    with pytest.raises(ArithmeticError, match="slice 70"):
        for_slices(work, 100, workers)
