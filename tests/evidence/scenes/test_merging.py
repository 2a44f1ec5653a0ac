"""Pieces of copies."""

from dataclasses import replace

import numpy as np
import pytest

from geotamper.evidence.direction import Judgement
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.scenes.merging import Accepted, flipped
from geotamper.evidence.scenes.voting import Candidate
from geotamper.imagery.region import Region, Window

SHAPE = (2000, 9000)


def pair(x: int, y: int, *, shift: tuple[int, int] = (-5000, 300), side: int = 100) -> CopyPair:
    """A copy of a square at (x, y)."""
    copy = Window(x, y, x + side, y + side)
    source = Window(x + shift[0], y + shift[1], x + shift[0] + side, y + shift[1] + side)
    full = np.ones((side, side), bool)
    matrix = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    return CopyPair(Region(source, full), Region(copy, full), matrix, 0.0, Judgement(1.0, ""), 0.97)


def test_add_joins_pieces_that_follow_one_transform() -> None:
    accepted = Accepted(SHAPE)
    assert accepted.add(pair(6000, 100))
    assert accepted.add(pair(6080, 100))
    assert len(accepted.pairs) == 1
    assert accepted.pairs[0].copy.window == Window(6000, 100, 6180, 200)
    assert accepted.pairs[0].source.window == Window(1000, 400, 1180, 500)


def turned_round(one: CopyPair, log_odds: float) -> CopyPair:
    """The pair as if its direction had been judged the other way."""
    return replace(flipped(one), direction=Judgement(log_odds, ""))


@pytest.mark.parametrize(("log_odds", "left"), [(0.5, 6000), (3.0, 1000)])
def test_add_weighs_the_directions_of_pieces(log_odds: float, left: int) -> None:
    accepted = Accepted(SHAPE)
    accepted.add(pair(6000, 100))
    accepted.add(turned_round(pair(6080, 100), log_odds))
    assert [one.copy.window.x0 for one in accepted.pairs] == [left]
    assert accepted.pairs[0].copy.area == 180 * 100
    assert accepted.pairs[0].direction.log_odds == pytest.approx(abs(1.0 - log_odds))


def test_add_keeps_two_copies_of_one_source_apart() -> None:
    accepted = Accepted(SHAPE)
    accepted.add(pair(6000, 100))
    assert accepted.add(pair(8000, 100, shift=(-7000, 300)))
    assert len(accepted.pairs) == 2


def test_add_refuses_what_is_known_or_pasted_over() -> None:
    accepted = Accepted(SHAPE)
    accepted.add(pair(6000, 100))
    assert not accepted.add(pair(6000, 100))
    assert not accepted.add(pair(6010, 100, shift=(-3000, 900)))
    assert len(accepted.pairs) == 1


def test_knows_guesses_inside_a_known_pair_in_either_direction() -> None:
    accepted = Accepted(SHAPE)
    accepted.add(pair(6000, 100))
    guess = Hypotheses(np.array([[6050, 150]]), np.array([[1.0, 0.0, 1050.0, 450.0]]))
    assert accepted.knows(Candidate(guess, 3))
    assert accepted.knows(Candidate(guess.reversed(), 3))
    assert not accepted.knows(Candidate(Hypotheses(guess.centres, np.array([[1.0, 0.0, 3000.0, 450.0]])), 3))
