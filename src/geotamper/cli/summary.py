"""A report in a few lines of text."""

from geotamper.inspection.probabilities import probability_text
from geotamper.inspection.report import FindingEntry, InspectionReport, Region, Verdict


def summary(report: InspectionReport, *, detailed: bool) -> str:
    """The result of one picture for the terminal.

    Args:
        report: What to tell.
        detailed: With findings and answers; otherwise one line, and answers only where questions were asked.
    """
    lines = [f"{report.image.path}: {_verdict(report.verdict)}"]
    if detailed:
        lines += [f"  {_finding(entry)}" for entry in report.findings]
    if detailed or report.run.parameters.get("questions"):
        width = max((len(answer.question) for answer in report.answers), default=0)
        for answer in report.answers:
            confidence = f" ({probability_text(answer.confidence)})" if answer.confidence > 0 else ""
            reason = f": {answer.basis}" if answer.type is None or answer.answer == "undecided" else ""
            lines.append(f"  {answer.question:<{width}}  {answer.answer}{confidence}{reason}")
    if report.artifacts.html:
        lines.append(f"  report: {report.artifacts.html}")
    return "\n".join(lines)


def _verdict(verdict: Verdict) -> str:
    if verdict.tampered is None:
        return f"not decided (P(tampered) {probability_text(verdict.score)})"
    if not verdict.tampered:
        return f"no tampering found (confidence {probability_text(verdict.confidence)})"
    return f"TAMPERED, {verdict.kind} (confidence {probability_text(verdict.confidence)})"


def _finding(entry: FindingEntry) -> str:
    name = f"finding {entry.id}"
    if entry.transform is None or entry.source is None:
        method = f" ({entry.blur.method})" if entry.blur else ""
        return f"{name}: blurred region {_box(entry.target)}{method}, confidence {probability_text(entry.confidence)}"
    return (
        f"{name}: {_box(entry.source)} copied to {_box(entry.target)}, "
        f"turned {entry.transform.rotation_deg:+.2f} degrees, scaled by {entry.transform.scale:.3f}, "
        f"confidence {probability_text(entry.confidence)}"
    )


def _box(region: Region) -> str:
    x0, y0, x1, y1 = region.bbox
    return f"[{x0}, {y0}, {x1}, {y1}]"
