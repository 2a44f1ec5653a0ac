r"""Measure what learned judgement adds to geometry: one fold of a set, asked with one judge more at a time.

Example:
    python benchmarks/ablate_judgement.py sets/real-rscm --split val --out benchmarks/work/judgement
    python benchmarks/tabulate_sets.py --metrics benchmarks/work/judgement/*/metrics.json --block judgement \
        --into benchmarks/RESULTS.md

Geometry alone tells source from copy by resampling and takes a guess where that says nothing; it knows no classes.
Writes one metrics.json for each row, as 'geotamper evaluate' does.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2

from _common.failures import one_line_failures
from geotamper.atomic import write_text
from geotamper.errors import GeotamperError
from geotamper.evaluation.asking import PictureTask, Setup, ask_fold, drawn, train_priors
from geotamper.evaluation.examinee import DetectorExaminee
from geotamper.evaluation.inspecting import examine_picture
from geotamper.evaluation.outcomes import PictureFailure, PictureOutcome
from geotamper.evaluation.scoring import Subject, score
from geotamper.evidence.copies import CopySearch
from geotamper.evidence.direction import ResamplingJudge
from geotamper.evidence.lookalikes import LikenessSearch
from geotamper.evidence.objects.network import NETWORKS, ObjectClassifier
from geotamper.evidence.search import SearchPlan, find_evidence
from geotamper.forge.degradation import parse_degradations
from geotamper.inspection.inspector import Inspector
from geotamper.processes import follow_parent, starting_processes
from geotamper.sets.layout import FOLDS, open_set


@dataclass(frozen=True)
class Row:
    """One line of the ablation.

    Attributes:
        plan: The searches.
        has_classes: Whether the class network tells what was forged.
    """

    plan: SearchPlan
    has_classes: bool = True


def rows() -> Mapping[str, Row]:
    """The lines, each with one judge more than the one before."""
    exact, inexact = CopySearch(judges=(ResamplingJudge(),)), LikenessSearch(judges=())
    geometry = SearchPlan(exact, inexact)
    return {
        "geometry": Row(geometry, has_classes=False),
        "and class": Row(geometry),
        "and direction": Row(SearchPlan()),
    }


@lru_cache(maxsize=1)
def _inspectors() -> Mapping[str, Inspector]:
    classifier = ObjectClassifier(NETWORKS["research"])

    def built(row: Row) -> Inspector:
        def search(pixels, *, settings, control):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            return find_evidence(pixels, settings=settings, control=control, plan=row.plan)

        return Inspector(search=search, classifier=classifier if row.has_classes else None)

    return {name: built(row) for name, row in rows().items()}


def _begin(threads: int) -> None:
    follow_parent()
    cv2.setNumThreads(threads)


def examine(job: tuple[str, PictureTask]) -> PictureOutcome | PictureFailure:
    """One picture under one row."""
    name, task = job
    return examine_picture(DetectorExaminee(_inspectors()[name], task.setup.priors), task)


def measure(name: str, tasks: Sequence[PictureTask], pool: ProcessPoolExecutor) -> list[PictureOutcome]:
    """All pictures under one row.

    Raises:
        GeotamperError: A picture could not be inspected.
    """
    found = []
    with starting_processes():
        results = pool.map(examine, [(name, task) for task in tasks])
    for done, outcome in enumerate(results, start=1):
        if isinstance(outcome, PictureFailure):
            raise GeotamperError(outcome.error)
        found.append(outcome)
        if sys.stderr.isatty():
            print(f"\r{name}: {done} of {len(tasks)}", end="", file=sys.stderr)
    return found


@one_line_failures
def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("set", type=Path, help="made by geotamper generate")
    parser.add_argument("--split", choices=FOLDS, default="val")
    parser.add_argument("--pictures", type=int, help="this many, drawn by chance; all unless given")
    parser.add_argument("--degrade", default="none", help="such as jpeg:90; happens to every picture first")
    parser.add_argument("--rows", nargs="+", choices=list(rows()), default=list(rows()))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    opened = open_set(options.set.resolve())
    steps = parse_degradations(options.degrade)
    setup = Setup(opened.root, "inspector", train_priors(opened), threads=1, degradations=steps)
    asked = drawn(ask_fold(opened, options.split, setup), options.pictures)
    subject = Subject(
        "",
        opened.root.name,
        options.split,
        balanced=False,
        degrade=options.degrade,
        questions_digest=asked.digest,
    )
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, mp_context=context, initializer=_begin, initargs=(1,)) as pool:
        for name in options.rows:
            outcomes = measure(name, asked.pictures, pool)
            document = score(replace(subject, model=name), outcomes)
            path = options.out / name.replace(" ", "-") / "metrics.json"
            write_text(path, document.to_json())
            print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
