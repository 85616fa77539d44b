"""The keys that sign access tokens: how they are made, kept and found."""

import json
import os
import stat
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from app import create_app
from config import SettingsError
from core import clock
from db import db
from services import signing_keys
from services.signing_keys import SigningKey, make
from tests.factories import Registration, register, sign_in


@pytest.fixture
def start(tmp_path):
    """Starts Muster on the same instance path, again and again."""
    apps = []

    def started():
        settings = {"MUSTER_INSTANCE_PATH": str(tmp_path / "instance")}
        apps.append(create_app(settings | {"MUSTER_PASSWORD_ROUNDS": 10}))
        return apps[-1]

    yield started
    for app in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "instance" / "keys"


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.asvs("13.3.2", "11.6.1")
def test_the_first_start_makes_one_key_that_only_its_owner_can_read(open_umask, start, directory):
    start()
    (path,) = directory.glob("*.pem")
    assert mode_of(path) == 0o600
    assert mode_of(directory) == mode_of(directory.parent) == 0o700
    assert [each.name for each in directory.iterdir() if each.suffix == ".draft"] == []


def test_a_restart_finds_the_same_key_and_its_tokens_hold(start, directory):
    headers = register(start().test_client()).headers
    before = {path.name: path.read_bytes() for path in directory.glob("*.pem")}
    assert start().test_client().get("/users", headers=headers).status_code == 200
    assert {path.name: path.read_bytes() for path in directory.glob("*.pem")} == before


def test_several_first_starts_at_once_make_one_key(start, directory):
    start()
    (path,) = directory.glob("*.pem")
    path.unlink()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: start(), range(4)))
    assert len(list(directory.glob("*.pem"))) == 1


def test_the_name_of_a_key_file_tells_its_id(start, directory):
    client = start().test_client()
    body = Registration()
    client.post("/register", json=body)
    token = sign_in(client, **body)["Authorization"].removeprefix("Bearer ")
    (path,) = directory.glob("*.pem")
    assert path.stem.partition("-")[2] == jwt.get_unverified_header(token)["kid"]


def pem(private):
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def encrypted_pem():
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


def public_pem():
    return (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def with_unknown_curve():
    """A P-256 key that says it is of a curve that no library knows."""
    raw = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    raw = raw.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030177"))
    lines = urlsafe_b64encode(raw).translate(bytes.maketrans(b"-_", b"+/"))
    return b"-----BEGIN PRIVATE KEY-----\n" + lines + b"\n-----END PRIVATE KEY-----\n"


BAD_KEYS = {
    "empty": lambda: b"",
    "garbage": lambda: b"\x00\xffgeheim",
    "half": lambda: pem(make("ES256").private)[:100],
    "public": public_pem,
    "encrypted": encrypted_pem,
    "RSA-2048": lambda: pem(rsa.generate_private_key(65537, 2048)),
    "P-384": lambda: pem(ec.generate_private_key(ec.SECP384R1())),
    "secp256k1": lambda: pem(ec.generate_private_key(ec.SECP256K1())),
    "DSA": lambda: pem(dsa.generate_private_key(1024)),
    "unknown curve": with_unknown_curve,
}


def assert_refused_by_name(start, path):
    with pytest.raises(SettingsError) as refusal:
        start()
    assert str(path) in refusal.value.message
    assert refusal.value.message.endswith(".")
    assert "\n" not in refusal.value.message


@pytest.mark.asvs("11.2.3", "11.2.5")
@pytest.mark.parametrize("kind", BAD_KEYS)
def test_a_key_that_cannot_serve_stops_the_start(start, directory, kind):
    directory.mkdir(parents=True)
    path = directory / "20260101T000000Z-x.pem"
    path.write_bytes(BAD_KEYS[kind]())
    assert_refused_by_name(start, path)


def test_a_key_that_cannot_be_read_stops_the_start(start, directory):
    path = directory / "20260101T000000Z-x.pem"
    path.mkdir(parents=True)  # root may read any file, but nobody a directory
    assert_refused_by_name(start, path)


@pytest.mark.parametrize("name", ["key.pem", "20261301T000000Z-x.pem", "-x.pem"])
def test_a_key_file_whose_name_tells_no_time_stops_the_start(start, directory, name):
    directory.mkdir(parents=True)
    path = directory / name
    path.write_bytes(pem(make("ES256").private))
    assert_refused_by_name(start, path)


KINDS = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
    "RS256": {"kty": "RSA", "e": "AQAB"},
}
# RFC 7518, sections 6.2.2 and 6.3.2: the private members.
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_jwk_has_the_public_half_and_nothing_of_the_private_one(algorithm):
    key = make(algorithm)
    jwk = key.as_jwk()
    assert jwk.items() >= KINDS[algorithm].items()
    assert (jwk["alg"], jwk["use"], jwk["kid"]) == (algorithm, "sig", key.kid)
    assert not jwk.keys() & PRIVATE
    assert jwk.keys() <= {"kty", "crv", "x", "y", "n", "e", "alg", "use", "kid"}


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_jwk_verifies_what_its_key_signed(algorithm):
    key = make(algorithm)
    token = jwt.encode({"sub": "7"}, key.private, algorithm)
    assert jwt.decode(token, jwt.PyJWK(key.as_jwk()), [algorithm]) == {"sub": "7"}


@pytest.mark.parametrize("algorithm", KINDS)
def test_the_id_of_a_key_is_its_thumbprint(algorithm):
    key = make(algorithm)
    members = {
        name: key.as_jwk()[name]
        for name in ("crv", "e", "kty", "n", "x", "y")
        if name in key.as_jwk()
    }
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    assert key.kid == urlsafe_b64encode(sha256(canonical).digest()).decode().rstrip("=")


def test_the_id_of_a_key_stays_the_same():
    private = make("ES256").private
    first, second = (SigningKey.of(private, clock.now()) for _ in range(2))
    assert first.kid == second.kid
    assert first.kid != make("ES256").kid


# RFC 7638, section 3.1; RFC 8037, appendix A.3.
EXAMPLES = {
    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs": {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS"
        "oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YG"
        "jQR0_FDW2Qv"
        "zqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZ"
        "u0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
    },
    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k": {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    },
}


@pytest.mark.parametrize("thumbprint", EXAMPLES)
def test_the_thumbprint_is_that_of_the_examples_in_the_rfcs(thumbprint):
    assert signing_keys._thumbprint(EXAMPLES[thumbprint]) == thumbprint


def test_in_memory_there_is_a_key_too_and_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    client = create_app({"MUSTER_DATABASE_URL": "sqlite://", "MUSTER_PASSWORD_ROUNDS": 10})
    headers = register(client.test_client()).headers
    assert client.test_client().get("/users", headers=headers).status_code == 200
    assert list(Path().iterdir()) == []
