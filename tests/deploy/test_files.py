"""The files of deploy/ parse, and agree with each other, the program's settings and its metrics."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry

from kb.metrics import Metrics
from kb.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((DEPLOY / "monitoring/grafana/policy-qa.json").read_text(encoding="utf-8"))
ALERTS = yaml.safe_load((DEPLOY / "monitoring/alerts.yml").read_text(encoding="utf-8"))
UNITS = sorted((DEPLOY / "systemd").iterdir())
OF_PROMETHEUS = {"up"}  # what Prometheus itself says of each target
_SUFFIXES = r"(?:_total|_bucket|_sum|_count)?"


def expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    for group in ALERTS["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]


def served(registry: CollectorRegistry) -> dict[str, set[str]]:
    """The names that /metrics serves, each with the labels of its series."""
    names: dict[str, set[str]] = {}
    for family in registry.collect():
        labels = {name for sample in family.samples for name in sample.labels}
        names[family.name] = labels
        for sample in family.samples:
            names[sample.name] = labels
        if family.type == "counter":
            names[f"{family.name}_total"] = labels
    return names


@pytest.fixture(scope="module")
def metrics() -> dict[str, set[str]]:
    made = Metrics()
    made.request_answered("/api/ask", 200, 0.1)
    return served(made.registry)


@pytest.mark.parametrize("expression", list(expressions()))
def test_dashboard_and_alerts_name_metrics_that_are_served(expression: str, metrics: dict[str, set[str]]):
    bare = re.sub(r'"[^"]*"', '""', expression)
    asked = set(re.findall(r"\b([a-z][a-z_]*)\b(?=\{|\[)", bare))
    assert asked, expression
    assert asked <= metrics.keys() | OF_PROMETHEUS


def test_names_that_are_not_served_would_be_found(metrics: dict[str, set[str]]):
    assert "policy_answers_total" in metrics
    assert "policy_answer_total" not in metrics


@pytest.mark.parametrize(
    ("metric", "label"),
    [
        ("policy_answers_total", "kind"),
        ("policy_requests_total", "status"),
        ("policy_requests_total", "route"),
        ("policy_check_failures_total", "reason"),
        ("policy_llm_errors_total", "failure"),
        ("policy_answer_seconds_bucket", "kind"),
    ],
)
def test_labels_of_the_dashboard_exist(metric: str, label: str):
    source = (ROOT / "kb" / "metrics.py").read_text(encoding="utf-8")
    family = re.sub(_SUFFIXES + "$", "", metric)
    (declared,) = re.findall(rf'"{family}",[^)]*?(\([^)]*\))', source)
    assert f'"{label}"' in declared
    assert any(metric in text and label in text for text in expressions())


def test_dashboard_panels_do_not_overlap_and_have_their_own_number():
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


def test_every_setting_named_exists():
    known = {f"KB_{field.upper()}" for field in Settings.model_fields}
    for file in DEPLOY.rglob("*"):
        if file.is_file():
            named = set(re.findall(r"\bKB_[A-Z_]*[A-Z]\b(?![_*])", file.read_text(encoding="utf-8")))
            assert named <= known, file.name


def test_compose_takes_every_variable_from_the_example():
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    example = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    offered = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) == offered


def test_compose_has_two_workers_one_database_three_nodes_and_a_proxy():
    services = COMPOSE["services"]
    assert {"kb1", "kb2", "postgres", "qdrant1", "qdrant2", "qdrant3", "nginx"} <= services.keys()
    for service in services.values():
        for needed in service.get("depends_on", {}):
            assert needed in services
        for network in service["networks"]:
            assert network in COMPOSE["networks"]
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_file(), source
            elif not source.startswith("$"):
                assert source in COMPOSE["volumes"], source


def test_only_the_proxy_is_open_to_the_outside():
    open_ports = {
        name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service
    }
    assert open_ports == {"nginx": ["443:443"], "grafana": ["127.0.0.1:3000:3000"]}


def test_workers_get_longer_to_stop_than_the_longest_answer():
    longest = float(60) + Settings.model_fields["llm_total_s"].default + 5
    grace = float(COMPOSE["services"]["kb1"]["stop_grace_period"].removesuffix("s"))
    unit = (DEPLOY / "systemd" / "policy-qa@.service").read_text(encoding="utf-8")
    stop = float(re.findall(r"^TimeoutStopSec=(\d+)s$", unit, re.MULTILINE)[0])
    assert min(grace, stop) >= longest


def test_image_is_installed_from_the_lock_files():
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "pip install --no-deps --require-hashes --only-binary :all: -r requirements.lock" in text
    assert "-c requirements-torch.lock torch" in text
    assert not re.search(r"pip install (?!--no-deps|--index-url)", text)
    for names in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE):
        for name in names.split():
            assert (ROOT / name).exists(), name


@pytest.mark.parametrize("file", sorted((DEPLOY / "nginx").iterdir()), ids=lambda file: file.name)
def test_nginx_blocks_are_closed_and_directives_ended(file: Path):
    text = re.sub(r"#.*", "", re.sub(r"'[^']*'", "''", file.read_text(encoding="utf-8")))
    depth = 0
    for line in filter(None, map(str.strip, text.splitlines())):
        depth += line.count("{") - line.count("}") if re.fullmatch(r".*\{|\}", line) else 0
        assert depth >= 0
        assert line.endswith(("{", "}", ";")) or line.startswith(("log_format", "''")), line
    assert depth == 0


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_pass_systemd(unit: Path, tmp_path: Path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("这台机器没有 systemd-analyze")
    for file in UNITS:
        text = file.read_text(encoding="utf-8").replace(
            "/opt/policy-qa/.venv/bin/python", shutil.which("true")
        )
        (tmp_path / file.name).write_text(text.replace("/opt/policy-qa", str(ROOT)), encoding="utf-8")
    result = subprocess.run([analyze, "verify", tmp_path / unit.name], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
