"""Settings: the only reader of the environment (KB_*).

Read once, by a program's `main`; every other object gets what it needs by constructor.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from kb.errors import SettingsError

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
_HOST = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_TEMPLATE_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
TEMPLATE_FACTS = ("code", "question", "department", "date")  # what a template's field can say
_COMMAS = re.compile(r"[,，\s]+")
Names = Annotated[tuple[str, ...], NoDecode]  # separated by commas, not JSON


class Settings(BaseSettings):
    """All settings; unset means embedded parts only (Qdrant Edge, SQLite, no language model)."""

    model_config = SettingsConfigDict(env_prefix="KB_", frozen=True, extra="forbid")

    home: Path = Path("var")
    database_url: SecretStr | None = None  # postgresql://…; unset is SQLite in `home`
    qdrant_url: str | None = Field(default=None, pattern=r"^https?://[^\s@?#]+$")  # unset: Edge in `home`
    qdrant_api_key: SecretStr | None = None
    qdrant_collection: str = Field(
        default="policy-qa", pattern=r"^[A-Za-z0-9_-]{1,100}$"
    )  # its names begin so
    qdrant_shards: int = Field(default=1, ge=1, le=256)
    qdrant_replicas: int = Field(default=1, ge=1, le=16)
    qdrant_write_consistency: int = Field(default=1, ge=1, le=16)  # replicas that must have a write
    qdrant_quantization: str = Field(default="off", pattern="^(off|scalar)$")
    qdrant_timeout_s: int = Field(default=5, ge=1, le=60)  # of one search
    embed_model: str = "bundled"
    embed_dtype: str = "auto"
    reader: str = "bundled"  # reads the first passages; "off", or the file of another reader
    rerank_model: str | None = None  # a sentence-transformers CrossEncoder
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65_535)
    drain_s: float = Field(default=0, ge=0, le=600)  # serves on after SIGTERM, while /readyz says draining
    log_format: str = Field(default="text", pattern="^(text|json)$")
    allowed_origins: Names = ()  # sites that may embed the widget or frame a page
    trusted_proxies: Names = ("127.0.0.1", "::1")  # proxies whose X-Forwarded-For is trusted
    fetch_hosts: Names = ()  # sites whose pages may be fetched; ".gov.cn" allows its subdomains
    rate_session: int = Field(default=20, ge=0)  # requests a minute; 0 is no limit
    rate_address: int = Field(default=120, ge=0)
    most_waiting: int = Field(default=200, ge=1)  # questions that wait for their turn; more get 503
    upload_quota_mb: int = Field(default=200, ge=21)  # of one account's uploads in the console, not yet read
    document_review: str = Field(default="required", pattern="^(required|off)$")  # of uploads, by another
    upload_hours: int = Field(default=24, ge=1)  # after which an upload that nobody read is deleted
    api_keys: str = Field(default="optional", pattern="^(optional|required)$")  # for /v1 and /api/search
    admin_password: SecretStr | None = None  # for the first account; not used once there is one
    reply_days: int = Field(default=7, ge=0)  # promised to citizens who leave a question; 0: no promise
    retention_days: int = Field(default=180, ge=1)
    llm_base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")  # unset: answers are quoted
    llm_model: str | None = None
    llm_api_key: SecretStr | None = None
    llm_connect_s: float = Field(default=5, gt=0, le=600)
    llm_first_token_s: float = Field(default=30, gt=0, le=3_600)  # waiting in the queue included
    llm_total_s: float = Field(default=90, gt=0, le=3_600)
    llm_concurrency: int = Field(default=4, ge=1, le=64)
    llm_context_tokens: int = Field(default=3_072, ge=1_024)  # question, passages and answer together
    llm_answer_tokens: int = Field(default=400, ge=64, le=4_096)
    public_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$"
    )  # of the console, as staff open it
    smtp_host: str | None = None  # unset: notices by mail do not go out
    smtp_port: int = Field(default=25, ge=1, le=65_535)
    smtp_security: str = Field(default="off", pattern="^(off|starttls|tls)$")
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str = Field(default="policy-qa@localhost", pattern=r"^[^\s@]+@[^\s@]+$")
    sign_on: str = Field(default="off", pattern="^(off|oidc|cas)$")  # the district's own, for staff
    sign_on_name: str = Field(default="统一身份认证", min_length=1, max_length=20)
    sign_on_url: str | None = Field(default=None, pattern=r"^https?://\S+$")  # issuer, or the CAS server
    sign_on_client_id: str | None = None
    sign_on_client_secret: SecretStr | None = None
    sign_on_scopes: Names = ("openid", "profile")
    sign_on_account_claim: str = "preferred_username"
    sign_on_title_claim: str = "name"
    sign_on_role_claim: str = "roles"
    sign_on_roles: Names = ()  # value=role
    sign_on_department_claim: str | None = None  # unset: administrators give departments
    sign_on_departments: Names = ()  # value=department; empty: the values as they are
    site_owner: str | None = Field(default=None, max_length=60)  # 主办单位, at the foot of every page
    site_record: str | None = Field(default=None, max_length=40)  # 备案号
    site_code: str | None = Field(default=None, max_length=20)  # 政府网站标识码
    hotline: str = Field(default="12345", pattern=r"^[0-9+\- ]{3,20}$")
    portal_url: str | None = Field(default=None, pattern=r"^https?://\S+$")  # as citizens open it
    wechat_token: SecretStr | None = None  # of the 公众号; unset: it is not answered
    wechat_app_id: str | None = None
    wechat_aes_key: SecretStr | None = None  # unset: plain mode
    wechat_app_secret: SecretStr | None = None  # unset: an account that may not send messages by itself
    wechat_template: str | None = Field(default=None, pattern=r"^[\w-]{1,64}$")  # for replies after 48 hours
    wechat_template_fields: Names = ()  # name=what: code, question, department, date
    wechat_api_url: str = Field(default="https://api.weixin.qq.com", pattern=r"^https?://\S+$")
    wechat_wait_s: float = Field(default=4, gt=0, lt=5)  # the platform waits for five
    wecom_token: SecretStr | None = None  # of the 企业微信 application; unset: it is not answered
    wecom_corp_id: str | None = None
    wecom_aes_key: SecretStr | None = None
    wecom_members: Names = ()  # member=account

    @property
    def pages_url(self) -> str:
        """The address of the pages that citizens open, without a slash at its end; empty: nobody has said it.

        Where only that of the console is known, both are taken to be one.
        """
        return (self.portal_url or self.public_url or "").rstrip("/")

    @field_validator(
        "allowed_origins",
        "trusted_proxies",
        "fetch_hosts",
        "wechat_template_fields",
        "wecom_members",
        "sign_on_scopes",
        "sign_on_roles",
        "sign_on_departments",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, _COMMAS.split(value))) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _model_is_whole(self) -> Self:
        if self.llm_base_url and not self.llm_model:
            raise ValueError("设了 KB_LLM_BASE_URL，还要用 KB_LLM_MODEL 说明用哪个模型")
        if self.llm_answer_tokens * 2 > self.llm_context_tokens:
            raise ValueError("KB_LLM_ANSWER_TOKENS 不能超过 KB_LLM_CONTEXT_TOKENS 的一半")
        return self

    @model_validator(mode="after")
    def _channels_are_whole(self) -> Self:
        if self.wechat_token and not (self.portal_url and self.wechat_app_id):
            raise ValueError("设了 KB_WECHAT_TOKEN，还要设 KB_WECHAT_APP_ID 和 KB_PORTAL_URL（答复里的链接）")
        for pair in self.wechat_template_fields:
            name, _, what = pair.partition("=")
            if not _TEMPLATE_FIELD.fullmatch(name) or what not in TEMPLATE_FACTS:
                raise ValueError(f"KB_WECHAT_TEMPLATE_FIELDS 的“{pair}”应如 thing1=question，逗号分隔")
        if bool(self.wechat_template) != bool(self.wechat_template_fields):
            raise ValueError("KB_WECHAT_TEMPLATE 和 KB_WECHAT_TEMPLATE_FIELDS 要一起设")
        if self.wechat_template and not self.wechat_app_secret:
            raise ValueError("设了 KB_WECHAT_TEMPLATE，还要设 KB_WECHAT_APP_SECRET：没有它发不了模板消息")
        if self.wecom_token and not (self.portal_url and self.wecom_corp_id and self.wecom_aes_key):
            raise ValueError(
                "设了 KB_WECOM_TOKEN，还要设 KB_WECOM_CORP_ID、KB_WECOM_AES_KEY 和 KB_PORTAL_URL"
            )
        for name, key in (("WECHAT", self.wechat_aes_key), ("WECOM", self.wecom_aes_key)):
            if key and not _AES_KEY.fullmatch(key.get_secret_value()):
                raise ValueError(f"KB_{name}_AES_KEY 应是后台给出的 EncodingAESKey，43 个字母和数字")
        return self

    @field_validator("wecom_members")
    @classmethod
    def _are_pairs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pair in value:
            if not all(pair.partition("=")):
                raise ValueError(f"{pair} 应写作 企业微信账号=控制台账号")
        return value

    @model_validator(mode="after")
    def _sign_on_is_whole(self) -> Self:
        needed = ["sign_on_url", "public_url", "sign_on_roles"] if self.sign_on != "off" else []
        needed += ["sign_on_client_id"] if self.sign_on == "oidc" else []
        missing = [f"KB_{name.upper()}" for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"设了 KB_SIGN_ON={self.sign_on}，还要设 {'、'.join(missing)}")
        return self

    @model_validator(mode="after")
    def _cluster_is_possible(self) -> Self:
        if self.qdrant_write_consistency > self.qdrant_replicas:
            raise ValueError("KB_QDRANT_WRITE_CONSISTENCY 不能超过 KB_QDRANT_REPLICAS")
        if self.qdrant_api_key and not self.qdrant_url:
            raise ValueError("设了 KB_QDRANT_API_KEY，还要用 KB_QDRANT_URL 说明服务器的地址")
        return self

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin} 不是网站来源，应如 https://www.example.gov.cn，末尾不带斜杠")
        return value

    @field_validator("fetch_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host} 不是网站的域名，应如 www.example.gov.cn，不带 http:// 和路径")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            ipaddress.ip_network(address)
        return value


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment.

    pydantic-settings silently ignores misspelt variables, so unknown KB_* names are looked for here.

    Raises:
        SettingsError: an unknown KB_* name, or a value of the wrong type.
    """
    names = os.environ if environ is None else environ
    known = {f"KB_{field.upper()}" for field in Settings.model_fields}
    unknown = sorted(name for name in names if name.startswith("KB_") and name not in known)
    if unknown:
        raise SettingsError(f"不认识的环境变量 {'、'.join(unknown)}；可用的有 {'、'.join(sorted(known))}")
    try:
        return Settings()
    except ValidationError as error:
        wrong = "；".join(map(_wrong, error.errors()))
        raise SettingsError(f"环境变量的值不对：{wrong}") from error


def _wrong(detail: ErrorDetails) -> str:
    """A sentence that says what is wrong with a variable, or with several together."""
    if not detail["loc"]:
        return detail["msg"].removeprefix("Value error, ")
    return f"KB_{str(detail['loc'][0]).upper()}={detail['input']!r}: {detail['msg']}"
