"""The balanced subset of a set: as many questions of every type, with answers as evenly spread as there are.

Of each type N questions are drawn without replacement, every answer getting the same share of N. An answer that
is too rare is kept whole, and what it lacks is spread evenly over the others. (Weighting each question by one
over the count of its answer gives these shares on average; drawing within the answers gives them exactly.)
Every question keeps its fold.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geotamper.errors import InputError, SpecificationError
from geotamper.sets.layout.opened import ReleasedFiles, TamperSet
from geotamper.sets.layout.table import NO_FOLD, QuestionTable
from geotamper.sets.layout.writing import SetLists, with_questions, write_lists

TOLERANCE = 0.02
"""No type may deviate from the wished number by more than this share."""

DEFAULT_SHARE = 0.25
"""Of the rarest type's questions; RS-CMQA-B holds 17.5 of 65.9 thousand."""

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class BalancedSubset:
    """The outcome of a draw.

    Attributes:
        questions: The chosen rows, in the order of the set.
        per_type: The wished number of questions of each type.
        counts: Chosen questions by type number and answer.
        exhausted: Pairs of type number and answer that were too rare and kept whole.
    """

    questions: QuestionTable
    per_type: int
    counts: Mapping[int, Mapping[str, int]]
    exhausted: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class _Stratum:
    """All questions of one type with one answer."""

    type: int
    answer: str
    rows: Rows


def balance_questions(
    table: QuestionTable,
    *,
    per_type: int | None = None,
    seed: int = 0,
    usable: npt.NDArray[np.bool_] | None = None,
) -> BalancedSubset:
    """Draw a balanced subset; the same set and seed give the same subset, whatever the order of the rows.

    Args:
        table: All questions of a set.
        per_type: Wished number N of each type; None for a quarter of the rarest type's questions.
        seed: Not negative.
        usable: (N,) bool, rows that may be drawn; None for all that are active.

    Raises:
        SpecificationError: N or the seed make no sense.
        InputError: There are no questions, or a type has more than 2 % fewer than N.
    """
    if seed < 0 or (per_type is not None and per_type < 1):
        raise SpecificationError(f"expected a positive number and a seed from 0, got {per_type} and {seed}")
    strata = _strata(table, table.active if usable is None else table.active & usable)
    sizes: dict[int, int] = {}
    for stratum in strata:
        sizes[stratum.type] = sizes.get(stratum.type, 0) + len(stratum.rows)
    if not sizes:
        raise InputError("the set has no active questions to draw from")
    wished = per_type if per_type is not None else max(1, int(DEFAULT_SHARE * min(sizes.values())))
    _check_sizes(sizes, wished)
    chosen: list[Rows] = []
    counts: dict[int, dict[str, int]] = {}
    exhausted: list[tuple[int, str]] = []
    for number in sizes:
        members = [stratum for stratum in strata if stratum.type == number]
        quotas = share_out(wished, [len(stratum.rows) for stratum in members])
        for stratum, quota in zip(members, quotas, strict=True):
            chosen.append(_draw(stratum, quota, seed))
            counts.setdefault(number, {})[stratum.answer] = quota
            if quota == len(stratum.rows) and quota < -(-wished // len(members)):
                exhausted.append((number, stratum.answer))
    rows = np.sort(np.concatenate(chosen))
    return BalancedSubset(table.take(rows), wished, counts, tuple(exhausted))


def _strata(table: QuestionTable, usable: npt.NDArray[np.bool_]) -> list[_Stratum]:
    """The questions by type and answer, sorted by type and the answer's text, within it by id."""
    rows = np.flatnonzero(usable)
    alphabet = sorted(range(len(table.answers)), key=table.answers.__getitem__)
    rank = np.empty(len(alphabet), dtype=np.int64)
    rank[alphabet] = np.arange(len(alphabet))
    keys = table.types[rows].astype(np.int64) * max(len(alphabet), 1) + rank[table.answer_codes[rows]]
    order = np.lexsort((table.ids[rows], keys))
    rows, keys = rows[order], keys[order]
    numbers, starts = np.unique(keys, return_index=True)
    parts = np.split(rows, starts[1:]) if len(numbers) else []
    return [
        _Stratum(key // len(alphabet), table.answers[alphabet[key % len(alphabet)]], part)
        for key, part in zip(numbers.tolist(), parts, strict=True)
    ]


def _check_sizes(sizes: Mapping[int, int], wished: int) -> None:
    short = {number: size for number, size in sizes.items() if size < (1 - TOLERANCE) * wished}
    if short:
        number, size = min(short.items(), key=lambda item: item[1])
        raise InputError(
            f"type {number} has {size} questions, and {wished} of each type were asked for; at most "
            f"{TOLERANCE:.0%} may be missing: ask for at most {min(sizes.values())}"
        )


def share_out(total: int, available: list[int]) -> list[int]:
    """Share a total out evenly over answers of which there are limited numbers.

    Args:
        total: What is shared out; more than is available gives all there is.
        available: How many there are of each answer.

    Returns:
        The share of each; shares that are not limited differ by at most 1, the earlier ones being larger.

    Example:
        >>> share_out(10, [1, 20, 20])
        [1, 5, 4]
    """
    shares = [0] * len(available)
    left = min(total, sum(available))
    still = list(range(len(available)))
    while left and still:
        level, rest = divmod(left, len(still))
        limited = [place for place in still if available[place] - shares[place] <= level]
        if limited:
            for place in limited:
                left -= available[place] - shares[place]
                shares[place] = available[place]
            still = [place for place in still if place not in limited]
            continue
        for position, place in enumerate(still):
            shares[place] += level + (position < rest)
        left = 0
    return shares


def _draw(stratum: _Stratum, quota: int, seed: int) -> Rows:
    # A stream of its own per answer: more questions of one answer leave the draws of the others alone.
    rng = np.random.default_rng([seed, stratum.type, zlib.crc32(stratum.answer.encode())])
    return stratum.rows[rng.permutation(len(stratum.rows))[:quota]]


def balance_set(root: Path, *, per_type: int | None = None, seed: int = 0) -> BalancedSubset:
    """Add the balanced subset to a set in the released layout; pictures are shared with the full set.

    Args:
        root: The folder of the set.
        per_type: As `balance_questions`.
        seed: As `balance_questions`.

    Raises:
        InputError: As `balance_questions`, or the set cannot be read.
        OutputError: The files cannot be written.
    """
    full = TamperSet(root, ReleasedFiles(root))
    table = full.questions
    active = np.array([number for number, picture in full.pictures.items() if picture.active], dtype=np.int64)
    usable = np.isin(table.pictures, active)
    if (table.folds != NO_FOLD).any():
        # a question that no fold asks would count towards its type and never be asked
        usable &= table.folds != NO_FOLD
    subset = balance_questions(table, per_type=per_type, seed=seed, usable=usable)
    pictures = with_questions(full.pictures.values(), subset.questions)
    write_lists(root, SetLists(subset.questions, pictures, full.vocabulary), balanced=True)
    return subset
