"""A memory limit leaves work out, or is refused with the remedy."""

import numpy as np
import pytest

from geotamper.control import Control
from geotamper.errors import InputError
from geotamper.evidence.search import BYTES_PER_PIXEL, DENSE_BYTES, FIXED_BYTES, find_evidence

GREY = np.full((64, 64, 3), 90, np.uint8)


def test_find_evidence_refuses_a_limit_that_is_too_small() -> None:
    with pytest.raises(InputError, match="raise --max-memory"):
        find_evidence(GREY, control=Control(max_memory=FIXED_BYTES))


def test_find_evidence_says_what_a_tight_limit_leaves_out() -> None:
    least = FIXED_BYTES + BYTES_PER_PIXEL * 64 * 64
    evidence = find_evidence(GREY, control=Control(max_memory=least + DENSE_BYTES // 2))
    assert not evidence.complete
    assert "small discs" in evidence.notes[0]


def test_find_evidence_leaves_nothing_out_where_memory_suffices() -> None:
    evidence = find_evidence(GREY, control=Control(max_memory=4_000_000_000))
    assert evidence.complete
    assert evidence.notes == ()
