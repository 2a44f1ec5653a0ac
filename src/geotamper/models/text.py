"""Tokenizers: texts to numbers, with a state that is saved beside the network."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, Self

import torch

from geotamper.errors import InputError, SpecificationError
from geotamper.models.blocks.pretrained import hub_or_folder
from geotamper.models.blocks.text_towers import minilm_source
from geotamper.models.config import ClipTextConfig, MiniLmTextConfig, TextConfig
from geotamper.models.protocol import TokenBatch
from geotamper.models.tower_config import OptTextConfig

_LibraryText = ClipTextConfig | MiniLmTextConfig | OptTextConfig

PADDING, UNKNOWN = 0, 1
_FIRST_WORD = 2
_WORD = re.compile(r"[\w'-]+|[^\w\s]")


class Tokenizer(Protocol):
    """Turns texts into numbers."""

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """T texts as T rows of the configured length."""

    def to_json(self) -> str:
        """Everything `tokenizer_from_json` needs to build the same tokenizer elsewhere."""


def plain_question(text: str) -> str:
    """The text without its final question mark or full stop, as the published code feeds it.

    Example:
        >>> plain_question("Is the picture tampered? ")
        'Is the picture tampered'
    """
    return text.strip().rstrip("?.").rstrip()


class WordTokenizer:
    """Lower-cased words of known texts; 0 is padding, 1 any other word.

    Longer texts are cut; an empty one becomes one unknown word, so that every text has a token.

    Args:
        words: Known words, numbered from 2 on.
        length: Tokens of a text, padding included.
    """

    def __init__(self, words: Sequence[str], length: int) -> None:
        self.words = tuple(words)
        self.length = length
        self._numbers = {word: number for number, word in enumerate(self.words, start=_FIRST_WORD)}

    @classmethod
    def from_texts(cls, texts: Iterable[str], length: int, vocabulary: int) -> Self:
        """Number the words of texts, frequent ones first, equally frequent ones by name.

        Raises:
            SpecificationError: There are more than `vocabulary` holds.
        """
        counts = Counter(word for text in texts for word in _words(text))
        words = sorted(counts, key=lambda word: (-counts[word], word))
        if len(words) + _FIRST_WORD > vocabulary:
            raise SpecificationError(
                f"the texts have {len(words)} different words, more than {vocabulary} rows of the word embedding "
                f"hold with padding and the unknown word; set towers.text.vocabulary={len(words) + _FIRST_WORD}"
            )
        return cls(words, length)

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Number the words of T texts."""
        ids = torch.full((len(texts), self.length), PADDING, dtype=torch.int64)
        for row, text in enumerate(texts):
            numbers = [self._numbers.get(word, UNKNOWN) for word in _words(text)][: self.length]
            numbers = numbers or [UNKNOWN]
            ids[row, : len(numbers)] = torch.tensor(numbers)
        return TokenBatch(ids, ids != PADDING)

    def to_json(self) -> str:
        """The words in order."""
        return json.dumps(
            {"kind": "words", "length": self.length, "words": list(self.words)}, ensure_ascii=False
        )


class LibraryTokenizer:
    """A tokenizer of the library `tokenizers`, held as its own JSON, so that a run needs no folder later.

    Args:
        definition: JSON of the tokenizer.
        length: Tokens of a text, padding included.
        padding: Number that pads.
        template: What is numbered; braces stand for the text.
    """

    def __init__(self, definition: str, length: int, padding: int, template: str = "{}") -> None:
        from tokenizers import Tokenizer as Backend

        self.definition = definition
        self.length = length
        self.padding = padding
        self.template = template
        self._backend = Backend.from_str(definition)
        self._backend.no_padding()
        self._backend.no_truncation()

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Number the tokens of T texts, start and end among them.

        Raises:
            InputError: A text is longer than the length.
        """
        ids = torch.full((len(texts), self.length), self.padding, dtype=torch.int64)
        mask = torch.zeros(ids.shape, dtype=torch.bool)
        given = [self.template.replace("{}", plain_question(text)) for text in texts]
        for row, (text, found) in enumerate(zip(texts, self._backend.encode_batch(given), strict=True)):
            if len(found.ids) > self.length:
                raise InputError(
                    f"the question '{text}' has {len(found.ids)} tokens, more than {self.length}; "
                    f"set towers.text.length={len(found.ids)}"
                )
            ids[row, : len(found.ids)] = torch.tensor(found.ids)
            mask[row, : len(found.ids)] = True
        return TokenBatch(ids, mask)

    def to_json(self) -> str:
        """The library's own definition and what is set here."""
        return json.dumps(
            {
                "kind": "library",
                "length": self.length,
                "padding": self.padding,
                "template": self.template,
                "definition": json.loads(self.definition),
            },
            ensure_ascii=False,
        )


def build_tokenizer(config: TextConfig, texts: Iterable[str]) -> Tokenizer:
    """The tokenizer of a text tower.

    Args:
        config: The text tower.
        texts: Training texts; only a vocabulary of words is built from them.

    Raises:
        SpecificationError: The texts have more words than the tower's vocabulary.
        InputError: The folder of a pretrained tokenizer is missing, or its tokens exceed the tower's vocabulary.
        MissingLibraryError: The package with the tokenizer is not installed.
    """
    if isinstance(config, _LibraryText) and config.tokenizer is not None:
        minilm = isinstance(config, MiniLmTextConfig)
        name, local = (minilm_source if minilm else hub_or_folder)(config.tokenizer)
        return _library_tokenizer(name, local_only=local, config=config)
    return WordTokenizer.from_texts(texts, config.length, config.vocabulary)


def tokenizer_from_json(text: str) -> Tokenizer:
    """The tokenizer that `to_json` described.

    Raises:
        InputError: The text describes none.
    """
    try:
        state: Any = json.loads(text)
        if state["kind"] == "words":
            return WordTokenizer([str(word) for word in state["words"]], int(state["length"]))
        if state["kind"] == "library":
            definition = json.dumps(state["definition"], ensure_ascii=False)
            template = str(state.get("template", "{}"))
            return LibraryTokenizer(definition, int(state["length"]), int(state["padding"]), template)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"the saved tokenizer is damaged ({error!r}); use the one that was saved with the run"
        ) from error
    raise InputError(f"the saved tokenizer has the unknown kind '{state['kind']}'; update geotamper")


def _library_tokenizer(name: str, *, local_only: bool, config: _LibraryText) -> LibraryTokenizer:
    from transformers import AutoTokenizer

    try:
        found = AutoTokenizer.from_pretrained(name, local_files_only=local_only)
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot read a tokenizer from '{name}': {error}; give a folder that holds one"
        ) from error
    if len(found) > config.vocabulary:
        raise InputError(
            f"the tokenizer '{name}' has {len(found)} tokens, more than the {config.vocabulary} of the text tower; "
            f"set towers.text.vocabulary={len(found)}"
        )
    padding = found.pad_token_id if found.pad_token_id is not None else found.eos_token_id
    template = config.template if isinstance(config, OptTextConfig) else "{}"
    return LibraryTokenizer(found.backend_tokenizer.to_str(), config.length, int(padding), template)


def _words(text: str) -> list[str]:
    return _WORD.findall(plain_question(text).lower())
