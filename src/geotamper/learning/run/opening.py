"""A run that was trained, opened to be used."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from geotamper.errors import InputError
from geotamper.learning.run.document import BEST_FILE, LAST_FILE, RUN_FILE, RunDocument
from geotamper.models.protocol import QuestionNetwork
from geotamper.models.text import Tokenizer, tokenizer_from_json
from geotamper.sets.layout import AnswerVocabulary

Which = Literal["best", "last"]


@dataclass(frozen=True)
class Run:
    """A run folder.

    Attributes:
        folder: Where it is.
        document: Content of its `run.json`.
    """

    folder: Path
    document: RunDocument

    def weights(self, which: Which) -> Path:
        """File of the best (by validation OA) or the last weights."""
        return self.folder / (BEST_FILE if which == "best" else LAST_FILE)


@dataclass(frozen=True, eq=False)
class LoadedNetwork:
    """A trained network with all that is needed to ask it.

    Attributes:
        network: In evaluation mode, on the CPU.
        tokenizer: Numbers its texts.
        vocabulary: Its classes.
        run: Where it comes from.
    """

    network: QuestionNetwork
    tokenizer: Tokenizer
    vocabulary: AnswerVocabulary
    run: Run


def open_run(path: Path | str) -> Run:
    """Open a run folder; no weights are read.

    Raises:
        InputError: The folder holds no run, or one of another version.
    """
    folder = Path(path)
    file = folder / RUN_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"'{folder}' is no run ({error.strerror or error}: {RUN_FILE}); name a folder that "
            "'geotamper train' has written"
        ) from error
    try:
        return Run(folder, RunDocument.model_validate_json(text))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise InputError(
            f"'{file}' is no run of this version ({place}: {problem['msg']}); train again or use the version "
            "of geotamper that wrote it"
        ) from error


def load_network(run: Run, which: Which = "best") -> LoadedNetwork:
    """Build a run's network and load its weights.

    Args:
        run: As `open_run` gives it.
        which: The best weights by validation OA, or the last ones, with which the authors test.

    Raises:
        InputError: Weights or tokenizer are missing or do not fit the configuration.
    """
    from geotamper.learning.blueprint import restored_blueprint

    document = run.document
    blueprint = restored_blueprint(document.model, document.preset, document.network)
    network = blueprint.build_empty(document.classes)
    load_weights(network, run.weights(which))
    return LoadedNetwork(network.eval(), load_tokenizer(run), document.answers, run)


def load_tokenizer(run: Run) -> Tokenizer:
    """The tokenizer that was saved with a run.

    Raises:
        InputError: It is missing or damaged.
    """
    path = run.folder / run.document.text.tokenizer
    try:
        return tokenizer_from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"'{path}' cannot be read ({error.strerror or error}); a run needs the tokenizer it was trained with"
        ) from error


def load_weights(network: QuestionNetwork, path: Path) -> None:
    """Load a safetensors file into a network.

    Raises:
        InputError: The file is missing or damaged, or its tensors are not those of the network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"'{path}' cannot be read ({error}); a run has weights once its first epoch was validated"
        ) from error
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"'{path}' does not fit the network of its run: {reason}") from error
