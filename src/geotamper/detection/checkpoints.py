"""Checkpoint folders: weights and configuration of a network that was not trained here."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from geotamper.detection.predictor import NetworkCard, QuestionKey
from geotamper.detection.torch_predictor import TorchPredictor, file_digest
from geotamper.errors import InputError
from geotamper.inspection.report import WeightsInfo
from geotamper.learning.data.preparation import DEVIATION, MEAN
from geotamper.models.importing import load_network
from geotamper.models.registry import model_entry
from geotamper.models.text import Tokenizer, build_tokenizer, tokenizer_from_json
from geotamper.sets.layout import AnswerVocabulary
from geotamper.sets.layout.vocabulary import type_number
from geotamper.task.catalogue import QUESTION_SETS, QUESTION_TYPES, QuestionSet
from geotamper.task.released import released_text

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
TOKENIZER_FILE = "tokenizer.json"


class CheckpointConfig(BaseModel):
    """Content of `config.json`; further keys are left alone.

    Attributes:
        model: Name of the network in the registry.
        classes: Number of answers.
        config: Its configuration.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    classes: int
    config: dict[str, Any]


def open_checkpoint_predictor(folder: Path) -> TorchPredictor:
    """The network of a checkpoint folder, asked in the wordings of the released sets.

    A published checkpoint tells the number of its answers, not their order: the order of this project's own sets is
    taken, unless the folder holds the `Answers.json` of the set that the network was trained on.

    Args:
        folder: With model.safetensors and config.json, as `geotamper import-checkpoint` writes it; a tokenizer.json
            and an Answers.json are used where they are.

    Raises:
        InputError: A file is missing or damaged, or the number of answers is of no known set.
    """
    config = _read_config(folder)
    entry = model_entry(config.model)
    settings = entry.config_class.from_values(config.config).without_weights()
    vocabulary = _vocabulary(folder, config.classes)
    wordings = _released_wordings(vocabulary.question_set)
    network = load_network(folder)
    weights = folder / WEIGHTS_FILE
    card = NetworkCard(
        name=config.model,
        source=str(folder),
        vocabulary=vocabulary,
        wordings=wordings,
        size=settings.towers.resolution,
        weights=WeightsInfo(
            name=f"{config.model} {WEIGHTS_FILE}",
            sha256=file_digest(weights),
            licence="of the checkpoint's authors",
        ),
        mean=MEAN,
        std=DEVIATION,
    )
    scale = float(getattr(settings, "mask_scale", 255.0))
    tokenizer = _tokenizer(folder, settings.towers.text, list(wordings.values()))
    return TorchPredictor(network, tokenizer, card, mask_scale=scale)


def _read_config(folder: Path) -> CheckpointConfig:
    path = folder / CONFIG_FILE
    try:
        return CheckpointConfig.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"'{path}' cannot be read ({error.strerror or error}); expected a folder of 'geotamper import-checkpoint'"
        ) from error
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise InputError(
            f"'{path}' does not describe a network ({place}: {problem['msg']}); import the checkpoint anew"
        ) from error


def _vocabulary(folder: Path, classes: int) -> AnswerVocabulary:
    path = folder / "Answers.json"
    if path.is_file():
        from geotamper.sets.layout.vocabulary import parse_vocabulary

        try:
            found = parse_vocabulary(json.loads(path.read_text(encoding="utf-8")), path)
        except json.JSONDecodeError as error:
            raise InputError(f"'{path}' is no JSON ({error.msg}); copy it from the set anew") from error
        if found.class_count != classes:
            raise InputError(
                f"'{path}' has {found.class_count} answers, the checkpoint {classes}; take the file of the set that "
                "the checkpoint was trained on"
            )
        return found
    known = {AnswerVocabulary.standard(name).class_count: name for name in QUESTION_SETS}
    if classes not in known:
        raise InputError(
            f"the checkpoint has {classes} answers, sets of this layout have {' or '.join(map(str, known))}; "
            f"copy the Answers.json of its set into '{folder}'"
        )
    return AnswerVocabulary.standard(known[classes])


def _released_wordings(question_set: QuestionSet) -> dict[QuestionKey, str]:
    return {
        (name, option): released_text(name, option)
        for name, question in QUESTION_TYPES.items()
        if type_number(name, question_set) is not None
        for option in question.options or (None,)
    }


def _tokenizer(folder: Path, tower: Any, texts: list[str]) -> Tokenizer:  # noqa: ANN401 - one of the text towers
    path = folder / TOKENIZER_FILE
    if path.is_file():
        return tokenizer_from_json(path.read_text(encoding="utf-8"))
    if getattr(tower, "tokenizer", None) is None:
        raise InputError(
            f"'{path}' is missing and config.json names no tokenizer, so questions cannot become the numbers that the "
            "checkpoint was trained with; set config.towers.text.tokenizer to a folder with the CLIP tokenizer"
        )
    return build_tokenizer(tower, texts)
