"""The nginx samples: what they keep inside is what only staff and operators need."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from web.edge.body_limit import MAX_BODY
from web.edge.security import SIGN_IN_PATHS, is_guarded

ROOT = Path(__file__).parents[3]
SAMPLES = (ROOT / "docs/runbooks/embed-in-portal.md", ROOT / "deploy/nginx/policy-qa.conf")
OPERATORS = ("/metrics", "/openapi.json", "/readyz", "/mcp")  # and the district's own agents


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda file: file.name)
def sample(request: pytest.FixtureRequest) -> str:
    file: Path = request.param
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def inside(sample: str) -> re.Pattern[str]:
    """The paths that the sample gives to some addresses only."""
    (found,) = re.findall(r"location ~ (\S+) \{([^}]*)\}", sample)
    pattern, rules = found
    assert re.search(r"allow [\d./]+;.*\n\s*deny all;", rules)
    return re.compile(pattern)


def test_sample_keeps_staff_and_operators_paths_inside(app: FastAPI, inside: re.Pattern[str]):
    paths = [*app.openapi()["paths"], "/console/", "/console/gradio_api/queue/join", *OPERATORS]
    kept = [path for path in paths if is_guarded({"path": path}) or path in (*SIGN_IN_PATHS, *OPERATORS)]
    assert [path for path in paths if inside.search(path)] == kept
    assert {"/login", "/api/staff/users", "/metrics"} <= set(kept)


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/widget.js", "/healthz", "/consoles", "/api/staffing", "/static/a"]
)
def test_sample_gives_everything_else_to_everybody(path: str, inside: re.Pattern[str]):
    assert not inside.search(path)


def test_sample_has_the_limits_of_the_program(sample: str):
    assert f"client_max_body_size {MAX_BODY // 1024}k;" in sample
    for directive in ("proxy_buffering off;", "proxy_read_timeout 300s;", "X-Forwarded-Proto $scheme;"):
        assert directive in sample
