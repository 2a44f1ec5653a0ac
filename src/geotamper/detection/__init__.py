"""Trained networks as detectors: run folders, checkpoint folders and ONNX files."""

from geotamper.detection.opening import is_network, open_detector

__all__ = ["is_network", "open_detector"]
