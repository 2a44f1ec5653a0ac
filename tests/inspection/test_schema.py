import json
from pathlib import Path

import jsonschema
import pytest

from geotamper.inspection.report import ErrorLine
from geotamper.inspection.schema import (
    SCHEMA_FILES,
    generate_schema,
    published_schema,
    write_schemas,
)


@pytest.mark.parametrize("name", SCHEMA_FILES)
def test_published_schema_agrees_with_the_models(name: str) -> None:
    assert published_schema(name) == generate_schema(SCHEMA_FILES[name]), (
        "run: python -m geotamper.inspection.schema"
    )


@pytest.mark.parametrize("name", SCHEMA_FILES)
def test_published_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(published_schema(name))


def test_report_schema_requires_every_field() -> None:
    schema = published_schema()
    assert schema["required"] == [
        "schema",
        "image",
        "verdict",
        "findings",
        "answers",
        "artifacts",
        "limits",
        "run",
    ]
    for part in schema["$defs"].values():
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False


def test_write_schemas_writes_what_is_published(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    for name in SCHEMA_FILES:
        assert json.loads((tmp_path / name).read_text()) == published_schema(name)


def test_error_line_fits_its_schema() -> None:
    line = json.loads(ErrorLine.of("a.png", "it is broken").to_json())
    assert line == {"schema": "geotamper.error/1", "path": "a.png", "error": "it is broken"}
    jsonschema.validate(line, published_schema("error.schema.json"))


def test_error_line_survives_a_file_name_that_is_no_utf8() -> None:
    assert json.loads(ErrorLine.of("a\udcff.png", "broken").to_json())["path"] == "a\ufffd.png"
