"""deploy/compose.yaml, as far as it can be held to anything without a container engine."""

import re
import subprocess
import sys
from ipaddress import ip_address, ip_network

import pytest
import yaml

from config import BASE, Settings

PATH = BASE / "deploy" / "compose.yaml"
COMPOSE = yaml.safe_load(PATH.read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
REPLICAS = ["muster-1", "muster-2"]
DOCKERFILE = (BASE / "deploy" / "Dockerfile").read_text(encoding="utf-8")
NGINX = (BASE / "deploy" / "nginx.conf").read_text(encoding="utf-8")
SECRETS = {"POSTGRES_PASSWORD": "s" * 32, "MUSTER_METRICS_TOKEN": "t" * 32}
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def judged(path):
    """What the Compose specification's own schema says of a file."""
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, path]
    return subprocess.run(command, capture_output=True, text=True)


def filled_in(text, given):
    """As compose does it: `${NAME:-default}`, `${NAME:?why it must be there}`."""

    def value(found):
        name, kind, word = found.groups()
        assert given.get(name) or kind == "-", f"{name} {word}"
        return given.get(name) or word

    return _VARIABLE.sub(value, text)


def settings_of(replica, **given):
    environment = SERVICES[replica]["environment"]
    return Settings.load({name: filled_in(text, given) for name, text in environment.items()})


def test_it_is_what_the_specification_of_compose_says():
    run = judged(PATH)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("right", "wrong"), [("restart:", "restarts:"), ("read_only: true", "read_only: [1]")]
)
def test_a_file_that_is_not_is_found(tmp_path, right, wrong):
    changed = tmp_path / "compose.yaml"
    changed.write_text(PATH.read_text(encoding="utf-8").replace(right, wrong))
    assert judged(changed).returncode == 1


def test_it_starts_two_replicas_and_what_they_need():
    assert SERVICES.keys() == {*REPLICAS, "nginx", "postgresql", "valkey"}
    one, two = ({**SERVICES[name], "networks": None} for name in REPLICAS)
    assert one == two


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {*REPLICAS}))
def test_an_image_of_others_has_a_version(name):
    assert re.fullmatch(r"[a-z/-]+:\d+\.\d+(\.\d+)?(-alpine)?", SERVICES[name]["image"])


def test_its_settings_are_taken():
    settings = settings_of("muster-1", **SECRETS)
    assert settings.database_url == f"postgresql+psycopg://muster:{'s' * 32}@postgresql/muster"
    assert settings.metrics_token == "t" * 32
    assert settings.trusted_proxies == 1
    assert {*REPLICAS, "127.0.0.1"} <= set(settings.answered_hosts)


def test_without_a_password_for_the_database_it_does_not_start():
    with pytest.raises(AssertionError, match=r"must be in deploy/\.env"):
        settings_of("muster-1")


def test_whoever_is_waited_for_can_tell_that_it_is_well():
    for name, service in SERVICES.items():
        for other, needed in service.get("depends_on", {}).items():
            assert needed["condition"] in {"service_healthy", "service_started"}
            has_check = "healthcheck" in SERVICES[other] or other in REPLICAS
            assert has_check or needed["condition"] == "service_started", (name, other)
    assert "HEALTHCHECK" in DOCKERFILE  # the replicas'


def test_only_nginx_can_be_reached_and_from_this_host_only():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"nginx": ["127.0.0.1:8080:8080"]}
    assert "listen 8080;" in NGINX


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"postgresql"}))
def test_a_container_can_do_no_more_than_it_must(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_volume_is_declared_or_a_file_that_there_is():
    used = {each for service in SERVICES.values() for each in service.get("volumes", [])}
    sources = {each.split(":")[0] for each in used}
    files = {each for each in sources if each.startswith(".")}
    assert files == {"./nginx.conf"}
    assert sources - files == COMPOSE["volumes"].keys()


def test_a_replica_writes_where_its_user_may():
    directories = re.search(r"install -d -o muster -g muster -m 0700 (.*)", DOCKERFILE).group(1)
    (volume,) = SERVICES["muster-1"]["volumes"]
    keys = volume.split(":")[1]
    assert keys == SERVICES["muster-1"]["environment"]["MUSTER_KEYS_PATH"]
    assert directories.split() == ["/var/lib/muster", keys]
    assert SERVICES["muster-1"]["tmpfs"] == [
        "/var/lib/muster:mode=0700,uid=10001,gid=10001",
        "/tmp",
    ]
    assert "USER 10001:10001" in DOCKERFILE


def test_replicas_have_addresses_that_nobody_else_is_given():
    (pool,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    for name in REPLICAS:
        address = ip_address(SERVICES[name]["networks"]["default"]["ipv4_address"])
        assert address in ip_network(pool["subnet"])
        assert address not in ip_network(pool["ip_range"])


def test_a_replica_has_the_time_that_it_takes_to_stop():
    drain = settings_of("muster-1", **SECRETS).drain_seconds
    (idle,) = re.findall(r"^    keepalive_timeout (\d+)s;", NGINX, re.MULTILINE)
    assert int(idle) < drain  # no connection is closed while nginx sends on it
    granted = int(SERVICES["muster-1"]["stop_grace_period"].removesuffix("s"))
    assert granted > drain + 25  # commands/serve.py
