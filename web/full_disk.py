"""What is refused while the disk is nearly full: whatever adds to what is stored (507).

Asking, reading, signing in, switching the column and deleting go on; they need little, and an administrator
must be able to do them then. Below this the database and the index refuse by themselves.
"""

from fastapi import Request

from kb.space import require_space
from web.state import knowledge_base

_ADDING = ("POST", "PUT", "PATCH")


def needs_room(request: Request) -> None:
    """FastAPI dependency of routers whose requests add to what is stored.

    Raises:
        NoSpaceError: the disk of KB_HOME is nearly full.
    """
    settings = knowledge_base(request).settings
    if request.method in _ADDING and settings.database_url is None:
        require_space(settings.home)
