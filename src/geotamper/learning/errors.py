"""Errors of training."""

from geotamper.errors import GeotamperError


class DivergenceError(GeotamperError):
    """The loss is no longer a number; the last saved state of the run is the one before."""
