"""Who may ask the app what: this machine's own browser, with the launch's token, from the app's own page."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from secrets import compare_digest
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TOKEN_HEADER = "x-natron-token"

# a style that a script sets is no inline style, but Plotly also writes a sheet of its own
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


class TooLargeError(Exception):
    """A request's body grew beyond what the app takes; the app answers it with 413."""


@dataclass(frozen=True)
class Guard:
    """Middleware in front of the app.

    A page of a foreign name that was led to this address (DNS rebinding) fails the list of hosts, one of a foreign
    origin the origin's check, a stranger on this machine the token. The body of a request is counted as it streams.

    Parameters
    ----------
    app : ASGI application
    port : int
    token : str
        Made anew at each launch; every question to the programming interface carries it in a header.
    largest_B : int
        Of a request's body.
    """

    app: Any
    port: int
    token: str
    largest_B: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, let through or answered here."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}

        async def answered(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = [(k.encode(), v.encode()) for k, v in _HEADERS.items()]
                names = {name for name, _ in own}
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in names]
                message = {**message, "headers": [*kept, *own]}
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _say(answered, *refusal)
            return
        passed = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal passed
            message = await receive()
            passed += len(message.get("body", b""))
            if passed > self.largest_B:
                raise TooLargeError(self._too_large())
            return message

        await self.app(scope, counted, answered)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        own = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        if headers.get("host", "").lower() not in own:
            return 403, "this app answers to 127.0.0.1 alone"
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in own}:
            return 403, "this app answers to its own page alone"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return 403, "this app answers to its own page alone"
        if scope["path"].startswith("/api/"):
            given = headers.get(TOKEN_HEADER, "")
            if not compare_digest(given.encode(), self.token.encode()):
                return 401, "open the app by the link that natron app printed: it carries the token of this launch"
        if headers.get("content-length", "0").isdigit() and int(headers.get("content-length", "0")) > self.largest_B:
            return 413, self._too_large()
        return None

    def _too_large(self) -> str:
        return f"this is larger than the {self.largest_B / 1e6:.0f} MB that the app takes; use the command line for it"


async def _say(send: Send, status: int, words: str) -> None:
    body = json.dumps({"error": words}).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})
