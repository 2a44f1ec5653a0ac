"""Overhead scenes drawn by code, with classes and instances: for demo, tests and documentation."""

from geotamper.scenes.composition import draw_scene
from geotamper.scenes.result import (
    CLASS_LABELS,
    OTHER_LABEL,
    SCENE_CLASSES,
    WATER_LABEL,
    Scene,
    SceneKind,
    SceneObject,
)

__all__ = [
    "CLASS_LABELS",
    "OTHER_LABEL",
    "SCENE_CLASSES",
    "WATER_LABEL",
    "Scene",
    "SceneKind",
    "SceneObject",
    "draw_scene",
]
