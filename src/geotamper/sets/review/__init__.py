"""A local page on which a person accepts or rejects the pictures of a set."""

from geotamper.sets.review.applying import apply_decisions
from geotamper.sets.review.decisions import REVIEW_FILE, Decision, Decisions
from geotamper.sets.review.server import ReviewServer

__all__ = ["REVIEW_FILE", "Decision", "Decisions", "ReviewServer", "apply_decisions"]
