"""Replies that are written often, kept as templates: for one department, or for all."""

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update

from kb.errors import InputError, NotFoundError
from kb.models import Model
from kb.queue.changing import checked
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction
from kb.storage.queue_tables import reply_templates

_MAX_NAME_CHARS, _MAX_TEXT_CHARS = 30, 4_000
_GONE = "这个模板已经不在了，请刷新。"


class ReplyTemplate(Model):
    """A template; `department` None: for every department."""

    id: int
    name: str
    text: str
    department: str | None


class Templates:
    """The templates in SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, audit: Audit) -> None:
        self._engine = engine
        self._audit = audit

    def all(self, staff: Staff) -> tuple[ReplyTemplate, ...]:
        """The templates that `staff` may use, by name."""
        require(staff, Action.QUEUE)
        table = reply_templates
        rows = select(table).order_by(table.c.name, table.c.id)
        if staff.bound_to:
            rows = rows.where(or_(table.c.department.is_(None), table.c.department.in_(staff.bound_to)))
        with transaction(self._engine) as connection:
            return tuple(
                ReplyTemplate.model_validate(dict(row)) for row in connection.execute(rows).mappings()
            )

    def save(
        self, staff: Staff, template_id: int | None, name: str, text: str, department: str, now: datetime
    ) -> ReplyTemplate:
        """Save a template, a new one without `template_id`; staff bound to departments save for those only.

        Raises:
            InputError: the name or the text is empty or too long, or staff bound to departments name none.
            NotFoundError: it is gone.
            NotAllowedError: the role may not, or it belongs to another department.
        """
        owner = department.strip() or None
        require(staff, Action.TEMPLATES, owner)
        if owner is None and staff.bound_to:
            raise InputError("请填写模板所属的部门；全部单位通用的模板由管理员维护。")
        values = {
            "name": checked(name, "模板名称", _MAX_NAME_CHARS),
            "text": checked(text, "模板内容", _MAX_TEXT_CHARS),
            "department": owner,
        }
        with transaction(self._engine) as connection:
            before = self._held(connection, staff, template_id) if template_id else None
            if before is None:
                result = connection.execute(insert(reply_templates).values(**values))
                assert result.inserted_primary_key is not None
                saved = ReplyTemplate.model_validate({"id": result.inserted_primary_key[0], **values})
            else:
                mine = reply_templates.c.id == before.id
                connection.execute(update(reply_templates).where(mine).values(**values))
                saved = before.model_copy(update=values)
            old = before.model_dump() if before else None
            subject = f"答复模板 {saved.name}"
            self._audit.write(connection, staff.name, "保存答复模板", subject, old, saved.model_dump(), now)
            return saved

    def remove(self, staff: Staff, template_id: int, now: datetime) -> None:
        """Remove a template.

        Raises:
            NotFoundError: it is gone.
            NotAllowedError: the role may not, or it belongs to another department.
        """
        require(staff, Action.TEMPLATES)
        with transaction(self._engine) as connection:
            before = self._held(connection, staff, template_id)
            connection.execute(delete(reply_templates).where(reply_templates.c.id == before.id))
            subject = f"答复模板 {before.name}"
            self._audit.write(connection, staff.name, "删除答复模板", subject, before.model_dump(), None, now)

    def _held(self, connection: Connection, staff: Staff, template_id: int) -> ReplyTemplate:
        """The template, if `staff` may change it: staff bound to departments only those of theirs."""
        table = reply_templates
        row = connection.execute(select(table).where(table.c.id == template_id)).mappings().first()
        if row is None:
            raise NotFoundError(_GONE, _GONE)
        template = ReplyTemplate.model_validate(dict(row))
        if template.department is None and staff.bound_to:
            raise InputError("全部单位通用的模板由管理员维护。")
        require(staff, Action.TEMPLATES, template.department)
        return template
