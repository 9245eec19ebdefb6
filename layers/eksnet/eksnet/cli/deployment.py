"""What the commands on kept plans share: the deployment's table, and its two function URLs."""

import json
import re
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from eksnet.model.errors import InputError

if TYPE_CHECKING:
    from eksnet.store.plans import PlanStore

REFUSED, UNSEEN = 1, 3
UNSEEN_RULE = "unseen"  # the rule of what could not be planned because it was not seen
_URL = re.compile(
    r"https://[a-z0-9]+\.lambda-url\.(?P<region>[a-z0-9-]+)\.on\.aws/?"
    r"|http://(127\.0\.0\.1|localhost):\d+(/[\w.-]+)*/?"  # of an offline deployment
)
OFFLINE_REGION = "us-east-1"  # a loopback address names none; what answers there checks none

PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="The plan's id, pl-...")]
TableName = Annotated[
    str | None, typer.Option("--table", help="The deployment's table.", envvar="EKSNET_TABLE")
]
RequestsUrl = Annotated[
    str | None,
    typer.Option("--url", help="The deployment's URL for requests.", envvar="EKSNET_REQUESTS_URL"),
]
DecisionsUrl = Annotated[
    str | None,
    typer.Option(
        "--url", help="The deployment's URL for decisions.", envvar="EKSNET_DECISIONS_URL"
    ),
]


def open_plans(table: str | None) -> "PlanStore":
    """Return the plans of the deployment's table.

    Raises:
        InputError: no table is named.
        StoreError: the SDK's configuration can't be used.
    """
    from eksnet.store.clients import Clients
    from eksnet.store.plans_dynamodb import DynamoPlanStore

    if not table:
        msg = "no table: give --table, or set EKSNET_TABLE"
        raise InputError(msg)
    return DynamoPlanStore(Clients().client("dynamodb"), table)


def ask(url: str | None, said: dict[str, object], *, as_json: bool) -> NoReturn:
    """Send a signed request, print the answer, and end.

    Exit codes: 0 it is done; 1 it can't be; 3 not all that decides was seen.

    Raises:
        InputError: there is no such URL, or the deployment did not understand.
        StoreError: no credentials, not allowed, or no answer.
    """
    from eksnet.report.escape import visible
    from eksnet.store.signed import SignedUrl

    if not url:
        msg = "no URL: give --url, or set it as the stack's outputs tell it"
        raise InputError(msg)
    match = _URL.fullmatch(url)
    if match is None:
        msg = f"{url!r} is no function URL: https://ID.lambda-url.REGION.on.aws/"
        raise InputError(msg)
    done, answer = SignedUrl(url, match["region"] or OFFLINE_REGION).post(said)
    if "rejected" in answer:
        raise InputError(str(answer["rejected"]))
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
    else:
        typer.echo("\n".join(map(visible, str(answer.get("text", "")).splitlines())))
    if done:
        raise typer.Exit
    raise typer.Exit(UNSEEN if answer.get("rule") == UNSEEN_RULE else REFUSED)
