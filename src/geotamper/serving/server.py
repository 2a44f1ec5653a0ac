"""The server process around the application."""

import contextlib
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from geotamper.errors import InputError
from geotamper.serving.app import create_app, service_of
from geotamper.serving.security import new_token
from geotamper.serving.settings import ServiceSettings

_SECONDS_TO_END = 3
"""That open connections have when the service ends."""


def run(settings: ServiceSettings, *, announce: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or a signal to end.

    Args:
        settings: What the operator decides; beyond the loopback a token is made where there is none,
            and told as part of the address.
        announce: Takes the lines that tell the operator where the service is.

    Raises:
        InputError: The address cannot be listened on.
        OutputError: The data folder cannot be used.
    """
    is_new_token = settings.token is None and not settings.is_loopback
    if is_new_token:
        settings = settings.model_copy(update={"token": new_token()})
    listener = _listen(settings)
    with listener:
        app = create_app(settings)
        port = listener.getsockname()[1]
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        key = f"?token={settings.token}" if is_new_token else ""
        announce(f"geotamper serves on http://{shown}:{port}/{key} (data: {settings.data}); Ctrl-C ends")
        config = uvicorn.Config(
            app,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_SECONDS_TO_END,
        )
        with contextlib.suppress(KeyboardInterrupt):  # the way to end it
            _Server(config, on_exit=service_of(app).changes.close).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that tells when it begins to end, so that open streams end by themselves."""

    def __init__(self, config: uvicorn.Config, *, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_exit()
        super().handle_exit(sig, frame)


def _listen(settings: ServiceSettings) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, address = found[0]
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
            stack.pop_all()
    except OSError as error:
        raise InputError(
            f"cannot listen on {settings.host}, port {settings.port} ({error.strerror or error}); choose another with "
            "--host and --port"
        ) from error
    return listener
