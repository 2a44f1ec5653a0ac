"""What came of a build, read from the sidecar that it wrote."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geotamper.sets.layout import FOLDS, Fold, Sidecar
from geotamper.task.classes import ObjectClass
from geotamper.task.facts import TAMPER_KINDS, TamperKind


@dataclass(frozen=True)
class BuildReport:
    """A built set in numbers.

    Attributes:
        root: The folder.
        sidecar: Everything that was recorded.
    """

    root: Path
    sidecar: Sidecar

    @property
    def kinds(self) -> dict[TamperKind, int]:
        """Pictures of each kind."""
        found = Counter(record.kind for record in self.sidecar.pictures)
        return {kind: found[kind] for kind in TAMPER_KINDS if found[kind]}

    @property
    def folds(self) -> dict[Fold, int]:
        """Pictures of each fold."""
        found = Counter(record.fold for record in self.sidecar.pictures)
        return {fold: found[fold] for fold in FOLDS}

    @property
    def classes(self) -> dict[ObjectClass, int]:
        """Forged pictures of each class, the most frequent first."""
        found = Counter(record.object_class for record in self.sidecar.pictures)
        return {name: count for name, count in found.most_common() if name is not None}

    @property
    def wanted(self) -> dict[TamperKind, int]:
        """Pictures of each kind that were planned."""
        return dict(self.sidecar.settings["wanted"])

    @property
    def rejected(self) -> dict[str, int]:
        """Objects that could not be forged, by reason."""
        return dict(self.sidecar.settings["rejected"])

    @property
    def tiles(self) -> dict[str, Any]:
        """Raw tiles: how many were listed and used, and how many each rule left out."""
        return dict(self.sidecar.settings["tiles"])

    @property
    def failures(self) -> tuple[str, ...]:
        """One line for each raw file that could not be used."""
        return tuple(self.sidecar.settings["failures"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What else was met, in sentences."""
        return tuple(self.sidecar.settings["notes"])
