import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import InputError, SpecificationError
from geotamper.sets.balancing import balance_questions, balance_set, share_out
from geotamper.sets.layout import QuestionTable, SetQuestion, build_table, concatenate, open_set
from geotamper.sets.layout.table import NO_FOLD

RATES = {1: {"Yes": 0.9, "No": 0.1}, 2: {"Ship": 0.69, "Car": 0.3, "Road": 0.01}, 3: {"Yes": 0.5, "No": 0.5}}


def _table(per_type: int = 2000) -> QuestionTable:
    rng = np.random.default_rng(0)
    rows = [
        (kind, str(answer))
        for kind, rates in RATES.items()
        for answer in rng.choice(list(rates), size=per_type, p=list(rates.values()))
    ]
    rng.shuffle(rows)
    questions = [
        SetQuestion(i, i // 3, int(kind), f"t{kind}", answer) for i, (kind, answer) in enumerate(rows)
    ]
    half = len(questions) // 2
    return concatenate([build_table(questions[:half], "train"), build_table(questions[half:], "test")])


def test_balance_spreads_types_and_answers_evenly() -> None:
    subset = balance_questions(_table(), per_type=600)
    counts = Counter((question.type, question.answer) for question in subset.questions)
    assert [sum(n for (kind, _), n in counts.items() if kind == wanted) for wanted in RATES] == [600] * 3
    assert counts[3, "Yes"] == counts[3, "No"] == 300
    rare = counts[2, "Road"]
    assert rare == sum(question.answer == "Road" for question in _table())
    assert abs(counts[2, "Ship"] - counts[2, "Car"]) <= 1
    assert subset.exhausted == ((1, "No"), (2, "Road"))
    assert {kind: dict(answers) for kind, answers in subset.counts.items()} == {
        kind: {answer: counts[kind, answer] for answer in RATES[kind]} for kind in RATES
    }


def test_balance_draws_without_replacement_and_keeps_folds() -> None:
    table = _table()
    subset = balance_questions(table, per_type=500).questions
    assert len(set(subset.ids.tolist())) == len(subset)
    folds = dict(zip(table.ids.tolist(), table.folds.tolist(), strict=True))
    assert all(
        folds[number] == fold for number, fold in zip(subset.ids.tolist(), subset.folds.tolist(), strict=True)
    )
    assert set(subset.folds.tolist()) == {0, 2}


def test_balance_depends_on_the_seed_and_not_on_the_order() -> None:
    table = _table()
    turned = table.take(np.random.default_rng(5).permutation(len(table)))
    first, again = (balance_questions(each, per_type=300, seed=1).questions for each in (table, turned))
    other = balance_questions(table, per_type=300, seed=2).questions
    assert set(first.ids.tolist()) == set(again.ids.tolist())
    assert set(first.ids.tolist()) != set(other.ids.tolist())


def test_balance_leaves_inactive_questions_out() -> None:
    table = _table(100)
    usable = table.ids % 2 == 0
    subset = balance_questions(table, per_type=20, usable=usable)
    assert not (subset.questions.ids % 2).any()


def test_balance_takes_a_quarter_of_the_rarest_type_by_default() -> None:
    assert balance_questions(_table(400)).per_type == 100


def test_balance_fails_where_a_type_is_too_rare() -> None:
    table = _table(1000)
    assert len(balance_questions(table, per_type=1020).questions) == 3000  # 2 % short
    with pytest.raises(InputError, match=r"type 1 has 1000 questions.*at most 1000"):
        balance_questions(table, per_type=1021)
    with pytest.raises(InputError, match="no active questions"):
        balance_questions(build_table(()))
    with pytest.raises(SpecificationError, match="positive"):
        balance_questions(table, per_type=0)


@given(st.integers(0, 200), st.lists(st.integers(0, 60), max_size=9))
def test_share_out_is_even_up_to_what_there_is(total: int, available: list[int]) -> None:
    shares = share_out(total, available)
    assert sum(shares) == min(total, sum(available))
    assert all(share <= limit for share, limit in zip(shares, available, strict=True))
    free = [share for share, limit in zip(shares, available, strict=True) if share < limit]
    assert not free or max(shares) <= min(free) + 1


def test_balance_set_adds_the_balanced_files(small_set: Callable[..., Path]) -> None:
    root = small_set("rs-cmqa")
    subset = balance_set(root, per_type=6)
    balanced = open_set(root, balanced=True)
    assert balanced.questions.equals(subset.questions)
    assert set(balanced.questions.types.tolist()) == set(range(1, 15))
    assert set(np.bincount(balanced.questions.types)[1:].tolist()) == {6}
    full = open_set(root)
    assert balanced.vocabulary == full.vocabulary
    assert list(balanced.pictures) == list(full.pictures)
    for picture in balanced.pictures.values():
        assert set(picture.question_ids) <= set(full.pictures[picture.id].question_ids)
    names = sorted(path.name for path in (root / "JsonFilesBalanced").iterdir())
    assert names == sorted(path.name for path in (root / "JsonFiles").iterdir())
    assert json.loads((root / "JsonFilesBalanced" / "All_Questions.json").read_text())["questions"]


def test_balance_set_leaves_questions_without_a_fold_out(small_set: Callable[..., Path]) -> None:
    root = small_set("rs-cmqa")
    for name in ("Train_Questions.json", "Val_Questions.json"):
        path = root / "JsonFiles" / name
        document = json.loads(path.read_text())
        document["questions"] = document["questions"][::2]
        path.write_text(json.dumps(document))
    subset = balance_set(root, per_type=2)
    folds = open_set(root).questions
    loose = set(folds.ids[folds.folds == NO_FOLD].tolist())
    assert loose
    assert loose.isdisjoint(subset.questions.ids.tolist())
