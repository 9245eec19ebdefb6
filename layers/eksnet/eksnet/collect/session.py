"""The one place that makes AWS clients for reading: pruned models, few clients, patient retries."""

import importlib.resources
import pathlib
from typing import Any

import botocore.config
import botocore.exceptions
import botocore.session

from eksnet import __version__
from eksnet.model.errors import InputError, NoAccessError
from eksnet.model.record import record

WORKERS = 16  # enough to hide 50 ms a call, far below EC2's 20 calls a second and action (FACTS)
CONNECT_SECONDS = 5
READ_SECONDS = 60
ATTEMPTS = 6  # with adaptive backoff: some 20 s of patience with a throttled API
MODELS = "models"  # see tools/models.py


@record
class Credentials:
    """Credentials other than the SDK's own, such as those of an assumed role."""

    access_key: str
    secret_key: str
    token: str | None = None


class Session:
    """A botocore session; credentials, regions and endpoints by the SDK's own conventions."""

    def __init__(self, credentials: Credentials | None = None) -> None:
        self._session = botocore.session.get_session()
        self._credentials = credentials
        loader = self._session.get_component("data_loader")
        models = pathlib.Path(str(importlib.resources.files("eksnet.collect"))) / MODELS
        loader.search_paths.insert(0, str(models))

    def region(self) -> str | None:
        """Return the region the SDK's configuration names.

        Raises:
            NoAccessError: the profile that the environment names is not configured.
        """
        try:
            region: str | None = self._session.get_config_variable("region")
        except botocore.exceptions.ProfileNotFound as problem:
            raise NoAccessError(str(problem)) from problem
        return region

    def require_region(self, region: str) -> None:
        """Accept a region that botocore knows in any partition.

        Raises:
            InputError: there is no such region.
        """
        for partition in self._session.get_available_partitions():
            if region in self._session.get_available_regions("ec2", partition):
                return
        msg = f"unknown region {region!r}: botocore {botocore.__version__} knows none of that name"
        raise InputError(msg)

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - botocore makes its classes at run time
        """Return a client for ``service`` in ``region``.

        Raises:
            NoAccessError: the profile that the environment names is not configured.
        """
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
        keys = self._credentials
        try:
            return self._session.create_client(
                service,
                region_name=region,
                config=config,
                aws_access_key_id=keys.access_key if keys else None,
                aws_secret_access_key=keys.secret_key if keys else None,
                aws_session_token=keys.token if keys else None,
            )
        except botocore.exceptions.BotoCoreError as problem:
            msg = f"no {service} client for {region}: {problem}"
            raise NoAccessError(msg) from problem
