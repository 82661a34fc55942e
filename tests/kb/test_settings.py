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


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        pytest.param(
            {"KB_QDRANT_URL": "http://10.1.2.3:6333", "KB_QDRANT_WRITE_CONSISTENCY": "2"},
            "KB_QDRANT_REPLICAS",
            id="more_written_than_kept",
        ),
        pytest.param({"KB_QDRANT_API_KEY": "k"}, "KB_QDRANT_URL", id="key_of_no_server"),
        pytest.param({"KB_QDRANT_URL": "10.1.2.3:6333"}, "KB_QDRANT_URL", id="address_without_scheme"),
    ],
)
def test_cluster_that_cannot_be_is_refused(
    variables: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=sentence):
        read_settings()


@pytest.mark.parametrize(
    ("portal", "console", "pages"),
    [
        ("https://zcwd.example.gov.cn/", "https://nei.example.gov.cn", "https://zcwd.example.gov.cn"),
        (None, "https://nei.example.gov.cn/", "https://nei.example.gov.cn"),
        (None, None, ""),
    ],
)
def test_pages_of_citizens_have_their_own_address_before_that_of_the_console(
    portal: str | None, console: str | None, pages: str
):
    assert Settings(portal_url=portal, public_url=console).pages_url == pages


def test_template_of_an_account_that_cannot_send_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KB_WECHAT_TEMPLATE", "pwAkUeDdPnc1")
    monkeypatch.setenv("KB_WECHAT_TEMPLATE_FIELDS", "thing1=question, time3=date")
    with pytest.raises(SettingsError, match="KB_WECHAT_APP_SECRET"):
        read_settings()
    monkeypatch.setenv("KB_WECHAT_APP_SECRET", "app-secret")
    assert read_settings().wechat_template_fields == ("thing1=question", "time3=date")
