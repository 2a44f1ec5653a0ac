import csv
from collections.abc import Callable
from pathlib import Path

import pytest

Phrasing = tuple[str, str | None, str | None]


@pytest.fixture
def phrasings() -> Callable[[str], list[Phrasing]]:
    """Reader of one half of the phrasings: text, type and option, None where there is none."""

    def load(half: str) -> list[Phrasing]:
        path = Path(__file__).with_name(f"phrasings_{half}.csv")
        with path.open(encoding="utf-8", newline="") as file:
            return [(row["text"], row["type"] or None, row["option"] or None) for row in csv.DictReader(file)]

    return load
