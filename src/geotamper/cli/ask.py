"""`geotamper ask`."""

from typing import Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures
from geotamper.inspection.probabilities import probability_text

EPILOG = """\b
Examples:
  geotamper ask scene.png "Was anything copied?"
  geotamper ask reports/scene/report.json "Is the copy bigger than the original?"
  geotamper ask reports/scene/report.json "Where is the source?" --json -
"""


def ask(  # noqa: PLR0913 - one parameter per option
    picture: Annotated[
        str, typer.Argument(metavar="PICTURE-or-REPORT.json", help="A picture or a saved report.")
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The question, in English.")],
    *,
    finding: Annotated[
        int | None,
        typer.Option("--finding", metavar="ID", min=1, help="Answer for this finding instead of the surest."),
    ] = None,
    detector: options.Detector = "inspector",
    weights: options.Weights = "research",
    json: options.Json = None,
    debug: options.Debug = False,
) -> None:
    """Ask one question about a picture or a saved report.

    A saved report is asked without looking at the picture again.
    """
    with one_line_failures(debug=debug):
        options.check_detector(detector)
        from geotamper import api
        from geotamper.cli.sinks import STDOUT, writer

        with writer(json or STDOUT) as write:
            if picture.lower().endswith(".json"):
                answer = api.Report.load(picture).ask(text, finding=finding)
            else:
                report = api.inspect(
                    picture, questions=(text,), finding=finding, detector=detector, weights=weights
                )
                answer = report.answers[0]
            line = f"{answer.answer} (confidence {probability_text(answer.confidence)}): {answer.basis}"
            if answer.question != text:  # the answer is to the contrary of what was asked
                line = f"{answer.question} {line}"
            write((line if json is None else answer.model_dump_json()) + "\n")
        if json not in (None, STDOUT):
            typer.echo(line)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(ask)
