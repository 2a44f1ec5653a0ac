"""The train and val folds of a set, ready to be batched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from geotamper.learning.data.batches import FoldData
from geotamper.learning.data.cache import Watch, open_cache
from geotamper.learning.data.class_maps import with_class_maps
from geotamper.learning.data.questions import FoldQuestions, digest, merge_texts, read_fold
from geotamper.models.text import Tokenizer
from geotamper.sets.layout import AnswerVocabulary, TamperSet

ClassMapUse = Literal["none", "targets", "shown"]
ChooseTokenizer = Callable[[Sequence[str]], Tokenizer]


@dataclass(frozen=True, eq=False)
class Lists:
    """The questions of train and val, their texts numbered together.

    Attributes:
        train: The train fold.
        val: The val fold.
        texts: Every text once.
        vocabulary: The classes.
    """

    train: FoldQuestions
    val: FoldQuestions
    texts: tuple[str, ...]
    vocabulary: AnswerVocabulary

    @property
    def sha256(self) -> str:
        """Of pictures, types, texts and answers of both folds."""
        return digest([self.train, self.val])

    def asked(self) -> list[tuple[str, int]]:
        """Every text with the number of each type it is asked as, by type and text."""
        pairs = {
            (int(kind), int(text))
            for fold in (self.train, self.val)
            for kind, text in np.unique(np.stack((fold.types, fold.text_rows), axis=1), axis=0)
        }
        return [(self.texts[text], kind) for kind, text in sorted(pairs)]


def read_lists(opened: TamperSet, limit: int | None) -> Lists:
    """The questions of train and val.

    Args:
        opened: The set.
        limit: At most so many pictures of each fold.

    Raises:
        InputError: A fold is empty, or an answer has no class.
    """
    vocabulary = opened.vocabulary
    folds = [read_fold(opened, fold, vocabulary).first(limit) for fold in ("train", "val")]
    texts, (train, val) = merge_texts(folds)
    return Lists(train, val, texts, vocabulary)


def load_folds(
    opened: TamperSet, lists: Lists, tokenizer: Tokenizer, cache: "CachePlace"
) -> tuple[FoldData, FoldData]:
    """Train and val with their pictures.

    Raises:
        InputError: A picture or mask is missing or damaged, or a text is too long.
        OutputError: The cache cannot be written.
    """
    tokens = tokenizer.encode(lists.texts)
    numbers = range(1, len(lists.vocabulary.indices) + 1)
    names = {number: lists.vocabulary.type_name(number) or str(number) for number in numbers}

    def load(fold: FoldQuestions) -> FoldData:
        pictures = open_cache(opened, fold, cache.folder, cache.size, cache.watch)
        if cache.class_maps != "none":
            pictures = with_class_maps(pictures, opened, fold, cache.folder)
            pictures = replace(pictures, shows_class_maps=cache.class_maps == "shown")
        return FoldData(fold, pictures, tokens, names)

    return load(lists.train), load(lists.val)


@dataclass(frozen=True)
class CachePlace:
    """Where decoded pictures are kept.

    Attributes:
        folder: Made where it is missing.
        size: Side of the pictures, pixels.
        watch: Told about the progress of decoding.
        class_maps: What the network has of the class of every pixel: nothing, targets, or a channel of the picture.
    """

    folder: Path
    size: int
    watch: Watch | None = None
    class_maps: ClassMapUse = "none"
