from dataclasses import replace
from types import ModuleType

import pytest
import torch
from torch import Tensor

from geotamper.learning.data.batches import QuestionBatch
from geotamper.learning.errors import DivergenceError
from geotamper.learning.losses import MaskLoss, Objective, require_finite
from geotamper.learning.settings import TrainingSettings
from geotamper.models import build_network, preset
from geotamper.models.protocol import QuestionNetwork


def _gradients(
    network: QuestionNetwork, batch: QuestionBatch, settings: TrainingSettings
) -> dict[str, Tensor]:
    network.zero_grad()
    output = network(batch.pictures, batch.tokens, batch.picture_of, batch.text_of)
    torch.autograd.backward(Objective(settings).losses(output, batch.targets).total)
    return {
        name: torch.zeros_like(weight) if weight.grad is None else weight.grad.clone()
        for name, weight in network.named_parameters()
    }


@pytest.mark.parametrize("rmse", ["together", "per_channel"])
@pytest.mark.parametrize("mask_loss", ["rmse", "mae", "both", "none"])
def test_gradients_of_image_major_batches_equal_those_of_questions(
    small: ModuleType, mask_loss: str, rmse: str
) -> None:
    torch.manual_seed(0)
    network = small.SmallNetwork().double().eval()
    fold = small.make_fold()
    settings = TrainingSettings.model_validate({"mask_loss": mask_loss, "rmse": rmse})
    order = torch.randperm(len(fold.questions), generator=torch.Generator().manual_seed(1)).numpy()
    one = _gradients(network, _double(fold.by_pictures(torch.arange(9).numpy())), settings)
    two = _gradients(network, _double(fold.by_questions(order)), settings)
    for name, gradient in one.items():
        torch.testing.assert_close(gradient, two[name], rtol=1e-6, atol=1e-9, msg=name)


def test_gradients_without_question_weights_differ(small: ModuleType) -> None:
    network = small.SmallNetwork().double().eval()
    fold = small.make_fold()
    unweighted = TrainingSettings(mask_weight="pictures")
    one = _gradients(network, _double(fold.by_pictures(torch.arange(9).numpy())), unweighted)
    two = _gradients(
        network, _double(fold.by_questions(torch.arange(len(fold.questions)).numpy())), unweighted
    )
    name = "mask_network.0.weight"
    assert not torch.allclose(one[name], two[name], rtol=1e-3)


def test_gradients_of_cmfpf_are_equal_both_ways(small: ModuleType) -> None:
    torch.manual_seed(0)
    config = preset("cmfpf", "tiny").with_settings(["towers.text.vocabulary=20", "towers.text.length=5"])
    network = build_network("cmfpf", config, small.CLASSES).eval()
    fold = small.make_fold()
    batches = [fold.by_pictures(torch.arange(9).numpy())]
    batches.append(fold.by_questions(torch.arange(len(fold.questions)).numpy()))
    one, two = (_gradients(network, _repeated(batch, 4), TrainingSettings()) for batch in batches)
    largest = max(float(gradient.norm()) for gradient in one.values())
    for name, gradient in one.items():
        assert float((gradient - two[name]).norm()) < 1e-4 * float(gradient.norm()) + 1e-6 * largest, name


def test_mask_loss_is_the_published_formula() -> None:
    predicted, target = torch.full((2, 3, 4, 4), 10.0), torch.zeros(2, 3, 4, 4)
    predicted[1] = 20.0
    shares = torch.tensor([0.75, 0.25])
    together = (0.75 * 100 + 0.25 * 400) ** 0.5
    assert MaskLoss("rmse")(predicted, target, shares).item() == pytest.approx(together)
    assert MaskLoss("rmse", "per_channel")(predicted, target, shares).item() == pytest.approx(3 * together)
    assert MaskLoss("mae")(predicted, target, shares).item() == pytest.approx(12.5)
    assert MaskLoss("both")(predicted, target, shares).item() == pytest.approx(12.5 + together)
    assert MaskLoss("mae_mse")(predicted, target, shares).item() == pytest.approx(12.5 + together**2)
    assert MaskLoss("none")(predicted, target, shares).item() == 0


def test_mask_loss_on_scale_one_divides_the_targets() -> None:
    target = torch.full((1, 3, 2, 2), 255.0)
    assert MaskLoss("mae", scale=1.0)(torch.zeros(1, 3, 2, 2), target, torch.ones(1)).item() == 1


def test_mask_loss_of_perfect_masks_has_finite_gradients() -> None:
    masks = torch.zeros(1, 3, 2, 2, requires_grad=True)
    torch.autograd.backward(MaskLoss("rmse")(masks, torch.zeros(1, 3, 2, 2), torch.ones(1)))
    assert masks.grad is not None
    assert bool(torch.isfinite(masks.grad).all())


def test_require_finite_names_the_place_and_the_terms() -> None:
    with pytest.raises(DivergenceError, match=r"epoch 2, step 7 \(mask_loss nan\)"):
        require_finite(torch.tensor(float("nan")), {"mask_loss": float("nan")}, "epoch 2, step 7")


def _double(batch: QuestionBatch) -> QuestionBatch:
    targets = batch.targets
    doubled = replace(targets, masks=targets.masks.double(), counts=targets.counts.double())
    return replace(batch, pictures=batch.pictures.double(), targets=doubled)


def _repeated(batch: QuestionBatch, times: int) -> QuestionBatch:
    pictures = batch.pictures.repeat(1, 1, times, times)
    masks = batch.targets.masks.repeat(1, 1, times, times)
    return replace(batch, pictures=pictures, targets=replace(batch.targets, masks=masks))
