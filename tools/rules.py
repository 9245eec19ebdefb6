"""The page that says of every rule of EKS networking which check answers it, or why none does.

``rules.csv`` names the rules, in our words and with their sources. Which check answers which is
said by the checks' own declarations, so a new check changes the page and not the file.
"""

import csv
import dataclasses
import functools
import pathlib
from collections import Counter
from collections.abc import Iterable, Mapping

from eksnet.engine.check import TOPICS, Check

PAGE = "docs/rules.md"
DATA = pathlib.Path(__file__).with_name("rules.csv")
COMMENT = "#"
ANSWERED, NOT_YET = "answered", ""
CLASSES = {  # in the order of the page
    ANSWERED: "Answered by a check",
    NOT_YET: "Not yet",
    "kubernetes": "Needs Kubernetes, planned",
    "api": "Needs an API that is not read yet",
    "advice": "Advice only",
    "contradicted": "Contradicted by a better source",
    "same": "Same as another rule",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. ``why_not`` is the class of the ``reason`` for which no check answers it.

    Both are empty where a check answers the rule, or none does yet.
    """

    number: int
    topic: str
    title: str
    source: str
    why_not: str
    reason: str


@functools.cache
def every_rule() -> tuple[Rule, ...]:
    """Return the rules of ``rules.csv``, in its order."""
    lines = DATA.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith(COMMENT))
    return tuple(
        Rule(
            number=int(row["number"]),
            topic=row["topic"],
            title=row["title"],
            source=row["source"],
            why_not=row["class"],
            reason=row["reason"],
        )
        for row in rows
    )


def answers(found: Iterable[Check]) -> dict[int, tuple[str, ...]]:
    """Return the ids of the checks that answer each rule, by its number."""
    by_rule: dict[int, set[str]] = {}
    for check in found:
        for number in check.rules:
            by_rule.setdefault(number, set()).add(check.id)
    return {number: tuple(sorted(ids)) for number, ids in by_rule.items()}


def page(rules: Iterable[Rule], found: Iterable[Check]) -> str:
    """Return the page in Markdown: the counts, then a table for each topic."""
    rules, answered = tuple(rules), answers(found)
    of_class = {
        rule.number: ANSWERED if rule.number in answered else rule.why_not for rule in rules
    }
    lines = [
        "# Rules",
        "",
        f"{len(rules)} rules of EKS networking from public sources: which check answers each, or",
        "why none does. One check may answer several rules, and several checks one rule.",
        "",
        *_class_counts(of_class),
        "",
        *_topic_counts(rules, of_class),
    ]
    for topic, name in TOPICS.items():
        of_topic = [rule for rule in rules if rule.topic == topic]
        if of_topic:
            lines += ["", f"## {topic}: {name}", "", "| Rule | What holds | Answer | Source |"]
            lines += ["| --- | --- | --- | --- |"]
            lines += [_row(rule, answered.get(rule.number, ())) for rule in of_topic]
    return "\n".join([*lines, ""])


def source_name(url: str) -> str:
    """Return a short name for a source: its page's or file's name, or its repository and number."""
    path = url.partition("://")[2].partition("#")[0].split("/")
    if path[0] == "github.com" and path[3:4] in (["issues"], ["pull"]):
        return f"{path[2]}#{path[4]}"
    if path[0] == "github.com":
        return " ".join([path[2], *path[4:][-1:]])
    return path[-1].removesuffix(".html")


def _class_counts(of_class: Mapping[int, str]) -> list[str]:
    counts = Counter(of_class.values())
    rows = [f"| {name} | {counts[each]} |" for each, name in CLASSES.items()]
    return ["| State | Rules |", "| --- | ---: |", *rows, f"| All | {len(of_class)} |"]


def _topic_counts(rules: tuple[Rule, ...], of_class: Mapping[int, str]) -> list[str]:
    lines = ["| Topic | Rules | Answered | Not yet | No check, with a reason |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    for topic, name in TOPICS.items():
        counts = Counter(of_class[rule.number] for rule in rules if rule.topic == topic)
        if every := counts.total():
            answered, not_yet = counts[ANSWERED], counts[NOT_YET]
            rest = every - answered - not_yet
            link = f"[{topic}](#{_anchor(topic, name)})"
            lines.append(f"| {link}: {name} | {every} | {answered} | {not_yet} | {rest} |")
    return lines


def _anchor(topic: str, name: str) -> str:
    kept = (each for each in f"{topic} {name}".lower() if each.isalnum() or each in " -")
    return "-".join("".join(kept).split())


def _row(rule: Rule, checks: tuple[str, ...]) -> str:
    if checks:
        answer = ", ".join(f"[{each}](checks/{each}.md)" for each in checks)
    elif rule.why_not:
        answer = f"{CLASSES[rule.why_not]}: {rule.reason}"
    else:
        answer = f"**{CLASSES[NOT_YET]}**"
    source = f"[{source_name(rule.source)}]({rule.source})"
    return f"| {rule.number} | {rule.title} | {answer} | {source} |"
