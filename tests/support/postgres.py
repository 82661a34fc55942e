"""A PostgreSQL cluster for tests: made in a temporary folder, on a free port, stopped afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from kb.storage.database import open_database

_DEBIAN = Path("/usr/lib/postgresql")
_PASSWORD = "test-password-1"
_COPIES_FILES = 150_000  # the first version that can be told to
_numbers = count(1)


def require_postgresql() -> Path:
    """The folder of PostgreSQL's server programs; without them tests are skipped, and fail in CI."""
    initdb = shutil.which("initdb")
    folders = [Path(initdb).parent] if initdb else sorted(_DEBIAN.glob("*/bin"), reverse=True)
    if not folders:
        line = "PostgreSQL 测试需要服务器程序；请以 root 运行 scripts/system-packages"
        if os.environ.get("CI") == "true":
            pytest.fail(line)
        pytest.skip(line)
    return folders[0]


class Cluster:
    """A running server; `url(name)` is the address of one of its databases."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._template: str | None = None

    def url(self, name: str, password: str = _PASSWORD) -> str:
        """The address of the database `name`, in the form of KB_DATABASE_URL."""
        return f"postgresql://kb:{password}@127.0.0.1:{self.port}/{name}"

    def new_database(self) -> str:
        """Create an empty database; return its address."""
        return self.url(self._create(""))

    def migrated_database(self) -> str:
        """Create a database with all tables, empty; return its address.

        It is a copy of one that the migrations made, for a tenth of their cost. Tests of the migrations
        themselves take an empty one (the fixture real_migrations).
        """
        if self._template is None:
            self._template = self._create("")
            open_database(Path(), self.url(self._template)).dispose()
        return self.url(self._create(f"TEMPLATE {self._template}"))

    def _create(self, options: str) -> str:
        name = f"kb{next(_numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            is_copied_quickly = options and connection.info.server_version >= _COPIES_FILES
            connection.execute(
                f"CREATE DATABASE {name} {options}{' STRATEGY FILE_COPY' if is_copied_quickly else ''}"
            )
        return name


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Context manager: a server with its data in `folder`, which must be new.

    PostgreSQL refuses to run as root, so then it runs as the user "postgres" or "nobody".
    """
    programs = require_postgresql()
    user = _unprivileged()
    data, secret = folder / "data", folder / "password"
    folder.chmod(0o755)
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    data.mkdir()
    secret.write_text(_PASSWORD, encoding="utf-8")
    if user is not None:
        for path in (folder, data, secret):
            os.chown(path, user.pw_uid, user.pw_gid)
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off -c max_connections=200"

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(data), *arguments]
        result = subprocess.run(
            command,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert result.returncode == 0, result.stderr

    run("initdb", "-U", "kb", f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync")
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield Cluster(port)
    finally:
        run("pg_ctl", "-m", "immediate", "stop")


def _unprivileged() -> pwd.struct_passwd | None:
    """The user to run the server as; None when this process is not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
