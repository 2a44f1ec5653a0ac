import pytest

from geotamper.errors import SpecificationError
from geotamper.evaluation.ablations import AblationRow, PublishedAccuracy
from geotamper.evaluation.benchmarking.rows import Row, ablation_rows, model_rows, with_seeds
from geotamper.evaluation.floors import FLOORS
from geotamper.inspection.detector import DETECTORS


def test_model_rows_reads_names_and_groups_once_each() -> None:
    rows = model_rows(("question-floor", "detectors", "floors"))
    assert [row.name for row in rows] == ["question-floor", *DETECTORS, *set(FLOORS) - {"question-floor"}]
    assert not any(row.is_trained for row in rows)


def test_model_rows_all_has_every_network_with_its_published_figures() -> None:
    registry = pytest.importorskip("geotamper.models.registry")
    rows = {row.subject: row for row in model_rows(("all",))}
    assert set(rows) == {*registry.MODELS, *DETECTORS, *FLOORS}
    assert rows["cmfpf"].published["RS-CMQA"]["OA"] > 0.9
    assert rows["cmfpf"].is_trained


def test_model_rows_names_what_there_is() -> None:
    pytest.importorskip("torch")
    with pytest.raises(SpecificationError, match="no 'cmfpx' to compare; choose from all, networks"):
        model_rows(("cmfpx",))


def test_ablation_rows_take_settings_and_figures_of_their_table() -> None:
    published = {"RS-CMQA": PublishedAccuracy(0.5, 0.4)}
    tables = {"VI": [AblationRow("no prompts", ("text_prompt=none",), published, ("paper",))]}
    (row,) = ablation_rows(("VI",), tables)
    assert (row.name, row.kind, row.subject) == ("VI: no prompts", "ablation VI", "cmfpf")
    assert row.settings == ("text_prompt=none",)
    assert row.published == {"RS-CMQA": {"OA": 0.5, "AA": 0.4}}
    assert row.presets == ("paper",)
    with pytest.raises(SpecificationError, match="no ablation table 'IX'; there are: VI"):
        ablation_rows(("IX",), tables)


def test_with_seeds_repeats_trained_rows_alone(network_row: Row, floor_row: Row) -> None:
    rows = with_seeds((network_row, floor_row), (1, 2))
    assert [row.title for row in rows] == ["CMFPF, seed 1", "CMFPF, seed 2", "question-floor"]
    assert with_seeds((network_row,), ()) == (network_row,)
