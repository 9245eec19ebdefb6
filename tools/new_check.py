"""Make the next check of a topic: a module and a test that work, to be filled.

`python tools/new_check.py IPH pod-subnet-room` takes the next free id of the topic.
"""

import argparse
import pathlib
import re
import string
import sys

from eksnet.engine.check import TOPICS

ROOT = pathlib.Path(__file__).parents[1]
CHECK_IDS = "tests/contract/check_ids.txt"
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

MODULE = string.Template('''"""$title: say here what this module looks at."""

from collections.abc import Iterator

from eksnet.engine.check import Answer, check, failed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.model.finding import Severity
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot


@check(
    id="$id",
    title="$title",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS},
    source=CLUSTER_SUBNETS,
    rules=(1,),
    since="0.1.0",
)
def $name(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none compared
    """Say in one sentence why it matters.

    **Passes** when a cluster has two cluster subnets or more. **Fails** otherwise.

    **What to do.** Say what the reader does next.
    """
    for cluster in snapshot.clusters:
        resource = cluster_resource(snapshot, cluster)
        count = len(cluster.subnet_ids)
        answer = passed if count > 1 else failed
        text = f"{count} cluster subnets"
        yield answer(resource, text, cluster=cluster.name, positive=True, subnets=count)
''')

TEST = string.Template("""from tests.build import Example, cluster, snapshot

EXAMPLES = {
    "$id": Example(
        good=(snapshot(clusters=[cluster()]),),
        bad=(snapshot(clusters=[cluster(subnet_ids=("subnet-a",))]),),
    ),
}
""")


def main(arguments: list[str] | None = None, root: pathlib.Path = ROOT) -> int:
    """Create the two files and name them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topic", type=str.upper, choices=sorted(TOPICS))
    parser.add_argument("slug", type=_slug, help="a few words joined by hyphens")
    asked = parser.parse_args(arguments)
    new_id, stem = next_id(root, asked.topic), f"{asked.topic}-{asked.slug}".lower()
    name = asked.slug.replace("-", "_")
    words = {"id": new_id, "name": name, "title": asked.slug.replace("-", " ").capitalize()}
    stem = stem.replace("-", "_")
    files = {
        root / f"layers/eksnet/eksnet/checks/{stem}.py": MODULE,
        root / f"tests/checks/test_{stem}.py": TEST,
    }
    if taken := [path for path in files if path.exists()]:
        parser.error(f"{taken[0].relative_to(root)} is there already")
    for path, template in files.items():
        path.write_text(template.substitute(words), encoding="utf-8")
        print(path.relative_to(root).as_posix())
    print(f"{new_id} is yours: write it, its examples, then `make generate` and `make check`")
    return 0


def next_id(root: pathlib.Path, topic: str) -> str:
    """Return the topic's next free id: above every id that was ever given or is in the code."""
    sources = [root / CHECK_IDS, *(root / "layers/eksnet/eksnet/checks").rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.exists())
    numbers = [int(number) for number in re.findall(rf"\b{topic}(\d{{3}})\b", text)]
    return f"{topic}{max(numbers, default=0) + 1:03}"


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        msg = f"{text!r} is not lower-case words joined by hyphens"
        raise argparse.ArgumentTypeError(msg)
    return text


if __name__ == "__main__":
    sys.exit(main())
