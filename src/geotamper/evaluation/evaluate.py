"""A detector on a fold of a set: from the folder of the set to the metrics file."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from geotamper._version import __version__
from geotamper.errors import InputError
from geotamper.evaluation.asking import AskedFold, PictureTask, Setup, ask_fold, drawn, train_priors
from geotamper.evaluation.document import MetricsDocument
from geotamper.evaluation.examinee import Examinee
from geotamper.evaluation.inspecting import evaluate_picture, examine_picture, picture_digest
from geotamper.evaluation.journal import open_journal, read_journal
from geotamper.evaluation.outcomes import PictureFailure, PictureOutcome
from geotamper.evaluation.results import Results, write_results
from geotamper.evaluation.scoring import Subject, score
from geotamper.evaluation.subjects import build_examinee, is_built_per_picture
from geotamper.evidence.objects.network import DEFAULT_NETWORK
from geotamper.forge.degradation import parse_degradations
from geotamper.inspection.detector import DEFAULT_DETECTOR
from geotamper.sets.layout import Fold, TamperSet, open_set

Judged = PictureOutcome | PictureFailure
Runner = Callable[[Sequence[PictureTask]], Iterator[Judged]]
"""Works through pictures, one result for each, in order."""


@dataclass(frozen=True)
class EvaluationOptions:
    """How a set is evaluated.

    Attributes:
        detector: Name of a detector or of a floor, or the path of a trained network.
        split: The fold whose questions are asked.
        balanced: Ask the questions of the balanced subset.
        out: Folder for the results, or None for none; an interrupted evaluation goes on from there.
        threads: For one picture; 0 for the detector's own choice.
        weights: "research" or "permissive", see `build_detector`.
        degrade: What happens to every picture first, as `parse_degradations` reads it.
        pictures: Ask this many pictures at most, drawn by chance; None for all.
    """

    detector: str = DEFAULT_DETECTOR
    split: Fold = "test"
    balanced: bool = False
    out: Path | None = None
    threads: int = 0
    weights: str = DEFAULT_NETWORK
    degrade: str = "none"
    pictures: int | None = None


@dataclass(frozen=True)
class Evaluation:
    """The outcome of an evaluation.

    Attributes:
        document: The numbers.
        failures: Pictures that could not be evaluated.
        reused: Pictures that were taken from an earlier run.
        notes: About the files, in sentences.
    """

    document: MetricsDocument
    failures: tuple[PictureFailure, ...]
    reused: int
    notes: tuple[str, ...] = ()


def run_serially(tasks: Sequence[PictureTask]) -> Iterator[Judged]:
    """One picture after the other, in this process."""
    return map(evaluate_picture, tasks)


def evaluate_set(
    root: Path,
    options: EvaluationOptions | None = None,
    *,
    run: Runner = run_serially,
    watch: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Ask a detector every question of a fold and compare answers, verdicts, masks and transforms with the truth.

    Every picture is inspected once, whatever the number of its questions. Priors of forced answers are taken
    from the train questions of the same list.

    Args:
        root: Folder of a set, made here or released, in either layout.
        options: What to evaluate, and where the results go.
        run: Works through the pictures of detectors that are built for every picture; floors and networks are
            built once and take one picture after the other.
        watch: Called with the number of finished pictures and of all; floors that look at pictures are fitted
            first, with the train pictures.

    Raises:
        InputError: The set cannot be read, has nothing to ask, or no picture could be inspected; or the results'
            folder holds another evaluation.
        OutputError: Results cannot be written.
        SpecificationError: Unknown detector or degradation.
    """
    chosen = options or EvaluationOptions()
    root = root.resolve()
    opened = open_set(root, balanced=chosen.balanced)
    setup = Setup(
        root,
        chosen.detector,
        train_priors(opened),
        balanced=chosen.balanced,
        threads=chosen.threads,
        weights=chosen.weights,
        degradations=parse_degradations(chosen.degrade),
    )
    asked = drawn(ask_fold(opened, chosen.split, setup), chosen.pictures)
    examinee = build_examinee(opened, setup, watch)
    if not is_built_per_picture(chosen.detector):
        run = partial(map, partial(examine_picture, examinee))
    settings = _settings(examinee, chosen, asked, setup)
    kept = _reusable(opened, chosen, asked, settings)
    outcomes, failures = dict(kept), []
    todo = [task for task in asked.pictures if task.picture not in kept]
    journal = nullcontext(_forget) if chosen.out is None else open_journal(chosen.out, settings, kept)
    with journal as add:
        for done, judged in enumerate(run(todo), start=len(kept) + 1):
            if isinstance(judged, PictureFailure):
                failures.append(judged)
            else:
                outcomes[judged.picture] = judged
                add(judged)
            if watch is not None:
                watch(done, len(asked.pictures))
    if not outcomes:
        raise InputError(f"no picture of '{root}' could be inspected; the first: {failures[0].error}")
    ranked = [outcomes[number] for number in sorted(outcomes)]
    document = score(_subject(root, chosen, asked, examinee, len(failures)), ranked)
    notes: tuple[str, ...] = ()
    if chosen.out is not None:
        shown = {task.picture: task for task in asked.pictures}
        notes = write_results(chosen.out, Results(document, ranked, examinee, opened, shown))
    return Evaluation(document, tuple(failures), len(kept), notes)


def _forget(outcome: PictureOutcome) -> None:
    """Take the place of the journal where no folder was given."""


def _subject(
    root: Path, options: EvaluationOptions, asked: AskedFold, examinee: Examinee, failures: int
) -> Subject:
    return Subject(
        model=examinee.name,
        data=root.name,
        split=options.split,
        balanced=options.balanced,
        degrade=options.degrade,
        questions_digest=asked.digest,
        failures=failures,
        notes=asked.notes,
    )


def _settings(
    examinee: Examinee, options: EvaluationOptions, asked: AskedFold, setup: Setup
) -> dict[str, Any]:
    """What outcomes depend on."""
    priors = json.dumps(setup.priors, sort_keys=True).encode()
    return {
        **examinee.settings(),
        "version": __version__,
        "split": options.split,
        "balanced": options.balanced,
        "degrade": options.degrade,
        "questions": asked.digest,
        "priors": hashlib.sha256(priors).hexdigest(),
    }


def _reusable(
    opened: TamperSet, options: EvaluationOptions, asked: AskedFold, settings: dict[str, Any]
) -> dict[int, PictureOutcome]:
    """Outcomes of an earlier run whose pictures are what they were."""
    if options.out is None:
        return {}
    earlier = read_journal(options.out, settings)
    store = opened.storage.store
    return {
        task.picture: earlier[task.picture]
        for task in asked.pictures
        if task.picture in earlier
        and store.has(task.picture, "image")
        and picture_digest(store, task.picture) == earlier[task.picture].digest
    }
