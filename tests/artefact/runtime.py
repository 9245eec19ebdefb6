"""Lambda's Runtime API on the loopback interface: one event for one process.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import contextlib
import http.server
import json
import pathlib
import queue
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
ARN = "arn:aws:lambda:eu-west-1:111122223333:function:eksnet"
PATIENCE = 60  # seconds for a cold start on a busy machine


@dataclass(frozen=True)
class Answer:
    """What a function said: its value, or its error if it failed."""

    value: Any
    failed: bool


class RuntimeApi(http.server.ThreadingHTTPServer):
    """Gives one event to whoever asks next, and keeps the answer."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, event: object) -> None:
        super().__init__(("127.0.0.1", 0), _Calls)
        self.events: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.events.put(json.dumps(event).encode())
        self.answers: queue.SimpleQueue[Answer | str] = queue.SimpleQueue()


class _Calls(http.server.BaseHTTPRequestHandler):
    server: RuntimeApi

    def do_GET(self) -> None:
        event = self.server.events.get()  # waits for good after the first, as Lambda freezes
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", REQUEST)
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", ARN)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(1000 * (time.time() + PATIENCE))))
        self.send_header("Content-Type", "application/json")  # the client cannot do without
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.answers.put(Answer(said, failed=self.path.endswith("/error")))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the function's own words are what matters."""


@contextlib.contextmanager
def serving(event: object) -> Iterator[RuntimeApi]:
    """Serve the API from a thread."""
    with RuntimeApi(event) as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        try:
            yield api
        finally:
            api.shutdown()


def invoke(
    python: pathlib.Path, function: pathlib.Path, environment: Mapping[str, str], event: object
) -> Answer:
    """Return what the function in the folder ``function`` says to ``event``, started cold.

    Raises:
        AssertionError: it ended without an answer; the message holds how, and what it logged.
    """
    with serving(event) as api:
        process = subprocess.Popen(  # noqa: S603 - what was built here
            [python, "-m", "awslambdaric", "app.handler"],
            cwd=function,
            env={**environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=_ended, args=(process, api), daemon=True).start()
        try:
            answer = api.answers.get(timeout=PATIENCE)
        finally:
            process.kill()
            process.wait()
    assert isinstance(answer, Answer), answer
    return answer


def _ended(process: subprocess.Popen[bytes], api: RuntimeApi) -> None:
    """Say how ``process`` ended, which counts only where it gave no answer before."""
    logged, _ = process.communicate()
    api.answers.put(f"ended with {process.returncode}: {logged.decode()}")
