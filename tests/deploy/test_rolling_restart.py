"""deploy/rolling-restart takes workers out of nginx one by one, and stops where one does not come back."""

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "deploy" / "rolling-restart"
UPSTREAM = "server 127.0.0.1:7861 max_fails=1;\nserver 127.0.0.1:7862 max_fails=1;\n"


def rolled(
    tmp_path: Path, ready: str, *workers: str
) -> tuple[subprocess.CompletedProcess[str], list[str], str]:
    """Run it with stand-ins that write down what they are asked, and what nginx would read then."""
    upstream, log = tmp_path / "upstream.conf", tmp_path / "log"
    upstream.write_text(UPSTREAM, encoding="utf-8")
    stand_in = tmp_path / "stand-in"
    stand_in.write_text(
        f'#!/bin/sh\necho "$1 $(grep -o "786[12].*down" {upstream} | cut -c1-4)" >>{log}\n', encoding="utf-8"
    )
    stand_in.chmod(0o755)
    environment = {
        **os.environ,
        "UPSTREAM": str(upstream),
        "CHECK": "true",
        "RELOAD": f"{stand_in} reload",
        "RESTART": f"{stand_in} restart@",
        "READY": ready,
        "SECONDS_AT_MOST": "0",
    }
    result = subprocess.run([SCRIPT, *workers], env=environment, capture_output=True, text=True)
    return result, log.read_text().splitlines() if log.exists() else [], upstream.read_text()


def test_each_worker_is_out_of_nginx_while_it_restarts(tmp_path: Path):
    result, done, upstream = rolled(tmp_path, "true %", "7861", "7862")
    assert result.returncode == 0, result.stderr
    first = ["reload 7861", "restart@7861 7861", "reload "]
    assert done == [*first, "reload 7862", "restart@7862 7862", "reload "]
    assert upstream == UPSTREAM


def test_worker_that_does_not_come_back_stays_out_and_others_stay_in(tmp_path: Path):
    result, done, upstream = rolled(tmp_path, "false %", "7861", "7862")
    assert result.returncode == 1
    assert "还没有就绪" in result.stderr
    assert done == ["reload 7861", "restart@7861 7861"]
    assert "7861 max_fails=1 down;" in upstream
    assert "7862 max_fails=1;" in upstream


def test_unknown_worker_and_single_worker_are_refused(tmp_path: Path):
    assert rolled(tmp_path, "true", "7869", "7862")[0].returncode == 1
    assert rolled(tmp_path, "true", "7861")[0].returncode == 2
