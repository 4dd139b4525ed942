"""Small real HTTP servers that misbehave on purpose: a test says what comes back, and sees what was asked."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    then_closes: bool = False  # without a word


@dataclass(frozen=True)
class Raw:
    """Bytes that need not be HTTP; the connection is closed after them."""

    data: bytes


class Drop(Exception):
    """The connection is closed instead of an answer."""


@dataclass(frozen=True)
class Rogue:
    url: str
    seen: list[Seen]


@contextmanager
def rogue(answer: Callable[[Seen], Answer | Raw], tls: ssl.SSLContext | None = None) -> Iterator[Rogue]:
    seen: list[Seen] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer is one packet: two would wait for each other

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, Drop):
                self.close_connection = True

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Seen(self.command, self.path, dict(self.headers), body)
            seen.append(asked)
            told = answer(asked)
            if isinstance(told, Raw):
                self.wfile.write(told.data)
                self.close_connection = True
                return
            self.send_response(told.status)
            for name, value in {"Content-Length": str(len(told.body)), **told.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)
            self.close_connection = self.close_connection or told.then_closes

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that does not trust us goes away."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=lambda: server.serve_forever(poll_interval=0.001))
    thread.start()
    try:
        yield Rogue(f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}", seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
