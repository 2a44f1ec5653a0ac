"""Questions as they are asked of a picture: text, type and option."""

from dataclasses import dataclass

from geotamper.inspection.report import printable
from geotamper.task.catalogue import TypeName, open_types
from geotamper.task.facts import TamperKind
from geotamper.task.parsing import RefusedQuestion, parse_question
from geotamper.task.wording import question_text


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        text: As asked; a text that asks for the contrary of a catalogue question carries that question too,
            since the answer is given to it.
        type: Its type of the catalogue, or None for a text outside it.
        option: What a check question asks for; None for an open one.
        reading: That the text means this type and option, 0 to 1.
        refusal: Why the text has no type; empty where it has one.
    """

    text: str
    type: TypeName | None
    option: str | None = None
    reading: float = 1.0
    refusal: str = ""


def read_question(text: str) -> Question:
    """Read free text as a question of the catalogue; texts outside it keep the reason."""
    text = printable(text)
    parsed = parse_question(text)
    if isinstance(parsed, RefusedQuestion):
        return Question(text, None, refusal=parsed.reason)
    shown = f'{text} (read as: "{parsed.canonical}")' if parsed.inverted else text
    return Question(shown, parsed.type, parsed.option, reading=parsed.confidence)


def open_questions(kind: TamperKind) -> tuple[Question, ...]:
    """Every open question that has a meaning for this kind of tampering, in catalogue order."""
    return tuple(Question(question_text(name), name) for name in open_types(kind))
