"""The one place that makes AWS clients for reading: pruned models, few clients, patient retries."""

import contextlib
import importlib.resources
import pathlib
from collections.abc import Iterator
from typing import Any

import botocore.config
import botocore.exceptions
import botocore.session

from eksnet import __version__
from eksnet.model.errors import InputError, NoAccessError
from eksnet.model.record import record

WORKERS = 16  # calls at once; EC2 admits 100 of an action and 20/s more: EC2 API throttling page
CONNECT_SECONDS = 5
READ_SECONDS = 60
ATTEMPTS = 6  # with adaptive backoff: half a minute of patience with an API that stays throttled
MODELS = "models"  # see tools/models.py
BOTOCORE = {"servicequotas": "service-quotas"}  # what botocore calls otherwise than IAM does


@record
class Credentials:
    """Credentials other than the SDK's own, such as those of an assumed role."""

    access_key: str
    secret_key: str
    token: str | None = None


class Session:
    """A botocore session; credentials, regions and endpoints by the SDK's own conventions."""

    def __init__(self, credentials: Credentials | None = None) -> None:
        self._credentials = credentials
        self._made: dict[tuple[str, str], Any] = {}
        with configured():
            self._session = botocore.session.get_session()
            loader = self._session.get_component("data_loader")
        models = pathlib.Path(str(importlib.resources.files("eksnet.collect"))) / MODELS
        loader.search_paths.insert(0, str(models))

    def region(self) -> str | None:
        """Return the region the SDK's configuration names.

        Raises:
            NoAccessError: the SDK's configuration can't be used.
        """
        with configured():
            region: str | None = self._session.get_config_variable("region")
        return region

    def require_region(self, region: str) -> None:
        """Accept a region that botocore knows in any partition.

        Raises:
            InputError: there is no such region.
            NoAccessError: the SDK's configuration can't be used.
        """
        with configured():
            known = {
                name
                for partition in self._session.get_available_partitions()
                for name in self._session.get_available_regions("ec2", partition)
            }
        if region not in known:
            msg = f"unknown region {region!r}: botocore {botocore.__version__} knows none so named"
            raise InputError(msg)

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - botocore makes its classes at run time
        """Return the client for ``service``, named as in IAM actions, in ``region``.

        Raises:
            NoAccessError: the SDK's configuration can't be used.
        """
        if (service, region) not in self._made:
            self._made[service, region] = self._make(service, region)
        return self._made[service, region]

    def _make(self, service: str, region: str) -> Any:  # noqa: ANN401 - botocore makes its classes at run time
        keys = self._credentials
        with configured():
            mode = self._session.get_config_variable("retry_mode")
            config = botocore.config.Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                max_pool_connections=WORKERS,
                user_agent_extra=f"eksnet/{__version__}",
                retries={
                    "mode": "adaptive" if mode == "legacy" else mode,
                    "total_max_attempts": ATTEMPTS,
                },
            )
            return self._session.create_client(
                BOTOCORE.get(service, service),
                region_name=region,
                config=config,
                aws_access_key_id=keys.access_key if keys else None,
                aws_secret_access_key=keys.secret_key if keys else None,
                aws_session_token=keys.token if keys else None,
            )


@contextlib.contextmanager
def configured() -> Iterator[None]:
    """Say in one line what is wrong with the SDK's environment or files."""
    try:
        yield
    except (botocore.exceptions.BotoCoreError, OSError, ValueError) as problem:
        msg = f"the AWS configuration can't be used: {problem}"
        raise NoAccessError(
            msg, api="eksnet:configuration", code=type(problem).__name__
        ) from problem
