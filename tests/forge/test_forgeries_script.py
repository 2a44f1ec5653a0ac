import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("GEOTAMPER_SHARED", str(ROOT / ".." / "shared"))).resolve()
SCRIPT = ROOT / "benchmarks" / "forgeries.py"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not (SHARED / "data" / "manifest.csv").is_file(),
        reason=f"no shared development data in '{SHARED}'; set GEOTAMPER_SHARED",
    ),
]


def _build(out: Path, workers: int) -> dict[str, bytes]:
    command = [
        *(sys.executable, str(SCRIPT), "--fold", "test", "--forged", "7", "--clean", "2"),
        *("--degrade", "resize:0.9+noise:2", "--workers", str(workers), "--out", str(out)),
    ]
    subprocess.run(command, check=True, env={**os.environ, "GEOTAMPER_SHARED": str(SHARED)}, timeout=200)
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_set_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    one, two = _build(tmp_path / "one", 1), _build(tmp_path / "two", 2)
    assert one == two
    pictures = [name for name in one if name.startswith("pictures")]
    assert len(pictures) == 9
    assert len(one) == 9 + 2 * 7 + 1
    with (SHARED / "data" / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        folds = {row["path"]: row["fold"] for row in csv.DictReader(stream)}
    tiles = [line.split('"tile": "')[1].split('"')[0] for line in one["records.jsonl"].decode().splitlines()]
    assert {folds[tile] for tile in tiles} == {"test"}
