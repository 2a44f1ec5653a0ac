from pathlib import Path

import pytest
import torch

from geotamper.errors import InputError, SpecificationError
from geotamper.models.config import ClipTextConfig, LstmTextConfig, MiniLmTextConfig
from geotamper.models.text import build_tokenizer, plain_question, tokenizer_from_json

TEXTS = ["Is the picture tampered?", "Where is the picture of a ship?"]


def test_plain_question_ends_without_mark() -> None:
    assert plain_question(" Is it tampered? ") == "Is it tampered"


def test_words_are_numbered_by_frequency() -> None:
    tokens = build_tokenizer(LstmTextConfig(length=6), TEXTS).encode(["The PICTURE is blurred."])
    # is, picture, the: twice each, by name; blurred: unknown
    assert tokens.ids.tolist() == [[4, 3, 2, 1, 0, 0]]
    assert tokens.mask.tolist() == [[True] * 4 + [False] * 2]


def test_words_cut_long_texts_and_keep_empty_ones() -> None:
    tokens = build_tokenizer(LstmTextConfig(length=2), TEXTS).encode(["the picture is", ""])
    assert tokens.mask.sum(dim=1).tolist() == [2, 1]


def test_words_refuse_more_than_the_embedding_holds() -> None:
    with pytest.raises(SpecificationError, match=r"towers\.text\.vocabulary="):
        build_tokenizer(LstmTextConfig(vocabulary=4), TEXTS)


@pytest.mark.parametrize("config", [LstmTextConfig(), MiniLmTextConfig()], ids=["words", "minilm"])
def test_tokenizer_survives_json(config: LstmTextConfig | MiniLmTextConfig) -> None:
    tokenizer = build_tokenizer(config, TEXTS)
    again = tokenizer_from_json(tokenizer.to_json())
    one, other = tokenizer.encode(TEXTS), again.encode(TEXTS)
    assert torch.equal(one.ids, other.ids)
    assert torch.equal(one.mask, other.mask)


def test_minilm_tokens_have_start_and_end() -> None:
    tokens = build_tokenizer(MiniLmTextConfig(length=8), []).encode(["a ship"])
    assert tokens.ids.tolist() == [[101, 1037, 2911, 102, 0, 0, 0, 0]]
    assert tokens.mask.sum() == 4


def test_minilm_refuses_what_is_too_long() -> None:
    with pytest.raises(InputError, match=r"towers\.text\.length=9"):
        build_tokenizer(MiniLmTextConfig(length=8), []).encode(["a ship and a car on water"])


def test_clip_tokenizer_comes_from_a_folder_only(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hub:"):
        build_tokenizer(ClipTextConfig(tokenizer=str(tmp_path / "none")), TEXTS)
    with pytest.raises(InputError, match="cannot read a tokenizer"):
        build_tokenizer(ClipTextConfig(tokenizer=str(tmp_path)), TEXTS)


@pytest.mark.parametrize("text", ["", "{}", '{"kind": "letters"}', '{"kind": "words"}'])
def test_damaged_tokenizer_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="tokenizer"):
        tokenizer_from_json(text)
