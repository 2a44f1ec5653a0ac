"""Files sent whole or in parts."""

from http import HTTPStatus

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from geotamper.serving.problems import problem_response
from geotamper.serving.refusals import ServiceError


class Download(FileResponse):
    """A file, or the part of it that the header `Range` asks for; a wrong range is answered with problem details."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        refused: list[Message] = []

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= HTTPStatus.BAD_REQUEST:
                refused.append(message)  # the plain text behind it is held back too
            if not refused:
                await send(message)

        await super().__call__(scope, receive, watch)
        if refused:
            detail = (
                "the header Range does not fit the file; expected 'bytes=FIRST-LAST' within its length, or no such "
                "header for the whole file"
            )
            kept = {
                name.decode(): value.decode()
                for name, value in refused[0]["headers"]
                if name == b"content-range"
            }
            error = ServiceError(HTTPStatus(refused[0]["status"]), "range", detail, kept)
            await problem_response(error)(scope, receive, send)
