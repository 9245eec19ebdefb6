"""Which accounts and Regions there are, and how to look into another account."""

import concurrent.futures
from collections.abc import Mapping
from typing import Any

from eksnet.collect.calls import Calls
from eksnet.collect.session import Credentials, Session

SESSION_NAME = "eksnet-audit"  # what CloudTrail of the member account shows
SESSION_SECONDS = 3600  # outlives a function's 15 minutes; the longest a chained role may have
ACTIVE = "ACTIVE"


def enabled_regions(session: Session) -> tuple[str, ...]:
    """Return every region the account has enabled.

    Raises:
        RefusedError: they could not be listed.
    """
    home = session.region() or "us-east-1"
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        calls = Calls({"ec2": session.client("ec2", home)}, pool)
        names = calls.ask(
            "ec2", "DescribeRegions", lambda got: [each["RegionName"] for each in got["Regions"]]
        )
    return tuple(sorted(names))


def organization(session: Session, region: str) -> tuple[str, ...]:
    """Return the ids of the organization's active accounts, sorted.

    Raises:
        RefusedError: they could not be listed whole.
        NoAccessError: there are no usable credentials.
    """
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        calls = Calls({"organizations": session.client("organizations", region)}, pool)
        accounts = calls.pages(
            "organizations",
            "ListAccounts",
            lambda page: [each["Id"] for each in page["Accounts"] if _active(each)],
        )
    return tuple(sorted(accounts))


def _active(account: Mapping[str, Any]) -> bool:
    """Tell whether an account can be looked into; one that tells nothing of itself is tried.

    State replaces Status: Organizations API reference, Account.
    """
    state: str = account.get("State") or account.get("Status") or ACTIVE
    return state == ACTIVE


def assume(session: Session, role_arn: str, external_id: str, region: str) -> Session:
    """Return a session with the credentials of a member account's audit role.

    Raises:
        RefusedError: the role is not there, or does not trust the caller.
        NoAccessError: there are no usable credentials.
    """
    keys = credentials(
        session,
        role_arn,
        external_id,
        region,
        RoleSessionName=SESSION_NAME,
        DurationSeconds=SESSION_SECONDS,
    )
    return Session(keys)


def credentials(
    session: Session, role_arn: str, external_id: str, region: str, **named: object
) -> Credentials:
    """Return a role's credentials; ``named`` are AssumeRole's own parameters.

    Raises:
        RefusedError: the role is not there, or does not trust the caller.
        NoAccessError: there are no usable credentials.
    """
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        calls = Calls({"sts": session.client("sts", region)}, pool)
        return calls.ask(
            "sts",
            "AssumeRole",
            _credentials,
            RoleArn=role_arn,
            **named,
            **({"ExternalId": external_id} if external_id else {}),
        )


def _credentials(answer: Mapping[str, Any]) -> Credentials:
    keys = answer["Credentials"]
    return Credentials(
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretAccessKey"],
        token=keys["SessionToken"],
    )
