"""The way into the target of a plan: whose credentials, and clients that write.

A client that writes has botocore's own whole models, for those of the collector only read; it tries
a call once and is not patient. The executor tries again, and writes down that it does.
"""

import functools
from typing import Any

import botocore.config
import botocore.session

from eksnet import __version__
from eksnet.apply.interface import LostError
from eksnet.collect import accounts
from eksnet.collect.calls import RefusedError
from eksnet.collect.session import Credentials, Session, configured
from eksnet.model.errors import NoAccessError
from eksnet.model.plan import Plan, digest, plan_id
from eksnet.model.record import record
from eksnet.model.snapshot import Target

CONNECT_SECONDS = 5
READ_SECONDS = 20  # both together well within the margin of a lease: settings/terms.py
SESSION_SECONDS = 900  # the shortest STS gives, and enough for a step: API reference, AssumeRole


@record
class Key:
    """By which role an account may be changed, from the ``home`` account.

    Without a ``role`` the caller's own credentials serve, but in the home account only.
    """

    home: Target
    role: str
    external_id: str


class Doors:
    """The way into the target of one plan; opened when first needed, under the plan's id.

    The session and its source identity are called after the plan, so that CloudTrail shows it.
    """

    def __init__(self, session: Session, plan: Plan, key: Key) -> None:
        self.plan, self.plan_id = plan, plan_id(digest(plan))
        self._own, self._key = session, key
        self._made: dict[str, Any] = {}

    def session(self) -> Session:
        """Return the session to look with.

        Raises:
            LostError: the role is not there, does not trust the caller, or nobody answers.
        """
        return self._entered[0]

    def client(self, service: str) -> Any:  # noqa: ANN401 - botocore makes its classes at run time
        """Return the client to write with, of ``ec2`` or ``eks``; each is made once.

        Raises:
            LostError: as `session`, or the SDK's configuration can't be used.
        """
        if service not in self._made:
            keys = self._entered[1]
            try:
                with configured():
                    self._made[service] = self._make(service, keys)
            except NoAccessError as problem:
                raise LostError(str(problem)) from problem
        return self._made[service]

    @functools.cached_property
    def _entered(self) -> tuple[Session, Credentials | None]:
        target, key = self.plan.target, self._key
        if key.role:
            keys = self._assumed(f"arn:{target.partition}:iam::{target.account_id}:role/{key.role}")
            return Session(keys), keys
        if target.account_id != key.home.account_id:
            msg = f"no role is named by which account {target.account_id} may be changed"
            raise LostError(msg)
        return self._own, None

    def _assumed(self, role_arn: str) -> Credentials:
        try:
            return accounts.credentials(
                self._own,
                role_arn,
                self._key.external_id,
                self._key.home.region,
                RoleSessionName=self.plan_id,
                SourceIdentity=self.plan_id,
                DurationSeconds=SESSION_SECONDS,
            )
        except (RefusedError, NoAccessError) as problem:
            raise LostError(str(problem)) from problem

    def _make(self, service: str, keys: Credentials | None) -> Any:  # noqa: ANN401 - botocore makes its classes at run time
        config = botocore.config.Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            user_agent_extra=f"eksnet/{__version__}",
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        return self._whole.create_client(
            service,
            region_name=self.plan.target.region,
            config=config,
            aws_access_key_id=keys.access_key if keys else None,
            aws_secret_access_key=keys.secret_key if keys else None,
            aws_session_token=keys.token if keys else None,
        )

    @functools.cached_property
    def _whole(self) -> botocore.session.Session:
        return botocore.session.get_session()
