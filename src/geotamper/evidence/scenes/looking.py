"""The looks at the pixels of a candidate: a quick one, a thorough one, and one for copies that are no longer exact."""

from dataclasses import dataclass, field, replace

import numpy as np

from geotamper.control import Control
from geotamper.evidence.copies import CopySearch, Registration, Stage
from geotamper.evidence.hypotheses import CandidatePool, Hypotheses
from geotamper.evidence.keypoints import KeypointCandidates
from geotamper.evidence.lookalikes import LikenessSearch
from geotamper.evidence.lookalikes.search import CandidateSearch, Origin
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.planes import Planes
from geotamper.evidence.registration import CorrelationGate
from geotamper.evidence.scenes.views import GivenCandidates, PairView
from geotamper.evidence.scenes.voting import Candidate
from geotamper.evidence.settings import EvidenceSettings
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Window

GLANCE_MARGIN = 40
"""Pixels around a candidate's keypoints that a quick look reads: a disc, scaled, and the way a registration may go."""

LOOK_MARGIN = 144
"""The same for a thorough look; where a region reaches the border the margin grows."""

GROWTH = 2.5

REGISTRATION = Registration(gate=CorrelationGate(at_least=0.4))
"""The gate is wide, for there are few guesses: in noise and fine detail a pose close to the truth hardly correlates."""


LOST = -9.0
"""Exactness of a disc whose registration failed, see `register`."""


@dataclass(frozen=True)
class Glance:
    """What a quick look showed.

    Attributes:
        candidate: With refined guesses, the most exact first.
        exactness: Of the most exact disc, see `Registered`.
        contrast: Texture over residual of the disc that is most alike.
    """

    candidate: Candidate
    exactness: float
    contrast: float


def glance(source: PixelSource, candidate: Candidate, *, workers: int) -> Glance | None:
    """Register a candidate's guesses on small windows; None where nothing in them looks alike."""
    view = PairView.read(source, candidate.here, candidate.there, margin=GLANCE_MARGIN)
    stage = _stage(view, candidate)
    pool = CandidatePool(view.planes(), workers=workers, control=Control())
    found = CopySearch(stages=(stage,)).registered(pool, stage, workers=workers, control=Control())
    refined = view.hypotheses_to_scene(found.hypotheses)
    kept = np.flatnonzero((found.exactness > LOST) & _inside(refined, candidate))
    if len(kept) == 0:
        return None
    order = kept[np.argsort(-found.exactness[kept], kind="stable")]
    contrast = found.texture[order] / np.maximum(found.residual[order], 0.3)
    better = replace(candidate, hypotheses=refined.subset(order))
    return Glance(better, float(found.exactness[order[0]]), float(contrast.max()))


def _stage(view: PairView, candidate: Candidate) -> Stage:
    """The guesses of a candidate as the one stage of a search in a view."""
    return Stage("a scene's candidate", GivenCandidates(view.to_view(candidate.hypotheses)), REGISTRATION)


def _inside(hypotheses: Hypotheses, candidate: Candidate) -> np.ndarray:
    """Guesses that did not stray from the candidate's places."""

    def near(points: np.ndarray, box: Window) -> np.ndarray:
        x, y = points.T
        reach = GLANCE_MARGIN - 4
        return np.asarray(
            (x >= box.x0 - reach) & (x < box.x1 + reach) & (y >= box.y0 - reach) & (y < box.y1 + reach)
        )

    both = near(hypotheses.centres, candidate.here) & near(hypotheses.poses[:, 2:], candidate.there)
    return np.asarray(both)


@dataclass(frozen=True)
class Look:
    """The thorough look at a candidate: growing and verification by the ordinary search.

    Attributes:
        search: Its test and judges are used, and the budgets of a single place.
        most_pixels: Of both windows of a view; larger copies are found piece by piece and joined.
    """

    search: CopySearch = field(
        default_factory=lambda: CopySearch(stages=(), seeds=5, later_seeds=4, alike_seeds=1)
    )
    most_pixels: int = 2_500_000

    def exact(
        self, source: PixelSource, candidate: Candidate, *, settings: EvidenceSettings, control: Control
    ) -> list[CopyPair]:
        """Exact copies that a candidate's guesses lead to, in scene coordinates."""
        found: list[CopyPair] = []
        margin = LOOK_MARGIN
        while True:
            view = PairView.read(source, candidate.here, candidate.there, margin=margin)
            stage = _stage(view, candidate)
            pool = CandidatePool(view.planes(), workers=settings.workers, control=Control())
            pairs = replace(self.search, stages=(stage,)).run(
                pool, settings=settings, control=_quiet(control)
            )
            found = [view.to_scene(pair) for pair in pairs]
            shape = (source.height, source.width)
            is_cut = any(view.is_cut(region, shape) for pair in found for region in (pair.copy, pair.source))
            margin = int(GROWTH * margin)
            if not is_cut or self._pixels(candidate, margin) > self.most_pixels:
                return found

    def inexact(
        self, source: PixelSource, candidate: Candidate, *, settings: EvidenceSettings, control: Control
    ) -> tuple[list[CopyPair], list[CopyPair]]:
        """Accepted and undecided inexact copies between the places of a candidate, in scene coordinates."""
        view = PairView.read(source, candidate.here, candidate.there, margin=LOOK_MARGIN)
        search = LikenessSearch(CandidateSearch(origins=(Origin(AcrossSeam(view), 9),), refined=600, seeds=6))
        pool = CandidatePool(view.planes(), workers=settings.workers, control=Control())
        both = search.run(pool, settings=settings, workers=settings.workers, control=_quiet(control))
        accepted, undecided = ([view.to_scene(pair) for pair in pairs] for pairs in both)
        return accepted, undecided

    @staticmethod
    def _pixels(candidate: Candidate, margin: int) -> int:
        boxes = (candidate.here.shape, candidate.there.shape)
        return sum((rows + 2 * margin) * (columns + 2 * margin) for rows, columns in boxes)


@dataclass(frozen=True, eq=False)
class AcrossSeam:
    """Pairs of keypoints of a view that lead from one window to the other, away from its blank parts.

    Attributes:
        view: Whose picture is searched.
    """

    view: PairView
    clearance: int = 16

    def propose(self, planes: Planes, *, workers: int, control: Control) -> Hypotheses:
        """Pair the keypoints of the picture."""
        found = KeypointCandidates().propose(planes, workers=workers, control=control)
        first = self._in_window(found.centres.astype(np.float64))
        second = self._in_window(found.poses[:, 2:])
        crossing = (first != second) if not self.view.is_single else np.ones(len(found), bool)
        return found.subset((first >= 0) & (second >= 0) & crossing)

    def _in_window(self, points: np.ndarray) -> np.ndarray:
        """0 or 1 for points well inside the first or second window, -1 for others."""
        out = np.full(len(points), -1)
        for number, box in enumerate(self.view.boxes):
            x, y = points.T
            inside = (x >= box.x0 + self.clearance) & (x < box.x1 - self.clearance)
            inside &= (y >= box.y0 + self.clearance) & (y < box.y1 - self.clearance)
            out[inside] = number
        return out


def _quiet(control: Control) -> Control:
    """A control with the same limits that reports no progress: a candidate is a small part of the work."""
    left = control.time_left()
    return Control(
        is_cancelled=control.is_cancelled,
        time_limit=None if left == float("inf") else max(0.0, left),
        max_memory=control.max_memory,
    )
