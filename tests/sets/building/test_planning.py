from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.sets.building import PRESETS, BuildSettings, make_plan
from geotamper.sets.building.folds import assign_folds
from geotamper.sets.building.quotas import count_pictures, spread_evenly, spread_proportionally
from geotamper.sets.building.survey import (
    ObjectEntry,
    SurveyOutcome,
    TileSurvey,
    parse_survey,
    survey_document,
)
from geotamper.sets.fingerprints import fingerprint
from geotamper.sets.layout import Fold
from geotamper.sets.screening import Examination, conclude
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass


def survey(place: int, classes: tuple[ObjectClass, ...], fold: Fold | None = None) -> TileSurvey:
    rng = np.random.default_rng(place)
    pixels = np.kron(rng.integers(0, 255, (8, 8, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    seen = Examination(f"drawn:{place}", f"group {place // 2}", fold, {"nodata": 0.0}, fingerprint(pixels))
    objects = (ObjectEntry(number, name, number != 3) for number, name in enumerate(classes, start=1))
    return TileSurvey(seen, tuple(objects))


def surveys(count: int, fold: Fold | None = None) -> dict[int, TileSurvey]:
    mixes: tuple[tuple[ObjectClass, ...], ...] = (("Car", "Car", "Building"), ("Ship",), ())
    return {place: survey(place, mixes[place % 3], fold) for place in range(count)}


def plan_of(seen: dict[int, TileSurvey], settings: BuildSettings):  # type: ignore[no-untyped-def]  # noqa: ANN201
    return make_plan(seen, conclude([entry.examination for entry in seen.values()]), settings)


class TestPlan:
    def test_forgeries_are_spread_over_classes_and_objects(self) -> None:
        plan = plan_of(surveys(30), BuildSettings("rs-cmqa", images=54, per_object=2))
        forged = [job.slot for job in plan.jobs if job.slot]
        assert Counter(slot.object_class for slot in forged) == {"Car": 10, "Building": 10, "Ship": 10}
        assert max(Counter((slot.tile, slot.number) for slot in forged).values()) == 1
        assert [job.id for job in plan.jobs] == list(range(1, 55))
        assert [job.tile for job in plan.jobs] == sorted(job.tile for job in plan.jobs)

    def test_clean_tiles_come_once_and_objects_as_often_as_allowed(self) -> None:
        plan = plan_of(surveys(30), BuildSettings("rs-tqa", images=1000, per_object=3))
        clean = [job.tile for job in plan.jobs if job.kind == "none"]
        assert sorted(clean) == list(range(30))
        forged = Counter((job.slot.tile, job.slot.number) for job in plan.jobs if job.slot)
        assert set(forged.values()) == {3}
        assert len(forged) == 40
        assert not any(plan.spares.values())

    def test_same_seed_same_plan(self) -> None:
        settings = BuildSettings("rs-tqa", images=40, seed=3)
        one, two = plan_of(surveys(30), settings), plan_of(surveys(30), settings)
        other = plan_of(surveys(30), replace(settings, seed=4))
        assert (one.jobs, one.folds) == (two.jobs, two.folds)
        assert one.jobs != other.jobs

    def test_folds_of_a_manifest_are_kept(self) -> None:
        plan = plan_of(surveys(8, "val") | {8: survey(8, ("Car",))}, BuildSettings("rs-cmqa"))
        assert {plan.folds[f"group {number}"] for number in range(4)} == {"val"}
        assert plan.folds["group 4"] == "train"

    def test_rejected_objects_are_replaced_by_others_of_their_class(self) -> None:
        plan = plan_of(surveys(12), BuildSettings("rs-cmqa", images=14, per_object=2))
        rejected = [job for job in plan.jobs if job.slot and job.slot.object_class == "Ship"]
        barred = {(job.tile, job.slot.number) for job in rejected if job.slot}
        again = plan.replacements(rejected, barred)
        assert {job.id for job in again} <= {job.id for job in rejected}
        assert {job.attempt for job in again} == {1}
        assert not barred & {(job.tile, job.slot.number) for job in again if job.slot}

    def test_replacements_end_with_the_objects(self) -> None:
        plan = plan_of(surveys(3), BuildSettings("rs-cmqa", images=6, per_object=1))
        jobs = [job for job in plan.jobs if job.slot]
        for _ in range(10):
            jobs = plan.replacements(jobs, set())
        assert jobs == []

    def test_plausible_sets_leave_rough_outlines_out(self) -> None:
        plan = plan_of(surveys(30), BuildSettings("real-rscm"))
        assert {job.slot.object_class for job in plan.jobs if job.slot} == {"Car", "Ship"}


class TestCounts:
    @given(
        st.integers(0, 500),
        st.integers(0, 500),
        st.none() | st.integers(1, 2000),
        st.sampled_from(list(PRESETS)),
    )
    def test_counts_keep_to_what_there_is(
        self, tiles: int, forgeries: int, images: int | None, preset: str
    ) -> None:
        shares = PRESETS[preset].shares  # type: ignore[index]
        counts = count_pictures(shares, tiles=tiles, forgeries=forgeries, images=images)
        assert counts["none"] <= tiles
        assert counts["copy-move"] + counts["blur"] <= forgeries
        if images is not None:
            assert sum(counts.values()) == min(images, tiles + forgeries)
        else:
            total = sum(counts.values())
            assert all(abs(counts[kind] - shares[kind] * total) <= 1.5 for kind in counts)

    @given(st.dictionaries(st.sampled_from(OBJECT_CLASSES), st.integers(0, 50)), st.floats(0, 1))
    def test_even_spread_is_even(self, capacities: dict[ObjectClass, int], part: float) -> None:
        total = int(part * sum(capacities.values()))
        counts = spread_evenly(total, capacities)
        assert sum(counts.values()) == total
        below = [counts[name] for name in counts if counts[name] < capacities[name]]
        assert all(counts[name] <= capacities[name] for name in counts)
        assert not below or max(counts.values()) - min(below) <= 1

    @given(st.lists(st.integers(0, 50), min_size=1), st.floats(0, 1))
    def test_proportional_spread_is_proportional(self, sizes: list[int], part: float) -> None:
        total = int(part * sum(sizes))
        parts = spread_proportionally(total, sizes)
        assert sum(parts) == total
        exact = [total * size / max(1, sum(sizes)) for size in sizes]
        assert all(
            got <= size and abs(got - wished) < 1
            for got, size, wished in zip(parts, sizes, exact, strict=True)
        )


class TestFolds:
    @given(st.lists(st.integers(1, 30), min_size=40, max_size=80), st.integers(0, 99))
    def test_folds_come_close_to_their_shares(self, sizes: list[int], seed: int) -> None:
        tiles = {f"group {number}": size for number, size in enumerate(sizes)}
        folds = assign_folds(tiles, {}, seed)
        for fold, share in {"train": 0.7, "val": 0.15, "test": 0.15}.items():
            count = sum(size for group, size in tiles.items() if folds[group] == fold)
            assert count == pytest.approx(share * sum(sizes), abs=30)

    def test_equal_groups_are_drawn(self) -> None:
        tiles = {f"group {number}": 1 for number in range(20)}
        assert assign_folds(tiles, {}, 1) != assign_folds(tiles, {}, 2)

    def test_bound_groups_keep_their_folds_and_count(self) -> None:
        tiles = {"a": 70, "b": 15, "c": 15}
        assert assign_folds(tiles, {"a": "test"}, 0) == {"a": "test", "b": "train", "c": "train"}


def test_survey_survives_the_journal() -> None:
    seen = survey(1, ("Car", "Ship", "Road"), "test")
    back = parse_survey(survey_document(SurveyOutcome(7, seen)))
    assert back.tile == 7
    assert back.survey is not None
    assert back.survey.objects == seen.objects
    one, two = back.survey.examination, seen.examination
    assert (one.tile, one.group, one.fold, one.values) == (two.tile, two.group, two.fold, two.values)
    assert (one.look.bits, one.look.flat) == (two.look.bits, two.look.flat)
    assert np.array_equal(one.look.thumbnail, two.look.thumbnail)
    assert parse_survey(survey_document(SurveyOutcome(8, None, "gone"))) == SurveyOutcome(8, None, "gone")


@pytest.mark.parametrize(
    "wrong", [{"preset": "rs"}, {"images": 0}, {"seed": -1}, {"per_object": 0}, {"wording": "mine"}]
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecificationError):
        BuildSettings(**({"preset": "rs-cmqa"} | wrong))  # type: ignore[arg-type]
