import json
from pathlib import Path

import pytest

from geotamper.errors import InputError
from geotamper.learning.run import load_network, open_run
from geotamper.learning.run.curves import draw_curves
from geotamper.learning.run.document import wordings
from geotamper.sets.layout import AnswerVocabulary


def test_open_run_names_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="geotamper train"):
        open_run(tmp_path)


def test_open_run_refuses_another_schema(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"schema": "geotamper.run/9"}))
    with pytest.raises(InputError, match=r"no run of this version \(schema"):
        open_run(tmp_path)


def test_load_network_without_weights_says_when_there_are_some(
    tmp_path: Path, run_document: dict[str, object]
) -> None:
    (tmp_path / "run.json").write_text(json.dumps(run_document))
    with pytest.raises(InputError, match=r"best\.safetensors.*first epoch"):
        load_network(open_run(tmp_path))


def test_wordings_tell_type_and_option() -> None:
    vocabulary = AnswerVocabulary.standard("rs-cmqa")
    found = wordings([("Is the forged object a ship?", 3), ("Something else entirely", 1)], vocabulary)
    assert (found[0].type, found[0].option) == ("object_check", "Ship")
    assert (found[1].type, found[1].option) == ("tampered", None)


def test_draw_curves_leaves_out_accuracy_before_the_first_answers(tmp_path: Path) -> None:
    entry = {"epoch": 1, "stage": "masks", "learning_rates": {"mask": 1e-3}, "val": {"OA": 0.0, "AA": 0.0}}
    draw_curves(tmp_path, [entry])
    assert [path.name for path in tmp_path.iterdir()] == ["learning_rates.png"]
