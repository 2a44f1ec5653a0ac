"""Run folders: what a training leaves behind, and how a network is opened from it."""

from geotamper.learning.run.document import QuestionWording, RunDocument
from geotamper.learning.run.opening import LoadedNetwork, Run, load_network, open_run

__all__ = ["LoadedNetwork", "QuestionWording", "Run", "RunDocument", "load_network", "open_run"]
