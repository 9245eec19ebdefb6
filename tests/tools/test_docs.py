import json
import pathlib
import re
import tomllib

import pytest
from pydantic import TypeAdapter

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.model.finding import Finding, finding_id
from eksnet.model.snapshot import Target
from eksnet.settings import files as settings

ROOT = pathlib.Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)")


def example(section: str, tmp_path: pathlib.Path) -> pathlib.Path:
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"```yaml\n({section}:.*?)```", text, flags=re.DOTALL)
    path = tmp_path / f"{section}.yaml"
    path.write_text(block)
    return path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_somewhere(page: pathlib.Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_the_documented_thresholds_file_is_read(tmp_path: pathlib.Path) -> None:
    assert settings.read_limits(example("limits", tmp_path)) != Limits()


def test_the_documented_suppressions_file_is_read(tmp_path: pathlib.Path) -> None:
    (rule,) = settings.read_suppressions(example("suppressions", tmp_path))
    assert rule.account == "111122223333"
    assert rule.accepted.owner == "platform-team"


def test_the_documented_finding_is_a_finding() -> None:
    text = (ROOT / "docs/reports.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(\{\n.*?)```", text, flags=re.DOTALL)
    finding = TypeAdapter(Finding).validate_json(block)
    assert list(json.loads(block)) == list(Finding.__dataclass_fields__)
    target = Target(account_id=finding.account_id, region=finding.region)
    name = finding_id(finding.check_id, target, finding.cluster, finding.resource)
    assert finding.finding_id == name
    (check,) = (each for each in catalogue() if each.id == finding.check_id)
    assert (finding.title, finding.source) == (check.title, check.source)
    assert finding.remedies == check.remedies


def test_every_decision_is_listed_and_in_the_navigation() -> None:
    listed = (ROOT / "docs/adr/index.md").read_text(encoding="utf-8")
    nav = str(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8")))
    for path in (ROOT / "docs/adr").glob("0*.md"):
        assert f"({path.name})" in listed
        assert f"adr/{path.name}" in nav
