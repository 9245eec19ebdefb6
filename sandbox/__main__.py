"""``python -m sandbox``: run the offline AWS with the demo organization until interrupted."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from sandbox import serve
from sandbox.organization import ACCOUNTS, REGIONS, credentials


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
        sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
