"""Who may ask: the token, the name of the host, and what browsers are told to forbid."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geotamper.serving.problems import problem_response
from geotamper.serving.refusals import ServiceError
from geotamper.serving.settings import ServiceSettings

COOKIE = "geotamper_token"
"""For browsers, which cannot send a header along with pictures and event streams."""
OPEN_PATHS = ("/api/v1/health",)
"""Answered without a token."""

PAGE_PATHS = ("/", "/page/")
"""Answered without a token too: the web page, which asks for it, and all under its folder."""

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent with every answer that does not set them itself."""


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(24)


def is_token(settings: ServiceSettings, given: str) -> bool:
    """Whether this is the service's token, in a time that tells nothing about it."""
    wanted = settings.token or ""
    return secrets.compare_digest(given.encode("utf-8", "replace"), wanted.encode()) and bool(wanted)


class Guard:
    """Answers requests that may not be served, and adds the security headers to all answers.

    Args:
        app: What is guarded.
        settings: Host and token.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        answer: ASGIApp = self._app if refusal is None else problem_response(refusal)
        if refusal is None and self._brings_token(scope):
            answer = _remember(self._settings.token or "")
        await answer(scope, receive, send_guarded)

    def _brings_token(self, scope: Scope) -> bool:
        """Whether this is the address that the operator was told, opened in a browser."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return scope["method"] == "GET" and scope["path"] == "/" and is_token(self._settings, given)

    def _refusal(self, scope: Scope) -> ServiceError | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._settings.is_loopback and _name_of(host) not in _LOCAL_NAMES:
            return ServiceError(
                HTTPStatus.FORBIDDEN,
                "foreign-host",
                "this service is for the machine it runs on; ask for it as 127.0.0.1 or localhost",
            )
        if scope["method"] not in _SAFE_METHODS and _is_foreign(headers, host):
            return ServiceError(
                HTTPStatus.FORBIDDEN,
                "foreign-origin",
                "pages of other addresses may not send anything to this service",
            )
        if self._settings.token is None or _is_open(scope["path"]):
            return None
        if not any(is_token(self._settings, given) for given in _tokens(headers)):
            return ServiceError(
                HTTPStatus.UNAUTHORIZED,
                "",
                "this service wants its token: send the header 'Authorization: Bearer TOKEN', or open "
                "the address that 'geotamper serve' printed",
                {"WWW-Authenticate": 'Bearer realm="geotamper"'},
            )
        return None


def _is_open(path: str) -> bool:
    page, folder = PAGE_PATHS
    return path in OPEN_PATHS or path == page or path.startswith(folder)


def _remember(token: str) -> Response:
    """Let a browser keep the token, out of reach of scripts and of other addresses' pages, and load the page."""
    response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
    return response


def _name_of(host: str) -> str:
    """The host without its port."""
    return host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0].lower()


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a browser sends this on behalf of a page from elsewhere."""
    origin = headers.get("origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc.lower() != host.lower()
        except ValueError:  # no address at all, such as "http://["
            return True
    return headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}


def _tokens(headers: Headers) -> list[str]:
    """What a request shows as token."""
    found = []
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found.append(given.strip())
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        cookie = None
    if cookie is not None:
        found.append(cookie.value)
    return found
