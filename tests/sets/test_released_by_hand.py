"""A set in the released layout, written by hand from the format's description alone: no writer of ours."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geotamper.evaluation import evaluate_set
from geotamper.evidence.objects.network import ClassNetworkName
from geotamper.evidence.results import Evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.imagery.picture import Pixels
from geotamper.inspection.answering import force_answer
from geotamper.inspection.cases import Case, Subject
from geotamper.inspection.detector import DETECTORS, Detector
from geotamper.inspection.inspector import Inspector
from geotamper.inspection.questions import Question
from geotamper.metrics import (
    AnswerRecord,
    RegionPair,
    VerdictRecord,
    answer_metrics,
    image_level_metrics,
    localisation_metrics,
    localise,
)
from geotamper.sets.checking import CheckOptions, check_set
from geotamper.sets.layout import TamperSet, open_set
from geotamper.sets.questions import answer_priors, option_of
from geotamper.sets.truth import read_truth, region_facts
from geotamper.task.catalogue import QUESTION_TYPES, TYPE_NAMES
from geotamper.task.facts import TamperFacts

FORGED = [
    ("1", "Has this image been tampered with?", "Yes"),
    ("2", "What type of object has been tampered with?", "Building"),
    ("3", "Is the tampered object a Building?", "Yes"),
    ("3", "Is the tampered object a piece of Vegetation?", "No"),
    ("4", "Where is the source domain in the image?", "Upper Left"),
    ("5", "Is the tampered source domain located on the Upper Left side of the image?", "Yes"),
    ("5", "Is the tampered source domain located on the Middle side of the image?", "No"),
    ("6", "Where is the tampered domain in the image?", "Right"),
    ("7", "Is the tampered target domain located in the Right of the image?", "Yes"),
    ("7", "Is the tampered target domain located in the Lower of the image?", "No"),
    ("8", "How large is the area that has been tampered with?", "One to Five Percent"),
    ("9", "Does the area that has been tampered with account for One to Five Percent of the entire image?", "Yes"),
    ("9", "Does the area that has been tampered with account for More than Five Percent of the entire image?", "No"),
    ("10", "In which direction is the tampering domain relative to the source domain?", "Right side"),
    ("11", "Is the tampering domain to the Right side side of the source domain?", "Yes"),
    ("11", "Is the tampering domain to the Upper side of the source domain?", "No"),
    ("12", "How does the size of the tampered domain change compared to the source domain?", "Bigger"),
    ("13", "Is the tampered domain Bigger in area than the source domain?", "Yes"),
    ("13", "Is the tampered domain Same in area than the source domain?", "No"),
    ("14", "Whether the tampered domain has been rotated?", "Yes"),
]  # fmt: skip

ANSWERS = [
    ["No", "Yes"],
    ["Building", "Airplane", "Car", "Farmland", "Road", "Ship", "Vegetation"],
    ["No", "Yes"],
    ["Left", "Lower", "Lower Left", "Lower Right", "Middle", "Right", "Upper", "Upper Left", "Upper Right"],
    ["No", "Yes"],
    ["Left", "Lower", "Lower Left", "Lower Right", "Middle", "Right", "Upper", "Upper Left", "Upper Right"],
    ["No", "Yes"],
    ["Less than One Percent", "More than Five Percent", "One to Five Percent"],
    ["No", "Yes"],
    ["Left side", "Lower", "Right side", "Upper"],
    ["No", "Yes"],
    ["Bigger", "Same", "Smaller"],
    ["No", "Yes"],
    ["No", "Yes"],
]


def _record(number: int, picture: int, question: tuple[str, str, str]) -> dict[str, Any]:
    kind, text, answer = question
    return {"id": number, "img_id": picture, "type": kind, "question": text, "answer": answer, "active": True}


def _write_json(root: Path, side: int) -> None:
    clean = _record(300, 20, ("1", "Has this image been tampered with?", "No"))
    # the id after the first question is skipped, as in the mirrored records
    numbers = [100, *range(102, 121)]
    forged = [_record(number, 7, question) for number, question in zip(numbers, FORGED, strict=True)]
    info = {
        "Q1": "Yes", "Q2": "Building", "Q3": "No", "Q4": "Upper Left", "Q5": "No", "Q6": "Right", "Q7": "No",
        "Q8": "One to Five Percent", "Q8_tampered_size": 4500 / 512**2, "Q8_source_size": 2000 / 512**2,
        "Q9": "No", "Q10": "Right side", "Q11": "No", "Q12": "Bigger", "Q13": "No", "Q14": "Yes",
    }  # fmt: skip
    shared = {"active": True, "origin_dataset": "WHU", "caption": ""}
    index = iter(range(51))
    documents: dict[str, Any] = {
        "All_Questions.json": {"questions": [*forged, clean]},
        "Train_Questions.json": {"questions": []},
        "Val_Questions.json": {"questions": []},
        "Test_Questions.json": {"questions": [*forged, clean]},
        "All_Images.json": {
            "images": [
                {"id": 7, "questions_ids": numbers, **shared, "info": info},
                {"id": 20, "questions_ids": [300], **shared, "info": {"Q1": "No"}},
            ]
        },
        "Answers.json": {
            "answers": [
                {"type": k, "answer": {text: next(index) for text in texts}}
                for k, texts in enumerate(ANSWERS, 1)
            ]
        },
    }
    (root / "JsonFiles").mkdir(parents=True)
    for name, document in documents.items():
        (root / "JsonFiles" / name).write_text(json.dumps(document), encoding="utf-8")
    _write_pictures(root, side)


def _write_pictures(root: Path, side: int) -> None:
    rng = np.random.default_rng(0)
    empty = np.zeros((512, 512), dtype=np.uint8)
    source, target, background = empty.copy(), empty.copy(), empty.copy()
    source[100:140, 60:110] = 255
    target[300:375, 350:410] = 255  # turned by a quarter and enlarged by one half
    background[400:440, 20:80] = 255
    masks = {7: (source, target, background), 20: (empty, empty, background)}
    for folder in ("image", "source", "target", "background"):
        (root / folder).mkdir()
    for number, (one, two, rest) in masks.items():
        colours = Image.fromarray(rng.integers(0, 256, (512, 512, 4), dtype=np.uint8), "RGBA")
        colours.resize((side, side)).save(root / "image" / f"{number}.png")
        for folder, mask in (("source", one), ("target", two), ("background", rest)):
            grey = Image.fromarray(mask).resize((side, side), Image.Resampling.NEAREST)
            grey.save(root / folder / f"{number}.png")


@pytest.fixture(params=[512, 224])
def by_hand(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of the set, with pictures of 512 or 224 pixels."""
    _write_json(tmp_path / "set", request.param)
    return tmp_path / "set"


def test_set_by_hand_loads(by_hand: Path) -> None:
    opened = open_set(by_hand)
    assert len(opened.usable_questions("test")) == 21
    assert len(opened.usable_questions("train")) == len(opened.usable_questions("val")) == 0
    assert opened.sidecar is None
    assert opened.vocabulary.class_count == 51
    assert opened.vocabulary.question_set == "rs-cmqa"
    assert opened.vocabulary.indices[0] == {"No": 0, "Yes": 1}
    assert opened.pictures[7].info["Q8_source_size"] == 2000 / 512**2
    image = opened.read_image(7)
    assert image.shape == (*opened.read_mask(7, "source").shape, 3)
    assert not opened.read_mask(20, "target").any()


def test_set_by_hand_passes_the_check(by_hand: Path) -> None:
    report = check_set(by_hand, CheckOptions(strict=True))
    assert report.findings == ()
    assert (report.pictures, report.questions) == (2, 21)
    unchecked = {(entry.rule, entry.reason.partition(":")[0]): entry.count for entry in report.unchecked}
    assert unchecked[("answer", "rotated")] == 1
    assert unchecked[("answer", "object")] == 3
    assert ("leakage-group", "the set does not tell which pictures show the same ground") in unchecked


def test_wrong_answer_by_hand_fails_the_check(by_hand: Path) -> None:
    for path in (by_hand / "JsonFiles").glob("*_Questions.json"):
        path.write_text(path.read_text().replace('"answer": "Upper Left"', '"answer": "Lower Left"'))
    report = check_set(by_hand)
    assert [finding.question for finding in report.findings] == [105]
    assert not report.passed


def _case(opened: TamperSet, picture: int) -> Case:
    """What a detector would say that sees everything but the object's class."""
    truth = read_truth(opened, picture)
    source, target = truth.source, truth.target
    if truth.kind == "none":
        return Case(False, 0.1, 0.9, "nothing repeats", None)
    facts = TamperFacts(
        width=source.shape[1],
        height=source.shape[0],
        kind="copy-move",
        source=region_facts(source),
        target=region_facts(target),
        scale=1.49,
        rotation_deg=90.3,
        scale_sigma=0.01,
        rotation_sigma=0.4,
    )
    return Case(True, 0.95, 0.95, "a region repeats", Subject(1, 0.99, facts))


def test_set_by_hand_feeds_the_metrics(by_hand: Path) -> None:
    opened = open_set(by_hand)
    priors = answer_priors(opened.usable_questions("train"), opened.vocabulary.question_set)
    assert priors == {}
    cases = {picture: _case(opened, picture) for picture in opened.pictures}
    records = []
    for question in opened.usable_questions("test"):
        name = opened.vocabulary.type_name(question.type)
        assert name is not None
        option = option_of(name, question.text) if QUESTION_TYPES[name].is_check else None
        given = force_answer(cases[question.picture], Question(question.text, name, option), priors)
        forced = given.basis.startswith("forced")
        records.append(AnswerRecord(name, question.answer, given.answer, forced))
    metrics = answer_metrics(records, types=TYPE_NAMES)
    # the class is not known: forced to the first of seven, which is wrong here, and so is one of its checks
    assert metrics.per_type["object"].accuracy == 0
    assert metrics.per_type["object_check"].accuracy == 0.5
    assert metrics.overall_accuracy == pytest.approx(19 / 21)
    assert metrics.absent_types == ("kind",)
    assert metrics.coverage == pytest.approx(18 / 21)

    truth = read_truth(opened, 7)
    masks = RegionPair(truth.source, truth.target)
    assert truth.kind == "copy-move"
    seen = localisation_metrics([localise(truth.kind, masks, masks)])
    assert (seen.found_rate, seen.swap_rate) == (1.0, 0.0)
    verdicts = [VerdictRecord(picture == 7, case.tampered, case.score) for picture, case in cases.items()]
    assert image_level_metrics(verdicts).accuracy == 1.0


def _blind_inspector(false_alarm_rate: float, workers: int, weights: ClassNetworkName) -> Detector:
    del weights  # nothing is found, so nothing is named

    def find_nothing(pixels: Pixels, **steering: Any) -> Evidence:
        del pixels, steering
        return Evidence()

    return Inspector(
        EvidenceSettings(false_alarm_rate=false_alarm_rate, workers=workers), search=find_nothing
    )


def test_set_by_hand_evaluates(by_hand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DETECTORS, "inspector", _blind_inspector)
    document = evaluate_set(by_hand).document
    assert (document.images, document.questions) == (2, 21)
    # without train questions the first answer of the catalogue is given: all that is right by that
    right = {name for name, entry in document.per_type.items() if entry.accuracy == 1}
    assert right == {
        "source_location",
        "source_location_check",
        "rotated",
        "size_change",
        "size_change_check",
    }
    assert document.per_type["tampered"].accuracy == 0.5
    assert document.absent_types == ("kind",)
    assert document.image_level.recall == 0
    assert document.localisation is not None
    assert document.localisation.found_rate == 0
    assert document.transform is None
    assert ("transform", 1) in {(gap.field, gap.pictures) for gap in document.unavailable}
