from collections.abc import Callable
from functools import cache
from typing import get_args

import pytest

from geotamper.scenes import Scene, SceneKind, draw_scene

KINDS: tuple[SceneKind, ...] = get_args(SceneKind)


@cache
def _scene(kind: SceneKind, size: int, seed: int) -> Scene:
    return draw_scene(kind=kind, size=size, seed=seed)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> SceneKind:
    """Every kind of scene in turn."""
    chosen: SceneKind = request.param
    return chosen


@pytest.fixture
def scene_of() -> Callable[[SceneKind, int, int], Scene]:
    """Draws the scene of a kind, size and seed once for all tests."""
    return _scene
