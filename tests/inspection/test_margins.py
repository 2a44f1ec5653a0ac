import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.inspection.margins import Margin, margin, outline_sigma
from geotamper.task.catalogue import TypeName
from geotamper.task.facts import RegionFacts, TamperFacts


def facts(
    *,
    source: tuple[float, float] = (50, 50),
    target: tuple[float, float] = (250, 100),
    area: int = 900,
    scale: float = 1.0,
    rotation: float = 0.0,
) -> TamperFacts:
    return TamperFacts(
        width=300,
        height=300,
        kind="copy-move",
        source=RegionFacts(source, 900),
        target=RegionFacts(target, area),
        scale=scale,
        rotation_deg=rotation,
        scale_sigma=0.001,
        rotation_sigma=0.01,
    )


def of(name: TypeName, measured: TamperFacts) -> Margin:
    result = margin(name, measured)
    assert result is not None
    return result


def test_margin_on_a_border_is_even_odds() -> None:
    assert of("source_location", facts(source=(100, 50))).probability == pytest.approx(0.5)
    assert of("area", facts(area=900)).probability == pytest.approx(0.5)
    assert of("direction", facts(source=(50, 50), target=(120, 120))).probability == pytest.approx(0.5)
    assert of("rotated", facts(rotation=1.0)).probability == pytest.approx(0.5)
    assert of("size_change", facts(scale=1.02)).probability == pytest.approx(0.5)


def test_margin_far_from_a_border_is_certainty() -> None:
    assert of("source_location", facts(source=(50, 50))).probability > 0.999
    assert of("direction", facts()).probability > 0.999
    assert of("rotated", facts(rotation=37.2)).probability > 0.999
    assert of("rotated", facts(rotation=0)).probability > 0.99
    assert of("size_change", facts(scale=0.7)).probability > 0.999


def test_margin_basis_names_the_measurement() -> None:
    assert of("rotated", facts(rotation=37.214)).basis == "fitted rotation 37.214 ± 0.010 degrees"
    assert of("size_change", facts(scale=1.25)).basis == "fitted scale 1.2500 ± 0.0010"
    assert "(50.0, 50.0), 50 px from the nearest border" in of("source_location", facts()).basis
    assert "200 px to the right and 50 px below" in of("direction", facts()).basis
    assert "1.00 % of the picture" in of("area", facts()).basis


def test_margin_of_a_check_is_that_of_its_open_type() -> None:
    assert margin("direction_check", facts()) == margin("direction", facts())


@pytest.mark.parametrize("name", ["tampered", "kind", "object", "object_check"])
def test_margin_is_none_where_no_region_is_measured(name: TypeName) -> None:
    assert margin(name, facts()) is None


@given(st.floats(0, 360), st.floats(0, 360))
def test_margin_of_a_rotation_counts_whole_turns_away(first: float, turn: float) -> None:
    near = of("rotated", facts(rotation=first)).sigmas
    assert of("rotated", facts(rotation=first - 360)).sigmas == pytest.approx(near, abs=1e-6)
    assert of("rotated", facts(rotation=turn)).sigmas >= 0


@given(st.floats(1, 1e7), st.floats(1, 10))
def test_outline_sigma_grows_with_the_region(area: float, factor: float) -> None:
    assert 1 <= outline_sigma(area) <= outline_sigma(area * factor)
