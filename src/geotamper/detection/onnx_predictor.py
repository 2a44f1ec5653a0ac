"""Trained networks that ONNX Runtime runs."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geotamper.detection.classes import Logits
from geotamper.detection.onnx_card import METADATA_KEY, read_card
from geotamper.detection.predictor import NetworkCard, Seen
from geotamper.detection.torch_predictor import file_digest
from geotamper.errors import InputError, MissingLibraryError
from geotamper.imagery.picture import Pixels
from geotamper.learning.data.preparation import prepare_picture
from geotamper.models.text import tokenizer_from_json


class OnnxPredictor:
    """A file of `geotamper export`, run on the CPU.

    The graph holds the whole network and cannot be entered in its middle, so every call looks at the picture again;
    what is asked together is answered in one pass. A detector therefore asks in batches.

    Args:
        path: The file.

    Raises:
        InputError: The file is damaged, or was not written by `geotamper export`.
        MissingLibraryError: ONNX Runtime is not installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime
            from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf
        except ImportError as error:
            raise MissingLibraryError(
                "ONNX files need ONNX Runtime; install it with 'pip install geotamper[export]'"
            ) from error
        try:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = _threads()
            self.session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except (Fail, InvalidGraph, InvalidProtobuf) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"'{path}' is no usable ONNX file ({reason}); export the run anew") from error
        text = self.session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        if text is None:
            raise InputError(
                f"'{path}' answers no questions: it has no card of geotamper; give a file that 'geotamper export "
                "--part answers' wrote"
            )
        self._card, tokenizer = read_card(text, path, file_digest(path))
        self._tokenizer = tokenizer_from_json(tokenizer)
        self._outputs = [output.name for output in self.session.get_outputs()]

    @property
    def card(self) -> NetworkCard:
        """As `Predictor.card`."""
        return self._card

    @property
    def device(self) -> str:
        """As `Predictor.device`."""
        return "cpu"

    def see(self, pixels: Pixels) -> Seen:
        """As `Predictor.see`; the masks come with a first question."""
        picture = prepare_picture(pixels, self._card.size)[None].numpy()
        wording = next(iter(self._card.wordings.values()))
        outputs = self._run(picture, [wording])
        masks = outputs[1][0] if len(outputs) > 1 else None
        return Seen(masks, picture)

    def answer(self, seen: Seen, texts: Sequence[str]) -> Logits:
        """As `Predictor.answer`."""
        return self._run(seen.state, texts)[0]

    def _run(self, picture: Logits, texts: Sequence[str]) -> list[Logits]:
        distinct = list(dict.fromkeys(texts))
        tokens = self._tokenizer.encode(distinct)
        given = {
            "pictures": picture,
            "ids": tokens.ids.numpy(),
            "mask": tokens.mask.numpy(),
            "picture_of": np.zeros(len(texts), dtype=np.int64),
            "text_of": np.array([distinct.index(text) for text in texts], dtype=np.int64),
        }
        outputs: list[Logits] = self.session.run(self._outputs, given)
        return outputs


def _threads() -> int:
    """As many as other libraries use, which several jobs bound; 0 for all cores."""
    number = os.environ.get("OMP_NUM_THREADS", "")
    return int(number) if number.isdecimal() else 0
