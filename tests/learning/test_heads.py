from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from geotamper.errors import InputError
from geotamper.learning.heads import head_loss, map_errors
from geotamper.learning.losses import Objective
from geotamper.learning.settings import TrainingSettings
from geotamper.learning.targets import Targets
from geotamper.models.protocol import Head, NetworkOutput, Rows

SETTINGS = TrainingSettings()


@pytest.fixture
def targets() -> Targets:
    return Targets(
        labels=torch.tensor([0, 2, 2, 1]),
        masks=torch.zeros(2, 3, 4, 4),
        counts=torch.tensor([1.0, 3.0]),
        total_questions=4,
        total_pictures=2,
        groups=torch.tensor([0, -1, 2, 1]),
        class_map=torch.arange(8).repeat(4).view(2, 4, 4),
    )


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(0))


def test_further_answers_have_the_cross_entropy_of_the_questions(
    targets: Targets, logits: torch.Tensor
) -> None:
    found = head_loss(Head(logits, "answer"), targets, SETTINGS)
    torch.testing.assert_close(found, functional.cross_entropy(logits, targets.labels))


def test_groups_leave_out_types_outside_the_catalogue(targets: Targets, logits: torch.Tensor) -> None:
    found = head_loss(Head(logits, "group"), targets, SETTINGS)
    known = torch.tensor([0, 2, 3])
    expected = functional.cross_entropy(logits[known], torch.tensor([0, 2, 1]), reduction="sum") / 4
    torch.testing.assert_close(found, expected)


def test_negatives_with_equal_answers_are_dropped(targets: Targets, logits: torch.Tensor) -> None:
    donors = torch.tensor([1, 2, 0, 3])  # 1 and 2 share their answer, 3 borrowed from itself
    found = head_loss(Head(logits, "not_answer", donors=donors), targets, SETTINGS)
    shares = torch.softmax(logits, dim=1)
    torch.testing.assert_close(found, (shares[0, 0] + shares[2, 2]) / 4)


def test_weights_of_questions_count_in_every_head(targets: Targets, logits: torch.Tensor) -> None:
    weighted = replace(targets, weights=torch.tensor([4.0, 0.0, 0.0, 0.0]))
    for target in ("answer", "group"):
        found = head_loss(Head(logits, target), weighted, SETTINGS)
        torch.testing.assert_close(found, functional.cross_entropy(logits[:1], targets.labels[:1]))


def test_class_maps_weigh_by_the_questions_of_their_picture(targets: Targets) -> None:
    scores = torch.randn(2, 8, 4, 4, generator=torch.Generator().manual_seed(1))
    assert targets.class_map is not None
    each = functional.cross_entropy(scores, targets.class_map, reduction="none").mean(dim=(1, 2))
    found = head_loss(Head(scores, "class_map"), targets, SETTINGS)
    torch.testing.assert_close(found, 0.25 * each[0] + 0.75 * each[1])


def test_class_maps_are_reduced_to_the_scores_without_new_classes(targets: Targets) -> None:
    known = torch.zeros(1, 4, 4, dtype=torch.int64)
    known[:, :, 2:] = 7
    scores = torch.full((1, 8, 2, 2), -30.0)
    scores[:, 0, :, 0] = scores[:, 7, :, 1] = 30.0
    small = replace(targets, class_map=known)
    torch.testing.assert_close(map_errors(scores, small), torch.zeros(1), atol=1e-6, rtol=0)


def test_missing_class_map_is_told_with_the_remedy(targets: Targets) -> None:
    with pytest.raises(InputError, match="segmentation"):
        map_errors(torch.zeros(2, 8, 4, 4), replace(targets, class_map=None))


def test_objective_adds_heads_with_their_weights(targets: Targets, logits: torch.Tensor) -> None:
    heads = {"again": Head(logits, "answer", 0.5), "group": Head(logits, "group", 2.0)}
    losses = Objective(SETTINGS).losses(NetworkOutput(logits, heads=heads), targets)
    plain = head_loss(heads["again"], targets, SETTINGS)
    group = head_loss(heads["group"], targets, SETTINGS)
    torch.testing.assert_close(losses.total, 1.5 * plain + 2 * group)
    assert set(losses.numbers()) == {"loss", "answer_loss", "mask_loss", "again", "group"}
    assert losses.each is not None
    torch.testing.assert_close(losses.each.mean(), plain)


def test_objective_trains_a_segmentation_network_alone(targets: Targets) -> None:
    scores = torch.randn(2, 8, 4, 4, generator=torch.Generator().manual_seed(1), requires_grad=True)
    losses = Objective(SETTINGS).mask_only(Rows({"class_map": scores}), targets)
    torch.testing.assert_close(losses.total, head_loss(Head(scores, "class_map"), targets, SETTINGS))
