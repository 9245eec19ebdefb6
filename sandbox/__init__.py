"""The offline AWS: moto made faithful, reads that can be refused, and a demo organization.

``with offline():`` answers every AWS call of this process; ``with serve() as endpoint:`` runs the
same as a server on loopback, and ``python -m sandbox`` does so until it is stopped.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

from sandbox import corrections, denials

_serving = threading.Lock()  # held while a server runs: its state is that of the process


def _prepare() -> None:
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # hundreds of images nobody reads
    corrections.install()
    denials.install()


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """Answer AWS calls of this process from an empty, faithful moto while the block runs."""
    from moto import mock_aws

    if _serving.locked():
        message = "a sandbox server runs in this process; offline() would empty it"
        raise RuntimeError(message)
    _prepare()
    with mock_aws():
        denials.clear()
        denials.add_from_environment()
        try:
            yield
        finally:
            denials.clear()


@contextlib.contextmanager
def serve(port: int = 0, *, demo: bool = True) -> Iterator[str]:
    """Run the sandbox on 127.0.0.1, with the demo organization if ``demo``; yield its URL.

    ``port`` 0 takes a free one. The state is this process's, and is emptied at start and end.
    """
    from moto.core.base_backend import BackendDict

    from sandbox import organization

    if not _serving.acquire(blocking=False):
        message = "a sandbox server runs in this process already"
        raise RuntimeError(message)
    try:
        _prepare()
        BackendDict.reset()
        denials.clear()
        denials.add_from_environment()
        if demo:
            organization.seed()
        with _running(port) as server:
            yield f"http://127.0.0.1:{server.server_port}"
    finally:
        denials.clear()
        BackendDict.reset()
        _serving.release()


@contextlib.contextmanager
def _running(port: int) -> Iterator[Any]:
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    class Quiet(MotoRequestHandler):
        """Logs no request."""

        def log(self, *_: object) -> None:
            """Say nothing."""

    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
