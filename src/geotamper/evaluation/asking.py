"""The questions of a fold, gathered by picture, so that each picture is inspected once."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geotamper.errors import InputError
from geotamper.evidence.objects.network import DEFAULT_NETWORK
from geotamper.forge.degradation import Degradation
from geotamper.inspection.answering import Priors
from geotamper.sets.layout import Fold, PictureRecord, QuestionTable, SetPicture, TamperSet
from geotamper.sets.questions import answer_priors, catalogue_answer, option_of
from geotamper.task.catalogue import QUESTION_TYPES, TypeName


@dataclass(frozen=True)
class AskedQuestion:
    """One question of the set, read.

    Attributes:
        id: In the set.
        type: As the record says, whatever the text asks for.
        option: What a check asks for; None for an open question, and where the text cannot be read.
        text: As it stands in the set.
        expected: The right answer, as the catalogue spells it where it knows it.
    """

    id: int
    type: TypeName
    option: str | None
    text: str
    expected: str


@dataclass(frozen=True)
class Setup:
    """What all pictures of an evaluation share.

    Attributes:
        root: Folder of the set.
        detector: Its name.
        priors: Probabilities of answers among the train questions.
        balanced: Whether the questions are those of the balanced subset; some releases hold nothing else.
        threads: For one picture; 0 for the detector's own choice.
        weights: "research" or "permissive", see `build_detector`.
        degradations: What happens to every picture before it is shown.
    """

    root: Path
    detector: str
    priors: Priors
    balanced: bool = False
    threads: int = 0
    weights: str = DEFAULT_NETWORK
    degradations: tuple[Degradation, ...] = ()


@dataclass(frozen=True)
class PictureTask:
    """One picture with its questions.

    Attributes:
        setup: Shared by all.
        picture: Id in the set.
        group: Pictures of one group may show the same ground.
        record: What was done, or None where the set does not tell.
        tampered: Whether the picture's answers make it a tampered one; None where they do not tell.
        questions: In the order of the set.
    """

    setup: Setup
    picture: int
    group: str
    record: PictureRecord | None
    tampered: bool | None
    questions: tuple[AskedQuestion, ...]


@dataclass(frozen=True)
class AskedFold:
    """The questions of one fold.

    Attributes:
        pictures: By id, each with at least one question.
        digest: Of the questions and their answers.
        notes: What could not be read, in sentences.
    """

    pictures: tuple[PictureTask, ...]
    digest: str
    notes: tuple[str, ...]


def train_priors(opened: TamperSet) -> Priors:
    """How often the train questions have each answer, as the catalogue spells it; empty without such questions."""
    found: dict[TypeName, dict[str, float]] = {}
    priors = answer_priors(opened.usable_questions("train"), opened.vocabulary.question_set)
    for name, shares in priors.items():
        for text, share in shares.items():
            spelled = catalogue_answer(name, text)
            shares_so_far = found.setdefault(name, {})
            shares_so_far[spelled] = shares_so_far.get(spelled, 0.0) + share
    return found


def ask_fold(opened: TamperSet, fold: Fold, setup: Setup) -> AskedFold:
    """Gather the questions of a fold by picture.

    Raises:
        InputError: The fold has no usable question of a known type.
    """
    table = opened.usable_questions(fold)
    reader = _Reader(opened)
    by_picture = reader.read(table)
    if not by_picture:
        raise InputError(
            f"'{opened.root}' has no question to ask in its {fold} list; choose a --split that has some, "
            "and see what 'geotamper check' says"
        )
    tasks = tuple(
        PictureTask(
            setup=setup,
            picture=number,
            group=_group(opened, number),
            record=opened.records.get(number),
            tampered=_is_tampered(opened.pictures[number], questions),
            questions=tuple(questions),
        )
        for number, questions in sorted(by_picture.items())
    )
    return AskedFold(tasks, _digest(tasks), tuple(reader.notes()))


def drawn(asked: AskedFold, most: int | None) -> AskedFold:
    """Some pictures of a fold with all their questions, drawn by chance but always the same ones.

    Args:
        asked: The fold.
        most: Pictures at most; None for all.
    """
    if most is None or most >= len(asked.pictures):
        return asked
    places = np.random.default_rng(0).permutation(len(asked.pictures))[:most]
    pictures = tuple(asked.pictures[place] for place in sorted(places.tolist()))
    note = f"{most} of {len(asked.pictures)} pictures, drawn by chance, were asked."
    return AskedFold(pictures, _digest(pictures), (*asked.notes, note))


class _Reader:
    """Reads questions; each text is parsed once, however often it is asked."""

    def __init__(self, opened: TamperSet) -> None:
        self._vocabulary = opened.vocabulary
        self._options: dict[tuple[TypeName, str], str | None] = {}
        self._answers: dict[tuple[TypeName, str], str] = {}
        self._unknown_types: Counter[int] = Counter()
        self._unread: Counter[str] = Counter()
        self._strange: Counter[tuple[TypeName, str]] = Counter()

    def read(self, table: QuestionTable) -> dict[int, list[AskedQuestion]]:
        """The questions of a table by picture."""
        found: dict[int, list[AskedQuestion]] = {}
        for question in table:
            name = self._vocabulary.type_name(question.type)
            if name is None:
                self._unknown_types[question.type] += 1
                continue
            asked = AskedQuestion(
                id=question.id,
                type=name,
                option=self._option(name, question.text),
                text=question.text,
                expected=self._answer(name, question.answer),
            )
            found.setdefault(question.picture, []).append(asked)
        return found

    def _option(self, name: TypeName, text: str) -> str | None:
        if not QUESTION_TYPES[name].is_check:
            return None
        if (name, text) not in self._options:
            self._options[name, text] = option_of(name, text)
        option = self._options[name, text]
        if option is None:
            self._unread[text] += 1
        return option

    def _answer(self, name: TypeName, text: str) -> str:
        if (name, text) not in self._answers:
            self._answers[name, text] = catalogue_answer(name, text)
        spelled = self._answers[name, text]
        if spelled not in QUESTION_TYPES[name].answers:
            self._strange[name, text] += 1
        return spelled

    def notes(self) -> list[str]:
        """What could not be read, in sentences."""
        notes = [
            f"{count} questions of type {number} were left out: the catalogue has no such type."
            for number, count in sorted(self._unknown_types.items())
        ]
        notes += [
            f"{count} questions '{text}' name no option that can be read; they were answered by the priors."
            for text, count in sorted(self._unread.items())
        ]
        notes += [
            f"{count} questions of type '{name}' have the answer '{text}', which the catalogue lacks; no detector "
            "gives it."
            for (name, text), count in sorted(self._strange.items())
        ]
        return notes


def _is_tampered(picture: SetPicture, questions: Sequence[AskedQuestion]) -> bool | None:
    """Whether a picture is tampered by its answers: nothing but the first type is asked of an untouched one."""
    told = {item.expected for item in questions if item.type == "tampered"} or {str(picture.info.get("Q1"))}
    if told in ({"Yes"}, {"No"}):
        return told == {"Yes"}
    return True if any(item.type != "tampered" for item in questions) else None


def _group(opened: TamperSet, picture: int) -> str:
    record = opened.records.get(picture)
    return f"picture {picture}" if record is None else record.group


def _digest(tasks: Sequence[PictureTask]) -> str:
    digest = hashlib.sha256()
    for task in tasks:
        for item in task.questions:
            line = f"{task.picture}\t{item.id}\t{item.type}\t{item.text}\t{item.expected}\n"
            digest.update(line.encode())
    return digest.hexdigest()
