"""ONNX Runtime against PyTorch eager on the CPU: one picture with its questions, both in one process, in turns.

The network is untrained; its weights do not change the time.

Examples:
    python benchmarks/onnx_inference.py --model cmfpf cm_moe --preset compact
    python benchmarks/onnx_inference.py --model cmfpf --preset tiny --rounds 5 --json out.json
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnxruntime
import torch

from _common.failures import one_line_failures
from _common.machine import describe_machine
from geotamper.atomic import write_text
from geotamper.detection.exporting import export_network
from geotamper.detection.predictor import NetworkCard
from geotamper.detection.torch_predictor import TorchPredictor
from geotamper.inspection.report import WeightsInfo
from geotamper.learning.blueprint import Blueprint
from geotamper.learning.data.preparation import DEVIATION, MEAN
from geotamper.learning.settings import PRESETS, Preset
from geotamper.models import preset
from geotamper.sets.layout import AnswerVocabulary
from geotamper.task.catalogue import QUESTION_TYPES, TypeName
from geotamper.task.wording import question_text

QUESTIONS = 20
"""Of a copy-move picture in RS-CMQA."""


@one_line_failures
def main() -> int:
    """Entry of the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", nargs="+", default=["cmfpf", "cm_moe"])
    parser.add_argument("--preset", choices=list(PRESETS), default="compact")
    parser.add_argument(
        "--rounds", type=int, default=20, help="measurements of each, after two that do not count"
    )
    parser.add_argument("--threads", type=int, default=1, help="of both libraries")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = [measure(name, options.preset, options.rounds, options.threads) for name in options.model]
    for row in rows:
        print(
            f"{row['model']} {row['preset']}: PyTorch {1000 * row['torch']:.1f} ms, ONNX Runtime "
            f"{1000 * row['onnx']:.1f} ms a picture with {QUESTIONS} questions (medians of {options.rounds}); "
            f"{row['torch'] / row['onnx']:.2f} times as fast, largest difference {row['difference']:.1e}"
        )
    if options.json:
        document = {"machine": describe_machine(), "threads": options.threads, "rows": rows}
        write_text(options.json, json.dumps(document, indent=2) + "\n")
    return 0


def measure(model: str, size: Preset, rounds: int, threads: int) -> dict[str, Any]:
    """Median seconds of both for one picture with its questions."""
    predictor = untrained(model, size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        report = export_network(predictor, path)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        card = predictor.card
        tokens = predictor.tokenizer.encode(list(card.wordings.values())[:QUESTIONS])
        pictures = torch.randn(1, 3, card.size, card.size)
        picture_of, text_of = torch.zeros(QUESTIONS, dtype=torch.int64), torch.arange(QUESTIONS)
        given = {
            "pictures": pictures.numpy(),
            "ids": tokens.ids.numpy(),
            "mask": tokens.mask.numpy(),
            "picture_of": picture_of.numpy(),
            "text_of": text_of.numpy(),
        }

        def eager() -> None:
            with torch.inference_mode():
                predictor.network(pictures, tokens, picture_of, text_of)

        first, second = in_turns([eager, lambda: session.run(None, given)], rounds)
    difference = max(report.differences.values())
    return {"model": model, "preset": size, "torch": first, "onnx": second, "difference": difference}


def in_turns(parts: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Median seconds of each part; they take turns, so that other work on the machine meets them alike."""
    spent: list[list[float]] = [[] for _ in parts]
    for number in range(rounds + 2):
        for place, part in enumerate(parts):
            start = time.perf_counter()
            part()
            if number >= 2:
                spent[place].append(time.perf_counter() - start)
    return [statistics.median(seconds) for seconds in spent]


def untrained(model: str, size: Preset) -> TorchPredictor:
    """A network of a preset with the weights that it starts from."""
    blueprint = Blueprint(model, size, preset(model, size))
    vocabulary = AnswerVocabulary.standard("rs-cmqa")
    wordings: dict[tuple[TypeName, str | None], str] = {
        (name, option): question_text(name, option)
        for name, question in QUESTION_TYPES.items()
        if vocabulary.answers(name)
        for option in question.options or (None,)
    }
    card = NetworkCard(
        name=model,
        source=f"untrained {model}",
        vocabulary=vocabulary,
        wordings=wordings,
        size=blueprint.picture_size,
        weights=WeightsInfo(name=model, sha256="", licence="none"),
        mean=MEAN,
        std=DEVIATION,
    )
    network = blueprint.build(vocabulary.class_count).eval()
    tokenizer = blueprint.tokenizer(list(wordings.values()))
    return TorchPredictor(network, tokenizer, card, mask_scale=blueprint.mask_scale)


if __name__ == "__main__":
    sys.exit(main())
