"""The application as it was built, and what it is made of."""

import functools
import hashlib
import io
import os
import pathlib
import platform
import subprocess
import zipfile
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[2]
ARCHITECTURES = ("arm64", "x86_64")
HERE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
LAYERS = {"DependenciesLayer": "dependencies", "EksnetLayer": "eksnet"}
FUNCTIONS = {
    "TargetsFunction": "targets",
    "AuditFunction": "audit",
    "ChangesFunction": "changes",
    "ReportFunction": "report",
    "PlanFunction": "plan",
    "DecideFunction": "decide",
    "StepFunction": "step",
}


def make(*arguments: str) -> None:
    """Run make, which does nothing where nothing is stale; it may itself run under make."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--silent", "-C", str(ROOT), *arguments]
    subprocess.run(command, env=own, check=True)  # noqa: S603 - our own Makefile


@functools.cache
def built(architecture: str = HERE) -> pathlib.Path:
    """Return the folder of what `sam build` makes for ``architecture`` of the sources of now."""
    make(f".build/sam-{architecture}/template.yaml")
    return ROOT / f".build/sam-{architecture}"


@functools.cache
def runtime() -> pathlib.Path:
    """Return a Python that has what Lambda's own runtime has, and nothing else."""
    make(".venv-lambda/.installed")
    return ROOT / ".venv-lambda/bin/python"


def layer_path(folder: pathlib.Path) -> str:
    """Return the layers of the application in ``folder`` as a PYTHONPATH."""
    return os.pathsep.join(str(folder / layer / "python") for layer in LAYERS)


def files(folder: pathlib.Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name below ``folder``, and the content, of each file."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def digests(folder: pathlib.Path) -> dict[str, str]:
    """Return the hash of each file below ``folder``."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files(folder)}


def zipped(folder: pathlib.Path) -> int:
    """Return how many bytes ``folder`` has as the archive that Lambda is given."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name, content in files(folder):
            target.writestr(name, content)
    return archive.tell()
