"""Croissant metadata (JSON-LD): files with their hashes, and the fields of the questions."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from geotamper.sets.card.facts import PAPER, CardFacts, QuestionFiles
from geotamper.sets.layout import ROLES, Role
from geotamper.sets.layout.names import SIDECAR_FILE
from geotamper.sets.parquet.manifest import describe_file
from geotamper.sets.parquet.names import SHARD_FOLDER

CROISSANT_FILE = "croissant.json"
SPECIFICATION = "http://mlcommons.org/croissant/1.0"

Json = dict[str, Any]

_TERMS = (
    "citeAs", "column", "data", "dataType", "equivalentProperty", "examples", "extract", "field", "fileProperty",
    "fileObject", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path",
    "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField",
    "transform",
)  # fmt: skip

FIELDS = (
    ("id", "sc:Integer", "Number of the question"),
    ("img_id", "sc:Integer", "Number of the picture"),
    ("type", "sc:Text", "Number of the question type"),
    ("question", "sc:Text", "The question"),
    ("answer", "sc:Text", "The right answer"),
    ("active", "sc:Boolean", "Whether the question is asked"),
)

KINDS = {
    ".json": "application/json",
    ".parquet": "application/x-parquet",
    ".png": "image/png",
    ".tar": "application/x-tar",
}

ROLE_TEXTS: dict[Role, str] = {
    "image": "The pictures as they are shown",
    "source": "Masks of what was copied, or of what was blurred",
    "target": "Masks of where it was pasted, or of what was blurred",
    "background": "Masks of other annotated objects",
    "original": "The pictures before the forgery",
    "segmentation": "Class maps",
}


def croissant_document(facts: CardFacts) -> Json:
    """The metadata of a set, as data for JSON."""
    citations = dict.fromkeys(s.info.bibtex for s in facts.sources if s.info is not None and s.info.bibtex)
    return {
        "@context": _context(),
        "@type": "sc:Dataset",
        "name": facts.title,
        "description": (
            f"{facts.statistics.pictures} overhead pictures, untouched and tampered with, with "
            f"{facts.statistics.questions} questions and answers about the tampering, and masks of source and target."
        ),
        "conformsTo": SPECIFICATION,
        "license": list(facts.licences) or ["not stated"],
        "citeAs": "\n\n".join([*citations, PAPER]),
        "url": "https://arxiv.org/abs/2412.02575",
        "version": "1.0.0",
        "isLiveDataset": False,
        "distribution": list(_distribution(facts)),
        "recordSet": [_record_set(facts, files, fold) for files in facts.files for fold in files.folds],
    }


def _context() -> Json:
    plain = {term: f"cr:{term}" for term in _TERMS if term not in ("data", "dataType", "examples")}
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "sc": "https://schema.org/",
        "conformsTo": "dct:conformsTo",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        **plain,
    }


def _distribution(facts: CardFacts) -> Iterator[Json]:
    for files in facts.files:
        for fold, paths in files.folds.items():
            yield from (_file(facts.root, path, f"Questions of fold {fold}") for path in paths)
            if facts.parquet:
                name = f"{_record_set_name(files, fold)}-files"
                yield _file_set(name, f"All questions of fold {fold}", _pattern(paths), KINDS[".parquet"])
    if (facts.root / SIDECAR_FILE).is_file():
        yield _file(facts.root, SIDECAR_FILE, "What was done to each picture")
    if facts.shards:
        for path in sorted((facts.root / SHARD_FOLDER).iterdir()):
            yield _file(facts.root, f"{SHARD_FOLDER}/{path.name}", "Pictures and masks")
        return
    for role in ROLES:
        if (facts.root / role).is_dir():
            yield _file_set(f"{role}-files", ROLE_TEXTS[role], f"{role}/*.png", KINDS[".png"])


def _file_set(name: str, description: str, pattern: str, kind: str) -> Json:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "description": description,
        "encodingFormat": kind,
        "includes": pattern,
    }


def _pattern(paths: Sequence[str]) -> str:
    """The pattern of the Parquet files of a fold: "data/train-*.parquet"."""
    return f"{paths[0].partition('-00000-of-')[0]}-*.parquet"


def _file(root: Path, path: str, description: str) -> Json:
    entry = describe_file(root / path)
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "description": description,
        "contentUrl": path,
        "contentSize": f"{entry.bytes} B",
        "encodingFormat": KINDS.get(Path(path).suffix, "application/octet-stream"),
        "sha256": entry.sha256,
    }


def _record_set_name(files: QuestionFiles, fold: str) -> str:
    return f"questions-{fold}" if files.name == "full" else f"questions-{files.name}-{fold}"


def _record_set(facts: CardFacts, files: QuestionFiles, fold: str) -> Json:
    """The questions of one fold."""
    name = _record_set_name(files, fold)
    paths = next(paths for one, paths in files.folds.items() if one == fold)
    link, place = ("fileSet", f"{name}-files") if facts.parquet else ("fileObject", paths[0])
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"Questions of fold {fold}",
        "key": {"@id": f"{name}/id"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field}",
                "name": f"{name}/{field}",
                "description": text,
                "dataType": kind,
                "source": {
                    link: {"@id": place},
                    "extract": {"column": field}
                    if facts.parquet
                    else {"jsonPath": f"$.questions[*].{field}"},
                },
            }
            for field, kind, text in FIELDS
        ],
    }
