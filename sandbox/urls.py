"""The function URLs of the application in the sandbox, on loopback.

Who signs is told by the access key, as everywhere in the sandbox: a key belongs to an account, and
each account has one person. The signature itself is not checked; Lambda's own is AWS's matter.
"""

import contextlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from typing import Any

from sandbox.deployed import Application, Person

FUNCTIONS = {"/requests": "plan", "/decisions": "decide"}
FORBIDDEN = 403
_KEY = re.compile(r"Credential=AKIA(?P<account>\d{12})DEMO/")


@contextlib.contextmanager
def served(application: Application) -> Iterator[str]:
    """Answer on a free port of 127.0.0.1 while the block runs; yield the address."""
    one_at_a_time = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        """Hands a POST to the function that its path names."""

        def do_POST(self) -> None:
            """Answer as the function does."""
            said = self.rfile.read(int(self.headers.get("content-length", "0")))
            with one_at_a_time:
                status, answer = _answer(application, self.path, dict(self.headers), said)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(
    application: Application, path: str, headers: dict[str, str], said: bytes
) -> tuple[int, Any]:
    signed = _KEY.search(headers.get("Authorization", ""))
    function = FUNCTIONS.get(path.rstrip("/"))
    if signed is None or function is None:
        return FORBIDDEN, {"Message": "Forbidden"}  # as a function URL answers
    who = Person(name="operator", account=signed["account"])
    status, answer = application.signed(function, who, said.decode())
    if status == http.HTTPStatus.OK and "attempt" in answer:
        application.carry_out(answer["plan_id"], answer["purpose"], answer["attempt"])
    return status, answer
