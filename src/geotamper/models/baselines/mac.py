"""MAC: memory, attention and composition."""

from collections.abc import Mapping

import torch
from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.map_towers import as_grid
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import COMPACT_TOWERS, TINY_TOWERS, NetworkConfig, Share, Towers
from geotamper.models.protocol import QuestionNetwork, Rows, TokenBatch
from geotamper.models.tower_config import RecurrentTextConfig, ResNetMapConfig


class MacConfig(NetworkConfig):
    """Memory, attention and composition.

    Attributes:
        steps: How often a part of the question reads the picture.
        dropout: Share of units that training drops in reading and in the classifier.
        stem_dropout: The same before either convolution.
        question_dropout: The same of the question's vector.
    """

    towers: Towers = Towers(
        image=ResNetMapConfig(depth=101, stage=3),
        text=RecurrentTextConfig(hidden=256, directions=2, word_dropout=0.15),
    )
    width: PositiveInt = 512
    hidden: PositiveInt = 512
    dropout: Share = 0.15
    stem_dropout: Share = 0.18
    question_dropout: Share = 0.08
    steps: PositiveInt = 4


class _Control(nn.Module):
    """What each step asks: an attention over the words that the whole question and the step decide."""

    def __init__(self, width: int, steps: int) -> None:
        super().__init__()
        self.question = nn.Linear(width, width)
        self.steps = nn.ModuleList(nn.Linear(width, width) for _ in range(steps))
        self.score = nn.Linear(width, 1)

    def forward(self, question: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """Shape (T, steps, width) of (T, width), (T, L, width) and (T, L)."""
        sought = torch.tanh(self.question(question))
        found = []
        for step in self.steps:
            scores = self.score(step(sought)[:, None] * words).squeeze(-1).masked_fill(~mask, float("-inf"))
            found.append((torch.softmax(scores, dim=1)[..., None] * words).sum(dim=1))
        return torch.stack(found, dim=1)


class _Read(nn.Module):
    """What a step finds in the picture, given what it asks and what is remembered."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.memory = nn.Linear(width, width)
        self.place = nn.Linear(width, width)
        self.joined = nn.Linear(2 * width, width)
        self.inner = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)
        self.dropout = nn.Dropout(dropout)

    def prepare(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """The two parts that no question changes: projected places, and their own share in `joined`."""
        keys = self.place(places)
        width = keys.shape[-1]
        return keys, functional.linear(keys, self.joined.weight[:, width:], self.joined.bias)

    def forward(self, memory: Tensor, control: Tensor, pictures: Rows) -> Tensor:
        """Shape (N, width)."""
        keys = pictures["keys"]
        related = self.memory(memory)[:, None] * keys
        joined = functional.linear(related, self.joined.weight[:, : keys.shape[-1]]) + pictures["own"]
        found = functional.elu(self.inner(functional.elu(joined)) * control[:, None])
        shares = torch.softmax(self.score(self.dropout(found)), dim=1)
        return (shares * pictures["places"]).sum(dim=1)


class Mac(QuestionNetwork):
    """Memory, attention and composition (Hudson and Manning, ICLR 2018, arXiv:1803.03067, section 3).

    The variant that the paper's comparison used: four steps, the control follows from the question alone, neither gate
    nor self-attention over memories.

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: MacConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        self.stem = nn.Sequential(
            nn.Dropout(config.stem_dropout),
            nn.Conv2d(self.image_tower.token_width, width, 3, padding=1),
            nn.ELU(),
            nn.Dropout(config.stem_dropout),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ELU(),
        )
        self.word_projection = _fitting(self.text_tower.token_width, width)
        self.question_projection = _fitting(self.text_tower.width, width)
        self.question_dropout = nn.Dropout(config.question_dropout)
        self.control = _Control(width, config.steps)
        self.read = _Read(width, config.dropout)
        self.write = nn.Linear(2 * width, width)
        self.first_memory = nn.Parameter(torch.zeros(1, width))
        self.question_output = nn.Linear(width, width)
        self.head = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(2 * width, config.hidden),
            nn.ELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, classes),
        )
        for name, module in self.named_modules():
            if not name.startswith(("image_tower", "text_tower")):
                _initialise(module)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "places", "keys" and "own", each (P, S, width)."""
        grid = self.stem(as_grid(self.image_tower(pictures).tokens))
        places = grid.flatten(2).transpose(1, 2)
        keys, own = self.read.prepare(places)
        return Rows({"places": places, "keys": keys, "own": own})

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "controls" (T, steps, width) and "question" (T, width)."""
        read = self.text_tower(tokens)
        words = self.word_projection(read.tokens)
        question = self.question_dropout(self.question_projection(read.pooled))
        controls = self.control(question, words, read.mask)
        return Rows({"controls": controls, "question": self.question_output(question)})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        question = texts["question"]
        memory = self.first_memory.expand(question.shape[0], -1)
        for step in range(self.config.steps):
            found = self.read(memory, texts["controls"][:, step], pictures)
            memory = self.write(torch.cat((memory, found), dim=1))
        return self.head(torch.cat((memory, question), dim=1)), {}


def _fitting(given: int, wanted: int) -> nn.Module:
    return nn.Identity() if given == wanted else nn.Linear(given, wanted)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


PRESETS: Mapping[str, MacConfig] = {
    "paper": MacConfig(),
    "compact": MacConfig(towers=COMPACT_TOWERS, width=256, hidden=256),
    "tiny": MacConfig(towers=TINY_TOWERS, width=24, hidden=16, steps=2),
}
