"""Write every text that is derived from the code, or with ``--check`` name what is stale.

The checks' pages, their index, the page of rules, the golden list of ids, the tables of commands
and thresholds, the check that CONTRIBUTING shows whole, the marked blocks of the deployment's
templates and guide, and the pruned service models all come from here.
"""

import argparse
import ast
import importlib.util
import inspect
import pathlib
import re
import sys
from collections.abc import Iterator, Mapping

import typer.main
from typer.core import TyperGroup

from eksnet.checks import catalogue
from eksnet.cli import commands  # noqa: F401 - importing registers the commands
from eksnet.cli.app import app
from eksnet.cli.catalogue import page
from eksnet.engine import limits
from eksnet.engine.check import TOPICS, Check
from eksnet.engine.profile import Profile
from eksnet.engine.select import of_profile
from tools import rules, template_text

ROOT = pathlib.Path(__file__).parents[1]
GENERATED = "<!-- Generated; do not edit. -->"
PAGES = "docs/checks"
CHECK_IDS = "tests/contract/check_ids.txt"
SHOWN = "XEN002"  # the check that CONTRIBUTING shows whole
Texts = dict[str, str]


def main(arguments: list[str] | None = None, root: pathlib.Path = ROOT) -> int:
    """Write the generated texts, or name the stale ones; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    only_check: bool = parser.parse_args(arguments).check
    stale = [*texts_stale(root, write=not only_check), *models_stale(write=not only_check)]
    for name in stale:
        print(f"{'stale' if only_check else 'wrote'}: {name}")
    if stale and only_check:
        print("`make generate` writes them again")
    return int(bool(stale) and only_check)


def texts_stale(root: pathlib.Path, *, write: bool) -> Iterator[str]:
    """Yield the names of the texts that differ from what the code says, written if asked."""
    wanted = texts(root)
    for name, text in wanted.items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            yield name
    for path in sorted((root / PAGES).glob("*.md")):
        name = path.relative_to(root).as_posix()
        if name not in wanted:
            if write:
                path.unlink()
            yield f"{name} (its check is gone)"


def models_stale(*, write: bool) -> list[str]:
    """Return the pruned service models that are stale, where their generator is there."""
    if importlib.util.find_spec("tools.models") is None:
        return []
    models = importlib.import_module("tools.models")
    stale: list[str] = models.write(check=not write)
    return stale


def texts(root: pathlib.Path) -> Texts:
    """Return every generated text by its path below ``root``."""
    found = catalogue()
    pages = {f"{PAGES}/{check.id}.md": f"{GENERATED}\n\n{page(check)}" for check in found}
    templates = template_text.templates(root)
    settings = template_text.parameter_table(templates[template_text.TEMPLATE])
    blocks = {
        "README.md": {"commands": command_table()},
        "CONTRIBUTING.md": {
            "check": shown_check(root),
            "make": make_table((root / "Makefile").read_text(encoding="utf-8")),
        },
        "docs/configuration.md": {"limits": limits_table(), "profiles": profiles_table(found)},
        template_text.GUIDE: {"parameters": settings},
    }
    return {
        **pages,
        **templates,
        f"{PAGES}/index.md": index(found),
        rules.PAGE: rules_page(found),
        CHECK_IDS: golden((root / CHECK_IDS), found),
        **{name: filled(root / name, parts) for name, parts in blocks.items()},
    }


def index(found: tuple[Check, ...]) -> str:
    """Return the catalogue's page: a table for each topic that has checks."""
    lines = [GENERATED, "", "# Checks", "", f"{len(found)} checks, each a page."]
    for topic, title in TOPICS.items():
        of_topic = [check for check in found if check.topic == topic]
        if of_topic:
            lines += ["", f"## {topic}: {title}", "", "| Check | At worst | Title | Profiles |"]
            lines += ["| --- | --- | --- | --- |"]
            lines += [
                f"| [{c.id}]({c.id}.md) | {c.severity} | {c.title} | {profiles_of(c)} |"
                for c in of_topic
            ]
    return "\n".join([*lines, ""])


def profiles_of(check: Check) -> str:
    """Return the profiles of a check but the one that holds all."""
    return ", ".join(sorted(check.profiles - {Profile.ALL}))


def profiles_table(found: tuple[Check, ...]) -> str:
    """Return the table of profiles with what each is about and how many checks it has."""
    rows = ["| Profile | Checks | What they look for |", "| --- | --- | --- |"]
    rows += [f"| `{each}` | {len(of_profile(found, each))} | {each.about} |" for each in Profile]
    return "\n".join(rows)


def rules_page(found: tuple[Check, ...]) -> str:
    """Return the page of rules: which check answers each, or why none does."""
    return f"{GENERATED}\n\n{rules.page(rules.every_rule(), found)}"


def golden(path: pathlib.Path, found: tuple[Check, ...]) -> str:
    """Return the golden list: every line it has, and the ids it lacks. None is ever taken out."""
    known = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    ids = {line.split(maxsplit=1)[0] for line in known}
    new = [f"{check.id} {check.title}" for check in found if check.id not in ids]
    return "\n".join([*sorted([*known, *new]), ""])


def filled(path: pathlib.Path, blocks: Mapping[str, str]) -> str:
    """Return a file's text with what stands between each block's markers replaced.

    Raises:
        ValueError: the file lacks a block's markers.
    """
    text = path.read_text(encoding="utf-8")
    for name, content in blocks.items():
        start, end = f"<!-- {name}: generated -->", f"<!-- /{name} -->"
        before, found_start, rest = text.partition(start)
        _, found_end, after = rest.partition(end)
        if not found_start or not found_end:
            msg = f"{path.name} lacks the markers {start} and {end}"
            raise ValueError(msg)
        text = f"{before}{start}\n\n{content}\n\n{end}{after}"
    return text


def command_table() -> str:
    """Return the table of commands, each with the first sentence of its help."""
    root = typer.main.get_command(app)
    found = _commands(root, "") if isinstance(root, TyperGroup) else ()
    rows = ["| Command | What it does |", "| --- | --- |"]
    rows += [f"| `eksnet {name}` | {words} |" for name, words in found]
    return "\n".join(rows)


def _commands(group: TyperGroup, name: str) -> Iterator[tuple[str, str]]:
    for each, command in sorted(group.commands.items()):
        full = f"{name} {each}".strip()
        if isinstance(command, TyperGroup):
            yield from _commands(command, full)
        else:
            yield full, " ".join((command.help or "").partition("\n\n")[0].split())


def make_table(makefile: str) -> str:
    """Return the table of the Makefile's targets, from the words beside them."""
    targets = re.findall(r"^([a-z0-9]+):.*## (.+)$", makefile, flags=re.MULTILINE)
    rows = [f"| `make {target}` | {words} |" for target, words in targets if target != "help"]
    return "\n".join(["| Command | What it does |", "| --- | --- |", *rows])


def limits_table() -> str:
    """Return the table of thresholds with their defaults and sources, from their own lines."""
    found = re.findall(
        r"^    (\w+): [\w.]+ = (\S+)  # (.+)$", inspect.getsource(limits), flags=re.MULTILINE
    )
    rows = [f"| `{name}` | {default} | {source} |" for name, default, source in found]
    return "\n".join(["| Threshold | Default | Source |", "| --- | --- | --- |", *rows])


def shown_check(root: pathlib.Path) -> str:
    """Return one check as it stands in its module, and its examples as they stand in its test."""
    (check,) = (each for each in catalogue() if each.id == SHOWN)
    module = sys.modules[check.evaluate.__module__]
    code = check.evaluate.__code__
    used = [getattr(module, name, None) for name in code.co_names]
    own = [part for part in used if inspect.isfunction(part) and part.__module__ == module.__name__]
    parts = [*map(inspect.getsource, own), inspect.getsource(check.evaluate)]
    name = module.__name__.removeprefix("eksnet.checks.")
    test = root / f"tests/checks/test_{name.replace('.', '_')}.py"
    return "\n".join(
        [
            f"`layers/eksnet/eksnet/checks/{name.replace('.', '/')}.py`:",
            "",
            "```python",
            "\n\n".join(parts).rstrip(),
            "```",
            "",
            f"`{test.relative_to(root).as_posix()}`:",
            "",
            "```python",
            f'EXAMPLES = {{\n    "{SHOWN}": {example_source(test.read_text("utf-8"))},\n}}',
            "```",
        ]
    )


def example_source(test: str) -> str:
    """Return the source of the shown check's entry in a test module's EXAMPLES.

    Raises:
        LookupError: it has none.
    """
    for node in ast.walk(ast.parse(test)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == SHOWN:
                    return ast.get_source_segment(test, value) or ""
    msg = f"no example of {SHOWN}"
    raise LookupError(msg)


if __name__ == "__main__":
    sys.exit(main())
