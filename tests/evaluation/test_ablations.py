"""The rows of the paper's ablation tables are settings that the trainer takes."""

import pytest
import torch

from geotamper.evaluation.ablations import ABLATIONS, AblationRow
from geotamper.evaluation.published import figures_of
from geotamper.learning.blueprint import Blueprint, configure
from geotamper.learning.settings import Preset, TrainingSettings
from geotamper.models.cmfpf.network import Cmfpf

PRESETS: tuple[Preset, ...] = ("paper", "compact", "tiny")
CASES = [
    pytest.param(preset, row, id=f"{table}-{row.name}-{preset}")
    for table, rows in ABLATIONS.items()
    for row in rows
    for preset in PRESETS
    if preset in row.presets
]


def _configured(preset: Preset, row: AblationRow) -> tuple[Blueprint, TrainingSettings]:
    pairs = [(key, value) for key, _, value in (text.partition("=") for text in row.settings)]
    return configure("cmfpf", preset, pairs)


def _meta(row: AblationRow) -> Cmfpf:
    """The network of the preset `paper`, shapes only."""
    with torch.device("meta"):
        network = _configured("paper", row)[0].build_empty(51)
    assert isinstance(network, Cmfpf)
    return network


@pytest.mark.parametrize(("preset", "row"), CASES)
def test_row_is_taken_by_the_trainer(preset: Preset, row: AblationRow) -> None:
    blueprint, training = _configured(preset, row)
    values = blueprint.config.model_dump() | training.model_dump()
    for text in row.settings:
        key, _, wanted = text.partition("=")
        value = values
        for part in key.split("."):
            value = value[part]
        assert str(value) == wanted


def test_rows_of_a_table_differ() -> None:
    for table, rows in ABLATIONS.items():
        configured = {str(_configured("paper", row)) for row in rows}
        assert len(configured) == len(rows), table


def test_published_figures_of_full_method_are_those_of_the_network() -> None:
    for table, rows in ABLATIONS.items():
        if table == "figure 9":
            assert all(not row.published for row in rows)
            continue
        assert all(set(row.published) == {"RS-CMQA", "RS-CMQA-B", "Real-RSCM"} for row in rows)
        for name, accuracy in rows[-1].published.items():
            figures = figures_of(name)
            assert (accuracy.overall, accuracy.average) == pytest.approx((figures["OA"], figures["AA"]))


def test_full_method_has_the_published_number_of_parameters() -> None:
    full = {str(_configured("paper", ABLATIONS[table][-1])) for table in ("III", "IV", "V", "VI", "VII")}
    assert len(full) == 1
    # 237,833,142 in the published code, 5,904,384 of them unused
    network = _meta(ABLATIONS["IV"][-1])
    assert sum(parameter.numel() for parameter in network.parameters()) == 237_833_142 - 5_904_384


def test_heads_of_table_three_have_their_sizes() -> None:
    (row,) = [row for row in ABLATIONS["III"] if row.name == "Swin, Res-152, LSTM"]
    network = _meta(row)
    tower, text = network.image_tower, network.text_tower
    assert (tower.token_width, tower.width) == (2048, 2048)
    assert (text.token_width, text.width) == (1200, 2400)
