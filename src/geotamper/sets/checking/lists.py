"""Rules about the lists of a set: they agree with each other, with the record and with the folders."""

from collections.abc import Mapping

import numpy as np

from geotamper.sets.checking.expected import Expected
from geotamper.sets.checking.masks import area_slack
from geotamper.sets.checking.pictures import PictureEvidence
from geotamper.sets.checking.report import Collector
from geotamper.sets.layout.names import FOLDS, ROLES, Fold
from geotamper.sets.layout.opened import TamperSet
from geotamper.sets.layout.records import SetPicture
from geotamper.sets.layout.table import NO_FOLD
from geotamper.sets.layout.vocabulary import AnswerVocabulary, type_number
from geotamper.task.catalogue import QUESTION_TYPES


def check_lists(opened: TamperSet, found: Collector) -> None:
    """Ids are unique, folds agree with the list of all, questions have pictures, and folds are not empty."""
    conflicts = opened.fold_conflicts
    for question in conflicts.repeated:
        found.error("lists", f"question {question} comes twice in one list", question=question)
    for question in conflicts.different:
        message = f"question {question} differs between All_Questions and the list of its fold"
        found.error("lists", message, question=question)
    for question in conflicts.missing:
        found.fault("lists", f"question {question} is missing from All_Questions", question=question)
    for question in conflicts.in_two_folds:
        found.fault("leakage-picture", f"question {question} stands in two folds", question=question)
    table = opened.questions
    for fold in FOLDS:
        if not len(opened.fold_questions(fold)):
            found.skip("lists", f"the list of fold {fold} is empty")
    loose = int(np.count_nonzero(table.folds == NO_FOLD))
    if loose:
        found.fault("lists", f"{loose} questions of All_Questions stand in no fold")
    unknown = np.setdiff1d(table.pictures, np.array(list(opened.pictures), dtype=np.int64))
    for picture in unknown.tolist():
        found.error("lists", f"picture {picture} has questions and is not in All_Images", picture=picture)


def check_question_ids(opened: TamperSet, found: Collector) -> None:
    """The picture list names the questions of every picture."""
    table = opened.questions
    order = np.argsort(table.pictures, kind="stable")
    numbers, starts = np.unique(table.pictures[order], return_index=True)
    groups = np.split(table.ids[order], starts[1:]) if len(numbers) else []
    of_picture = {number: set(ids.tolist()) for number, ids in zip(numbers.tolist(), groups, strict=True)}
    for picture in opened.pictures.values():
        listed, asked = set(picture.question_ids), of_picture.get(picture.id, set())
        if listed != asked:
            message = (
                f"All_Images names {len(listed)} questions of picture {picture.id}, of which "
                f"{len(listed & asked)} are its own; the question lists have {len(asked)}"
            )
            found.fault("lists", message, picture=picture.id)


def check_sidecar(opened: TamperSet, found: Collector) -> None:
    """The sidecar tells of every picture, and of no other."""
    if opened.sidecar is None:
        reason = "the set has no geotamper.json, which tells transforms, classes and groups"
        found.skip("transform", reason, len(opened.pictures))
        return
    if opened.sidecar.question_set != opened.vocabulary.question_set:
        message = (
            f"geotamper.json numbers types as {opened.sidecar.question_set}, Answers.json as "
            f"{opened.vocabulary.question_set}"
        )
        found.error("lists", message)
    records = [record.id for record in opened.sidecar.pictures]
    if len(set(records)) != len(records):
        found.error("lists", "geotamper.json holds a picture twice")
    for picture in sorted(set(opened.pictures) - set(records)):
        found.error("lists", f"picture {picture} is missing from geotamper.json", picture=picture)
    for picture in sorted(set(records) - set(opened.pictures)):
        found.error(
            "lists", f"geotamper.json tells of picture {picture}, which All_Images lacks", picture=picture
        )


def check_orphans(opened: TamperSet, found: Collector) -> None:
    """Files of pictures that no list knows, and files that are named like none."""
    store = opened.storage.store
    for role in ROLES:
        for picture in store.pictures(role):
            if picture not in opened.pictures:
                message = f"{role}/{picture}.png belongs to no picture of All_Images; remove it or list it"
                found.error("orphans", message, picture=picture)
    for name in store.strangers():
        found.warning("orphans", f"'{name}' is not named like the file of a picture (12.png)")


def check_info(
    picture: SetPicture,
    evidence: PictureEvidence,
    expected: Expected | None,
    vocabulary: AnswerVocabulary,
    found: Collector,
    *,
    resized: bool,
) -> None:
    """The `info` of a picture agrees with its files: the answers to the open questions and the area fractions."""
    if expected is None or expected.kind is None or not picture.info:
        return
    for name, possible in expected.possible.items():
        key = f"Q{type_number(name, vocabulary.question_set)}"
        given = picture.info.get(key)
        foreign_words = given not in QUESTION_TYPES[name].answers and given in vocabulary.answers(name)
        if given is None or given in possible or foreign_words:
            continue
        right = expected.nominal[name]
        message = f"the info of picture {picture.id} says '{given}' for {key}; its files give '{right}'"
        take = found.warning if name in expected.doubtful else found.error
        take("info", message, picture=picture.id)
    number = type_number("area", vocabulary.question_set)
    for name, region in (("tampered", evidence.target), ("source", evidence.source)):
        given = picture.info.get(f"Q{number}_{name}_size")
        if not isinstance(given, int | float) or region is None:
            continue
        width, height = evidence.frames["source"]
        share = region.area_px / (width * height)
        slack = area_slack(region.area_px) / (width * height) if resized else 1e-6
        if abs(given - share) > slack:
            message = (
                f"the info of picture {picture.id} gives {given:.6f} as the share of its {name} region; its mask "
                f"has {share:.6f}"
            )
            found.fault("info", message, picture=picture.id)


def folds_of_pictures(opened: TamperSet) -> Mapping[int, frozenset[Fold]]:
    """The folds in which each picture has questions."""
    table = opened.questions
    pairs = np.unique(np.stack([table.pictures, table.folds.astype(np.int64)]), axis=1)
    folds: dict[int, frozenset[Fold]] = {}
    for picture, code in pairs.T.tolist():
        if code != NO_FOLD:
            folds[picture] = folds.get(picture, frozenset()) | {FOLDS[code]}
    return folds
