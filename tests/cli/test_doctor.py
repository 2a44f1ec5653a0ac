import platform
from collections.abc import Callable

import numpy as np
from typer.testing import Result

from geotamper._version import __version__

Run = Callable[..., Result]


def test_doctor_tells_versions_machine_and_detectors(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    told = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert told["geotamper"] == __version__
    assert told["python"].startswith(platform.python_version())
    assert told["numpy"] == np.__version__
    assert int(told["processors"]) >= 1
    assert "loops" in told["compiled"]
    assert told["detectors"].startswith("inspector")
