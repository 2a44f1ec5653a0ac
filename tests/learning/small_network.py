"""A network and a fold made of numbers; run as a script it trains alone and again in two processes."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from geotamper.learning.data.batches import FoldData
from geotamper.learning.data.cache import PictureCache
from geotamper.learning.data.questions import FoldQuestions
from geotamper.learning.fitting import build_trainer, fit
from geotamper.learning.parts import TaskParts
from geotamper.learning.settings import TrainingSettings
from geotamper.learning.task import Listeners, QuestionTask
from geotamper.models.protocol import QuestionNetwork, Rows, TokenBatch

CLASSES = 6
SIDE = 8


class SmallNetwork(QuestionNetwork):
    """Everything a network of the project has, in a few hundred numbers."""

    def __init__(self, *, normalise: bool = True) -> None:
        super().__init__()
        norm = nn.BatchNorm2d(3) if normalise else nn.Identity()
        self.mask_network = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), norm, nn.Conv2d(3, 3, 1))
        self.image_tower = nn.Linear(3 * SIDE * SIDE, 12)
        self.words = nn.Embedding(20, 12)
        self.head = nn.Linear(12, CLASSES)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        masks = self.mask_network(pictures)
        image = torch.tanh(self.image_tower((pictures + masks / 255).flatten(1)))
        return Rows({"image": image, "masks": masks})

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        return Rows({"text": (self.words(tokens.ids) * tokens.mask[..., None]).sum(dim=1)})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        return self.head(pictures["image"] * texts["text"]), {"size": pictures["image"].square().mean()}

    def mask_parameters(self) -> tuple[nn.Parameter, ...]:
        return tuple(self.mask_network.parameters())


def make_fold(pictures: int = 9, seed: int = 0) -> FoldData:
    """Pictures with one to five questions each."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 6, pictures)
    total = int(counts.sum())
    questions = FoldQuestions(
        pictures=np.arange(1, pictures + 1),
        starts=np.concatenate(([0], np.cumsum(counts))),
        labels=rng.integers(0, CLASSES, total),
        types=rng.integers(1, 4, total),
        text_rows=rng.integers(0, 7, total),
        texts=tuple(f"text {number}" for number in range(7)),
    )
    cache = PictureCache(
        rng.normal(size=(pictures, 3, SIDE, SIDE)).astype(np.float16),
        rng.integers(0, 2, (pictures, 3, SIDE, SIDE), dtype=np.uint8) * np.uint8(255),
    )
    ids = torch.from_numpy(rng.integers(1, 20, (7, 5)))
    names = {1: "tampered", 2: "source_location", 3: "direction"}
    return FoldData(questions, cache, TokenBatch(ids, ids > 3), names)


def train_small(folder: Path, devices: int) -> dict[str, Tensor]:
    """Three epochs, the second with weights from the losses of the first; only TensorBoard writes."""
    settings = TrainingSettings(
        epochs=3,
        batch="pictures",
        batch_size=4,
        device="cpu",
        devices=devices,
        freeze_epoch=1,
        mask_loss="both",
        curriculum="easy_to_hard",
    )
    torch.manual_seed(1)
    parts = TaskParts(SmallNetwork(normalise=False), settings, make_fold(10), make_fold(5, 1))
    quiet = Listeners(lambda *_: None, lambda *_: None, lambda *_: None)
    task = QuestionTask(parts, quiet)
    fit(build_trainer(settings, folder), task)
    weights = dict(task.network.state_dict())
    validation = task.position.history[-1]["val"]
    weights["admitted"] = torch.tensor([line["curriculum"]["admitted"] for line in task.position.history])
    weights["val"] = torch.tensor([validation["OA"], validation["AA"], validation["mask_mae"]])
    return weights


if __name__ == "__main__":
    torch.set_num_threads(1)
    where = Path(sys.argv[1])
    first = "LOCAL_RANK" not in os.environ
    if first:
        torch.save(train_small(where, 1), where / "alone.pt")
    shared = train_small(where, 2)
    if first:
        torch.save(shared, where / "shared.pt")
