"""Trained networks that PyTorch runs."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from geotamper.detection.classes import Logits
from geotamper.detection.predictor import NetworkCard, QuestionKey, Seen
from geotamper.imagery.picture import Pixels
from geotamper.inspection.report import WeightsInfo
from geotamper.learning.data.preparation import prepare_picture
from geotamper.learning.run.opening import LoadedNetwork, Run, Which, load_network, open_run
from geotamper.models.protocol import PER_PICTURE, QuestionNetwork, Rows, TokenBatch
from geotamper.models.text import Tokenizer
from geotamper.task.catalogue import QUESTION_TYPES

FULL_MASK = 255.0
OWN_WEIGHTS = "that of the training data"


class TorchPredictor:
    """A network in evaluation mode; a picture passes once, and a text is encoded once, however often it is asked.

    Args:
        network: In evaluation mode.
        tokenizer: Numbers its texts.
        card: What is known of it.
        mask_scale: Value of a full mask in its predictions.
    """

    def __init__(
        self,
        network: QuestionNetwork,
        tokenizer: Tokenizer,
        card: NetworkCard,
        *,
        mask_scale: float = FULL_MASK,
    ) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.eval().to(self._device)
        self.tokenizer = tokenizer
        self.mask_scale = mask_scale
        self._card = card
        self._texts: dict[str, Rows] = {}

    @property
    def card(self) -> NetworkCard:
        """As `Predictor.card`."""
        return self._card

    @property
    def device(self) -> str:
        """As `Predictor.device`."""
        return self._device.type

    @torch.inference_mode()
    def see(self, pixels: Pixels) -> Seen:
        """As `Predictor.see`."""
        picture = prepare_picture(pixels, self._card.size)[None].to(self._device)
        rows = self.network.encode_pictures(picture)
        masks = rows.tensors.get("masks")
        shared = rows.without(PER_PICTURE)
        if masks is None:
            return Seen(None, shared)
        scaled = masks[0].float() * (FULL_MASK / self.mask_scale)
        return Seen(scaled.cpu().numpy(), shared)

    @torch.inference_mode()
    def answer(self, seen: Seen, texts: Sequence[str]) -> Logits:
        """As `Predictor.answer`."""
        logits: Logits = self._logits(seen, texts).float().cpu().numpy()
        return logits

    @torch.inference_mode()
    def features(self, seen: Seen, texts: Sequence[str]) -> Logits:
        """What goes into the last layer, (N, F) float32: the feature that the paper's Figure 11 embeds.

        The last layer is the last linear one with one output per class.
        """
        kept: list[Tensor] = []
        hook = self._classifier().register_forward_pre_hook(lambda _, given: kept.append(given[0]))
        try:
            self._logits(seen, texts)
        finally:
            hook.remove()
        features: Logits = kept[-1].reshape(len(texts), -1).float().cpu().numpy()
        return features

    def _classifier(self) -> nn.Linear:
        classes = self._card.vocabulary.class_count
        layers = [
            module
            for module in self.network.modules()
            if isinstance(module, nn.Linear) and module.out_features == classes
        ]
        return layers[-1]

    def _logits(self, seen: Seen, texts: Sequence[str]) -> Tensor:
        pictures: Rows = seen.state
        rows = torch.zeros(len(texts), dtype=torch.int64, device=self._device)
        logits, _ = self.network.answer(pictures.take(rows), self._encoded(texts))
        return logits

    def _encoded(self, texts: Sequence[str]) -> Rows:
        new = [text for text in dict.fromkeys(texts) if text not in self._texts]
        if new:
            tokens = self.tokenizer.encode(new)
            found = self.network.encode_texts(
                TokenBatch(tokens.ids.to(self._device), tokens.mask.to(self._device))
            )
            for row, text in enumerate(new):
                kept = {name: tensor[row : row + 1] for name, tensor in found.tensors.items()}
                self._texts[text] = Rows(kept)
        names = self._texts[texts[0]].tensors
        return Rows({name: torch.cat([self._texts[text][name] for text in texts]) for name in names})


def open_run_predictor(path: Path, which: Which = "best") -> TorchPredictor:
    """The network of a run folder.

    Args:
        path: The folder.
        which: Best weights by validation OA, or the last ones.

    Raises:
        InputError: The folder holds no run, or weights or tokenizer are missing or damaged.
    """
    loaded = load_network(open_run(path), which)
    card = card_of_run(loaded.run, path, loaded.run.weights(which))
    return predictor_of(loaded, card)


def predictor_of(loaded: LoadedNetwork, card: NetworkCard) -> TorchPredictor:
    """The predictor of a loaded network."""
    return TorchPredictor(loaded.network, loaded.tokenizer, card, mask_scale=loaded.run.document.mask_scale)


def card_of_run(run: Run, path: Path, weights: Path) -> NetworkCard:
    """What a run folder tells about its network."""
    document = run.document
    texts: dict[QuestionKey, str] = {}
    for item in document.questions:
        is_readable = item.type is not None and (
            item.option is not None or not QUESTION_TYPES[item.type].is_check
        )
        if item.type is not None and is_readable:
            texts.setdefault((item.type, item.option), item.text)
    return NetworkCard(
        name=document.model,
        source=str(path),
        vocabulary=document.answers,
        wordings=texts,
        size=document.picture_size,
        weights=WeightsInfo(
            name=f"{document.model} {weights.name}", sha256=file_digest(weights), licence=OWN_WEIGHTS
        ),
        mean=document.normalisation.mean,
        std=document.normalisation.std,
    )


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
