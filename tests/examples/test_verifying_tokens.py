"""docs/verifying-tokens.md: its examples, run against a real Muster, and what it says."""

import base64
import hmac
import json
import re
import runpy

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from config import BASE
from core import tokens
from resources import verification
from services import signing_keys
from tests.examples.conftest import EXAMPLES, SECRET

pytestmark = pytest.mark.xdist_group("examples")  # one Muster for all of them

DOCUMENT = (BASE / "docs" / "verifying-tokens.md").read_text(encoding="utf-8")
SOURCES = sorted(
    path.name for path in EXAMPLES.glob("*.*") if path.suffix in {".py", ".mjs", ".go"}
)
LIFETIME = int(tokens.ACCESS_LIFETIME.total_seconds())
LEEWAY = int(tokens.LEEWAY.total_seconds())
MARGIN = 10  # seconds that a test may take


def whoami(client, token):
    return client.get("/whoami", headers={"Authorization": f"Bearer {token}"})


def base64url(content):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# --- What Muster issued ---


def test_a_good_token_tells_who_calls(muster, example):
    user, signed_in = muster.sign_in()
    answer = whoami(example, signed_in["access_token"])
    assert (answer.status_code, answer.json()) == (200, {"user_id": user["id"]})


def test_a_refreshed_token_is_as_good(muster, example):
    user, signed_in = muster.sign_in()
    refresh = {"refresh_token": signed_in["refresh_token"]}
    token = muster.client.post("/refresh", json=refresh).json()["access_token"]
    assert whoami(example, token).json() == {"user_id": user["id"]}


def test_the_tokens_that_the_tests_forge_are_refused_for_their_fault_alone(muster, example):
    assert whoami(example, muster.sign(muster.claims())).json() == {"user_id": 7}


@pytest.mark.parametrize("age", [LIFETIME + LEEWAY - MARGIN, MARGIN - LEEWAY])
def test_clocks_may_differ_by_thirty_seconds(muster, example, age):
    assert whoami(example, muster.sign(muster.claims(age=age))).status_code == 200


# --- What it did not ---


def signed_by_a_stranger(muster):
    return muster.sign(muster.claims(), key=signing_keys.make("ES256").private)


def of_an_unknown_key(muster):
    stranger = signing_keys.make("ES256")
    return muster.sign(muster.claims(), key=stranger.private, kid=stranger.kid)


def that_brings_its_key(muster):
    stranger = signing_keys.make("ES256")
    return muster.sign(muster.claims(), key=stranger.private, jwk=stranger.as_jwk())


def with_other_claims(muster):
    head, _claims, signature = muster.sign(muster.claims()).split(".")
    return f"{head}.{base64url(muster.claims() | {'sub': '1'})}.{signature}"


def not_signed(muster):
    header = {"typ": tokens.TYPE, "alg": "none", "kid": muster.key.kid}
    return f"{base64url(header)}.{base64url(muster.claims())}."


def signed_with_the_public_key(muster):
    public = muster.key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"typ": tokens.TYPE, "alg": "HS256", "kid": muster.key.kid}
    signed = f"{base64url(header)}.{base64url(muster.claims())}"
    return f"{signed}.{base64url(hmac.digest(public, signed.encode(), 'sha256'))}"


FORGED = {
    "expired": lambda muster: muster.sign(muster.claims(age=LIFETIME + LEEWAY + 1)),
    "not good yet": lambda muster: muster.sign(muster.claims(age=-LEEWAY - MARGIN)),
    "other issuer": lambda muster: muster.sign(muster.claims() | {"iss": "http://127.0.0.1"}),
    "other audience": lambda muster: muster.sign(muster.claims() | {"aud": "other"}),
    "other type": lambda muster: muster.sign(muster.claims(), typ="JWT"),
    "signed by a stranger": signed_by_a_stranger,
    "of an unknown key": of_an_unknown_key,
    "that brings its key": that_brings_its_key,
    "with other claims": with_other_claims,
    "not signed": not_signed,
    "signed with the public key": signed_with_the_public_key,
    "refresh token": lambda muster: muster.sign_in()[1]["refresh_token"],
    "cut off": lambda muster: muster.sign(muster.claims())[:-1],
    "no token": lambda _muster: "x.y.z",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_bad_token_is_refused(muster, example, forge):
    answer = whoami(example, forge(muster))
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("claim", tokens.CLAIM_TYPES)
def test_a_token_that_lacks_a_claim_is_refused(muster, example, claim):
    claims = muster.claims()
    del claims[claim]
    assert whoami(example, muster.sign(claims)).status_code == 401


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic Og==", "Bearer a b"])
def test_a_stranger_is_refused(example, header):
    headers = {} if header is None else {"Authorization": header}
    answer = example.get("/whoami", headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_while_the_keys_cannot_be_had_nobody_is_let_in(muster, lonely_example):
    assert whoami(lonely_example, muster.sign(muster.claims())).status_code == 503


# --- A sign-out ---


@pytest.fixture(scope="module")
def introspect(muster):
    """The function of the example."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MUSTER_PUBLIC_URL", muster.url)
        environment.setenv("MUSTER_INTROSPECTION_SECRET", SECRET)
        example = runpy.run_path(str(EXAMPLES / "introspection.py"))
    with example["MUSTER"]:
        yield example["introspect"]


def test_a_local_check_does_not_see_a_sign_out(muster, example):
    _user, signed_in = muster.sign_in()
    muster.sign_out(signed_in["access_token"])
    assert whoami(example, signed_in["access_token"]).status_code == 200


def test_introspection_sees_a_sign_out_at_once(muster, introspect):
    user, signed_in = muster.sign_in()
    assert introspect(signed_in["access_token"])["sub"] == str(user["id"])
    muster.sign_out(signed_in["access_token"])
    assert introspect(signed_in["access_token"]) is None


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_introspection_takes_no_bad_token(muster, introspect, forge):
    assert introspect(forge(muster)) is None


# --- What the document says ---


def test_the_document_has_each_example_as_it_is():
    blocks = re.findall(r"^```\w+\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    missing = [
        name for name in SOURCES if (EXAMPLES / name).read_text(encoding="utf-8") not in blocks
    ]
    assert len(SOURCES) == 5
    assert missing == [], "docs/verifying-tokens.md must repeat these files of docs/examples"


def test_the_document_lists_the_claims_and_their_types():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", DOCUMENT, re.MULTILINE)
    names = {str: "string", int: "integer", bool: "boolean"}
    assert dict(rows) == {claim: names[kind] for claim, kind in tokens.CLAIM_TYPES.items()}


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "introspection.py"])
def test_each_example_requires_every_claim(name):
    source = (EXAMPLES / name).read_text(encoding="utf-8")
    assert [claim for claim in tokens.CLAIM_TYPES if f'"{claim}"' not in source] == []


def test_the_times_of_the_document_are_those_of_muster():
    assert verification.CACHE_CONTROL == "public, max-age=300"
    assert signing_keys.PUBLISHED_AHEAD.total_seconds() == 600
    assert (LIFETIME, LEEWAY) == (15 * 60, 30)
    for said in ("15 minutes", "30 seconds", "five minutes", "max-age=300"):
        assert said in DOCUMENT
