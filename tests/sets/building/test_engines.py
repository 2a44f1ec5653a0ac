import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from geotamper.errors import OutputError
from geotamper.processes import open_engine
from geotamper.sets.building import BuildSettings, build_set
from geotamper.sets.sources import RawSource

ReadTree = Callable[[Path], dict[str, bytes]]


def refuse_three(number: int) -> int:
    if number == 3:
        raise OutputError("no room for three")
    return number


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
@pytest.mark.filterwarnings("ignore")
def test_ray_gives_the_same_bytes(
    source: RawSource, small_set: Path, small_settings: BuildSettings, tmp_path: Path, read_tree: ReadTree
) -> None:
    with open_engine("ray", 2) as engine:
        with pytest.raises(OutputError, match="no room for three"):
            list(engine.run(refuse_three, range(5)))
        build_set(source, tmp_path / "set", small_settings, engine=engine)
    assert read_tree(tmp_path / "set") == read_tree(small_set)
