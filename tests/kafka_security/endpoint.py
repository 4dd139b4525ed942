"""A token endpoint: it gives one client tokens without a signature, which a broker in its default settings accepts."""

import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote_plus

from aiohttp import web
from aiohttp.test_utils import TestServer

UNSIGNED: dict[str, object] = {"alg": "none"}
CLIENT = "momus: of the tests"
SECRET = "hunter2&more:/+"  # what must be encoded


class Endpoint:
    """`reply`, if it is set, is what it answers instead of a token: a status and a text."""

    def __init__(self) -> None:
        self.asked = 0
        self.scopes: list[str] = []
        self.life = 300.0
        self.reply: tuple[int, str] | None = None
        self.url = ""

    async def token(self, request: web.Request) -> web.Response:
        self.asked += 1
        form = await request.post()
        self.scopes.append(str(form.get("scope", "")))
        if self.reply is not None:
            status, text = self.reply
            return web.Response(status=status, text=text)
        name, _, password = (
            base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        if (unquote_plus(name), unquote_plus(password), form.get("grant_type")) != (
            CLIENT,
            SECRET,
            "client_credentials",
        ):
            said = {"error": "invalid_client", "error_description": f"no client has {unquote_plus(password)}"}
            return web.json_response(said, status=401)
        return web.json_response({"access_token": unsigned("boss"), "token_type": "Bearer", "expires_in": self.life})


def unsigned(subject: str) -> str:
    claims: dict[str, object] = {"sub": subject, "iat": time.time() - 1, "exp": time.time() + 300}
    return ".".join(map(_part, (UNSIGNED, claims))) + "."


def _part(members: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")


@asynccontextmanager
async def serving() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application()
    app.router.add_post("/token", endpoint.token)
    async with TestServer(app) as server:
        endpoint.url = str(server.make_url("/token"))
        yield endpoint
