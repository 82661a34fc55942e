"""Restore a backup of scripts/backup_all.py beside the service, see whether it is whole, and remove it.

    python scripts/restore_drill.py /backup/policy-qa/policy-qa-20260301T183000Z [--ask 问题]

On PostgreSQL a database of its own is made on the server of KB_DATABASE_URL, whose user must be allowed to
(CREATEDB), and dropped afterwards; the service and its data are not touched. With --ask the index is rebuilt
and the question answered, which takes as long as after a real restore.
"""

import argparse
import json
import shutil
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from kb.commands.rebuild import restore_home
from kb.errors import DatasetError, KbError, SettingsError
from kb.knowledge_base import open_knowledge_base
from kb.models import Question
from kb.settings import Settings, read_settings
from kb.staff.audit import Audit
from kb.storage.database import postgresql_url
from kb.storage.parts import open_sql
from kb.storage.tables import documents, faq_entries, questions

sys.path.insert(0, str(Path(__file__).parent))
from backup_all import ARCHIVE, DUMP, KEY, MANIFEST, ORIGINALS, run_for, sha256

_COUNTED = {"文件": documents, "常见问答": faq_entries, "留言": questions}


def drill(settings: Settings, folder: Path, home: Path, question: str | None) -> None:
    """Restore `folder` into the new `home`, check it, print what was found.

    Raises:
        KbError: something is missing, damaged, or cannot be restored.
    """
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    with step("核对校验值"):
        for name, expected in manifest["files"].items():
            if not (folder / name).exists() or sha256(folder / name) != expected:
                raise DatasetError(f"{name} 不见了或与备份时不同，这份备份不能用")
    with restored(settings, folder, home, manifest) as trial:
        with step("核对审计记录"), open_sql(trial) as engine:
            fault = Audit(engine).verify(manifest["audit"]["hash"])
            if fault is not None:
                raise DatasetError(f"恢复出的审计记录不完整：{fault}")
        with open_sql(trial) as engine, engine.connect() as connection:
            for name, table in _COUNTED.items():
                count = connection.scalar(sa.select(sa.func.count()).select_from(table))
                print(f"{name} {count}")
        if question:
            with step("重建索引并提问"), open_knowledge_base(trial) as kb:
                answer = kb.answerer.answer(Question(text=question))
                print(f"{question} → {answer.text}")


@contextmanager
def restored(settings: Settings, folder: Path, home: Path, manifest: dict[str, Any]) -> Iterator[Settings]:
    """Context manager: the settings of a knowledge base in `home` that holds the backup."""
    with step("放回原件"):
        if (folder / ORIGINALS).exists():
            with tarfile.open(folder / ORIGINALS) as archive:
                archive.extractall(home, filter="data")
        if (folder / KEY).exists():
            shutil.copy2(folder / KEY, home / KEY)
    if manifest["database"] == "sqlite":
        trial = settings.model_copy(update={"home": home, "database_url": None})
        with step("恢复数据库"):
            restore_home(trial, folder / ARCHIVE, replace=False, now=datetime.now(UTC))
        yield trial
        return
    with scratch_database(settings) as url:
        with step("恢复数据库"):
            command = [
                "pg_restore",
                "--exit-on-error",
                "--no-owner",
                "--no-privileges",
                f"--dbname={url.database}",
            ]
            run_for(url, [*command, str(folder / DUMP)])
        text = url.set(drivername="postgresql").render_as_string(hide_password=False)
        yield settings.model_copy(update={"home": home, "database_url": SecretStr(text)})


@contextmanager
def scratch_database(settings: Settings) -> Iterator[sa.URL]:
    """Context manager: a new database on the server of the settings, dropped at the end."""
    if settings.database_url is None:
        raise SettingsError("这份备份来自 PostgreSQL；请用 KB_DATABASE_URL 指定可以建库的服务器")
    url = postgresql_url(settings.database_url.get_secret_value())
    name = f"policy_qa_drill_{datetime.now(UTC):%Y%m%d%H%M%S%f}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        try:
            yield url.set(database=name)
        finally:
            with engine.connect() as connection:
                connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    except sa.exc.SQLAlchemyError as error:
        raise DatasetError(f"不能建演练用的库：{error}") from error
    finally:
        engine.dispose()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Context manager: print how long a step took."""
    begin = perf_counter()
    yield
    print(f"{name}：{perf_counter() - begin:.1f} 秒", flush=True)


def main() -> int:
    """Restore, check, remove; the exit code."""
    parser = argparse.ArgumentParser(description="在服务之外恢复一份备份，核对后删除")
    parser.add_argument("folder", type=Path, help="backup_all.py 写出的一个目录")
    parser.add_argument("--ask", help="恢复后问这一句")
    arguments = parser.parse_args()
    begin = perf_counter()
    try:
        settings = read_settings()
        with TemporaryDirectory(prefix="policy-qa-drill-") as home:
            models = settings.home / "models"
            if models.is_dir():  # unpacked already: saves a minute of a slow disk
                (Path(home) / "models").symlink_to(models.resolve(), target_is_directory=True)
            drill(settings, arguments.folder, Path(home), arguments.ask)
    except (KbError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"演练成功，共 {perf_counter() - begin:.0f} 秒；请记下日期和用时")
    return 0


if __name__ == "__main__":
    sys.exit(main())
