"""Weights and inputs of the reference parity fixtures, made by their formula."""

import csv
import functools
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from geotamper.models.protocol import NetworkOutput, QuestionNetwork, TokenBatch

END, START = 49407, 49406
QUESTIONS = ((320, 1125, 539, 320, 2368), (589, 533, 518, 4280, 3095, 530, 518, 2867))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Reference:
    """One network's fixture."""

    folder: Path
    model: str

    def layout(self) -> dict[str, tuple[int, ...]]:
        with (self.folder / f"{self.model}_checkpoint_layout.csv").open(newline="") as file:
            return {
                row["name"]: tuple(int(side) for side in row["shape"].split("x") if side)
                for row in csv.DictReader(file)
            }

    def state_dict(self) -> dict[str, Tensor]:
        return {name: _tensor(name, shape) for name, shape in self.layout().items()}

    def expected(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / f"{self.model}.json").read_text())
        return content

    def pictures(self) -> Tensor:
        return torch.from_numpy(np.random.RandomState(7).standard_normal((2, 3, 224, 224)).astype(np.float32))

    def tokens(self, length: int) -> TokenBatch:
        ids = torch.full((2, length), END)
        mask = torch.zeros(2, length, dtype=torch.bool)
        for row, words in enumerate(QUESTIONS):
            ids[row, 0] = START
            ids[row, 1 : 1 + len(words)] = torch.tensor(words)
            mask[row, : len(words) + 2] = True
        return TokenBatch(ids, mask)


@functools.cache  # both networks have the same mask network and towers
def _tensor(name: str, shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy(_values(name, shape))


def _values(name: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    z = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    if name.endswith("running_mean"):
        z = 0.1 * z
    elif name.endswith("running_var"):
        z = 1 + 0.1 * abs(z)
    elif len(shape) <= 1:
        z = 1 + 0.05 * z if name.endswith("weight") else 0.05 * z
    elif len(shape) == 2 and "embedding" in name:
        z = 0.02 * z
    else:
        z = z / np.sqrt(prod(shape[1:]))
    if name.startswith("maskNet.outc"):
        z = 500 * z
    return np.asarray(z, np.float32)


@pytest.fixture(scope="session")
def reference(shared_folder: Path) -> Callable[[str], Reference]:
    """The fixture of a network; skips where the shared data are missing."""
    folder = shared_folder / "fixtures" / "reference_parity"
    if not folder.is_dir():
        pytest.skip(f"no reference numbers at {folder}; set GEOTAMPER_SHARED")
    return lambda model: Reference(folder, model)


def assert_summary(found: Tensor, expected: dict[str, Any], tolerance: float) -> None:
    """Compare a tensor with shape, mean, standard deviation and first values."""
    assert list(found.shape) == expected["shape"]
    assert float(found.mean()) == pytest.approx(expected["mean"], abs=tolerance)
    assert float(found.std()) == pytest.approx(expected["std"], abs=tolerance)
    torch.testing.assert_close(found.flatten()[:8], torch.tensor(expected["first"]), atol=tolerance, rtol=0)


@pytest.fixture(scope="session")
def check_summary() -> Callable[[Tensor, dict[str, Any], float], None]:
    """`assert_summary` for tests."""
    return assert_summary


@pytest.fixture
def ask() -> Callable[[QuestionNetwork], Tensor]:
    """Logits of five questions about three tiny pictures in two texts, always the same ones."""
    generator = torch.Generator().manual_seed(5)
    pictures = torch.randn(3, 3, 32, 32, generator=generator)
    ids = torch.tensor([[5, 6, 7, 0], [8, 0, 0, 0]])

    def run(network: QuestionNetwork) -> Tensor:
        with torch.no_grad():
            output: NetworkOutput = network(
                pictures,
                TokenBatch(ids, ids > 0),
                torch.tensor([0, 1, 1, 2, 2]),
                torch.tensor([0, 1, 0, 1, 0]),
            )
        return output.logits

    return run
