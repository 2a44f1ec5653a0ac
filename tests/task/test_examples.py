import doctest
import importlib

import pytest


@pytest.mark.parametrize("module", ["classes", "parsing", "rules", "vocabulary", "wording"])
def test_docstring_examples_hold(module: str) -> None:
    results = doctest.testmod(importlib.import_module(f"geotamper.task.{module}"))
    assert results.attempted > 0
    assert results.failed == 0
