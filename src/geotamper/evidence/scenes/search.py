"""The search of a scene: keypoints by tiles, partners across all of them, votes, a check at full resolution."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from geotamper.control import Control
from geotamper.errors import InputError
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.scenes.descriptors import COMPONENTS
from geotamper.evidence.scenes.keypoints import (
    Density,
    FindKeypoints,
    found_here,
    survey_keypoints,
    tiles_with_content,
)
from geotamper.evidence.scenes.looking import Glance, Look, glance
from geotamper.evidence.scenes.merging import Accepted
from geotamper.evidence.scenes.partners import Forest
from geotamper.evidence.scenes.spool import Spool
from geotamper.evidence.scenes.voting import Candidate, candidates_of, vote
from geotamper.evidence.search import BYTES_PER_PIXEL, OUT_OF_TIME
from geotamper.evidence.search import FIXED_BYTES as LIBRARY_BYTES
from geotamper.evidence.settings import EvidenceSettings
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Window

TILE, SMALL_TILE = 1024, 512
"""Sides of the tiles, pixels: SIFT holds 400 bytes per pixel of one."""

FIXED_BYTES = 750_000_000
SMALL_FIXED_BYTES = 450_000_000
"""Memory of the process beside the keypoints, with tiles of either size: libraries, one tile, one pair of windows."""

BYTES_PER_KEYPOINT = 130
"""Place, partners and pairs of a keypoint while votes are counted; its descriptor comes on top."""

DESCRIPTOR_SHARE = 0.25
"""Part of the memory for keypoints that descriptors may take before they go to disk."""

PLENTY = 8_000_000_000
"""Bytes that are taken where no bound is given."""

TRIALS_OF_A_PICTURE = 24
"""Discs that are grown in a picture of ordinary size, for which the probabilities of the tests hold."""

LEFT_FOR_MATCHING, LEFT_FOR_LOOKING, LEFT_FOR_TRIALS = 0.4, 0.3, 0.15
"""Parts of a time limit that are kept for later stages."""


@dataclass(frozen=True)
class SceneEvidence:
    """What the pixels of a scene yield.

    Attributes:
        copies: Accepted pairs in falling probability, in array-index coordinates of the scene.
        undecided: Pairs that were neither accepted nor rejected.
        trials: Candidates that were grown: the more, the likelier one is taken for a copy by chance.
        complete: False when a limit cut the search short.
        notes: What was left out and why, in sentences without a full stop.
    """

    copies: tuple[CopyPair, ...] = ()
    undecided: tuple[CopyPair, ...] = ()
    trials: int = 0
    complete: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Budget:
    """How many candidates are looked at; each number grows with the area, so that time does too.

    Attributes:
        glances: Quick looks in every scene.
        glances_per_megapixel: More of them.
        trials: Thorough looks at what is exact in a disc.
        trials_per_megapixel: More of them.
        inexact: Places searched for inexact copies, where nothing is exact.
        exactness: Smallest exactness of a disc that is grown.
        least_votes: Votes that a place needs to be searched for an inexact copy.
    """

    glances: int = 300
    glances_per_megapixel: float = 20.0
    trials: int = 40
    trials_per_megapixel: float = 0.5
    inexact: int = 6
    exactness: float = 3.0
    least_votes: int = 3


@dataclass(frozen=True)
class SceneSearch:
    """The whole search.

    Attributes:
        density: Of keypoints.
        forest: Finds partners.
        budget: Of looks at pixels.
        look: At one candidate.
        inexact_share: Part of the false-alarm rate that inexact copies may use up.
    """

    density: Density = field(default_factory=Density)
    forest: Forest = field(default_factory=Forest)
    budget: Budget = field(default_factory=Budget)
    look: Look = field(default_factory=Look)
    inexact_share: float = 0.9

    def run(
        self,
        source: PixelSource,
        *,
        settings: EvidenceSettings,
        control: Control,
        find: FindKeypoints | None = None,
    ) -> SceneEvidence:
        """Look for copies anywhere in a scene.

        Args:
            source: The scene, read window by window.
            settings: The false-alarm rate, the threads and the seed are used; all copies are looked for, however many.
            control: Progress, cancellation and limits.
            find: Finds the keypoints of tiles; in this process by default.

        Returns:
            The evidence; the same for the same scene, settings and memory bound where no time limit cuts in.

        Raises:
            InputError: The file is damaged, or the memory bound is too small for any scene.
            OutputError: There is no room for a temporary file.
            CancelledError: The caller asked to stop.
        """
        control.checkpoint(0.0, "looking for tiles with content")
        memory = _Memory.of(control.max_memory)
        tiles = tiles_with_content(source, memory.tile)
        area = sum(rows * columns for rows, columns in (tile.shape for tile in tiles))
        limit = control.time_limit or 0.0
        candidates, notes = self._candidates(find or found_here(source), tiles, memory, control)
        if control.time_left() <= 0:
            return SceneEvidence(complete=False, notes=(*notes, OUT_OF_TIME))
        glances, is_done = self._glances(source, candidates, LEFT_FOR_TRIALS * limit, settings, control)
        look = replace(self.look, most_pixels=min(self.look.most_pixels, memory.view))
        evidence = replace(self, look=look)._tried(source, glances, area, settings, control)
        if not is_done or not evidence.complete:
            notes = (*notes, OUT_OF_TIME)
        return replace(evidence, complete=not notes, notes=notes)

    def _candidates(
        self, find: FindKeypoints, tiles: list[Window], memory: "_Memory", control: Control
    ) -> tuple[list[Candidate], tuple[str, ...]]:
        """The places worth a look, and what was left out."""
        area = sum(rows * columns for rows, columns in (tile.shape for tile in tiles))
        limit = control.time_limit or 0.0
        notes: list[str] = []
        with Spool(COMPONENTS, np.int8, most_bytes=memory.descriptors) as spool:
            found = find(tiles, self.density.per_pixel(area, most=memory.keypoints))
            until = LEFT_FOR_MATCHING * limit
            survey = survey_keypoints(found, len(tiles), spool, until=until, control=control)
            if survey.tiles_read < survey.tiles:
                notes.append(
                    f"the time limit left {survey.tiles - survey.tiles_read} of {survey.tiles} tiles of "
                    f"{memory.tile} pixels unread"
                )
            if len(survey.keypoints) < 2:
                return [], tuple(notes)
            partners, distances, trees = self.forest.partners(
                survey.keypoints, spool, until=LEFT_FOR_LOOKING * limit, control=control
            )
        if trees < self.forest.trees:
            notes.append(
                f"the time limit left out {self.forest.trees - trees} of {self.forest.trees} passes of matching"
            )
        pairs = vote(survey.keypoints, partners, distances)
        most = self.budget.glances + math.ceil(self.budget.glances_per_megapixel * area / 1e6)
        return candidates_of(pairs, most=most), tuple(notes)

    def _glances(
        self,
        source: PixelSource,
        candidates: list[Candidate],
        until: float,
        settings: EvidenceSettings,
        control: Control,
    ) -> tuple[list[Glance], bool]:
        """Quick looks at all candidates, and whether time allowed all of them."""
        seen: list[Glance] = []
        order = candidates
        if control.time_limit is None:
            # in the order of places, so that neighbouring windows are read from the same blocks of the file
            order = sorted(candidates, key=lambda one: (one.here.y0 // TILE, one.here.x0))
        for done, candidate in enumerate(order):
            if control.time_left() <= until:
                return seen, False
            control.checkpoint(0.75 + 0.15 * done / len(candidates), "comparing places at full resolution")
            found = glance(source, candidate, workers=settings.workers)
            if found is not None:
                seen.append(found)
        return seen, True

    def _tried(
        self,
        source: PixelSource,
        glances: list[Glance],
        area: int,
        settings: EvidenceSettings,
        control: Control,
    ) -> SceneEvidence:
        """Thorough looks: exact copies first, inexact ones where there are none."""
        accepted = Accepted((source.height, source.width))
        budget = self.budget.trials + math.ceil(self.budget.trials_per_megapixel * area / 1e6)
        exact = [one for one in glances if one.exactness >= self.budget.exactness]
        trials = 0
        for one in sorted(exact, key=lambda one: -one.exactness):
            if trials >= budget or control.time_left() <= 0:
                break
            if accepted.knows(one.candidate):
                continue
            control.checkpoint(0.9 + 0.08 * trials / budget, "testing candidates")
            pairs = self.look.exact(source, one.candidate, settings=settings, control=control)
            fresh = [accepted.add(pair) for pair in pairs]
            trials += 0 if any(fresh) else 1
        is_done = control.time_left() > 0
        if accepted.pairs or not is_done:
            copies = tuple(sorted(accepted.pairs, key=lambda pair: -pair.probability))
            return SceneEvidence(copies, trials=trials + len(copies), complete=is_done)
        return self._inexact(source, glances, trials, settings, control)

    def _inexact(
        self,
        source: PixelSource,
        glances: list[Glance],
        trials: int,
        settings: EvidenceSettings,
        control: Control,
    ) -> SceneEvidence:
        """Inexact copies between the places with most votes that look most alike."""
        supported = [one for one in glances if one.candidate.votes >= self.budget.least_votes]
        chosen = sorted(supported, key=lambda one: -one.contrast)[: self.budget.inexact]
        rate = self.inexact_share * settings.false_alarm_rate / max(1, len(chosen))
        strict = replace(settings, false_alarm_rate=rate)
        shape = (source.height, source.width)
        accepted, undecided = Accepted(shape), Accepted(shape)
        for number, one in enumerate(chosen):
            if control.time_left() <= 0:
                break
            control.checkpoint(0.98 + 0.02 * number / len(chosen), "comparing regions")
            clear, open_ = self.look.inexact(source, one.candidate, settings=strict, control=control)
            for pair in clear:
                accepted.add(pair)
            for pair in open_:
                undecided.add(pair)
        return SceneEvidence(
            copies=tuple(sorted(accepted.pairs, key=lambda pair: -pair.probability)),
            undecided=tuple(sorted(undecided.pairs, key=lambda pair: -pair.probability)),
            trials=trials,
            complete=control.time_left() > 0,
        )


@dataclass(frozen=True)
class _Memory:
    """How a memory bound is shared out.

    Attributes:
        tile: Side of the tiles, pixels.
        keypoints: At most.
        descriptors: Bytes of compact descriptors that may lie in memory.
        view: Pixels of a pair of windows.
    """

    tile: int
    keypoints: int
    descriptors: int
    view: int

    @classmethod
    def of(cls, bound: int | None) -> "_Memory":
        """The shares of a bound in bytes.

        Raises:
            InputError: It is too small.
        """
        whole = PLENTY if bound is None else bound
        if whole < SMALL_FIXED_BYTES + 20_000_000:
            raise InputError(
                f"a scene needs at least {(SMALL_FIXED_BYTES + 20_000_000) / 1e6:.0f} MB and the limit is "
                f"{whole / 1e6:.0f} MB; raise --max-memory"
            )
        is_roomy = whole >= 2 * FIXED_BYTES
        fixed = FIXED_BYTES if is_roomy else SMALL_FIXED_BYTES
        rest = whole - fixed
        descriptors = int(DESCRIPTOR_SHARE * rest)
        return cls(
            tile=TILE if is_roomy else SMALL_TILE,
            keypoints=(rest - descriptors) // BYTES_PER_KEYPOINT,
            descriptors=descriptors,
            view=(fixed - LIBRARY_BYTES) // BYTES_PER_PIXEL,
        )


def adjusted_probability(probability: float, trials: int) -> float:
    """The probability of an accepted region where more places were tested than in a picture of ordinary size.

    The odds fall with the number of tests, since each could have passed by chance.
    """
    odds = probability / max(1e-12, 1.0 - probability) / max(1.0, trials / TRIALS_OF_A_PICTURE)
    return odds / (1.0 + odds)
