"""Losses of the further scores that some networks are trained with."""

import torch
from torch import Tensor
from torch.nn import functional

from geotamper.errors import InputError
from geotamper.learning.settings import TrainingSettings
from geotamper.learning.targets import Targets
from geotamper.models.protocol import Head

_NO_TARGET = -1


def head_loss(head: Head, targets: Targets, settings: TrainingSettings) -> Tensor:
    """This process's part of the mean loss of further scores, without their weight.

    Args:
        head: The scores.
        targets: Of the batch.
        settings: How pictures weigh in the loss of class maps.

    Raises:
        InputError: The batch has no such target.
    """
    if head.target == "class_map":
        return (targets.shares(settings) * map_errors(head.logits, targets)).sum()
    if head.target == "not_answer":
        each = _leaked(head, targets.labels)
    elif head.target == "group":
        if targets.groups is None:
            raise InputError("the network predicts the group of a question, but the batch names no groups")
        each = functional.cross_entropy(
            head.logits.float(), targets.groups, reduction="none", ignore_index=_NO_TARGET
        )
    else:
        each = functional.cross_entropy(head.logits.float(), targets.labels, reduction="none")
    return targets.weighted(each).sum() / targets.total_questions


def map_errors(logits: Tensor, targets: Targets) -> Tensor:
    """Mean cross-entropy of the pixels of every picture, shape (P,).

    Args:
        logits: Scores of the classes, shape (P, K, h, w); the target is reduced to their size.
        targets: With a class map.

    Raises:
        InputError: The batch has no class map.
    """
    target = class_map_at(logits, targets)
    return functional.cross_entropy(logits.float(), target, reduction="none").mean(dim=(1, 2))


def class_map_at(logits: Tensor, targets: Targets) -> Tensor:
    """The class map at the size of scores of shape (P, K, h, w), int64, shape (P, h, w).

    Raises:
        InputError: The batch has no class map.
    """
    if targets.class_map is None:
        raise InputError(
            "the network predicts a class map, but the data bring none; train on a set with the folder "
            "'segmentation', or set guidance=none"
        )
    size = list(logits.shape[-2:])
    if list(targets.class_map.shape[-2:]) == size:
        return targets.class_map
    small = functional.interpolate(targets.class_map[:, None].float(), size=size, mode="nearest-exact")
    return small[:, 0].to(torch.int64)


def _leaked(head: Head, labels: Tensor) -> Tensor:
    """Probability that a question keeps its answer although its picture or text is another's, shape (N,)."""
    kept = torch.softmax(head.logits.float(), dim=1).gather(1, labels[:, None]).squeeze(1)
    if head.donors is None:
        return kept
    return kept * (labels[head.donors] != labels)
