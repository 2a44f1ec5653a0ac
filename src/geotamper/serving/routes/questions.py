"""Questions about an inspection, and their transcript."""

from fastapi import APIRouter

from geotamper.inspection.report import Answer
from geotamper.serving.problems import documented
from geotamper.serving.responses import Ask, Asked, Transcript, moment
from geotamper.serving.routes.dependencies import TheService

router = APIRouter(prefix="/inspections/{job_id}/questions", tags=["questions"])


@router.post("", responses=documented(400, 401, 403, 404, 409, 410, 422))
def ask_question(job_id: str, asked: Ask, service: TheService) -> Answer:
    """Answer a question from the report of an inspection that is done, without looking at the picture again."""
    return service.ask(service.require(job_id), asked.text, asked.finding)


@router.get("", responses=documented(401, 403, 404))
def show_transcript(job_id: str, service: TheService) -> Transcript:
    """List what was asked about an inspection."""
    service.require(job_id)
    return Transcript(
        items=[Asked(asked=moment(when), answer=answer) for when, answer in service.store.answers(job_id)]
    )
