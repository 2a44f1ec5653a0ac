"""One picture of a set: inspected once, asked everything, compared with the truth."""

import hashlib
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from geotamper.errors import GeotamperError, InputError
from geotamper.evaluation.asking import AskedQuestion, PictureTask
from geotamper.evaluation.examinee import DetectorExaminee, Examination, Examinee, Reply
from geotamper.evaluation.outcomes import Gap, GivenAnswer, PictureFailure, PictureOutcome
from geotamper.evaluation.showing import shown_masks, shown_picture
from geotamper.imagery.picture import Picture
from geotamper.inspection.detector import build_detector
from geotamper.inspection.questions import Question
from geotamper.metrics import PictureLocalisation, RegionPair, TransformPair, localise
from geotamper.sets.layout import PictureStore, Role, TamperSet, open_set
from geotamper.sets.truth import PictureTruth, truth_of_masks
from geotamper.task.facts import TamperKind

DIGESTED: tuple[Role, ...] = ("image", "source", "target")

NO_MASKS = "masks are missing, damaged, of another size than the picture, or contradict the answers"
NO_TRANSFORM = "the set does not tell how copies were turned and scaled"


def evaluate_picture(task: PictureTask) -> PictureOutcome | PictureFailure:
    """Inspect a picture and ask every question; an unusable picture becomes a failure, not an exception."""
    try:
        detector = build_detector(task.setup.detector, workers=task.setup.threads, weights=task.setup.weights)
    except GeotamperError as error:
        return PictureFailure(picture=task.picture, error=" ".join(str(error).split()))
    return examine_picture(DetectorExaminee(detector, task.setup.priors), task)


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


def examine_picture(examinee: Examinee, task: PictureTask) -> PictureOutcome | PictureFailure:
    """Show a picture with its questions to an examinee; an unusable picture becomes a failure."""
    try:
        return _examine(examinee, task)
    except GeotamperError as error:
        return PictureFailure(picture=task.picture, error=" ".join(str(error).split()))
    except MemoryError:
        return PictureFailure(
            picture=task.picture,
            error=f"not enough memory to inspect picture {task.picture} of '{task.setup.root}'; use fewer --jobs",
        )


def questions_of(task: PictureTask) -> tuple[Question, ...]:
    """The questions of a picture without their answers."""
    return tuple(Question(item.text, item.type, item.option) for item in task.questions)


def _examine(examinee: Examinee, task: PictureTask) -> PictureOutcome:
    opened = _opened(task.setup.root, balanced=task.setup.balanced)
    picture = Picture.from_array(shown_picture(opened, task))
    start = time.perf_counter()
    seen = examinee.examine(picture, questions_of(task))
    seconds = time.perf_counter() - start
    truth = _read_truth(opened, task, (picture.height, picture.width))
    return PictureOutcome(
        picture=task.picture,
        group=task.group,
        digest=picture_digest(opened.storage.store, task.picture),
        kind=truth.kind,
        tampered=truth.tampered,
        verdict=seen.verdict,
        score=seen.score,
        answers=_answers(task.questions, seen.replies),
        localisation=_localise(truth.masks, seen),
        transform=_transform_pair(truth.masks, seen),
        seconds=seconds,
        device=examinee.device,
        gaps=truth.gaps,
    )


def _answers(asked: tuple[AskedQuestion, ...], replies: tuple[Reply, ...]) -> tuple[GivenAnswer, ...]:
    return tuple(
        GivenAnswer(
            id=item.id,
            type=item.type,
            expected=item.expected,
            given=reply.given,
            forced=reply.forced,
            within=reply.within,
        )
        for item, reply in zip(asked, replies, strict=True)
    )


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
    masks = read_regions(opened, task, frame)
    kind = masks.kind if masks else task.record.kind if task.record else None
    tampered = task.tampered if kind is None else kind != "none"
    if tampered is None:
        gaps["image_level"] = "neither masks nor answers tell whether the picture is tampered"
    if masks is None and tampered is not False:
        gaps["localisation"] = NO_MASKS
    if kind not in ("none", "blur") and tampered is not False and task.record is None:
        gaps["transform"] = NO_TRANSFORM
    return _Truth(masks, kind, tampered, gaps)


def read_regions(opened: TamperSet, task: PictureTask, frame: tuple[int, int]) -> PictureTruth | None:
    """The truth by masks; None where they are missing, damaged, contradictory or of another size.

    Where no record tells what was done, the masks must say what the answers say: releases without masks may
    hold black ones, which do not make a forged picture an untouched one.
    """
    number = task.picture
    try:
        truth = truth_of_masks(number, shown_masks(opened, task), task.record)
    except InputError:
        return None
    told = truth.kind != "none" if task.record else task.tampered
    contradicted = told is not None and told != bool(truth.source.any())
    return None if truth.source.shape != frame or contradicted else truth


def _localise(truth: PictureTruth | None, seen: Examination) -> PictureLocalisation | None:
    if truth is None or truth.kind == "none":
        return None
    return localise(truth.kind, RegionPair(truth.source, truth.target), seen.regions)


def _transform_pair(truth: PictureTruth | None, seen: Examination) -> TransformPair | None:
    known = truth.record.transform if truth is not None and truth.record is not None else None
    if known is None or seen.transform is None:
        return None
    return TransformPair(
        true_rotation_deg=known.rotation_deg,
        rotation_deg=seen.transform.rotation_deg,
        true_scale=known.scale,
        scale=seen.transform.scale,
    )
