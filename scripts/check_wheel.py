"""Builds the wheel and fails when a file of the package is missing from it.

Tests run on the source tree, where a template or a schema that the build leaves out would still be found.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "geotamper"


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this tree into `folder` and return its path."""
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "wheel", "--quiet"]
    subprocess.run([*command, "--no-deps", "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def missing_files(wheel: Path) -> list[str]:
    """Files of the package in the source tree that the wheel does not hold."""
    expected = {
        path.relative_to(SOURCE).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        return sorted(expected - set(archive.namelist()))


def main() -> None:
    """Build, compare, report."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        missing = missing_files(wheel)
        if missing:
            sys.exit(f"{wheel.name} lacks {', '.join(missing)}; check .gitignore and [tool.hatch.build]")
        print(f"{wheel.name}: complete, {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
