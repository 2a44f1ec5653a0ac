"""The network that the documentation builds as an example works."""

import re
from pathlib import Path
from typing import Any

import torch

from geotamper.models.baselines.rates import CONVOLUTIONAL
from geotamper.models.protocol import TokenBatch, single
from geotamper.models.registry import ModelEntry

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-model.md"


def test_example_of_the_documentation_answers_and_fits_the_registry() -> None:
    network_code, entry_code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(network_code, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    known = names | {
        "ModelEntry": ModelEntry,
        "CONVOLUTIONAL": CONVOLUTIONAL,
        "plain": type("plain", (), names),
    }
    entry = eval(f"{{{entry_code}}}", known)["plain"]  # noqa: S307 - our own page
    network = entry.build(entry.presets["tiny"], 5)
    ids = torch.tensor([[5, 6, 0], [7, 8, 9]])
    logits = network(torch.randn(2, 3, 32, 32), TokenBatch(ids, ids > 0), single(2), single(2)).logits
    assert logits.shape == (2, 5)
    assert set(entry.presets) == {"paper", "compact", "tiny"}
