import pytest

from geotamper.errors import SpecificationError
from geotamper.models import MODELS, preset


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("size", ["paper", "compact", "tiny"])
def test_settings_survive_yaml(name: str, size: str) -> None:
    config = preset(name, size)
    assert type(config).from_yaml(config.to_yaml()) == config


def test_settings_change_by_key_and_value() -> None:
    config = preset("cmfpf", "tiny").with_settings(
        ["towers.text.kind=lstm", "towers.text.hidden=8", "dropout=0.1", "stma.kl_limit=null"]
    )
    assert config.towers.text.model_dump()["hidden"] == 8
    assert config.dropout == 0.1
    assert config.model_dump()["stma"]["kl_limit"] is None


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("dropout", "key=value"),
        ("drop=1", "no setting 'drop'"),
        ("towers.text.words.x=1", "no setting"),
        ("dropout=2", "dropout"),
        ("towers.image.kind=vgg", "image"),
        ("dropout=[", "cannot be read"),
    ],
)
def test_settings_refuse_what_does_not_fit(assignment: str, message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        preset("cmfpf", "tiny").with_settings([assignment])


def test_settings_refuse_more_active_experts_than_there_are() -> None:
    with pytest.raises(SpecificationError, match="active"):
        preset("cm_moe", "tiny").with_settings(["router.active=7"])


def test_without_weights_names_no_file() -> None:
    config = preset("cmfpf", "compact").without_weights()
    assert "towers.image.weights" in config.random_parts()
