"""What a `paper` run costs: parameters, operations of a question, hours on a GPU and memory, by formula.

Nothing is trained: PyTorch counts the operations of one forward pass. Takes 2 GB of memory, with BLIP-2 16 GB.

    hours = 3 x F x N x E / (P x u) / 3600

F: floating-point operations of the forward pass of one question that brings its own picture, as published; 3: forward
and backward; N: train questions; E: epochs; P: peak of the GPU; u: share of the peak that is reached, an assumption.

Examples:
    python benchmarks/training_cost.py
    python benchmarks/training_cost.py --model san mcan earthvqa
    python benchmarks/training_cost.py --teraflops 312 --utilisation 0.4
"""

import argparse
import sys

import torch
from torch.utils.flop_counter import FlopCounterMode

from geotamper.models import MODELS, build_network, preset
from geotamper.models.protocol import TokenBatch, single

TRAIN_SHARE = 0.7
SETS = {
    "RS-CMQA": (1_370_000, 20, 51),
    "RS-CMQA-B": (245_000, 30, 51),
    "Real-RSCM": (173_000, 30, 51),
    "RS-TQA": (2_100_000, 20, 53),
    "RS-TQA-B": (375_000, 30, 53),
}
"""Questions, epochs and answers of the published sets."""


def main() -> int:
    """Entry of the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--teraflops", type=float, default=82.6, help="peak of the GPU; RTX 4090, float32: 82.6"
    )
    parser.add_argument("--utilisation", type=float, default=0.35, help="share of the peak that is reached")
    parser.add_argument("--model", nargs="+", choices=list(MODELS), default=["cmfpf", "cm_moe"])
    options = parser.parse_args()
    print(
        "| network | set | parameters | GFLOP a question | train questions | epochs | GPU hours | states, GB |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for model in options.model:
        costs = {classes: forward_cost(model, classes) for classes in (51, 53)}
        for name, (questions, epochs, classes) in SETS.items():
            parameters, operations = costs[classes]
            train = TRAIN_SHARE * questions
            rate = options.teraflops * 1e12 * options.utilisation
            hours = 3 * operations * train * epochs / rate / 3600
            states = 4 * 4 * parameters / 1e9  # float32 values, gradients, and the two moments of Adam
            print(
                f"| {model} | {name} | {parameters:,} | {operations / 1e9:.1f} | {train:,.0f} | {epochs} | "
                f"{hours:.1f} | {states:.1f} |"
            )
    return 0


def forward_cost(model: str, classes: int) -> tuple[int, float]:
    """Parameters, and floating-point operations of one question with its own picture."""
    config = preset(model, "paper")
    network = build_network(model, config, classes).eval()
    side, length = config.towers.resolution, config.towers.text.length
    tokens = TokenBatch(torch.zeros(1, length, dtype=torch.int64), torch.ones(1, length, dtype=torch.bool))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 3, side, side), tokens, single(1), single(1))
    return sum(parameter.numel() for parameter in network.parameters()), float(counter.get_total_flops())


if __name__ == "__main__":
    sys.exit(main())
