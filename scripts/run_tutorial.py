r"""Run the blocks of a tutorial in order and compare what they print with what the page shows.

* ```` ```console ````: lines that begin with `$ ` are commands (one that ends with a backslash goes on), run by bash;
  what stands below a command is what it prints. Without any `$ ` every line is a command whose output does not matter.
* ```` ```python ````: run in one namespace per page; a block ```` ```text ```` right below is what it prints.
* ```` ```{code-block} ```` with a caption that begins with "Not run" is shown to the reader only.
* In what is shown, `...` stands for anything, and runs of spaces count as one.

Example:
    python scripts/run_tutorial.py docs/tutorials/analyst.md --folder /tmp/analyst
"""

import argparse
import contextlib
import doctest
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(
    r"^```(?P<kind>\S+)[ \t]*(?P<rest>[^\n]*)\n(?P<body>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL
)
_NOT_RUN = re.compile(r"^:caption: Not run", re.MULTILINE)
_COMPARED = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_SECONDS = 300


class TutorialError(Exception):
    """A block that failed or printed something else, or one that nobody would run."""


@dataclass(frozen=True)
class Step:
    """One command or Python block.

    Attributes:
        line: Of the page, counted from 1.
        kind: "console" or "python".
        code: What is run.
        shown: What the page says that it prints; None where the page does not say.
    """

    line: int
    kind: str
    code: str
    shown: str | None


def read_steps(page: str) -> list[Step]:
    """The steps of a page.

    Raises:
        TutorialError: A code block would neither be run nor says that it is not.
    """
    blocks = [(match, match["kind"], match["body"]) for match in _FENCE.finditer(page)]
    steps: list[Step] = []
    previous_end = -1
    for match, kind, body in blocks:
        line = page.count("\n", 0, match.start()) + 1
        follows = not page[previous_end : match.start()].strip() if previous_end >= 0 else False
        if kind == "console":
            steps += _commands(body, line)
        elif kind == "python":
            steps.append(Step(line, "python", body, None))
        elif kind == "text" and follows and steps and steps[-1].kind == "python":
            steps[-1] = Step(steps[-1].line, "python", steps[-1].code, body)
        elif kind == "{code-block}" and not _NOT_RUN.search(body):
            raise TutorialError(
                f"line {line}: the block is not run and has no caption 'Not run ...' that says so"
            )
        previous_end = match.end()
    return steps


def _commands(body: str, line: int) -> Iterator[Step]:
    lines = body.splitlines()
    if not any(text.startswith("$ ") for text in lines):
        yield from (
            Step(line + number, "console", text, None) for number, text in enumerate(lines, 1) if text
        )
        return
    command, start, shown = "", line, ""
    for number, text in enumerate(lines, 1):
        if command.endswith("\\"):
            command += "\n" + text
        elif text.startswith("$ "):
            if command:
                yield Step(start, "console", command, shown)
            command, start, shown = text[2:], line + number, ""
        else:
            shown += text + "\n"
    yield Step(start, "console", command, shown)


@dataclass
class Session:
    """Where the steps of one page run.

    Attributes:
        folder: Current folder of all steps.
        names: Of the Python blocks.
        groups: Processes of the commands, which may have left some in the background.
    """

    folder: Path
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "__main__"})
    groups: list[int] = field(default_factory=list)

    def run(self, step: Step) -> None:
        """Run a step and compare what it prints.

        Raises:
            TutorialError: It failed or printed something else.
        """
        printed = self._python(step) if step.kind == "python" else self._console(step)
        if step.shown is None:
            return
        checker = doctest.OutputChecker()
        if not checker.check_output(step.shown, printed, _COMPARED):
            example = doctest.Example(step.code, step.shown)
            difference = checker.output_difference(example, printed, _COMPARED)
            raise TutorialError(f"line {step.line}: {step.code}\n{difference}")

    def close(self) -> None:
        """End what commands left in the background."""
        for group in self.groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)

    def _console(self, step: Step) -> str:
        # Files instead of pipes: a command in the background would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                ["bash", "-c", step.code],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,
            )
            self.groups.append(process.pid)
            code = process.wait(_SECONDS)
            output.seek(0)
            printed = output.read().decode("utf-8", "replace")
        if code != 0:
            raise TutorialError(f"line {step.line}: {step.code}\nexit code {code}\n{printed}")
        return printed

    def _python(self, step: Step) -> str:
        printed = io.StringIO()
        code = compile(
            "\n" * step.line + step.code, "page", "exec"
        )  # so that tracebacks name lines of the page
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(code, self.names)  # noqa: S102 - our own pages
        return printed.getvalue()


def _environment() -> dict[str, str]:
    """The commands of this environment come first; width and colours do not depend on who looks."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "COLUMNS": "120", "NO_COLOR": "1"}


def run_page(page: Path, folder: Path) -> None:
    """Run a page in an empty folder and tell each step.

    Raises:
        TutorialError: A step failed or printed something else than the page shows.
    """
    session = Session(folder)
    try:
        for step in read_steps(page.read_text(encoding="utf-8")):
            start = time.monotonic()
            session.run(step)
            first = step.code.strip().splitlines()[0]
            print(f"line {step.line:4d}  {time.monotonic() - start:5.1f} s  {first[:90]}", flush=True)
    finally:
        session.close()


def main() -> int:
    """Run the pages; 1 when one of them does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--folder", type=Path, help="where the files go; default: a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for page in options.pages:
            folder = (options.folder or Path(temporary)) / page.stem
            folder.mkdir(parents=True)
            try:
                run_page(page, folder)
            except TutorialError as error:
                print(f"{page}: {error}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
