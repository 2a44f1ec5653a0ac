import dataclasses
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.task.catalogue import LOCATIONS, QUESTION_TYPES, TypeName, types_for
from geotamper.task.classes import OBJECT_CLASSES
from geotamper.task.facts import RegionFacts, TamperFacts
from geotamper.task.rules import RULES, InapplicableQuestion, UndecidableQuestion, answer

SIDE = 300


def copy_move(
    source: tuple[float, float] = (50.0, 50.0), target: tuple[float, float] = (200.0, 100.0), area: int = 500
) -> TamperFacts:
    regions = RegionFacts(source, 500), RegionFacts(target, area)
    return TamperFacts(SIDE, SIDE, "copy-move", "Car", *regions, scale=1.0, rotation_deg=0.0)


@st.composite
def regions(draw: st.DrawFn, width: int, height: int) -> RegionFacts:
    x = draw(st.floats(0, width))
    y = draw(st.floats(0, height))
    return RegionFacts((x, y), draw(st.integers(1, width * height)))


@st.composite
def legal_facts(draw: st.DrawFn) -> TamperFacts:
    width, height = draw(st.integers(1, 5000)), draw(st.integers(1, 5000))
    kind = draw(st.sampled_from(("none", "copy-move", "blur")))
    if kind == "none":
        return TamperFacts(width, height, "none")
    label = draw(st.sampled_from(OBJECT_CLASSES))
    source = draw(regions(width, height))
    if kind == "blur":
        return TamperFacts(width, height, "blur", label, source, source)
    target = draw(regions(width, height).filter(lambda region: region.centroid != source.centroid))
    return TamperFacts(
        width,
        height,
        "copy-move",
        label,
        source,
        target,
        draw(st.none() | st.floats(0.01, 100)),
        draw(st.floats(-720, 720)),
        draw(st.just(0.0) | st.floats(1e-6, 1)),
        draw(st.just(0.0) | st.floats(1e-6, 30)),
    )


@given(legal_facts())
def test_answer_is_in_the_vocabulary_and_checks_agree(facts: TamperFacts) -> None:
    for name in types_for(facts.kind):
        question = QUESTION_TYPES[name]
        if question.checks is None:
            assert answer(name, facts) in question.answers
            continue
        found = answer(question.checks, facts)
        replies = {option: answer(name, facts, option) for option in question.options}
        assert [option for option, reply in replies.items() if reply == "Yes"] == [found]
        assert set(replies.values()) == {"Yes", "No"}


@given(legal_facts(), st.sampled_from(get_args(TypeName)))
def test_answer_raises_exactly_where_the_type_has_no_meaning(facts: TamperFacts, name: TypeName) -> None:
    option = next(iter(QUESTION_TYPES[name].options), None)
    if name in types_for(facts.kind):
        answer(name, facts, option)
    else:
        with pytest.raises(InapplicableQuestion, match=name):
            answer(name, facts, option)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_location_cell_agrees_with_brute_force(width: int, height: int, data: st.DataObject) -> None:
    column = data.draw(st.integers(0, width - 1))
    row = data.draw(st.integers(0, height - 1))
    region = RegionFacts((column + 0.5, row + 0.5), 1)
    facts = TamperFacts(width, height, "blur", "Car", region, region)
    # The cell whose half-open thirds hold the pixel centre, in exact sixths of a pixel.
    across = [cell for cell in range(3) if 2 * cell * width <= 3 * (2 * column + 1) < 2 * (cell + 1) * width]
    down = [cell for cell in range(3) if 2 * cell * height <= 3 * (2 * row + 1) < 2 * (cell + 1) * height]
    assert len(across) == len(down) == 1
    assert answer("source_location", facts) == LOCATIONS[3 * down[0] + across[0]]


@pytest.mark.parametrize(
    ("point", "cell"),
    [
        ((100.0, 50.0), "Upper"),
        ((99.999, 50.0), "Upper Left"),
        ((200.0, 100.0), "Right"),
        ((100.0, 100.0), "Middle"),
        ((0.0, 200.0), "Lower Left"),
        ((300.0, 300.0), "Lower Right"),
        ((0.0, 0.0), "Upper Left"),
    ],
)
def test_location_borders_belong_to_the_right_and_lower_cell(point: tuple[float, float], cell: str) -> None:
    assert answer("target_location", copy_move(target=point)) == cell
    assert answer("source_location", copy_move(source=point)) == cell


@pytest.mark.parametrize(
    ("area", "bucket"),
    [
        (899, "Less than One Percent"),
        (900, "One to Five Percent"),
        (4500, "One to Five Percent"),
        (4501, "More than Five Percent"),
    ],
)
def test_area_goes_by_the_target_and_its_borders_belong_to_the_middle(area: int, bucket: str) -> None:
    assert answer("area", copy_move(area=area)) == bucket
    assert answer("area_check", copy_move(area=area), bucket) == "Yes"


@pytest.mark.parametrize(
    ("target", "side"),
    [
        ((40.0, 59.0), "Left side"),
        ((60.0, 41.0), "Right side"),
        ((60.0, 60.0), "Right side"),
        ((40.0, 40.0), "Left side"),
        ((59.0, 40.0), "Upper"),
        ((41.0, 60.0), "Lower"),
    ],
)
def test_direction_follows_the_dominant_axis(target: tuple[float, float], side: str) -> None:
    assert answer("direction", copy_move(target=target)) == side


def test_direction_of_no_displacement_is_undecidable() -> None:
    with pytest.raises(UndecidableQuestion, match="no direction"):
        answer("direction", copy_move(target=(50.0, 50.0)))


@pytest.mark.parametrize(
    ("scale", "sigma", "change"),
    [
        (1.0, 0.0, "Same"),
        (1.001, 0.0, "Bigger"),
        (0.999, 0.0, "Smaller"),
        (1.019, 0.001, "Same"),
        (1.021, 0.001, "Bigger"),
        (0.979, 0.001, "Smaller"),
        (1.2, 0.07, "Same"),
        (1.22, 0.07, "Bigger"),
    ],
)
def test_size_change_is_exact_for_made_and_thresholded_for_measured_facts(
    scale: float, sigma: float, change: str
) -> None:
    facts = dataclasses.replace(copy_move(), scale=scale, scale_sigma=sigma)
    assert answer("size_change", facts) == change


@pytest.mark.parametrize(
    ("area", "change"), [(526, "Bigger"), (525, "Same"), (475, "Same"), (474, "Smaller")]
)
def test_size_change_without_a_scale_goes_by_the_areas(area: int, change: str) -> None:
    assert answer("size_change", dataclasses.replace(copy_move(area=area), scale=None)) == change


@pytest.mark.parametrize(
    ("angle", "sigma", "reply"),
    [
        (0.0, 0.0, "No"),
        (360.0, 0.0, "No"),
        (-720.0, 0.0, "No"),
        (0.5, 0.0, "Yes"),
        (0.5, 0.01, "No"),
        (359.5, 0.01, "No"),
        (1.5, 0.01, "Yes"),
        (-1.5, 0.6, "No"),
        (180.0, 0.6, "Yes"),
    ],
)
def test_rotated_is_exact_for_made_and_thresholded_for_measured_facts(
    angle: float, sigma: float, reply: str
) -> None:
    facts = dataclasses.replace(copy_move(), rotation_deg=angle, rotation_sigma=sigma)
    assert answer("rotated", facts) == reply


def test_missing_facts_are_undecidable() -> None:
    facts = dataclasses.replace(copy_move(), object_class=None, rotation_deg=None)
    with pytest.raises(UndecidableQuestion, match="object class"):
        answer("object", facts)
    with pytest.raises(UndecidableQuestion, match="object class"):
        answer("object_check", facts, "Car")
    with pytest.raises(UndecidableQuestion, match="rotation"):
        answer("rotated", facts)


def test_tampered_and_kind_follow_the_kind() -> None:
    region = RegionFacts((5.0, 5.0), 4)
    blurred = TamperFacts(10, 10, "blur", None, region, region)
    assert [answer("tampered", f) for f in (TamperFacts(9, 9, "none"), blurred, copy_move())] == [
        "No",
        "Yes",
        "Yes",
    ]
    assert [answer("kind", f) for f in (blurred, copy_move())] == ["Blur", "Copy-Move"]


def test_answer_refuses_wrong_options_and_types() -> None:
    with pytest.raises(SpecificationError, match="needs an option"):
        answer("area_check", copy_move())
    with pytest.raises(SpecificationError, match="needs an option"):
        answer("direction_check", copy_move(), "Left")
    with pytest.raises(SpecificationError, match="takes no option"):
        answer("area", copy_move(), "One to Five Percent")
    with pytest.raises(SpecificationError, match="unknown question type"):
        answer("colour", copy_move())  # type: ignore[arg-type]


def test_rules_cover_the_catalogue() -> None:
    assert set(RULES) == set(QUESTION_TYPES)
