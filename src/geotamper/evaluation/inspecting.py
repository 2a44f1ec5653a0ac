"""One picture of a set: inspected once, asked everything, compared with the truth."""

import hashlib
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from geotamper.control import Control
from geotamper.errors import GeotamperError, InputError
from geotamper.evaluation.asking import AskedQuestion, PictureTask
from geotamper.evaluation.outcomes import Gap, GivenAnswer, PictureFailure, PictureOutcome
from geotamper.imagery.picture import Picture
from geotamper.inspection.answering import Priors
from geotamper.inspection.detector import Detector, build_detector
from geotamper.inspection.findings import Findings
from geotamper.inspection.questions import Question
from geotamper.metrics import PictureLocalisation, RegionPair, TransformPair, localise
from geotamper.sets.layout import PictureStore, Role, TamperSet, open_set
from geotamper.sets.truth import PictureTruth, truth_of_masks
from geotamper.task.catalogue import QUESTION_TYPES
from geotamper.task.facts import TamperKind

DIGESTED: tuple[Role, ...] = ("image", "source", "target")

NO_MASKS = "masks are missing, damaged, of another size than the picture, or contradict the answers"
NO_TRANSFORM = "the set does not tell how copies were turned and scaled"


def evaluate_picture(task: PictureTask) -> PictureOutcome | PictureFailure:
    """Inspect a picture and ask every question; an unusable picture becomes a failure, not an exception."""
    try:
        return _evaluate(task)
    except GeotamperError as error:
        return PictureFailure(picture=task.picture, error=" ".join(str(error).split()))
    except MemoryError:
        return PictureFailure(
            picture=task.picture,
            error=f"not enough memory to inspect picture {task.picture} of '{task.setup.root}'; use fewer --jobs",
        )


def picture_died(task: PictureTask) -> PictureFailure:
    """The failure of a picture whose process ended without an answer."""
    return PictureFailure(
        picture=task.picture,
        error=(
            f"the process that inspected picture {task.picture} of '{task.setup.root}' ended without an answer, "
            "probably for lack of memory; use fewer --jobs"
        ),
    )


def picture_digest(store: PictureStore, picture: int) -> str:
    """Digest of a picture and its masks; missing masks count too."""
    digest = hashlib.sha256()
    for role in DIGESTED:
        content = store.read(picture, role) if role == "image" or store.has(picture, role) else b""
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _opened(root: Path, *, balanced: bool) -> TamperSet:
    """Kept, because the index of a set in shards takes long to read."""
    return open_set(root, balanced=balanced)


def _evaluate(task: PictureTask) -> PictureOutcome:
    opened = _opened(task.setup.root, balanced=task.setup.balanced)
    picture = Picture.from_array(opened.read_image(task.picture))
    detector = build_detector(task.setup.detector, workers=task.setup.threads).with_priors(task.setup.priors)
    start = time.perf_counter()
    findings = detector.detect(picture, Control())
    answers = _answers(detector, findings, task.questions, task.setup.priors)
    seconds = time.perf_counter() - start
    truth = _read_truth(opened, task, (picture.height, picture.width))
    return PictureOutcome(
        picture=task.picture,
        group=task.group,
        digest=picture_digest(opened.storage.store, task.picture),
        kind=truth.kind,
        tampered=truth.tampered,
        verdict=findings.tampered,
        score=findings.score,
        answers=answers,
        localisation=_localise(truth.masks, findings),
        transform=_transform_pair(truth.masks, findings),
        seconds=seconds,
        device=detector.device,
        gaps=truth.gaps,
    )


def _answers(
    detector: Detector, findings: Findings, asked: tuple[AskedQuestion, ...], priors: Priors
) -> tuple[GivenAnswer, ...]:
    """Forced answers; a check whose option cannot be read is answered by the priors alone."""
    readable = [item for item in asked if item.option is not None or not QUESTION_TYPES[item.type].is_check]
    questions = [Question(item.text, item.type, item.option) for item in readable]
    given = {
        item.id: (answer.answer, answer.basis.startswith("forced"))
        for item, answer in zip(readable, detector.answers(findings, questions, forced=True), strict=True)
    }
    found = []
    for item in asked:
        text, forced = given[item.id] if item.id in given else (_most_probable(item, priors), True)
        found.append(
            GivenAnswer(id=item.id, type=item.type, expected=item.expected, given=text, forced=forced)
        )
    return tuple(found)


def _most_probable(item: AskedQuestion, priors: Priors) -> str:
    known = priors.get(item.type, {})
    return max(QUESTION_TYPES[item.type].answers, key=lambda text: known.get(text, 0.0))


@dataclass(frozen=True)
class _Truth:
    """As much of the truth about a picture as the set tells.

    Attributes:
        masks: None where they cannot be used.
        kind: None where it is not known.
        tampered: None where it is not known.
        gaps: What is missing, and why.
    """

    masks: PictureTruth | None
    kind: TamperKind | None
    tampered: bool | None
    gaps: dict[Gap, str]


def _read_truth(opened: TamperSet, task: PictureTask, frame: tuple[int, int]) -> _Truth:
    gaps: dict[Gap, str] = {}
    masks = _read_masks(opened, task, frame)
    kind = masks.kind if masks else task.record.kind if task.record else None
    tampered = task.tampered if kind is None else kind != "none"
    if tampered is None:
        gaps["image_level"] = "neither masks nor answers tell whether the picture is tampered"
    if masks is None and tampered is not False:
        gaps["localisation"] = NO_MASKS
    if kind not in ("none", "blur") and tampered is not False and task.record is None:
        gaps["transform"] = NO_TRANSFORM
    return _Truth(masks, kind, tampered, gaps)


def _read_masks(opened: TamperSet, task: PictureTask, frame: tuple[int, int]) -> PictureTruth | None:
    """The truth by masks; None where they are missing, damaged, contradictory or of another size.

    Where no record tells what was done, the masks must say what the answers say: releases without masks may
    hold black ones, which do not make a forged picture an untouched one.
    """
    number = task.picture
    try:
        masks = opened.read_mask(number, "source"), opened.read_mask(number, "target")
        truth = truth_of_masks(number, masks, task.record)
    except InputError:
        return None
    told = truth.kind != "none" if task.record else task.tampered
    contradicted = told is not None and told != bool(truth.source.any())
    return None if truth.source.shape != frame or contradicted else truth


def _localise(truth: PictureTruth | None, findings: Findings) -> PictureLocalisation | None:
    if truth is None or truth.kind == "none":
        return None
    true_pair = RegionPair(truth.source, truth.target)
    seen = RegionPair.empty(truth.source.shape)
    if findings.tampered:  # candidates of an open verdict are no claim
        seen = RegionPair(findings.source_union(), findings.target_union())
    return localise(truth.kind, true_pair, seen)


def _transform_pair(truth: PictureTruth | None, findings: Findings) -> TransformPair | None:
    primary = findings.select(None)
    known = truth.record.transform if truth is not None and truth.record is not None else None
    if known is None or primary is None or primary.transform is None or not findings.tampered:
        return None
    return TransformPair(
        true_rotation_deg=known.rotation_deg,
        rotation_deg=primary.transform.rotation_deg,
        true_scale=known.scale,
        scale=primary.transform.scale,
    )
