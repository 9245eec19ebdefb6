"""The processes that stand in for AWS, each in a process group that ends with it."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence

from tests.artefact.built import ROOT, make
from tests.e2e.waiting import NeverCameError, eventually

ACCOUNT = "111122223333"
REGION = "us-east-1"
START_SECONDS = 60
END_SECONDS = 10
LOG_SHOWN = 6000  # characters of a log's end


def program(name: str) -> str:
    """Return the path of a tool that has an environment of its own, made if need be."""
    make(f".venv-{name}/.installed")
    return str(ROOT / f".venv-{name}" / "bin" / name)


def bare_environment(folder: pathlib.Path, **more: str) -> dict[str, str]:
    """Return an environment that carries nothing of AWS or Python from the caller's."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "EKSNET_", "PYTHON", "SANDBOX_", "SAM_"))
    }
    return {**kept, "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1", **more}


def tail(log: pathlib.Path) -> str:
    """Return the end of a log."""
    return log.read_text(errors="replace")[-LOG_SHOWN:] if log.exists() else ""


@contextlib.contextmanager
def sandbox(folder: pathlib.Path) -> Iterator[str]:
    """Run the offline AWS with the demo organization; yield its address."""
    port = _free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with _running("sandbox", command, folder, {}, f"{address}/moto-api/"):
        yield address


@contextlib.contextmanager
def ministack(folder: pathlib.Path) -> Iterator[str]:
    """Run the cloud that the application is deployed to; yield its address."""
    port = _free_port()
    variables = {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,  # also what the functions' access key says they are
        "MINISTACK_REGION": REGION,
        "AUTH": "true",  # what a role does not allow is refused
    }
    address = f"http://127.0.0.1:{port}"
    command = [program("ministack")]
    with _running("ministack", command, folder, variables, f"{address}/_ministack/health"):
        yield address


@contextlib.contextmanager
def microburst(folder: pathlib.Path, upstream: str) -> Iterator[str]:
    """Run the proxy that can spoil calls on their way to ``upstream``; yield its address."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    command = [program("microburst"), "--port", str(port), "--upstream", upstream]
    with _running("microburst", command, folder, {}, f"{address}/_microburst/health"):
        yield address


def run(command: Sequence[str], log: pathlib.Path, environment: Mapping[str, str]) -> None:
    """Run a program to its end; its output goes to ``log`` and into what is raised."""
    with log.open("w") as out:
        done = subprocess.run(  # noqa: S603 - our own tools
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        message = f"{' '.join(command)} ended with {done.returncode}:\n{tail(log)}"
        raise RuntimeError(message)


@contextlib.contextmanager
def _running(
    name: str,
    command: Sequence[str],
    folder: pathlib.Path,
    variables: Mapping[str, str],
    health: str,
) -> Iterator[None]:
    log = folder / f"{name}.log"
    with log.open("w") as out:
        process = subprocess.Popen(  # noqa: S603 - our own tools
            command,
            cwd=ROOT,
            env=bare_environment(folder, **variables),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        eventually(
            f"{name} answers",
            lambda: _answers(health) or _ended(name, process, log),
            START_SECONDS,
            lambda: tail(log),
        )
        yield
    finally:
        _end(process)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
            return bool(answer.status)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _ended(name: str, process: subprocess.Popen[bytes], log: pathlib.Path) -> None:
    if process.poll() is not None:
        message = f"{name} ended with {process.returncode}:\n{tail(log)}"
        raise NeverCameError(message)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and those it started: a function's worker is in the same group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
