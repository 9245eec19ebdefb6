"""Measure what a cold start costs the processor: fresh interpreters on the built application.

The interpreter has what Lambda's own runtime has, the path only the built layers. A figure is the
median of some starts, in milliseconds of processor time, less that of an interpreter that does
nothing. `make bench` builds what is measured.
"""

import os
import pathlib
import platform
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]
HERE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
BUILT = ROOT / f".build/sam-{HERE}"
PYTHON = ROOT / ".venv-lambda/bin/python"
STARTS = 10
REGION = "eu-west-1"
CLIENTS = f"""
import app
from eksnet.pipeline.services import services
held = services()
held.checks, held.store
for service in ("ec2", "eks", "sts"):
    held.session.client(service, "{REGION}")
"""
PROGRAMS = {
    "bare": ("TargetsFunction", "pass"),
    "SDK alone": ("TargetsFunction", "import botocore.config, botocore.session"),
    "targets": ("TargetsFunction", "import app"),
    "audit": ("AuditFunction", "import app"),
    "changes": ("ChangesFunction", "import app"),
    "report": ("ReportFunction", "import app"),
    "plan": ("PlanFunction", "import app"),
    "decide": ("DecideFunction", "import app"),
    "step": ("StepFunction", "import app"),
    "audit, clients": ("AuditFunction", CLIENTS),
}
"""What is started: the function whose folder it stands in, and the words it runs."""


def cold() -> dict[str, float]:
    """Return the milliseconds of each start. They take turns: a busy moment strikes all alike."""
    if not (BUILT.exists() and PYTHON.exists()):
        sys.exit(f"{BUILT.relative_to(ROOT)} is not built: `make bench` builds it")
    turns = [{name: started(*how) for name, how in PROGRAMS.items()} for _ in range(STARTS)]
    medians = {name: statistics.median(turn[name] for turn in turns) for name in PROGRAMS}
    bare = medians.pop("bare")
    return {name: taken - bare for name, taken in medians.items()}


def started(function: str, program: str) -> float:
    """Return the processor's milliseconds for one start."""
    child = subprocess.Popen([PYTHON, "-c", program], cwd=BUILT / function, env=environment())
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{function} does not start")
    return 1000 * (usage.ru_utime + usage.ru_stime)


def environment() -> dict[str, str]:
    """Return what a function is told, and nothing of the caller's configuration."""
    layers = [str(BUILT / layer / "python") for layer in ("DependenciesLayer", "EksnetLayer")]
    return {
        "PYTHONPATH": os.pathsep.join(layers),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/nonexistent",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
        "EKSNET_TABLE": "eksnet",
        "EKSNET_BUCKET": "eksnet-111122223333",
        "EKSNET_TOPIC": f"arn:aws:sns:{REGION}:111122223333:eksnet",
        "EKSNET_BUS": "eksnet",
        "EKSNET_ACCOUNT": "111122223333",
        "POWERTOOLS_SERVICE_NAME": "eksnet",
        "POWERTOOLS_METRICS_NAMESPACE": "eksnet",
    }
