import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "set_formats.py"


def test_script_measures_every_part_of_a_small_set(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    out = tmp_path / "out.json"
    command = [sys.executable, str(SCRIPT), "--questions", "2000", "--json", str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    result = json.loads(out.read_text())
    parts = result["parts"]
    assert list(parts) == ["released", "balance", "parquet-write", "parquet-open", "parquet-read"]
    rows = parts["released"]["rows"]
    assert abs(rows - 2000) < 200
    assert parts["parquet-read"]["rows"] == parts["balance"]["rows"] == rows
    assert parts["balance"]["worst_deviation_of_a_type"] <= 0.02
    assert parts["parquet-open"]["peak_memory_mb"] > 0
    assert result["machine"]["commit"]
