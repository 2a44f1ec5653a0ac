"""Definitions of the reported numbers, in plain numpy.

One module per theme: answers, localisation, transform, verdict, calibration, intervals. The metrics page of
the documentation states them in words; nothing here knows a detector or a data set.
"""

from geotamper.metrics.answers import AnswerMetrics, AnswerRecord, TypeAccuracy, answer_metrics
from geotamper.metrics.calibration import ReliabilityBin, expected_calibration_error, reliability_curve
from geotamper.metrics.image_level import (
    ImageLevelMetrics,
    VerdictRecord,
    area_under_curve,
    image_level_metrics,
)
from geotamper.metrics.intervals import Interval, Resampling, bootstrap_interval, wilson_interval
from geotamper.metrics.localisation import (
    LocalisationMetrics,
    Overlap,
    PictureLocalisation,
    RegionPair,
    f1_score,
    intersection_over_union,
    localisation_metrics,
    localise,
)
from geotamper.metrics.transform import (
    TransformMetrics,
    TransformPair,
    measured_pairs,
    rotation_error,
    transform_metrics,
)

__all__ = [
    "AnswerMetrics",
    "AnswerRecord",
    "ImageLevelMetrics",
    "Interval",
    "LocalisationMetrics",
    "Overlap",
    "PictureLocalisation",
    "RegionPair",
    "ReliabilityBin",
    "Resampling",
    "TransformMetrics",
    "TransformPair",
    "TypeAccuracy",
    "VerdictRecord",
    "answer_metrics",
    "area_under_curve",
    "bootstrap_interval",
    "expected_calibration_error",
    "f1_score",
    "image_level_metrics",
    "intersection_over_union",
    "localisation_metrics",
    "localise",
    "measured_pairs",
    "reliability_curve",
    "rotation_error",
    "transform_metrics",
    "wilson_interval",
]
