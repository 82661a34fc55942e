"""The base of all data: its errors end up in logs."""

import pytest
from pydantic import ValidationError

from kb.models import Question


def test_error_of_a_model_does_not_quote_what_was_typed():
    with pytest.raises(ValidationError) as caught:
        Question(text="我家西渡口鹦鹉螺号怎么办？", histori=("我家西渡口鹦鹉螺号",))
    assert "鹦鹉螺" not in str(caught.value)
