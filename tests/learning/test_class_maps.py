import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from geotamper.errors import InputError
from geotamper.learning import training
from geotamper.learning.blueprint import configure
from geotamper.learning.data.cache import open_cache
from geotamper.learning.data.class_maps import CLASS_COUNT, with_class_maps
from geotamper.learning.data.questions import read_fold
from geotamper.sets.layout import encode_segmentation, open_set
from geotamper.sets.layout.png import encode_png

SIDE = 48
SHORT = (("epochs", "3"), ("batch_size", "4"), ("device", "cpu"))


@pytest.fixture(scope="module")
def mapped_set(drawn_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn set with class maps: a road above, the rest without label."""
    root = tmp_path_factory.mktemp("sets") / "mapped"
    shutil.copytree(drawn_set, root)
    (root / "segmentation").mkdir()
    classes = np.zeros((SIDE, SIDE), dtype=np.uint8)
    classes[:12] = 1
    content = encode_png(encode_segmentation(classes, {1: "Road"}))
    for picture in (root / "image").iterdir():
        (root / "segmentation" / picture.name).write_bytes(content)
    return root


def test_class_maps_are_those_of_the_set_without_new_classes(mapped_set: Path, tmp_path: Path) -> None:
    opened = open_set(mapped_set)
    fold = read_fold(opened, "val", opened.vocabulary)
    plain = open_cache(opened, fold, tmp_path, 32)
    assert plain.class_map_batch(np.array([0])) is None
    found = with_class_maps(plain, opened, fold, tmp_path).class_map_batch(np.array([1, 0]))
    assert found is not None
    assert found.shape == (2, 32, 32)
    assert set(found[:, :8].flatten().tolist()) == {4}  # the place of roads among the levels
    assert set(found[:, 8:].flatten().tolist()) == {CLASS_COUNT - 1}


def test_set_without_class_maps_is_told_with_the_remedy(drawn_set: Path, tmp_path: Path) -> None:
    opened = open_set(drawn_set)
    fold = read_fold(opened, "val", opened.vocabulary)
    plain = open_cache(opened, fold, tmp_path, 32)
    with pytest.raises(InputError, match=r"segmentation.*guidance=none"):
        with_class_maps(plain, opened, fold, tmp_path)
    assert not list(tmp_path.glob("*-classes.npy"))


def test_segmentation_is_trained_first_then_frozen(mapped_set: Path, tmp_path: Path) -> None:
    blueprint, settings = configure("sga", "tiny", SHORT)
    assert not settings.one_step
    training.train(blueprint, settings, mapped_set, tmp_path / "run")
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in log] == ["masks", "answers", "answers", "answers"]
    accuracies = [line["val"]["class_map_accuracy"] for line in log]
    assert all(0 <= accuracy <= 1 for accuracy in accuracies)
    torch.manual_seed(settings.seed)
    fresh = blueprint.build(51).state_dict()
    trained = load_file(tmp_path / "run" / "last.safetensors")
    name = "segmentation.network.head.weight"
    assert not torch.equal(fresh[name], trained[name])
    state = torch.load(tmp_path / "run" / "state" / "resume.pt", weights_only=True)
    assert torch.equal(state["best_mask_state"][name], trained[name])


def test_segmentation_is_trained_with_the_answers(mapped_set: Path, tmp_path: Path) -> None:
    blueprint, settings = configure("earthvqa", "tiny", SHORT)
    training.train(blueprint, settings, mapped_set, tmp_path / "run")
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["train"]["class_map"] < log[0]["train"]["class_map"]


def test_upper_bound_reads_the_true_map(mapped_set: Path, tmp_path: Path) -> None:
    changes = (*SHORT, ("guidance", "true_map"), ("epochs", "1"), ("one_step", "true"))
    blueprint, settings = configure("sga", "tiny", changes)
    training.train(blueprint, settings, mapped_set, tmp_path / "run")
    line = json.loads((tmp_path / "run" / "log.jsonl").read_text())
    assert "class_map" not in line["train"]
    assert 0 <= line["val"]["OA"] <= 1


@pytest.mark.parametrize("model", ["earthvqa", "sga"])
def test_network_without_guidance_needs_no_class_maps(drawn_set: Path, tmp_path: Path, model: str) -> None:
    changes = (*SHORT, ("guidance", "none"), ("epochs", "1"))
    blueprint, settings = configure(model, "tiny", changes)
    training.train(blueprint, settings, drawn_set, tmp_path / "run")
    line = json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1])
    assert "class_map" not in line["train"]
