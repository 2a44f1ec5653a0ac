from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from geotamper.errors import InputError
from geotamper.models import build_network, preset
from geotamper.models.importing import import_checkpoint, import_state_dict, load_network, save_network
from geotamper.models.protocol import QuestionNetwork, single

State = dict[str, Tensor]


@pytest.fixture
def published(reference: Callable[[str], "object"]) -> State:
    """A state dict with the published names and shapes; it holds no numbers and takes no memory."""
    layout = reference("cmfpf").layout()  # type: ignore[attr-defined]
    return {name: torch.empty(shape, device="meta") for name, shape in layout.items()}


@pytest.mark.shared
def test_import_reads_the_classes_and_leaves_out_what_is_unused(published: State) -> None:
    published["linear_classify2.weight"] = torch.empty(7, 512, device="meta")
    published["linear_classify2.bias"] = torch.empty(7, device="meta")
    imported = import_state_dict({f"module.{name}": value for name, value in published.items()}, "x.pth")
    assert (imported.name, imported.classes, imported.left_out) == ("cmfpf", 7, 5_904_384)
    assert not imported.network.training


@pytest.mark.shared
def test_import_lists_every_difference(published: State) -> None:
    del published["lineV.bias"]
    published["extra.weight"] = torch.empty(1)
    published["lineQ.weight"] = torch.empty(3, 3)
    with pytest.raises(InputError) as caught:
        import_state_dict(published, "x.pth")
    message = str(caught.value)
    assert "missing image_projection.bias" in message
    assert "unexpected extra.weight" in message
    assert "text_projection.weight has shape (3, 3) instead of (768, 512)" in message


def test_import_refuses_another_network() -> None:
    with pytest.raises(InputError, match="no published checkpoint"):
        import_state_dict({"conv1.weight": torch.zeros(1)}, "resnet.pth")


def test_import_executes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "module.pth"
    torch.save({"model": torch.nn.Linear(2, 2)}, path)
    with pytest.raises(InputError, match="state dict"):
        import_checkpoint(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_import_refuses_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.pth"):
        import_checkpoint(path, tmp_path / "out")


@pytest.mark.parametrize("name", ["cmfpf", "cm_moe"])
def test_saved_network_answers_as_before(
    name: str, tmp_path: Path, ask: Callable[[QuestionNetwork], Tensor]
) -> None:
    config = preset(name, "tiny")
    network = build_network(name, config, 5).eval()
    save_network(network, name, config, 5, tmp_path)
    torch.testing.assert_close(ask(load_network(tmp_path)), ask(network), atol=0, rtol=0)
    assert len(single(3)) == 3


def test_saved_weights_are_as_readable_as_any_file(tmp_path: Path) -> None:
    config = preset("cmfpf", "tiny")
    save_network(build_network("cmfpf", config, 5), "cmfpf", config, 5, tmp_path)
    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "model.safetensors").stat().st_mode == plain.stat().st_mode


def test_load_network_names_the_broken_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.json"):
        load_network(tmp_path)
