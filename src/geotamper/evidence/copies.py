"""The search for copies: propose, gate, register, grow, verify.

Candidate sources, the acceptance test and the direction judges are pieces that can be exchanged; this module
only knows the order in which they are asked and how much may be spent on each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.acceptance import AcceptanceTest, ExactTest
from geotamper.evidence.dense import DenseCandidates
from geotamper.evidence.direction import DirectionJudge, GridJudge, ResamplingJudge, RimJudge
from geotamper.evidence.growing import Grown, grow, pose_matrix
from geotamper.evidence.hypotheses import CandidatePool, CandidateSource
from geotamper.evidence.keypoints import KeypointCandidates
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.planes import Planes
from geotamper.evidence.registration import (
    CorrelationGate,
    ExactGate,
    Gate,
    Registered,
    register,
    register_reversed,
)
from geotamper.evidence.repeats import RepeatedBlocks
from geotamper.evidence.settings import EvidenceSettings
from geotamper.evidence.verification import verify
from geotamper.imagery.region import Matrix, Region, Window

LEAST_TEXTURE = 60.0
"""Texture weight of a disc that may be grown for its likeness alone: flat discs are alike everywhere."""

MOST_ALIKE = 400
"""Discs looked at for their likeness; most belong to few places."""


def _nothing() -> None:
    """What a caller has to do who does not ask whether the search is in vain."""


@dataclass(frozen=True)
class Registration:
    """How hypotheses of a source are thinned out and refined.

    Attributes:
        gate: Throws out what does not look alike.
        radius: Of the registered discs, pixels.
        most: Hypotheses that are registered at most.
        iterations: Gauss-Newton steps.
        reversed_most: Hypotheses, the most exact, that are also registered from the other side.
    """

    gate: Gate = field(default_factory=CorrelationGate)
    radius: int = 9
    most: int = 6000
    iterations: int = 6
    reversed_most: int = 2500


@dataclass(frozen=True)
class Stage:
    """One pass of the search.

    Attributes:
        name: For progress reports.
        source: Where hypotheses come from.
        registration: How they are refined.
        last_resort: Only run when the earlier stages accepted nothing.
    """

    name: str
    source: CandidateSource
    registration: Registration = field(default_factory=Registration)
    last_resort: bool = False


@dataclass(frozen=True)
class CopySearch:
    """The whole search for exact copies.

    Attributes:
        stages: Asked in order.
        test: Tells copies from look-alikes.
        judges: Tell source from copy, the most trusted first.
        seed_exactness: Registered discs below this are not grown.
        seeds: Discs grown at most in each stage.
        alike_seeds: Discs grown at most for their likeness where no exact one led to a copy.
        later_seeds: The same once something has been accepted.
        later_exactness: Discs below this are not grown once something has been accepted.
    """

    stages: tuple[Stage, ...] = (
        Stage("repeated blocks", RepeatedBlocks()),
        Stage("keypoints", KeypointCandidates()),
        Stage(
            "small discs",
            DenseCandidates(),
            Registration(gate=ExactGate(), radius=6, most=4000, iterations=5, reversed_most=2500),
            last_resort=True,
        ),
    )
    test: AcceptanceTest = field(default_factory=ExactTest)
    judges: tuple[DirectionJudge, ...] = (ResamplingJudge(), GridJudge(), RimJudge())
    seed_exactness: float = 3.0
    seeds: int = 24
    alike_seeds: int = 10
    later_seeds: int = 12
    later_exactness: float = 6.0

    def run(
        self,
        pool: CandidatePool,
        *,
        settings: EvidenceSettings,
        control: Control,
        in_vain: Callable[[], None] = _nothing,
    ) -> list[CopyPair]:
        """Find copies in a picture.

        Args:
            pool: The picture's candidates.
            settings: The number of findings, the threads and the seed of random choices are used.
            control: Progress, cancellation and limits.
            in_vain: Called as soon as it is likely that nothing will be found, before the last candidates are tested.

        Returns:
            Accepted pairs in falling probability.
        """
        walk, most = _Walk(self, pool.planes, settings.seed), settings.max_findings
        pieces = {stage: self._piece(pool, stage, settings.workers) for stage in self.stages}
        for stage, following in zip_longest(self.stages, self.stages[1:]):
            if control.time_left() <= 0 or (stage.last_resort and walk.accepted):
                break
            if following is not None and not following.last_resort:
                pool.ahead.begin(following, pieces[following])
            registered = pool.ahead.result(stage, pieces[stage])
            if not walk.accepted and registered.exactness.max(initial=0.0) < self.later_exactness:
                if following is None:
                    in_vain()
                else:
                    pool.ahead.begin(following, pieces[following])
            control.checkpoint(0.5, "testing candidates")
            walk.over(registered, most=most, control=control)
            if not walk.accepted:
                walk.over_alike(registered, control=control)
        return sorted(walk.accepted, key=lambda pair: -pair.probability)

    def _piece(self, pool: CandidatePool, stage: Stage, workers: int) -> Callable[[Control], Registered]:
        def work(control: Control) -> Registered:
            return self.registered(pool, stage, workers=workers, control=control)

        return work

    def registered(self, pool: CandidatePool, stage: Stage, *, workers: int, control: Control) -> Registered:
        """Hypotheses of one stage after registration from both sides."""
        plan = stage.registration
        planes, hypotheses = pool.planes, pool.of(stage.source, control=control)
        control.checkpoint(0.25, f"registering {len(hypotheses)} pairs of {stage.name}")
        kept = plan.gate.passed(planes, hypotheses, most=plan.most, workers=workers)
        radii = np.full(len(kept), plan.radius, np.int64)
        forward = register(planes, kept, radii=radii, iterations=plan.iterations, workers=workers)
        best = np.argsort(-forward.exactness, kind="stable")[: plan.reversed_most]
        backward = register_reversed(planes, forward.subset(best), radius=plan.radius, workers=workers)
        return Registered.joined(forward, backward)


@dataclass(frozen=True)
class _Seed:
    """A registered disc to start from."""

    centre: npt.NDArray[np.int64]
    pose: npt.NDArray[np.float64]
    exactness: float


@dataclass(frozen=True)
class _Trial:
    """What a seed led to."""

    grown: Grown | None
    pair: CopyPair | None


def _seeds(registered: Registered, order: npt.NDArray[np.int64]) -> Iterator[_Seed]:
    hypotheses = registered.hypotheses
    for index in order:
        yield _Seed(hypotheses.centres[index], hypotheses.poses[index], float(registered.exactness[index]))


class _Walk:
    """Walks registered discs from the most exact down, over all stages, and keeps what has been tried."""

    def __init__(self, search: CopySearch, planes: Planes, seed: int) -> None:
        self.accepted: list[CopyPair] = []
        self._search = search
        self._planes = planes
        self._random_seed = seed
        self._shape = (planes.height, planes.width)
        self._tried: list[tuple[Region, Matrix]] = []

    def over(self, registered: Registered, *, most: int, control: Control) -> None:
        """Grow and verify the most exact discs, within the budget of the search."""
        search, exactness = self._search, registered.exactness
        order = np.argsort(-exactness, kind="stable")
        seeds = _seeds(registered, order[exactness[order] >= search.seed_exactness])
        tried = 0
        for seed, trial in self._trials(seeds):
            if len(self.accepted) >= most or control.time_left() <= 0:
                break
            bar, budget = (
                (search.later_exactness, search.later_seeds)
                if self.accepted
                else (search.seed_exactness, search.seeds)
            )
            if seed.exactness < bar or tried >= budget:
                break
            control.checkpoint(0.5 + 0.5 * tried / search.seeds, "testing candidates")
            tried += 1
            self._remember(seed, trial)
            pair = trial.pair
            if (
                pair is not None
                and pair.probability >= search.test.accepted_from
                and not _repeats(pair, self.accepted)
            ):
                self.accepted.append(pair)
                tried = 0

    def over_alike(self, registered: Registered, *, control: Control) -> None:
        """Grow and verify the discs that are most alike though not exact: an unknown tool may have pasted them."""
        textured = (registered.texture > LEAST_TEXTURE) & (registered.exactness > -9.0)
        contrast = registered.texture / np.maximum(registered.residual, 0.3)
        order = np.argsort(-np.where(textured, contrast, -1.0), kind="stable")[:MOST_ALIKE]
        trials = self._trials(_seeds(registered, order[textured[order]]))
        for seed, trial in islice(trials, self._search.alike_seeds):
            if control.time_left() <= 0:
                break
            control.checkpoint(0.5, "testing candidates of unknown tools")
            self._remember(seed, trial)
            if trial.pair is not None and trial.pair.probability >= self._search.test.accepted_from:
                self.accepted.append(trial.pair)
                break

    def _trials(self, seeds: Iterator[_Seed]) -> Iterator[tuple[_Seed, _Trial]]:
        for seed in seeds:
            if not self._known(seed):
                yield seed, self._try(seed)

    def _known(self, seed: _Seed) -> bool:
        """Whether the same transform was tried in the same place: a failed seed blocks no other transform."""
        x, y = float(seed.centre[0]), float(seed.centre[1])
        for region, matrix in self._tried:
            if region.contains(x, y):
                u, v = matrix[:, :2] @ [x, y] + matrix[:, 2]
                if abs(u - seed.pose[2]) + abs(v - seed.pose[3]) < 4.0:
                    return True
        return False

    def _try(self, seed: _Seed) -> _Trial:
        x, y = int(seed.centre[0]), int(seed.centre[1])
        matrix = pose_matrix(seed.centre, seed.pose)
        grown = grow(self._planes, (x, y), matrix, random_seed=self._random_seed)
        if grown is None or grown.region.area < 30:
            return _Trial(None, None)
        search = self._search
        pair = verify(self._planes, grown, test=search.test, judges=search.judges, seed=self._random_seed)
        return _Trial(grown, pair)

    def _remember(self, seed: _Seed, trial: _Trial) -> None:
        x, y = int(seed.centre[0]), int(seed.centre[1])
        window = Window.around(x, y, 4, self._shape)
        self._tried.append((Region(window, np.ones(window.shape, bool)), pose_matrix(seed.centre, seed.pose)))
        grown = trial.grown
        if grown is None:
            return
        moved = grown.region.moved(grown.matrix, self._shape)
        self._tried.append((grown.region.dilated(2, self._shape), grown.matrix))
        inverse = np.asarray(cv2.invertAffineTransform(grown.matrix), np.float64)
        self._tried.append((moved.dilated(2, self._shape), inverse))


def _repeats(pair: CopyPair, accepted: list[CopyPair]) -> bool:
    """Whether a known pair comes again: no place is pasted over twice, and no pair is a copy both ways."""

    def same(first: Region, second: Region) -> bool:
        return first.shared_with(second) > 0.3 * min(first.area, second.area)

    return any(
        same(pair.copy, known.copy) or (same(pair.copy, known.source) and same(pair.source, known.copy))
        for known in accepted
    )
