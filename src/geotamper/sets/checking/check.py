"""All rules, applied to one set."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from geotamper.control import Control
from geotamper.errors import SpecificationError
from geotamper.processes import follow_parent, starting_processes
from geotamper.sets.checking.answers import AnswerChecker, check_vocabulary
from geotamper.sets.checking.balance import check_balance
from geotamper.sets.checking.expected import expect
from geotamper.sets.checking.leakage import (
    FoldsOf,
    check_files_in_folds,
    check_groups,
    check_looks,
    check_pictures_in_folds,
)
from geotamper.sets.checking.lists import (
    check_info,
    check_lists,
    check_orphans,
    check_question_ids,
    check_sidecar,
    folds_of_pictures,
)
from geotamper.sets.checking.masks import (
    check_changes,
    check_files,
    check_record,
    check_regions,
    check_values,
    is_resized,
)
from geotamper.sets.checking.pictures import PictureEvidence, PictureExaminer
from geotamper.sets.checking.report import CheckReport, Collector
from geotamper.sets.layout.names import REQUIRED_ROLES, ROLES, Role
from geotamper.sets.layout.opened import TamperSet, open_set
from geotamper.sets.layout.records import SetQuestion
from geotamper.sets.layout.table import QuestionTable
from geotamper.sets.parquet.manifest import changed_files
from geotamper.sets.parquet.reading import ParquetFiles
from geotamper.sets.parquet.shards import read_digests


@dataclass(frozen=True)
class CheckOptions:
    """How a set is checked.

    Attributes:
        balanced: Check the questions of the balanced subset.
        strict: Warnings count as errors, leakage in a split made by others among them.
        jobs: Processes that read pictures.
    """

    balanced: bool = False
    strict: bool = False
    jobs: int = 1

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise SpecificationError(f"jobs must be at least 1, got {self.jobs}")


def check_set(
    root: Path | str, options: CheckOptions | None = None, *, control: Control | None = None
) -> CheckReport:
    """Apply every rule to a set.

    In a set made here (with a sidecar) everything is recomputed, and leakage is an error. In a set from
    elsewhere some things cannot be checked, which the report lists, and a split that leaks is a warning.

    Args:
        root: The folder of a set in either layout.
        options: How to check.
        control: Progress and cancellation.

    Raises:
        InputError: The lists of the set cannot be read at all.
    """
    chosen = options or CheckOptions()
    control = control or Control()
    opened = open_set(root, balanced=chosen.balanced)
    found = Collector(own=opened.sidecar is not None, strict=chosen.strict)
    control.checkpoint(0.0, "reading the lists")
    check_lists(opened, found)
    check_sidecar(opened, found)
    check_vocabulary(opened.questions, opened.vocabulary, found)
    if chosen.balanced:
        check_balance(opened, found)
    if found.own or not chosen.balanced:  # released subsets may share the picture list of the full set
        check_question_ids(opened, found)
    check_orphans(opened, found)
    evidence = _examine_all(opened, chosen, control)
    _check_manifest(opened, evidence, found)
    control.checkpoint(0.9, "comparing answers")
    _check_pictures(opened, evidence, found, balanced=chosen.balanced)
    control.checkpoint(0.95, "comparing folds")
    _check_leakage(opened, evidence, folds_of_pictures(opened), found)
    return found.report(pictures=len(opened.pictures), questions=len(opened.questions))


def _check_manifest(opened: TamperSet, evidence: Sequence[PictureEvidence], found: Collector) -> None:
    """The hashes of a converted set."""
    if not isinstance(opened.storage, ParquetFiles):
        return
    for name, what in changed_files(opened.root, opened.storage.manifest):
        found.error("manifest", f"'{name}' {what}; convert the set again or fetch the file again")
    digests = read_digests(opened.root)
    given = {(entry.id, role): digest for entry in evidence for role, digest in entry.digests.items()}
    for key in sorted(digests.keys() | given.keys()):
        picture, role = key
        if key not in given:
            message = f"the {role} of picture {picture} has a hash and no file; fetch the set again"
            found.error("manifest", message, picture=picture)
        elif digests.get(key) != given[key]:
            message = f"the {role} of picture {picture} differs from its hash; fetch the set again"
            found.error("manifest", message, picture=picture)


def _examine_all(opened: TamperSet, options: CheckOptions, control: Control) -> list[PictureEvidence]:
    pictures = sorted(opened.pictures)
    examiner = PictureExaminer(opened.root, balanced=options.balanced)
    found: list[PictureEvidence] = []
    with ExitStack() as stack:
        results: Iterator[PictureEvidence] = map(examiner, pictures)
        if options.jobs > 1:
            pool = ProcessPoolExecutor(
                options.jobs, mp_context=get_context("spawn"), initializer=follow_parent
            )
            # cancelled work must not be waited for
            stack.callback(partial(pool.shutdown, cancel_futures=True))
            with starting_processes():
                results = pool.map(examiner, pictures, chunksize=16)
        for place, evidence in enumerate(results):
            control.checkpoint(0.9 * place / len(pictures), "reading pictures")
            found.append(evidence)
    return found


def _check_pictures(
    opened: TamperSet, evidence: Sequence[PictureEvidence], found: Collector, *, balanced: bool
) -> None:
    """All rules about single pictures and their questions."""
    sidecar, records = opened.sidecar, opened.records
    present = {role for entry in evidence for role in ROLES if role not in entry.missing}
    # a set made here has all of them
    absent = frozenset[Role](() if found.own else set(ROLES) - present - set(REQUIRED_ROLES))
    for role in sorted(absent):
        found.skip("files", f"the set has no folder '{role}'", len(evidence))
    checker = AnswerChecker(opened.vocabulary, found)
    questions = QuestionsByPicture(opened.questions)
    for entry in evidence:
        record = records.get(entry.id)
        check_files(entry, absent, found)
        check_values(entry, found)
        check_regions(entry, record, sidecar, found)
        check_record(entry, record, sidecar, found)
        check_changes(entry, record, found)
        picture = opened.pictures[entry.id]
        expected = expect(entry, record, sidecar, picture.info)
        resized = is_resized(entry, sidecar)
        check_info(picture, entry, expected, opened.vocabulary, found, resized=resized)
        if resized:
            found.skip("mask", "the files are not of the size that the answers refer to; limits are wider")
        asked = questions.of(entry.id)
        checker.check_picture(asked, expected)
        if not balanced:
            checker.check_counts(entry.id, asked, expected)


class QuestionsByPicture:
    """Looks up the questions of a picture; they become objects only then, because sets have millions."""

    def __init__(self, table: QuestionTable) -> None:
        self._table = table.take(np.argsort(table.pictures, kind="stable"))
        numbers, starts = np.unique(self._table.pictures, return_index=True)
        ends = np.append(starts[1:], len(self._table)).tolist()
        self._spans = dict(zip(numbers.tolist(), zip(starts.tolist(), ends, strict=True), strict=True))

    def of(self, picture: int) -> Sequence[SetQuestion]:
        """The questions of one picture, in the order of the set."""
        start, end = self._spans.get(picture, (0, 0))
        return tuple(self._table.take(np.arange(start, end)))


def _check_leakage(
    opened: TamperSet, evidence: Sequence[PictureEvidence], folds: FoldsOf, found: Collector
) -> None:
    check_pictures_in_folds(folds, opened.sidecar, found)
    check_groups(folds, opened.sidecar, found)
    check_files_in_folds(evidence, folds, found)
    check_looks(evidence, folds, found)
