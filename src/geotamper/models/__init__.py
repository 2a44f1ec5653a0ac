"""Networks that answer questions about pictures: plain PyTorch modules from typed configurations."""

from geotamper.models.registry import MODELS, ModelEntry, build_network, model_entry, preset

__all__ = ["MODELS", "ModelEntry", "build_network", "model_entry", "preset"]
