"""Settings come from KB_*; misspelt names are errors."""

from pathlib import Path

import pytest

from kb.errors import SettingsError
from kb.settings import Settings, read_settings


def test_empty_environment_gives_the_defaults():
    assert read_settings({}) == Settings()
    assert Settings().home == Path("var")


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KB_HOME", "/srv/kb")
    monkeypatch.setenv("KB_PORT", "8080")
    settings = read_settings()
    assert (settings.home, settings.port) == (Path("/srv/kb"), 8080)


def test_unknown_variable_is_named_in_error():
    with pytest.raises(SettingsError, match="KB_HOMEE"):
        read_settings({"KB_HOMEE": "/srv/kb"})


def test_wrong_value_error_names_variable_and_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KB_PORT", "七八六零")
    with pytest.raises(SettingsError, match="KB_PORT='七八六零'"):
        read_settings()
