from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from geotamper.cli.main import app

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Runs the command in this process; stdout and stderr are kept apart."""

    def invoke(*words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    return invoke
