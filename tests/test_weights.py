from importlib.resources import files

import pytest

from geotamper.errors import GeotamperError
from geotamper.weights import PACKAGED, PackagedWeights


@pytest.mark.parametrize("weights", PACKAGED, ids=lambda weights: weights.name)
def test_packaged_weights_have_a_card_that_describes_this_very_file(weights: PackagedWeights) -> None:
    card = (
        files("geotamper.weights")
        .joinpath(weights.name.rpartition(".")[0] + ".md")
        .read_text(encoding="utf-8")
    )
    assert weights.digest() in card
    assert weights.licence in card


def test_weights_that_are_missing_say_what_to_do() -> None:
    with pytest.raises(GeotamperError, match=r"'nothing\.npz' cannot be read .* install geotamper again"):
        PackagedWeights("nothing.npz", "Apache-2.0").read()
