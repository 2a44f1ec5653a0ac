r"""Questions per second with pictures and texts encoded once, against a pass of the network for every question.

Both ways run in this process, in turns, on the same network and the same pictures of the train fold, with its
natural, unbalanced number of questions per picture. A training step is forward, loss, backward and Adam; the loop takes
shuffled questions in batches, each with its own picture and text, as the published code does. Evaluation answers the
questions of one picture after the other; the loop passes the picture through the network once per question.

Examples:
    python benchmarks/train_throughput.py sets/my-rs-cmqa --json out.json
    python benchmarks/train_throughput.py sets/my-rs-cmqa --model cm_moe --seconds 60
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from _common.failures import one_line_failures
from _common.machine import describe_machine, peak_memory_mb
from geotamper.atomic import write_text
from geotamper.errors import InputError
from geotamper.learning.blueprint import configure
from geotamper.learning.data.batches import EpochBatches, FoldData, QuestionBatch
from geotamper.learning.data.loading import CachePlace, load_folds, read_lists
from geotamper.learning.data.questions import Integers
from geotamper.learning.losses import Objective
from geotamper.learning.parameters import build_optimisers
from geotamper.learning.schedule import Schedule
from geotamper.learning.settings import TrainingSettings
from geotamper.models.protocol import QuestionNetwork
from geotamper.sets.layout import open_set

QUESTIONS = 20
"""Of the picture that is evaluated: as many as a forged picture of the released sets has."""

ROUNDS = 3
"""Both ways take turns, so that a busy machine slows both alike."""

Work = Callable[[], int]
"""Does some work and says how many questions it handled."""


@dataclass(frozen=True)
class Rate:
    """Questions per second of wall time and of processor time."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Speed:
    """The rates of both ways, one per round."""

    shared: list[Rate]
    loop: list[Rate]

    def row(self) -> dict[str, float]:
        """Medians of the rates and of their ratios within rounds; other work on the machine makes wall time jump."""
        pairs = list(zip(self.shared, self.loop, strict=True))
        wall = [one.wall / two.wall for one, two in pairs]
        return {
            "image_major_per_second": round(statistics.median(rate.wall for rate in self.shared), 2),
            "per_question_per_second": round(statistics.median(rate.wall for rate in self.loop), 2),
            "ratio": round(statistics.median(wall), 2),
            "least_ratio": round(min(wall), 2),
            "processor_ratio": round(
                statistics.median(one.processor / two.processor for one, two in pairs), 2
            ),
        }


@one_line_failures
def main() -> int:
    """Entry of the script."""
    options = _parser().parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        result = _measured(options, Path(folder))
    result["machine"] = describe_machine() | {"torch": torch.__version__}
    for name in ("training", "evaluation"):
        row = result[name]
        print(
            f"{name:<12}{row['image_major_per_second']:>10.1f} questions/s image-major"
            f"{row['per_question_per_second']:>10.2f} per question{row['ratio']:>8.1f} times"
            f" ({row['processor_ratio']:.1f} of processor time)"
        )
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")
    return 0


def _measured(options: argparse.Namespace, cache: Path) -> dict[str, Any]:
    blueprint, settings = configure(options.model, options.preset, [])
    opened = open_set(options.set)
    lists = read_lists(opened, options.pictures)
    tokenizer = blueprint.tokenizer(lists.train.used_texts())
    data, _ = load_folds(opened, lists, tokenizer, CachePlace(cache, blueprint.picture_size))
    torch.manual_seed(settings.seed)
    network = blueprint.build(lists.vocabulary.class_count)
    counts = data.questions.counts
    return {
        "schema": "geotamper.throughput/1",
        "model": options.model,
        "preset": options.preset,
        "set": options.set.name,
        "pictures": len(counts),
        "questions": int(counts.sum()),
        "questions_per_picture": round(float(counts.mean()), 2),
        "picture_size": blueprint.picture_size,
        "batch_pictures": settings.batch_size,
        "batch_questions": options.loop_batch,
        "threads": torch.get_num_threads(),
        "training": _training(network, data, settings, options).row(),
        "evaluation": _evaluation(network, data, options).row(),
        "peak_memory_mb": round(peak_memory_mb()),
    }


def _training(
    network: QuestionNetwork, data: FoldData, settings: TrainingSettings, options: argparse.Namespace
) -> Speed:
    shared = _steps(network, data, settings)
    changes = {"batch": "questions", "batch_size": options.loop_batch}
    loop = _steps(network, data, settings.model_copy(update=changes))
    network.train()
    return _in_turns(shared, loop, options.seconds)


def _steps(network: QuestionNetwork, data: FoldData, settings: TrainingSettings) -> Work:
    schedule = Schedule(settings)
    optimisers = build_optimisers(network, schedule)
    optimisers.set_rates(schedule, "answers", 0.0)
    objective = Objective(settings)
    batches = EpochBatches(data, settings)
    steps = iter([rows for epoch in range(100) for rows in batches.steps(epoch)])

    def step() -> int:
        (batch,) = batches.parts(next(steps))
        for optimiser in optimisers.all():
            optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(objective.losses(_answered(network, batch), batch.targets).total)
        for optimiser in optimisers.all():
            optimiser.step()
        return len(batch.targets.labels)

    return step


def _evaluation(network: QuestionNetwork, data: FoldData, options: argparse.Namespace) -> Speed:
    network.eval()
    counts = data.questions.counts
    asked: Integers = np.flatnonzero(counts == QUESTIONS)
    if not len(asked):
        raise InputError(f"'{options.set}' has no train picture with {QUESTIONS} questions; take a full set")
    place = 0

    def following() -> Integers:
        nonlocal place
        place = (place + 1) % len(asked)
        return asked[place : place + 1]

    @torch.inference_mode()
    def shared() -> int:
        batch = data.by_pictures(following())
        _answered(network, batch)
        return len(batch.targets.labels)

    @torch.inference_mode()
    def loop() -> int:
        questions = data.questions.rows_of(following())
        for row in questions:
            _answered(network, data.by_questions(np.array([row])))
        return len(questions)

    return _in_turns(shared, loop, options.seconds)


def _answered(network: QuestionNetwork, batch: QuestionBatch) -> Any:  # noqa: ANN401 - as the module gives it
    return network(batch.pictures, batch.tokens, batch.picture_of, batch.text_of)


def _in_turns(shared: Work, loop: Work, seconds: float) -> Speed:
    shared()
    loop()
    speed = Speed([], [])
    for _ in range(ROUNDS):
        speed.shared.append(_rate(shared, seconds / ROUNDS))
        speed.loop.append(_rate(loop, seconds / ROUNDS))
    return speed


def _rate(work: Work, seconds: float) -> Rate:
    start, processor, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - start < seconds:
        done += work()
    return Rate(done / (time.perf_counter() - start), done / (time.process_time() - processor))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", type=Path, help="folder of a set")
    parser.add_argument("--model", default="cmfpf", help="name of the network")
    parser.add_argument("--preset", default="compact", choices=("compact", "paper", "tiny"))
    parser.add_argument("--pictures", type=int, default=200, help="of the train fold")
    parser.add_argument("--loop-batch", type=int, default=32, help="questions of a step of the loop")
    parser.add_argument("--seconds", type=float, default=45.0, help="for each way and part")
    parser.add_argument("--threads", type=int, default=0, help="of torch; its own choice by default")
    parser.add_argument("--json", type=Path, help="write the result here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
