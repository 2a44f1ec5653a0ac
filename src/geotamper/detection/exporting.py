"""Trained networks as ONNX files, checked against PyTorch before they are kept."""

import json
import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from geotamper._version import __version__
from geotamper.atomic import atomic_path
from geotamper.detection.onnx_card import METADATA_KEY, card_document
from geotamper.detection.torch_predictor import FULL_MASK, TorchPredictor
from geotamper.errors import InputError, MissingLibraryError
from geotamper.models.protocol import PER_PICTURE, QuestionNetwork, TokenBatch

OPSET = 18
"""ONNX operator set of the files."""

TOLERANCE = 1e-3
"""Largest difference from PyTorch that is accepted, for logits and for masks on 0..1."""

INPUTS = ("pictures", "ids", "mask", "picture_of", "text_of")
Part = Literal["answers", "masks"]
INSTALL = "pip install 'geotamper[export]'"


@dataclass(frozen=True)
class ExportReport:
    """What an export made.

    Attributes:
        path: The file.
        opset: Its operator set.
        differences: Largest absolute difference from PyTorch by output: logits, and masks on 0..1.
        size_mb: Of the file, 10^6 bytes.
    """

    path: Path
    opset: int
    differences: Mapping[str, float]
    size_mb: float


class _Answers(nn.Module):
    """The whole network with plain tensors in and out; masks on 0..255."""

    def __init__(self, network: QuestionNetwork, mask_scale: float) -> None:
        super().__init__()
        self.network = network
        self.factor = FULL_MASK / mask_scale

    def forward(
        self, pictures: Tensor, ids: Tensor, mask: Tensor, picture_of: Tensor, text_of: Tensor
    ) -> tuple[Tensor, ...]:
        seen = self.network.encode_pictures(pictures)
        shared = seen.without(PER_PICTURE)
        texts = self.network.encode_texts(TokenBatch(ids, mask))
        logits, _ = self.network.answer(shared.take(picture_of), texts.take(text_of))
        masks = seen.tensors.get("masks")
        return (logits,) if masks is None else (logits, masks * self.factor)


class _Masks(nn.Module):
    """The mask network alone: background, source and target as shares, (P, 3, S, S), for segmentation tools."""

    def __init__(self, network: QuestionNetwork, mask_scale: float) -> None:
        super().__init__()
        self.network = network
        self.mask_scale = mask_scale

    def forward(self, pictures: Tensor) -> Tensor:
        masks = self.network.encode_pictures(pictures)["masks"] / self.mask_scale
        regions = masks[:, :2].clamp(0.0, 1.0)
        return torch.cat((1.0 - regions.amax(dim=1, keepdim=True), regions), dim=1)


def export_network(
    predictor: TorchPredictor,
    path: Path,
    *,
    part: Part = "answers",
    tolerance: float = TOLERANCE,
    resolution_cm: float | None = None,
) -> ExportReport:
    """Write a network as an ONNX file and compare ONNX Runtime with PyTorch on random pictures.

    The file holds everything that is needed to use it: classes, wordings, tokenizer, normalisation. Pictures, texts
    and questions may be of any number. With `part="masks"` there is one input and one output, which the QGIS plugin
    Deepness reads as a segmentation of square tiles.

    Args:
        predictor: The trained network.
        path: Ends in .onnx.
        part: The whole network, or its mask network alone.
        tolerance: Largest difference that is accepted.
        resolution_cm: Ground size of a pixel of the training pictures, centimetres, to which Deepness resamples a
            map; None where it is not one, then Deepness asks. Stored with `part="masks"` only.

    Raises:
        InputError: The network has no mask network, or the outputs differ by more than the tolerance; then
            nothing is written.
        MissingLibraryError: onnx, onnxscript or ONNX Runtime is not installed.
        OutputError: The file cannot be written.
    """
    _check_libraries()
    network = predictor.network.to("cpu")
    example = _example(predictor, pictures=2, texts=3, questions=5)
    if part == "masks":
        if not network.predicts_masks:
            raise InputError(f"'{predictor.card.source}' has no mask network; export --part answers")
        module: nn.Module = _Masks(network, predictor.mask_scale)
        example = {"pictures": example["pictures"][:1]}
    else:
        module = _Answers(network, predictor.mask_scale)
    names = ["masks"] if part == "masks" else ["logits", "masks"][: 1 + network.predicts_masks]
    with atomic_path(path) as temporary:
        _write(module, example, names, temporary, _metadata(predictor, part, resolution_cm))
        checked = (
            _example(predictor, pictures=2, texts=3, questions=5),
            _example(predictor, pictures=1, texts=4, questions=9),
        )
        differences = _compare(module, checked, names, temporary, is_masks=part == "masks")
        worst = max(differences.values())
        if not worst <= tolerance:
            raise InputError(
                f"the exported network differs from PyTorch by {worst:.2g}, more than {tolerance:g}; nothing was "
                "written: report this with the run's configuration"
            )
        size = temporary.stat().st_size / 1e6
    return ExportReport(path, OPSET, differences, size)


def _check_libraries() -> None:
    try:
        import onnx  # noqa: F401 - only whether it is there
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingLibraryError(f"the export needs {error.name}; install with '{INSTALL}'") from error


def _example(predictor: TorchPredictor, *, pictures: int, texts: int, questions: int) -> dict[str, Tensor]:
    """Random pictures, known texts, and questions about them."""
    generator = torch.Generator().manual_seed(questions)
    card = predictor.card
    known = list(dict.fromkeys(card.wordings.values()))
    chosen = [known[place % len(known)] for place in range(texts)]
    tokens = predictor.tokenizer.encode(chosen)
    return {
        "pictures": torch.randn(pictures, 3, card.size, card.size, generator=generator),
        "ids": tokens.ids,
        "mask": tokens.mask,
        "picture_of": torch.randint(pictures, (questions,), generator=generator),
        "text_of": torch.randint(texts, (questions,), generator=generator),
    }


def _write(
    module: nn.Module,
    example: Mapping[str, Tensor],
    names: list[str],
    path: Path,
    metadata: Mapping[str, str],
) -> None:
    import onnx

    picture, text, question = (torch.export.Dim(name, min=1) for name in ("picture", "text", "question"))
    known = {
        "pictures": {0: picture},
        "ids": {0: text},
        "mask": {0: text},
        "picture_of": {0: question},
        "text_of": {0: question},
    }
    level = logging.getLogger("torch.onnx").level
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of the exporter, about its own future
            program = torch.onnx.export(
                module.eval(),
                tuple(example.values()),
                dynamo=True,
                opset_version=OPSET,
                input_names=list(example),
                output_names=names,
                dynamic_shapes=tuple({} if len(example) == 1 else known[name] for name in example),
                verbose=False,
            )
    finally:
        logging.getLogger("torch.onnx").setLevel(level)
    if program is None:
        raise InputError("PyTorch exported nothing; report this with the run's configuration")
    model = program.model_proto
    onnx.helper.set_model_props(model, dict(metadata))
    onnx.save(model, path)


def _compare(
    module: nn.Module,
    examples: tuple[dict[str, Tensor], ...],
    names: list[str],
    path: Path,
    *,
    is_masks: bool,
) -> dict[str, float]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = dict.fromkeys(names, 0.0)
    for example in examples:
        given = {"pictures": example["pictures"][:1]} if is_masks else example
        with torch.no_grad():
            wanted = module(*given.values())
        wanted = (wanted,) if isinstance(wanted, Tensor) else wanted
        outputs = session.run(names, {name: tensor.numpy() for name, tensor in given.items()})
        for name, ours, theirs in zip(names, wanted, outputs, strict=True):
            scale = FULL_MASK if name == "masks" and not is_masks else 1.0
            found[name] = max(found[name], float(np.abs(ours.numpy() - theirs).max()) / scale)
    return found


def _metadata(predictor: TorchPredictor, part: Part, resolution_cm: float | None) -> dict[str, str]:
    """Our own card as one value, and for masks the keys that Deepness reads, each as JSON."""
    values: dict[str, str] = {"geotamper_version": __version__}
    if part == "answers":
        values[METADATA_KEY] = json.dumps(card_document(predictor.card, predictor.tokenizer.to_json()))
        return values
    card = predictor.card
    deepness: dict[str, Any] = {
        "model_type": "Segmentor",
        "class_names": {"0": "background", "1": "source", "2": "target"},
        "tile_size": card.size,  # what the plugin reads; the next is what its documentation says
        "tiles_size": card.size,
        "tiles_overlap": 15,
        "standardization_mean": list(card.mean),
        "standardization_std": list(card.std),
        "seg_thresh": 0.5,
        "seg_small_segment": 1,
    }
    if resolution_cm is not None:
        deepness["resolution"] = resolution_cm
    return values | {name: json.dumps(value) for name, value in deepness.items()}
