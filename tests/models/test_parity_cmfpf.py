"""CMFPF with the weights of the reference gives the reference's numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import pytest
import torch
from torch import Tensor

from geotamper.models import preset
from geotamper.models.blocks.stma import Stma
from geotamper.models.cmfpf.network import Cmfpf
from geotamper.models.importing import PUBLISHED, ImportedNetwork, import_state_dict
from geotamper.models.protocol import NetworkOutput, single

pytestmark = pytest.mark.shared
LOGITS, MASKS = 1e-4, 5e-3


@dataclass(frozen=True)
class Run:
    imported: ImportedNetwork
    output: NetworkOutput
    seen: dict[str, Tensor]
    expected: dict[str, Any]
    layout: dict[str, tuple[int, ...]]


@pytest.fixture(scope="module")
def run(reference: Callable[[str], Any]) -> Run:
    fixture = reference("cmfpf")
    imported = import_state_dict(fixture.state_dict(), "the reference")
    network = imported.network
    assert isinstance(network, Cmfpf)
    # 1e-9 and no limit, as the reference has it; the default guards the reciprocal more
    assert isinstance(network.text_prompt, Stma)
    network.text_prompt.config = network.text_prompt.config.model_copy(
        update={"kl_sigma": 1e-9, "kl_limit": None}
    )
    seen: dict[str, Tensor] = {}
    modules = {
        "vision_pooled": network.image_tower,
        "text_pooled": network.text_tower,
        "vision_projection_before_activation": network.image_projection,
        "text_projection_before_activation": network.text_projection,
    }
    for name, module in modules.items():
        module.register_forward_hook(
            lambda _module, _inputs, result, name=name: seen.update({name: getattr(result, "pooled", result)})
        )
    with torch.no_grad():
        output = network(fixture.pictures(), fixture.tokens(30), single(2), single(2))
    return Run(imported, output, seen, fixture.expected(), fixture.layout())


def test_parity_cmfpf_logits(run: Run) -> None:
    torch.testing.assert_close(run.output.logits, torch.tensor(run.expected["logits"]), atol=LOGITS, rtol=0)


def test_parity_cmfpf_masks(run: Run, check_summary: Callable[..., None]) -> None:
    assert run.output.masks is not None
    check_summary(run.output.masks, run.expected["masks"], MASKS)


def test_parity_cmfpf_kl(run: Run) -> None:
    assert float(run.output.auxiliary["kl"]) == pytest.approx(run.expected["kl"], abs=LOGITS)


@pytest.mark.parametrize(
    "part",
    [
        "vision_pooled",
        "text_pooled",
        "vision_projection_before_activation",
        "text_projection_before_activation",
    ],
)
def test_parity_cmfpf_intermediates(run: Run, part: str, check_summary: Callable[..., None]) -> None:
    check_summary(run.seen[part], run.expected[part], LOGITS)


def test_parity_cmfpf_parameter_count(run: Run) -> None:
    parameters = sum(parameter.numel() for parameter in run.imported.network.parameters())
    unused = sum(
        prod(shape) for name, shape in run.layout.items() if name.startswith(PUBLISHED["cmfpf"].unused)
    )
    assert run.imported.classes == 53
    assert run.imported.left_out == unused == 5_904_384
    assert parameters + unused == 237_834_168  # 53 answers


def test_cmfpf_paper_has_the_published_parameters() -> None:
    with torch.device("meta"):
        network = Cmfpf(preset("cmfpf", "paper"), 51)  # type: ignore[arg-type]
    assert sum(parameter.numel() for parameter in network.parameters()) + 5_904_384 == 237_833_142
