"""All settings in one typed object, built once in the command line and passed down.

Order of precedence: arguments, environment (`PENINSULA_…`), `.env`, defaults. Nothing else reads the environment.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipeline.errors import ConfigurationError

__all__ = ["ROOT", "Settings", "load_settings"]

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds `pipeline/`, `models/`, `data/kb/` and `feeds.yaml`: the checkout, or the site-packages of an installation."""


class Settings(BaseSettings):
    """Every number that someone chose says why at its field."""

    model_config = SettingsConfigDict(env_prefix="PENINSULA_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(Path("data"), description="Where the database, raw bodies and run reports are kept.")
    database_url: str | None = Field(None, description="SQLAlchemy URL of a PostgreSQL database; default is SQLite in data_dir.")
    feeds: Path = Field(Path("feeds.yaml"), description="The list of feeds.")
    kb_dir: Path = Field(ROOT / "data" / "kb", description="The knowledge base's facts.")
    models_dir: Path = Field(ROOT / "models" / "language", description="The trained language models.")
    model: str = Field(
        "encoder",
        description="Recogniser of English names and grammar: 'encoder' reads best, 'cnn' is small, 'blank' has rules alone; "
        "any other value is the name of an installed spaCy pipeline (en_core_web_trf).",
    )

    event_reader: bool = Field(
        default=True, description="Let the trained reader decide English events (with the model 'encoder'); else rules alone do."
    )

    user_agent: str = Field(
        "Peninsula/0.1 (news monitor)",
        description="Sent with every request. Add a contact address: operators of sites want one.",
    )
    threads: int = Field(16, ge=1, le=64, description="Requests in flight at once; more gains nothing, since politeness decides the time.")
    host_delay: float = Field(5.0, ge=0, description="Seconds between the starts of two requests to one host, the custom of news crawlers.")
    host_parallel: int = Field(2, ge=1, description="Requests in flight to one host.")
    connect_timeout: float = Field(10.0, gt=0, description="Seconds to connect: long for the far side of the world, short for a dead host.")
    read_timeout: float = Field(20.0, gt=0, description="Seconds between two pieces of a body.")
    total_timeout: float = Field(60.0, gt=0, description="Seconds for one request in all, so that a body that trickles ends.")
    max_feed_bytes: int = Field(
        10_000_000, gt=0, description="Decompressed size cap of a feed: far above any honest one, far below what hurts memory."
    )
    max_page_bytes: int = Field(5_000_000, gt=0, description="Decompressed size cap of a page; news pages average a third of a megabyte.")
    max_redirects: int = Field(5, ge=0, description="Redirects followed; more than that is a loop in all but name.")
    connect_to: dict[str, str] = Field(
        default_factory=dict,
        description='Host names answered by another address, as JSON: {"wire.example": "127.0.0.1:8080"}. For the sample newsroom and tests.',
    )
    private_hosts: list[str] = Field(
        default_factory=list,
        description='Hosts in private or local networks that may be asked, as JSON: ["intranet.example"]. All others there are refused.',
    )
    max_poll_interval: float = Field(
        79_200.0,
        ge=0,
        le=79_200.0,
        description="Longest pause of a healthy feed in seconds: 22 hours, so that a nightly run finds all due; 0 asks them in every run.",
    )
    max_articles: int = Field(5_000, ge=1, description="Articles fetched in one run; the rest waits for the next.")
    refetch_share: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Share of max_articles that may be pages asked for again to see edits; new pages go first, 0 asks for none.",
    )
    time_limit: float = Field(
        0.0, ge=0, description="Seconds after which an ingest takes nothing new and ends with what it has, with exit code 3; 0 for none."
    )
    lease_seconds: float = Field(
        300.0,
        ge=1,
        description="Seconds after which ingests beside it, on PostgreSQL, take over what a dead one held: longer than any pause of a living one.",
    )
    min_feeds_ok: float = Field(0.6, ge=0, le=1, description="Share of feeds that must answer, else exit code 3; a few are always down.")
    near_duplicate_days: int = Field(14, ge=1, description="How far back copies of a story are looked for; wires are copied within days.")
    web_hosts: list[str] = Field(
        default_factory=list,
        description='Names under which `peninsula serve` answers, as JSON: ["news.example"]. On this machine alone it knows localhost too; '
        "a server that is open to the network answers under every name where this is empty.",
    )
    api_rate: int = Field(
        600,
        ge=0,
        description="Requests a minute from one address without a token, 0 for no limit: more than a person clicks, less than hurts others.",
    )
    api_tokens: Path | None = Field(
        None,
        description="File of tokens that `peninsula serve token` makes; default is api_tokens.json in data_dir. It holds hashes alone.",
    )
    api_text: bool = Field(
        default=False, description="Give out the texts of articles at /api/v1/articles: only where you have the rights to all of them."
    )
    api_origins: list[str] = Field(
        default_factory=list,
        description='Web pages of other hosts that may read the interface in a browser (CORS), as JSON: ["https://lab.example"].',
    )
    proxy_header: str | None = Field(
        None,
        pattern="^[A-Za-z0-9-]+$",
        description="Header in which a proxy in front says who signed in with it, such as X-Remote-User: that account is then signed in, "
        "and passwords are not asked for. The proxy must remove the header from what others send.",
    )
    proxy_addresses: list[IPv4Network | IPv6Network] = Field(
        [IPv4Network("127.0.0.1"), IPv6Network("::1")],
        description='Addresses of the proxy in front, as JSON: ["10.0.0.0/24"]. From these alone proxy_header, X-Forwarded-For and '
        "X-Forwarded-Proto are believed; default is this machine.",
    )
    proxy_unknown: Literal["refuse", "viewer"] = Field(
        "refuse", description="What becomes of a name in proxy_header without an account: refuse it, or add it as a viewer."
    )
    ping_url: SecretStr | None = Field(
        None,
        description="Address requested when a run has ended well, with /CODE at its end otherwise, as healthchecks.io has it. A secret.",
    )
    log_format: Literal["text", "json"] = Field("text", description="Logs on standard error: for people, or one JSON object a line.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("WARNING", description="The least level that is logged.")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'peninsula.db'}"

    @property
    def tokens_file(self) -> Path:
        """Where the tokens of the REST interface are kept."""
        return self.api_tokens or self.data_dir / "api_tokens.json"

    @property
    def lists_dir(self) -> Path:
        """Where fetched versions of sanctions lists are kept."""
        return self.data_dir / "lists"


def load_settings(**overrides: object) -> Settings:
    """Build the settings; arguments that are None count as not given. Raises ConfigurationError that names the field."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"setting {name} (PENINSULA_{name.upper()}): {first['msg']}") from error
