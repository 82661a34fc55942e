"""python -m kb repair, backup, restore: the operator's commands on the whole knowledge base."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kb.commands.options import AsJson, one_sentence
from kb.commands.rebuild import Restored, backup_home, rebuild_all, restore_home
from kb.commands.tasks import Repair, in_service
from kb.commands.terminal import Console
from kb.settings import read_settings

Archive = Annotated[Path, typer.Argument(help="备份文件，.zip")]


def repair(as_json: AsJson = False) -> None:
    """由数据库重建向量索引和常见问答的向量；服务运行时由服务就地重写，索引打不开时须先停止服务。"""
    with one_sentence():
        settings, command = read_settings(), Repair(as_json=as_json)
        code = in_service(command, settings, Console())
        if code is not None:
            raise typer.Exit(code)
        rebuilt = rebuild_all(settings, lambda line: print(line, file=sys.stderr))
    print(rebuilt.model_dump_json() if as_json else rebuilt)


def backup(file: Archive, as_json: AsJson = False) -> None:
    """把数据库的全部内容写到一个文件，服务运行时也可使用；文件原件不在其中，须另外复制。"""
    with one_sentence():
        manifest = backup_home(read_settings(), file, datetime.now(UTC))
    summary = (
        f"已备份 {manifest.rows} 行到 {file}；{len(manifest.originals)} 份文件的原件不在其中，请另外复制\n"
        f"其中有群众的提问和留言，请加密存放，并在 {manifest.destroy_by} 之前销毁（保存期限 "
        f"{manifest.retention_days} 天）"
    )
    print(manifest.model_dump_json() if as_json else summary)


def restore(
    file: Archive,
    replace: Annotated[bool, typer.Option("--replace", help="数据库里已有的内容全部换掉")] = False,
    as_json: AsJson = False,
) -> None:
    """由备份恢复数据库，全部成功或一点不动；须先停止服务，下次启动时重建索引。"""
    with one_sentence():
        restored = restore_home(read_settings(), file, replace, datetime.now(UTC))
    if as_json:
        more = restored.model_dump(mode="json", exclude={"manifest"})
        print(json.dumps({**restored.manifest.model_dump(mode="json"), **more}, ensure_ascii=False))
    else:
        print(_in_words(restored))


def _in_words(restored: Restored) -> str:
    manifest, purged = restored.manifest, restored.purged
    made = f"{manifest.made:%Y-%m-%d %H:%M}（UTC）"
    lines = [f"已恢复 {made}的备份，{manifest.rows} 行，备份已有 {restored.age_days} 天"]
    if purged:
        lines.append(
            f"其中已过保存期限的随即清除：提问 {purged.answers} 条，留言 {purged.questions} 条，"
            f"问答草稿 {len(purged.drafts)} 条"
        )
        lines.append("备份文件里仍有这些内容，请销毁它，另做一份新的备份")
    return "\n".join(lines)
