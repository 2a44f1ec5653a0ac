"""Measuring detectors on whole sets: every question asked, every picture inspected once."""

from geotamper.evaluation.document import METRICS_SCHEMA, MetricsDocument
from geotamper.evaluation.evaluate import Evaluation, EvaluationOptions, evaluate_set
from geotamper.evaluation.outcomes import PictureFailure, PictureOutcome
from geotamper.evaluation.tables import accuracy_table

__all__ = [
    "METRICS_SCHEMA",
    "Evaluation",
    "EvaluationOptions",
    "MetricsDocument",
    "PictureFailure",
    "PictureOutcome",
    "accuracy_table",
    "evaluate_set",
]
