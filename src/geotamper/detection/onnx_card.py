"""What an exported file tells about its network: the card as JSON, out and in."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geotamper.detection.predictor import NetworkCard
from geotamper.errors import InputError
from geotamper.inspection.report import WeightsInfo
from geotamper.sets.layout import AnswerVocabulary
from geotamper.task.catalogue import QuestionSet, TypeName

METADATA_KEY = "geotamper"
"""Name of the metadata value that holds the card."""

ONNX_SCHEMA: Literal["geotamper.onnx/1"] = "geotamper.onnx/1"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class WordingEntry(_Part):
    """One text of the training."""

    type: TypeName
    option: str | None
    text: str


class CardDocument(_Part):
    """The card as it is written.

    Attributes:
        vocabulary: Answers with their classes, ordered by type.
        question_set: How the types are numbered.
        mean: Of the normalisation on 0..1, applied before the picture is resized.
        tokenizer: As the network's own tokenizer saves itself.
    """

    schema_: Literal["geotamper.onnx/1"] = Field(default=ONNX_SCHEMA, alias="schema")
    model: str
    vocabulary: tuple[dict[str, int], ...]
    question_set: QuestionSet
    wordings: tuple[WordingEntry, ...]
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    weights: WeightsInfo
    tokenizer: str


def card_document(card: NetworkCard, tokenizer: str) -> dict[str, Any]:
    """The card with its tokenizer as plain values."""
    wordings = tuple(
        WordingEntry(type=name, option=option, text=text) for (name, option), text in card.wordings.items()
    )
    document = CardDocument(
        model=card.name,
        vocabulary=tuple(dict(answers) for answers in card.vocabulary.indices),
        question_set=card.vocabulary.question_set,
        wordings=wordings,
        size=card.size,
        mean=card.mean,
        std=card.std,
        weights=card.weights,
        tokenizer=tokenizer,
    )
    return document.model_dump(mode="json", by_alias=True)


def read_card(text: str, path: Path, sha256: str) -> tuple[NetworkCard, str]:
    """The card of an exported file and its tokenizer.

    Args:
        text: The metadata value.
        path: The file.
        sha256: Of the file, which holds the weights.

    Raises:
        InputError: The value is no card of this version.
    """
    try:
        found = CardDocument.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise InputError(
            f"'{path}' holds no card of this version ({place}: {problem['msg']}); export the run anew"
        ) from error
    card = NetworkCard(
        name=found.model,
        source=str(path),
        vocabulary=AnswerVocabulary(found.vocabulary, found.question_set),
        wordings={(item.type, item.option): item.text for item in found.wordings},
        size=found.size,
        weights=found.weights.model_copy(update={"name": f"{found.model} {path.name}", "sha256": sha256}),
        mean=found.mean,
        std=found.std,
    )
    return card, found.tokenizer
