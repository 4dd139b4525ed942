"""The baseline of all reads: an aiohttp application with one handler that returns fixed bytes."""

import argparse

import uvloop
from aiohttp import web


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("body")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    body = arguments.body.encode()

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/schemas/ids/{id}", handler)
    web.run_app(app, host="127.0.0.1", port=arguments.port, access_log=None, print=None, loop=uvloop.new_event_loop())


if __name__ == "__main__":
    main()
