"""`geotamper check`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import FAILED, one_line_failures

if TYPE_CHECKING:
    from geotamper.sets.checking import CheckReport

EPILOG = """\b
Examples:
  geotamper check sets/my-rs-cmqa
  geotamper check RS_CMQA_224 --strict --jobs 4
  geotamper check sets/my-rs-cmqa --balanced --json - | jq .totals
"""


def check(
    data: options.SetFolder,
    *,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Warnings fail too, leakage in a split made by others among them."),
    ] = False,
    balanced: options.Balanced = False,
    json: options.Json = None,
    jobs: options.Jobs = 1,
    debug: options.Debug = False,
) -> None:
    """Check a set: leakage, answers, masks, counts, files.

    Every answer is computed again from masks and transforms. What a set does not tell is listed as not checked.
    Exits with 1 when something is wrong.
    """
    with one_line_failures(debug=debug):
        from geotamper.cli.progress import stage_bar
        from geotamper.control import Control
        from geotamper.sets.checking import CheckOptions, check_set

        with stage_bar() as progress:
            control = Control() if progress is None else Control(on_progress=progress)
            report = check_set(
                data, CheckOptions(balanced=balanced, strict=strict, jobs=jobs), control=control
            )
        _tell(report, data, json)
    raise typer.Exit(0 if report.passed else FAILED)


def _tell(report: "CheckReport", data: Path, json: str | None) -> None:
    import json as json_library

    from geotamper.cli.sinks import STDOUT, writer

    if json is not None:
        with writer(json) as write:
            write(json_library.dumps(report.document(), indent=2) + "\n")
    if json == STDOUT:
        return
    for finding in report.findings:
        typer.echo(f"{finding.severity} [{finding.rule}] {finding.message}")
    for (rule, severity), count in report.totals.items():
        shown = sum((one.rule, one.severity) == (rule, severity) for one in report.findings)
        if shown < count:
            typer.echo(f"{severity} [{rule}] and {count - shown} more")
    for entry in report.unchecked:
        typer.echo(f"not checked [{entry.rule}] {entry.count} x: {entry.reason}")
    verdict = "passed" if report.passed else "FAILED"
    typer.echo(
        f"{data}: {verdict}: {report.pictures} pictures, {report.questions} questions, "
        f"{report.errors} errors, {report.warnings} warnings"
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(check)
