"""Clients of the function's own account: its table, bucket, topic and bus."""

import contextlib
from collections.abc import Iterator
from typing import Any

import botocore.config
import botocore.session

from eksnet import __version__
from eksnet.store.calls import refusals
from eksnet.store.interface import StoreError

_CONFIGURATION = "eksnet:configuration"
CONNECT_SECONDS = 3
READ_SECONDS = 20  # a page of a megabyte, or a report of some, takes one at worst
ATTEMPTS = 6  # with backoff: some ten seconds of patience with a service that stays throttled
CONNECTIONS = 10  # judgements are read eight at once


class Clients:
    """Makes each client once; credentials, region and endpoints by the SDK's own conventions.

    So ``AWS_ENDPOINT_URL`` and ``AWS_ENDPOINT_URL_DYNAMODB`` and the like are honoured.
    """

    def __init__(self, region: str | None = None) -> None:
        self._region = region
        self._made: dict[str, Any] = {}
        with _configured():
            self._session = botocore.session.get_session()

    def client(self, service: str) -> Any:  # noqa: ANN401 - botocore makes its classes at run time
        """Return the client of ``dynamodb``, ``s3``, ``sns`` or ``events``.

        Raises:
            StoreError: the SDK's configuration can't be used.
        """
        if service not in self._made:
            with _configured():
                self._made[service] = self._make(service)
        return self._made[service]

    def _make(self, service: str) -> Any:  # noqa: ANN401 - botocore makes its classes at run time
        mode = self._session.get_config_variable("retry_mode")
        config = botocore.config.Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            max_pool_connections=CONNECTIONS,
            user_agent_extra=f"eksnet/{__version__}",
            retries={
                "mode": "standard" if mode == "legacy" else mode,
                "total_max_attempts": ATTEMPTS,
            },
        )
        return self._session.create_client(service, region_name=self._region, config=config)


@contextlib.contextmanager
def _configured() -> Iterator[None]:
    """Say that the SDK's environment or files can't be used, which botocore does in two ways."""
    try:
        with refusals(_CONFIGURATION):
            yield
    except ValueError as problem:
        raise StoreError(_CONFIGURATION, type(problem).__name__) from problem


def caller_arn(clients: Clients) -> str:
    """Return who the credentials belong to.

    Raises:
        StoreError: AWS does not say.
    """
    with refusals("sts:GetCallerIdentity"):
        arn: str = clients.client("sts").get_caller_identity()["Arn"]
    return arn
