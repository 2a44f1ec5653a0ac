"""Multipart forms, cut into pieces anywhere."""

import asyncio
import hashlib
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from geotamper.serving.refusals import ServiceError
from geotamper.serving.uploads import Received, receive

CONTENT = b"pixels\r\n--border-not\r\n--\0\xff" * 3
BODY = (
    b'--border\r\nContent-Disposition: form-data; name="questions"\r\n\r\nWas it turned?\r\n'
    b'--border\r\nContent-Disposition: form-data; name="file"; filename="a b.png"\r\nContent-Type: image/png\r\n\r\n'
    + CONTENT
    + b'\r\n--border\r\nContent-Disposition: form-data; name="questions"\r\n\r\nWhere is it?\r\n'
    b'--border\r\nContent-Disposition: form-data; name="finding"\r\n\r\n\r\n--border--\r\n'
)


def _receive(pieces: list[bytes], folder: Path, *, leaves: bool = False) -> Received:
    left = iter(pieces)

    async def message() -> Message:
        piece = next(left, None)
        if piece is None and leaves:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"content-type", b"multipart/form-data; boundary=border")],
    }
    return asyncio.run(receive(Request(scope, message), folder, max_upload=10_000))


@given(st.lists(st.integers(1, len(BODY) - 1), max_size=30))
def test_form_is_read_alike_in_whatever_pieces_it_comes(cuts: list[int]) -> None:
    ends = [0, *sorted(set(cuts)), len(BODY)]
    pieces = [BODY[begin:end] for begin, end in pairwise(ends)]
    with TemporaryDirectory() as folder:
        received = _receive(pieces, Path(folder))
        assert received.values == {"questions": ["Was it turned?", "Where is it?"]}
        assert received.upload is not None
        assert received.upload.name == "a b.png"
        assert received.upload.path.read_bytes() == CONTENT
        assert received.upload.sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_upload_of_a_client_that_leaves_stays_nowhere(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="breaks off") as caught:
        _receive([BODY[:200], BODY[200:300]], tmp_path, leaves=True)
    assert caught.value.status == 400
    assert not list(tmp_path.iterdir())
