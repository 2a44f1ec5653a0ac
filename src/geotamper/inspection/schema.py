"""The published JSON schemas of the report and of the error line.

`python -m geotamper.inspection.schema` writes `report.schema.json` and `error.schema.json` beside this module
from the models; a test compares the files with the models.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from geotamper.atomic import write_text
from geotamper.inspection.report import ErrorLine, InspectionReport

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FILES: dict[str, type[BaseModel]] = {
    "report.schema.json": InspectionReport,
    "error.schema.json": ErrorLine,
}


def generate_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a model as it is written, every field required."""
    schema = model.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": DIALECT, **schema}


def schema_text(model: type[BaseModel]) -> str:
    """The schema as the text of its published file."""
    return json.dumps(generate_schema(model), indent=2, ensure_ascii=False) + "\n"


def published_schema(name: str = "report.schema.json") -> dict[str, Any]:
    """Read a published schema from the package.

    Args:
        name: One of `SCHEMA_FILES`.
    """
    text = files("geotamper.inspection").joinpath(name).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def write_schemas(folder: Path) -> None:
    """Write every published schema into `folder`.

    Raises:
        OutputError: The folder cannot be written to.
    """
    for name, model in SCHEMA_FILES.items():
        write_text(folder / name, schema_text(model))


if __name__ == "__main__":
    write_schemas(Path(__file__).parent)
