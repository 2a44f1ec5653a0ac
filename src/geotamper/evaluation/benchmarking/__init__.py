"""Networks, ablations, detectors and floors under equal conditions on one set, side by side with published figures."""

from geotamper.evaluation.benchmarking.page import write_benchmark
from geotamper.evaluation.benchmarking.plan import Conditions, Plan, plan_benchmark
from geotamper.evaluation.benchmarking.rows import Row, ablation_rows, model_rows, with_seeds
from geotamper.evaluation.benchmarking.runner import (
    Benchmark,
    InProcess,
    Isolated,
    RowOutcome,
    Runner,
    run_benchmark,
)

__all__ = [
    "Benchmark",
    "Conditions",
    "InProcess",
    "Isolated",
    "Plan",
    "Row",
    "RowOutcome",
    "Runner",
    "ablation_rows",
    "model_rows",
    "plan_benchmark",
    "run_benchmark",
    "with_seeds",
    "write_benchmark",
]
