"""Calling AWS from several threads: what is refused or broken becomes Blind, never nothing."""

import collections
import concurrent.futures
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import botocore
import botocore.exceptions

from eksnet.model.errors import NoAccessError
from eksnet.model.snapshot import Blind, Facet, Resource

Raw = Mapping[str, Any]
NOT_FOUND = "ResourceNotFoundException"
NO_CREDENTIALS = (
    botocore.exceptions.NoCredentialsError,
    botocore.exceptions.PartialCredentialsError,
    botocore.exceptions.CredentialRetrievalError,
    botocore.exceptions.ProfileNotFound,
    botocore.exceptions.SSOError,
    botocore.exceptions.TokenRetrievalError,
)
BAD_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


class RefusedError(Exception):
    """A call that gave no whole answer: ``api`` and the error ``code`` it gave."""

    def __init__(self, api: str, code: str) -> None:
        super().__init__(f"{api} answered {code}")
        self.api, self.code = api, code


class Calls:
    """Calls one target's APIs and notes every blind; ``answered`` counts calls that reached AWS."""

    def __init__(self, clients: Mapping[str, Any], pool: concurrent.futures.Executor) -> None:
        self._clients = clients
        self._pool = pool
        self._running: collections.deque[concurrent.futures.Future[None]] = collections.deque()
        self.blinds: list[Blind] = []
        self.answered = 0
        self.unanswered: str | None = None

    def start(self, task: Callable[..., None], *args: object) -> None:
        """Run ``task`` in the pool; it may start others, but must not wait for them."""
        self._running.append(self._pool.submit(task, *args))

    def finish(self) -> None:
        """Wait for every task and those they started."""
        while self._running:
            self._running.popleft().result()

    def ask[T](
        self, service: str, operation: str, read: Callable[[Raw], T], **parameters: object
    ) -> T:
        """Call once and return what ``read`` makes of the answer.

        Raises:
            RefusedError: AWS refused, or could not be reached.
            NoAccessError: there are no usable credentials.
        """
        method = getattr(self._clients[service], botocore.xform_name(operation))
        with self._refusals(service, operation):
            return read(method(**parameters))

    def pages[T](
        self,
        service: str,
        operation: str,
        read: Callable[[Raw], Iterable[T]],
        **parameters: object,
    ) -> list[T]:
        """Return what ``read`` makes of every page to the list's end.

        Raises:
            RefusedError: a page was refused or lost: the whole list is.
            NoAccessError: there are no usable credentials.
        """
        client, name = self._clients[service], botocore.xform_name(operation)
        items: list[T] = []
        with self._refusals(service, operation):
            if not client.can_paginate(name):
                return [*read(getattr(client, name)(**parameters))]
            for page in client.get_paginator(name).paginate(**parameters):
                items.extend(read(page))
                _forget(page)
        return items

    def blind(
        self,
        facet: Facet,
        refusal: RefusedError,
        *,
        cluster: str | None = None,
        resource: Resource | None = None,
    ) -> None:
        """Note what a refused call leaves unseen."""
        self.blinds.append(
            Blind(
                facet=facet,
                api=refusal.api,
                error=refusal.code,
                cluster=cluster,
                resource=resource,
            )
        )

    def _refusals(self, service: str, operation: str) -> "_Refusals":
        return _Refusals(self, f"{service}:{operation}")


def _forget(page: Raw) -> None:
    """Empty a page's lists: the paginator keeps it while the next one is being parsed."""
    for value in page.values():
        if isinstance(value, list):
            value.clear()


class _Refusals:
    """Turns what botocore raises, and what a malformed answer makes us raise, into RefusedError."""

    def __init__(self, calls: Calls, api: str) -> None:
        self._calls, self._api = calls, api

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, problem: object, trace: object) -> None:
        if isinstance(problem, botocore.exceptions.ClientError):
            self._calls.answered += 1
            code = problem.response.get("Error", {}).get("Code", "Unknown")
            if code in BAD_CREDENTIALS:
                msg = f"{self._api} does not accept the credentials: {code}"
                raise NoAccessError(msg, api=self._api, code=code) from problem
            raise RefusedError(self._api, code) from problem
        if isinstance(problem, NO_CREDENTIALS):
            code = type(problem).__name__
            raise NoAccessError(str(problem), api=self._api, code=code) from problem
        if isinstance(problem, botocore.exceptions.BotoCoreError):
            self._calls.unanswered = str(problem)
            raise RefusedError(self._api, type(problem).__name__) from problem
        if isinstance(problem, OSError):
            code = type(problem).__name__
            raise NoAccessError(str(problem), api=self._api, code=code) from problem
        if isinstance(problem, (KeyError, TypeError, ValueError, AttributeError)):
            raise RefusedError(self._api, "MalformedAnswer") from problem
        self._calls.answered += problem is None
