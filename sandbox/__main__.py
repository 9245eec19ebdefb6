"""``python -m sandbox``: run the offline AWS with the demo organization until interrupted."""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence

from sandbox import serve
from sandbox.deployed import NAME, deployed
from sandbox.organization import ACCOUNTS, REGIONS, credentials
from sandbox.urls import served


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)"
    )
    parser.add_argument(
        "--account", choices=ACCOUNTS, default=ACCOUNTS[0], help="whose credentials are printed"
    )
    parser.add_argument("--region", choices=REGIONS, default=REGIONS[0])
    parser.add_argument("--empty", action="store_true", help="start without the demo organization")
    parser.add_argument(
        "--application", action="store_true", help="deploy the application too, to repair with"
    )
    return parser.parse_args(argv)


def exports(endpoint: str, account: str, region: str) -> str:
    """Return the shell lines that point an AWS client at the sandbox."""
    key, secret = credentials(account)
    values = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    return "\n".join(f"export {name}={value}" for name, value in values.items())


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    arguments = _arguments(argv)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with serve(arguments.port, demo=not arguments.empty) as endpoint:
        sys.stdout.write(exports(endpoint, arguments.account, arguments.region) + "\n")
        with _application(endpoint) if arguments.application else contextlib.nullcontext(""):
            sys.stdout.flush()
            stopped.wait()
    return 0


@contextlib.contextmanager
def _application(endpoint: str) -> Iterator[None]:
    """Deploy into the sandbox, and print where its table and function URLs are."""
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    with deployed(POWERTOOLS_LOG_LEVEL="ERROR") as application, served(application) as address:
        sys.stdout.write(f"export EKSNET_TABLE={NAME}\n")
        sys.stdout.write(f"export EKSNET_REQUESTS_URL={address}/requests\n")
        sys.stdout.write(f"export EKSNET_DECISIONS_URL={address}/decisions\n")
        yield


if __name__ == "__main__":
    sys.exit(main())
