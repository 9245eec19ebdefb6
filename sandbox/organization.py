"""The demo organization: three accounts in two regions, with every fault once and its opposite."""

import datetime as dt

from sandbox.corrections.accounts import HOME_ACCOUNT, access_key
from sandbox.demo import data, edge, pods, prefixes, retail, walls, ways

RETAIL, DATA, EDGE = HOME_ACCOUNT, "222233334444", "333344445555"
ACCOUNTS = (RETAIL, DATA, EDGE)
REGIONS = ("us-east-1", "eu-west-1")


def credentials(account_id: str) -> tuple[str, str]:
    """Return an access key id and a secret that the sandbox takes for the account's."""
    return access_key(account_id), "sandbox"


def seed_home(now: dt.datetime | None = None) -> None:
    """Make the first account's first region only, where one target is enough."""
    retail.virginia(RETAIL, now or dt.datetime.now(dt.UTC))


def seed(now: dt.datetime | None = None) -> None:
    """Make the organization in the moto of this process; ages are relative to ``now``.

    Needs the corrections: call it within ``offline()`` or let ``serve()`` do it.
    """
    moment = now or dt.datetime.now(dt.UTC)
    for account, topic in ((RETAIL, retail), (DATA, data), (EDGE, edge)):
        topic.virginia(account, moment)
        topic.ireland(account, moment)
    walls.ireland(DATA, moment)
    ways.ireland(DATA, moment)
    pods.virginia(EDGE, moment)
    prefixes.virginia(DATA, moment)
    retail.peer(RETAIL, "payments", DATA, "feature-store")
