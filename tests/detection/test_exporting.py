"""The exported file answers as the network does."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from geotamper.detection.exporting import OPSET, export_network
from geotamper.detection.onnx_predictor import OnnxPredictor
from geotamper.detection.torch_predictor import open_run_predictor
from geotamper.errors import InputError
from geotamper.models import MODELS, preset
from geotamper.task.wording import question_text

WriteRun = Callable[..., Path]

NOT_EXPORTED: dict[str, str] = {}
"""Networks that ONNX cannot hold, with the reason."""


@pytest.mark.timeout(300)
def test_exported_network_answers_like_the_run(write_run: WriteRun, tmp_path: Path) -> None:
    ours = open_run_predictor(write_run())
    path = tmp_path / "network.onnx"
    report = export_network(ours, path)
    assert max(report.differences.values()) < 1e-4
    assert set(report.differences) == {"logits", "masks"}
    opsets = {entry.domain: entry.version for entry in onnx.load(path).opset_import}
    assert opsets[""] == report.opset == OPSET
    theirs = OnnxPredictor(path)
    assert theirs.card.wordings == ours.card.wordings
    assert theirs.card.vocabulary == ours.card.vocabulary
    pixels = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    first, second = ours.see(pixels), theirs.see(pixels)
    assert first.masks is not None
    assert second.masks is not None
    np.testing.assert_allclose(first.masks, second.masks, atol=0.05)
    for count in (1, 7):
        texts = [question_text("object"), *[question_text("object_check", "Ship")] * (count - 1)]
        np.testing.assert_allclose(ours.answer(first, texts), theirs.answer(second, texts), atol=1e-4)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "cmfpf"])  # which the test above exports
def test_every_network_is_exported(name: str, write_run: WriteRun, tmp_path: Path) -> None:
    if name in NOT_EXPORTED:
        pytest.skip(NOT_EXPORTED[name])
    # layers of towers repeat themselves, and an export takes as long as there are operations
    config = preset(name, "tiny")
    towers = {"image": config.towers.image, "text": config.towers.text}
    shallow = [f"towers.{part}.layers=1" for part, tower in towers.items() if hasattr(tower, "layers")]
    run = write_run(name, changes=shallow)
    report = export_network(open_run_predictor(run), tmp_path / "network.onnx")
    assert max(report.differences.values()) < 1e-4


def test_mask_network_alone_runs_as_deepness_runs_it(write_run: WriteRun, tmp_path: Path) -> None:
    path = tmp_path / "masks.onnx"
    ours = open_run_predictor(write_run())
    export_network(ours, path, part="masks", resolution_cm=30.0)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    told = {
        key: json.loads(text)
        for key, text in session.get_modelmeta().custom_metadata_map.items()
        if key != "geotamper_version"
    }
    assert told == {
        "model_type": "Segmentor",
        "class_names": {"0": "background", "1": "source", "2": "target"},
        "resolution": 30.0,
        "tile_size": 32,
        "tiles_size": 32,
        "tiles_overlap": 15,
        "standardization_mean": list(ours.card.mean),
        "standardization_std": list(ours.card.std),
        "seg_thresh": 0.5,
        "seg_small_segment": 1,
    }
    (given,), (output,) = session.get_inputs(), session.get_outputs()
    assert given.shape == output.shape == [1, 3, 32, 32]
    tile = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    standardised = (tile / 255 - told["standardization_mean"]) / told["standardization_std"]
    batch = standardised.transpose(2, 0, 1)[None].astype(np.float32)
    (shares,) = session.run(None, {given.name: batch})[0]
    seen = ours.see(tile)
    assert seen.masks is not None
    np.testing.assert_allclose(shares[1:], np.clip(seen.masks[:2] / 255, 0, 1), atol=1e-3)
    np.testing.assert_allclose(shares[0], 1 - shares[1:].max(axis=0), atol=1e-6)
    with pytest.raises(InputError, match="no card of geotamper"):
        OnnxPredictor(path)


def test_mask_network_without_a_resolution_leaves_it_to_the_user(write_run: WriteRun, tmp_path: Path) -> None:
    path = tmp_path / "masks.onnx"
    export_network(open_run_predictor(write_run()), path, part="masks")
    assert "resolution" not in {entry.key for entry in onnx.load(path).metadata_props}


def test_export_that_differs_leaves_no_file(write_run: WriteRun, tmp_path: Path) -> None:
    path = tmp_path / "masks.onnx"
    with pytest.raises(InputError, match="differs from PyTorch"):
        export_network(open_run_predictor(write_run()), path, part="masks", tolerance=0.0)
    assert list(tmp_path.glob("*.onnx")) == []
