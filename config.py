"""Settings, read once from the environment. Come here to add one or to change a default.

Every setting is an environment variable `MUSTER_…`; none is required. The README's table is held
to this file by a test.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from click import ClickException
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "MUSTER_"
BASE = Path(__file__).resolve().parent
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
# libpq writes several hosts as `//user@one:5432,two:5433/name`: what comes before, they, the rest.
_SEVERAL_HOSTS = re.compile(r"([\w+]+://(?:[^/?]*@)?)([^/?@]*,[^/?@]*)(.*)")
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(\d+))?")
# What Kubernetes puts into every container beside a Service named "muster".
_SERVICE_LINK = re.compile(r"MUSTER_(SERVICE_HOST|SERVICE_PORT\w*|PORT(_\d+_(TCP|UDP)\w*)?)")


class SettingsError(ClickException):
    """A setting that Muster cannot start with; the message is one sentence that names it."""


def _between(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text) if text.strip().isascii() and text.strip().isdigit() else -1
        if not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return parse


def _days(low: int, high: int) -> Callable[[str], timedelta]:
    return lambda text: timedelta(days=_between(low, high)(text))


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text

    return parse


def _database_url(text: str) -> str:
    expected = "a URL such as postgresql://user:password@host/name or sqlite:////path/to/file"
    try:
        url = _url(text)
    except (ArgumentError, ValueError):
        # `from None`: the text may hold a password, and the libraries' messages repeat it.
        raise ValueError(expected) from None
    # `postgres://` is what many hosting services hand out.
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.drivername not in _DRIVERS.values():
        raise ValueError(expected)
    if url.drivername == "sqlite" and url.database not in {None, "", ":memory:"}:
        url = url.set(database=str(_path(str(url.database))))
    return url.render_as_string(hide_password=False)


def _url(text: str) -> URL:
    """One host, or several in libpq's way of writing, which SQLAlchemy wants in the query.

    Of several, the one that can be written to is ours, so a failover needs no new setting.
    """
    several = _SEVERAL_HOSTS.fullmatch(text)
    if several is None:
        return make_url(text)
    before, listed, after = several.groups()
    pairs = [_HOST.fullmatch(host) for host in listed.split(",")]
    if not all(pairs):
        raise ValueError(listed)
    places = {
        "host": ",".join(pair[1].strip("[]") for pair in pairs if pair),
        "port": ",".join(pair[2] or "5432" for pair in pairs if pair),
    }
    url = make_url(before + after)
    return url.set(query={"target_session_attrs": "read-write", **url.query, **places})


def _path(text: str) -> Path:
    """Relative to where Muster is started, as people expect; Flask-SQLAlchemy would differ."""
    return Path(text).expanduser().absolute()


def _secret(text: str) -> str:
    # RFC 6750, section 2.1: what can stand behind "Bearer".
    if not re.fullmatch(r"[A-Za-z0-9._~+/=-]{32,}", text):
        raise ValueError("at least 32 letters, digits or any of ._~+/=-")
    return text


def _redis_url(text: str) -> str:
    if urlsplit(text).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("a URL such as redis://host:6379/0")
    return text


def _public_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname and not parts.query
        _ = parts.port  # raises for what is no port
    except ValueError:
        good = False
    if not good:
        raise ValueError("a URL that starts with http:// or https:// and has no query")
    return text.rstrip("/")


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(host.strip() for host in text.split(",") if host.strip())


def _setting(default: Any, description: str, parse: Callable[[str], Any] = str) -> Any:
    return field(default=default, metadata={"description": description, "parse": parse})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What Muster was told at start. Field `x_y` is the environment variable `MUSTER_X_Y`."""

    instance_path: Path = _setting(
        BASE / "instance", "Directory of the SQLite file, its backups and the signing keys.", _path
    )
    keys_path: Path | None = _setting(
        None,
        "Directory of the signing keys, for replicas to share; read-only will do if it has one. "
        "Empty: `keys/` in the instance path.",
        _path,
    )
    database_url: str = _setting(
        "",
        "`sqlite:///…` or `postgresql://…`. Empty: the file `muster.sqlite3` in the instance path.",
        _database_url,
    )
    public_url: str = _setting(
        "http://127.0.0.1:8000", "Where clients reach Muster; the tokens' issuer.", _public_url
    )
    trusted_hosts: tuple[str, ...] = _setting(
        (),
        "Host names that are answered, separated by commas; `.example.com` takes its subdomains "
        "too, `*` any name. Empty: that of the public URL, and this machine's own.",
        _hosts,
    )
    service_name: str = _setting("Muster", "Title of the API; refused as a password.")
    username_reservation: timedelta = _setting(
        timedelta(days=90),
        "Days that a name which was given up or deleted stays reserved.",
        _days(0, 36_500),
    )
    teams_per_user: int = _setting(100, "Teams that one user may be in.", _between(1, 10_000))
    members_per_team: int = _setting(
        1000, "Members that one team may have.", _between(1, 1_000_000)
    )
    invitations_per_team: int = _setting(
        100, "Invitations that may be open in one team.", _between(1, 10_000)
    )
    invitation_lifetime: timedelta = _setting(
        timedelta(days=7), "Days that an invitation can be accepted.", _days(1, 365)
    )
    audit_retention: timedelta = _setting(
        timedelta(days=365), "Days that an event stays in the audit trail.", _days(1, 36_500)
    )
    password_rounds: int = _setting(
        600_000, "PBKDF2 rounds of new hashes. Lower is for tests only.", _between(1, 10_000_000)
    )
    password_min_length: int = _setting(8, "Shortest password, in code points.", _between(8, 64))
    password_max_length: int = _setting(
        256, "Longest password, in code points.", _between(64, 1024)
    )
    hashing_queue: int = _setting(
        96,
        "Requests per worker that may wait for a hashing slot, at most 120; the next one gets 503.",
        _between(1, 120),
    )
    workers: int = _setting(
        min(os.cpu_count() or 1, 4),
        "Worker processes. Default: the cores, at most 4.",
        _between(1, 128),
    )
    drain_seconds: int = _setting(
        0,
        "How long SIGTERM goes on serving while `/readyz` answers 503, so that balancers notice.",
        _between(0, 15),
    )
    token_algorithm: str = _setting(
        "ES256",
        "What new signing keys are for: `ES256`, `EdDSA` or `RS256`.",
        _one_of("ES256", "EdDSA", "RS256"),
    )
    introspection_secret: str = _setting(
        "",
        "What apps send as Bearer token to `POST /introspect`, 32 characters or more. Empty: off.",
        _secret,
    )
    metrics_token: str = _setting(
        "",
        "What Prometheus sends as Bearer token to `GET /metrics`, 32 characters or more. "
        "Empty: off.",
        _secret,
    )
    trusted_proxies: int = _setting(
        0,
        "How many proxies stand before Muster; so many `X-Forwarded-*` are believed.",
        _between(0, 10),
    )
    redis_url: str = _setting(
        "", "`redis://…`: replicas share their rate limits there. Empty: per host.", _redis_url
    )
    rate_limits: str = _setting(
        "on",
        "`off` switches the limits per address and in all off. The guard per account stays.",
        _one_of("on", "off"),
    )
    log_level: str = _setting(
        "info",
        "`debug`, `info` (with the access log), `warning` or `error`.",
        _one_of("debug", "info", "warning", "error"),
    )

    @classmethod
    def load(cls, given: Mapping[str, Any]) -> "Settings":
        """Settings from a mapping such as `os.environ`; names without `MUSTER_` are left alone.

        Raises `SettingsError` for a name that does not exist and a value that does not fit.
        """
        named = {name: str(value) for name, value in given.items() if name.startswith(PREFIX)}
        loaded = {}
        for setting in fields(cls):
            text = named.pop(PREFIX + setting.name.upper(), "").strip()
            if text:
                loaded[setting.name] = _parsed(setting.name, text, setting.metadata["parse"])
        for name in named:
            if _SERVICE_LINK.fullmatch(name):
                continue
            raise SettingsError(_unknown(name))
        return cls(**loaded)

    @property
    def answered_hosts(self) -> tuple[str, ...] | None:
        """The trusted hosts, with the default filled in; None for any."""
        if "*" in self.trusted_hosts:
            return None
        # No "[::1]": Werkzeug's list cannot hold an IPv6 address.
        own = (str(urlsplit(self.public_url).hostname), "localhost", "127.0.0.1")
        return self.trusted_hosts or own

    def make_instance_path(self) -> None:
        """Make the directory, for its owner only. Raises `SettingsError`."""
        try:
            self.instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"{PREFIX}INSTANCE_PATH {self.instance_path} cannot be used: {error.strerror}."
            ) from error

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is a file here, or in memory: a read waits for no network."""
        return make_url(self.resolved_database_url).get_backend_name() == "sqlite"

    @property
    def in_memory(self) -> bool:
        """Whether nothing is kept on disk: an in-memory SQLite database, for tests."""
        url = make_url(self.resolved_database_url)
        return url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}

    @property
    def resolved_keys_path(self) -> Path | None:
        """The directory of the signing keys; None when they are kept in memory, too."""
        return None if self.in_memory else self.keys_path or self.instance_path / "keys"

    @property
    def metrics_path(self) -> Path | None:
        """The directory where workers write what they count; None when nobody asks for it."""
        return self.instance_path / "metrics" if self.metrics_token and not self.in_memory else None

    @property
    def resolved_database_url(self) -> str:
        """The database URL, with the default file filled in."""
        return self.database_url or f"sqlite:///{self.instance_path / 'muster.sqlite3'}"


def _parsed(name: str, text: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        # The value itself is not repeated: it may be a secret.
        raise SettingsError(f"{PREFIX}{name.upper()} must be {error}.") from error


def _unknown(name: str) -> str:
    known = [PREFIX + setting.name.upper() for setting in fields(Settings)]
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else " The README lists the settings."
    return f"{name} is not a setting of Muster.{hint}"
