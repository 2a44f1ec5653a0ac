"""`run.json`: everything that is needed to use or repeat a run."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from geotamper.learning.settings import Preset, TrainingSettings
from geotamper.sets.layout import AnswerVocabulary
from geotamper.task.catalogue import QuestionSet, TypeName
from geotamper.task.parsing import ParsedQuestion, parse_question

RUN_SCHEMA: Literal["geotamper.run/1"] = "geotamper.run/1"

RUN_FILE = "run.json"
BEST_FILE = "best.safetensors"
LAST_FILE = "last.safetensors"
TOKENIZER_FILE = "tokenizer.json"
LOG_FILE = "log.jsonl"
STATE_FOLDER = "state"
STATE_FILE = "resume.pt"
CACHE_FOLDER = "cache"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class QuestionWording(_Part):
    """A text that the network was trained on.

    Attributes:
        text: As the set words it.
        type: Name of its type; None where the catalogue has no such number.
        option: What a check asks for; None for an open type, or where the text could not be read.
    """

    text: str
    type: TypeName | None
    option: str | None


class TextEncoding(_Part):
    """How texts become numbers.

    Attributes:
        tower: Kind of the text tower.
        length: Tokens of a text, padding included.
        tokenizer: File beside this one.
    """

    tower: str
    length: int
    tokenizer: str = TOKENIZER_FILE


class Normalisation(_Part):
    """Applied to values in [0, 1] before the picture is resized."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class RunDocument(_Part):
    """All about a run but its weights.

    Attributes:
        model: Name in the registry.
        preset: What model and training began with.
        network: The resolved configuration of the network.
        training: The resolved settings of the training.
        question_set: How the set numbers its types.
        vocabulary: Answers with their classes, ordered by type.
        questions: Every text of the train and val folds.
        text: How texts become numbers.
        picture_size: Side of the pictures, pixels.
        normalisation: Of the pictures.
        mask_scale: Value of a full mask in the predictions.
        classes: Outputs of the network.
        version: Of geotamper.
        data: Where the set was.
        data_sha256: Of pictures, types, texts and answers of the train and val folds.
        seed: Of everything random.
        parameters: Numbers that were trained.
        epochs_done: Finished epochs.
        finished: Whether the training came to its end or its time budget.
        best_oa: Best OA on the val fold.
        best_epoch: Its epoch, from 1.
        seconds: Spent on the training.
    """

    schema_: Literal["geotamper.run/1"] = Field(default=RUN_SCHEMA, alias="schema")
    model: str
    preset: Preset
    network: dict[str, Any]
    training: TrainingSettings
    question_set: QuestionSet
    vocabulary: tuple[dict[str, int], ...]
    questions: tuple[QuestionWording, ...]
    text: TextEncoding
    picture_size: int
    normalisation: Normalisation
    mask_scale: float
    classes: int
    version: str
    data: str
    data_sha256: str
    seed: int
    parameters: int
    epochs_done: int = 0
    finished: bool = False
    best_oa: float | None = None
    best_epoch: int | None = None
    seconds: float = 0.0

    @property
    def answers(self) -> AnswerVocabulary:
        """The vocabulary as the sets have it."""
        return AnswerVocabulary(self.vocabulary, self.question_set)

    def to_json(self) -> str:
        """The file's content."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"


def wordings(asked: Sequence[tuple[str, int]], vocabulary: AnswerVocabulary) -> tuple[QuestionWording, ...]:
    """What texts ask, by their type in the set and by their option as the parser reads it.

    Args:
        asked: Texts with the numbers of their types.
        vocabulary: Of the set.
    """
    found = []
    for text, number in asked:
        name = vocabulary.type_name(number)
        parsed = parse_question(text)
        agreed = isinstance(parsed, ParsedQuestion) and parsed.type == name
        option = parsed.option if agreed and isinstance(parsed, ParsedQuestion) else None
        found.append(QuestionWording(text=text, type=name, option=option))
    return tuple(found)
