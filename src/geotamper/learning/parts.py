"""What a training consists of."""

from dataclasses import dataclass

from geotamper.learning.data.batches import FoldData
from geotamper.learning.settings import TrainingSettings
from geotamper.models.protocol import QuestionNetwork


@dataclass(frozen=True, eq=False)
class TaskParts:
    """What a training consists of.

    Attributes:
        network: What is trained.
        settings: How.
        train: The train fold.
        val: The validation fold.
        mask_scale: Value of a full mask in the network's predictions.
        pretrained: Names of the network's modules that begin pretrained.
    """

    network: QuestionNetwork
    settings: TrainingSettings
    train: FoldData
    val: FoldData
    mask_scale: float = 255.0
    pretrained: tuple[str, ...] = ()
