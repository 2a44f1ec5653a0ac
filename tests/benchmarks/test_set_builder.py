import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "set_builder.py"


def test_script_compares_building_with_encoding(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    command = [
        sys.executable,
        str(SCRIPT),
        "--images",
        "4",
        "--scenes",
        "2",
        "--turns",
        "1",
        "--json",
        str(out),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    result = json.loads(out.read_text())
    assert (result["pictures"], result["files"], result["compression_level"]) == (4, 24, 1)
    seconds = result["seconds"][0]
    assert 0 < seconds["make"] < seconds["build"]
    assert abs(result["ratio_build"] - seconds["build"] / seconds["encode"]) < 1e-3
    assert result["machine"]["commit"]
