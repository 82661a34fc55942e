"""Back up everything into a new folder: the database, the original files, the key of second steps.

    python scripts/backup_all.py /backup/policy-qa [--keep-days 180]

On PostgreSQL the database is dumped by pg_dump (one moment, restored by pg_restore, tables in parallel), on
SQLite by `python -m kb backup`. The index is not in it: it is rebuilt from the database. `manifest.json`
holds the SHA-256 of every file and the head of the audit log, by which scripts/restore_drill.py knows that
nothing is missing. Folders older than KB_RETENTION_DAYS are deleted, because they hold citizens' words.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import URL

from kb.commands.rebuild import backup_home
from kb.errors import DatasetError, KbError
from kb.settings import Settings, read_settings
from kb.staff.audit import Audit
from kb.storage.database import postgresql_url
from kb.storage.parts import open_sql

MANIFEST, DUMP, ARCHIVE, ORIGINALS, KEY = (
    "manifest.json",
    "database.dump",
    "database.zip",
    "documents.tar",
    "accounts.key",
)
_NAME, _TIME = "policy-qa-", "%Y%m%dT%H%M%SZ"
_PORTION = 1 << 20


def back_up(settings: Settings, parent: Path, now: datetime) -> Path:
    """Write a backup into a new folder under `parent`, whole or not at all; return the folder.

    Raises:
        KbError: the knowledge base cannot be read, or the folder cannot be written.
    """
    folder = parent / f"{_NAME}{now:{_TIME}}"
    partial = folder.with_suffix(".partial")
    if folder.exists():
        raise DatasetError(f"{folder} 已经存在，没有备份")
    partial.mkdir(mode=0o700, parents=True)
    try:
        with open_sql(settings) as engine:
            head = Audit(engine).head()  # before the dump, so that it is in it
        dump_database(settings, partial, now)
        originals = settings.home / "documents"
        if originals.is_dir():
            with tarfile.open(partial / ORIGINALS, "w") as archive:
                archive.add(originals, arcname="documents")
        if (settings.home / KEY).exists():
            shutil.copy2(settings.home / KEY, partial / KEY)
        manifest = {
            "made": now.isoformat(),
            "database": "postgresql" if settings.database_url else "sqlite",
            "audit": {"entries": head.count, "hash": head.hash},
            "retention_days": settings.retention_days,
            "files": {file.name: sha256(file) for file in sorted(partial.iterdir())},
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return folder


def dump_database(settings: Settings, folder: Path, now: datetime) -> None:
    """Write the database into `folder`, as of one moment; the service may run."""
    if settings.database_url is None:
        backup_home(settings, folder / ARCHIVE, now)
        return
    url = postgresql_url(settings.database_url.get_secret_value())
    left_out = ["--no-unlogged-table-data", "--exclude-table-data=chunk_vectors"]  # kb.storage.sharing.tables
    whole = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", *left_out]
    run_for(url, [*whole, f"--file={folder / DUMP}"])


def run_for(url: URL, command: list[str]) -> None:
    """Run a client of PostgreSQL on the database at `url`, whose password no other user can see.

    Raises:
        KbError: it is not installed, or fails.
    """
    try:
        result = subprocess.run(command, env={**os.environ, **_client(url)}, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise DatasetError(f"没有 {command[0]}；请安装 PostgreSQL 的客户端，版本不低于服务器") from error
    if result.returncode != 0:
        raise DatasetError(f"{command[0]} 失败：{result.stderr.strip()}")


def _client(url: URL) -> dict[str, str]:
    named = {
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    return {name: str(value) for name, value in named.items() if value is not None}


def sha256(file: Path) -> str:
    """The SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while portion := content.read(_PORTION):
            digest.update(portion)
    return digest.hexdigest()


def drop_old(parent: Path, now: datetime, days: int) -> list[Path]:
    """Delete the backups made more than `days` ago; return them."""
    oldest = f"{_NAME}{now - timedelta(days=days):{_TIME}}"
    old = [folder for folder in sorted(parent.glob(f"{_NAME}*Z")) if folder.name < oldest]
    for folder in old:
        shutil.rmtree(folder)
    return old


def main() -> int:
    """Back up, delete old backups, and say so; the exit code."""
    parser = argparse.ArgumentParser(description="备份数据库、原件和两步登录的密钥")
    parser.add_argument("folder", type=Path, help="备份放在它下面，一次一个目录")
    parser.add_argument("--keep-days", type=int, help="保留几天；不写就按 KB_RETENTION_DAYS")
    arguments = parser.parse_args()
    now = datetime.now(UTC)
    try:
        settings = read_settings()
        folder = back_up(settings, arguments.folder, now)
        old = drop_old(arguments.folder, now, arguments.keep_days or settings.retention_days)
    except (KbError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"已备份到 {folder}；其中有群众的提问、留言和密钥，请加密存放")
    if old:
        print(f"过了期限，已删除 {len(old)} 份旧备份")
    return 0


if __name__ == "__main__":
    sys.exit(main())
