"""The floors on the set of drawn pictures: four for train, eight for test."""

from pathlib import Path

import numpy as np
import pytest

from geotamper.errors import InputError
from geotamper.evaluation import EvaluationOptions, evaluate_set
from geotamper.evaluation.floors import FLOORS, ImageFloor, QuestionFloor
from geotamper.evaluation.floors.features import Features
from geotamper.imagery.picture import Picture, Pixels
from geotamper.inspection.questions import Question
from geotamper.sets.layout import open_set


def mean_colour(pixels: Pixels) -> Features:
    means: Features = pixels.reshape(-1, 3).mean(axis=0, dtype=np.float32)
    return means


def test_question_floor_gives_the_answer_of_the_same_option(known_set: Path) -> None:
    floor = QuestionFloor.fit(open_set(known_set))
    # train has a turned copy, a plain copy (both of a ship) and a blurred building
    asked = [
        Question("", "object_check", "Ship"),
        Question("", "object", None),
        Question("", "kind", None),
        Question("", "object_check", "Farmland"),
    ]
    seen = floor.examine(Picture.from_array(np.zeros((8, 9, 3), np.uint8)), asked)
    assert [reply.given for reply in seen.replies][:3] == ["Yes", "Ship", "Copy-Move"]
    assert seen.replies[3].given in ("Yes", "No")
    assert (seen.verdict, seen.score) == (True, 0.75)
    assert seen.regions.source.shape == (8, 9)
    assert not seen.regions.source.any()


def test_question_floor_scores_like_any_detector(known_set: Path) -> None:
    document = evaluate_set(known_set, EvaluationOptions(detector="question-floor")).document
    assert document.model == "question-floor"
    assert document.per_type["tampered"].accuracy == pytest.approx(6 / 8)
    assert document.per_type["object"].accuracy == pytest.approx(2 / 3)
    assert document.image_level.auc == 0.5
    assert document.localisation is not None
    assert document.localisation.found_rate == 0
    assert document.within_type is None
    assert document.outside_type is None
    groups = document.per_group
    assert sum(entry.asked for entry in groups.values()) == document.questions
    right = sum(entry.accuracy * entry.asked for entry in groups.values())
    assert right / document.questions == pytest.approx(document.OA)


def test_floor_needs_train_questions(known_set: Path) -> None:
    (known_set / "JsonFiles" / "Train_Questions.json").write_text('{"questions": []}')
    with pytest.raises(InputError, match="no train questions"):
        evaluate_set(known_set, EvaluationOptions(detector="question-floor"))


def test_image_floor_tells_pictures_apart_but_not_options(known_set: Path) -> None:
    shown: list[tuple[int, int]] = []
    opened = open_set(known_set)
    floor = ImageFloor.fit(opened, lambda done, total: shown.append((done, total)), describe=mean_colour)
    assert shown == [(1, 4), (2, 4), (3, 4), (4, 4)]
    asked = [Question("", "area_check", option) for option in ("Less than One Percent", None)]
    picture = Picture.from_array(opened.read_image(1))
    first, second = floor.examine(picture, asked).replies
    assert first == second
    scores = [floor.examine(Picture.from_array(opened.read_image(number)), []).score for number in range(4)]
    assert len(set(scores)) == 4
    assert all(0 < score < 1 for score in scores)


def test_image_floor_settings_follow_the_train_pictures(known_set: Path) -> None:
    before = ImageFloor.fit(open_set(known_set), describe=mean_colour).settings()
    assert ImageFloor.fit(open_set(known_set), describe=mean_colour).settings() == before
    (known_set / "image" / "1.png").write_bytes((known_set / "image" / "5.png").read_bytes())
    assert ImageFloor.fit(open_set(known_set), describe=mean_colour).settings() != before


def test_floors_go_by_their_names() -> None:
    assert list(FLOORS) == ["question-floor", "image-floor"]
