"""Hashes of before, and of other systems: they sign in, and are replaced."""

import threading

import bcrypt
import pytest
from passlib import hash as passlib_hash
from passlib.hash import pbkdf2_sha256
from sqlalchemy import text

from core.hashing import context
from db import db
from models import UserModel
from services.hashing import Slot
from tests.conftest import TEST_ROUNDS

PASSWORD = "correct horse battery"

# Of `correct horse battery`, made by libpass 1.9.4 with bcrypt 5.0.0 and argon2-cffi 25.1.0 at the
# lowest costs. The text says which scheme, and only one scheme takes it for its own.
HASHES = {
    "pbkdf2_sha512": (
        "$pbkdf2-sha512$1$FWIsJYRQCqE0RsgZI6TUug$ZcCfjnnT5p5E9JvRaLj5/FnI5LoreqMZwf/zLuQX"
        "ouCNuy0MvtccRwoBW3gaTq7gxYo5NUDBKlDqCqhqtLOXxQ"
    ),
    "pbkdf2_sha1": "$pbkdf2$1$t1aKkbJ2jjFG6N1ba835fw$nh2OM/rVTtyIbpWZE3mLQfEjzJc",
    "argon2": (
        "$argon2id$v=19$m=32,t=1,p=1$aw1hDOE85/xf651TKmVsLQ$XwxJdmodHVgvTnhP3WdQBlg0Np4Iw"
        "M0lUBkEu2ETvcY"
    ),
    "bcrypt_sha256": (
        "$bcrypt-sha256$v=2,t=2b,r=4$EK5R/rz8MI0BifUzFdL1I.$175O33kgDG2E6AQ4WGmHTmvLQ8IX8uO"
    ),
    "bcrypt": "$2b$04$bh6lrAFD2uECVBRzuIuoa.RRldtdXdpflIFuyYZwLvQa47DmMyz5S",
    "scrypt": (
        "$scrypt$ln=4,r=8,p=1$nJMSgvC+VyolpFSqVapVSg$knO/rp6FzoYdLlsTNNnh2bXzSA1+FbwqEANmfUXE1us"
    ),
    "sha512_crypt": (
        "$6$rounds=1000$2M2yKMKsBwZ8FR2d$.Jecfx39Phgqlo.2/eSVwE5AgMioDH8KnxHoqOeCV85TCOFz"
        "oB6Y8tdfEQYJmZEd0aFAG9.lsrXdep91p78ip1"
    ),
    "sha256_crypt": "$5$rounds=1000$gAq37t8rBKEiSs9T$hJR1zyWgSS9oD/gqBef/AjsGZmAbMzyzWoD4/FPUY68",
    "sha1_crypt": "$sha1$10$DeT0l7PO$wTJVYHQetoxppljIdUn9rc9h3GoJ",
    "django_pbkdf2_sha256": (
        "pbkdf2_sha256$1$XM4F9EdnEGPH$dcZ4HaHt5fQyTs/f8CUjP0C/fQZhbBFJ0NFT280vzuo="
    ),
    "django_pbkdf2_sha1": "pbkdf2_sha1$1$WIYPGz5qq8dM$aXrPmLcOmDvb0RNU2OFPwvJD4Ys=",
    "django_argon2": (
        "argon2$argon2i$v=19$m=32,t=1,p=1$NYZwbk0p5fxfK4Ww9t679w$4lZIKCZXFiXxidwia+HoCpYN"
        "l/dhDEu53/sslKXYbOI"
    ),
    "django_bcrypt_sha256": (
        "bcrypt_sha256$$2b$04$1FIxnqLgZxWVV3US3haGBOX/TYGYEhXjBr7cFvL5KiGEIM3GnyNVa"
    ),
    "django_bcrypt": "bcrypt$$2b$04$TFIMMcBdn63VqCvMDu/nMO7m6lRHr.HHwkZ2g6uXRHadms9FrThS.",
    "django_salted_sha1": "sha1$PpXYQnyWcvbd$2e4279b9ecb34a56d9af15ac4ae76f4674461714",
    "phpass": "$P$5nngZMnkdUTZqNxYNYuKIUjl5bOpss.",
    "md5_crypt": "$1$LRfo.MnK$pABKnG.wC..VrsA7oYOrB/",
    "apr_md5_crypt": "$apr1$6EeB92YC$.oCq5PtOF50md2lYUM5OG1",
    "fshp": "{FSHP1|16|1}k5Ky9l4rRcj5X6t1Tgnh/C0chgfqBf4ur/vYKtXTNG1+wx4lw4ZmnatMauI5JDe8",
    "atlassian_pbkdf2_sha1": (
        "{PKCS5S2}xlgrpXTOufeeEwJgDMG493z/5hN4Fh3bzyJvhdlpYaUErIHen0N3jVKOrlIiXghk"
    ),
    "cta_pbkdf2_sha1": "$p5k2$1$npPyXssZA4DQujdmDEHovQ==$PEmnwnZb7SAl2nBSVDZkYXAFo_Y=",
    "grub_pbkdf2_sha512": (
        "grub.pbkdf2.sha512.1.134208A19452AA75EE9DF37E2FC5B8D7DA9B732EA5D4FABFF79E93526AC"
        "DD9DBDB1B4328853046C8594B89D11A83D07A8F510AE1FC7FEFDDFB5FCBF9DFBB3706.AC6DF969FC"
        "AB9137D1940A254BB872FF02651D0C9E04B09385AF09E5D4FE00B97E0371F730196772C7D69447A1"
        "6230ABF3CDEBFCC55971910F1ECE566A6E85C8"
    ),
    "ldap_pbkdf2_sha1": "{PBKDF2}1$/Z/TunfO.b9XSmktBUBIqQ$F/s.Xw92j7.JHnipCHjZ7Q8wAvA",
    "ldap_pbkdf2_sha256": (
        "{PBKDF2-SHA256}1$FYLwnnPOWWutNeYco/Q.xw$U6KPU83U9JILbz11BljD5A/zng/zv5zb7ojUiKt5pNI"
    ),
    "ldap_pbkdf2_sha512": (
        "{PBKDF2-SHA512}1$MCYEoBRCCEGoldKa8/5/bw$k4KYquLoZgAJj5UC8ULb/HscnqRmYZKAatmkhm.C"
        "a/lYZDB4mzdBUmoIKkOgbuMi6yUz.Vecbf6dYCbZG8cL7g"
    ),
    "ldap_salted_sha1": "{SSHA}c5S0dH2ChxDHAK70jKW/bJ47cEjVWitF",
    "ldap_salted_sha256": "{SSHA256}v8IFMRD/Q+31a5dY9CClHfp0GEBperd6k8Q7Y167R78TgjDmPCckJA==",
    "ldap_salted_sha512": (
        "{SSHA512}puqPouMxMpXBuqbO85nSQy4qzyIKUjMOwHrHmG5Uxbg8zTf3qw7JsMH+zBntXYmWvqW07ek"
        "/NoKwspahqA9ptPrfmxNirDXm"
    ),
    "django_salted_md5": "md5$Q7RGDttRsKFV$7566264d8d418b410647312869e74f2d",
    "sun_md5_crypt": "$md5,rounds=1$km08HF5l$$UccH7Z3oyIIo7gkf2U.Mu0",
    "bsdi_crypt": "_/...R.aIy53RrVRN41Y",
    "scram": "$scram$1$FCJkLGWs1VpLaY2R$sha-1=T4Fv51gss5xEDRlrdVBUytc1F2I,sha-256=fGVJUZ1KUJ.s0MbzV1pU4kvyAzu1yGjqDeERIxqhxNM,sha-512=Jsf3VgMRgutGWphl9nWKAcvNkoIRMzaUsN3QoG74To9xb2nQmTfR0umeNzg.CbxWcNNovkI6qgZ783RMCsPdcQ",
    "ldap_salted_md5": "{SMD5}Opiyz9ezO71Gq253zSvnqIqxlrI=",
    "ldap_bcrypt": "{CRYPT}$2b$04$uiwFaxSUuoU9kswE8XOMMeWgu3lLqldHv3ZumvY58Vm259QJMG.L.",
    "ldap_bsdi_crypt": "{CRYPT}_/...ymNKgapKXwBnMPQ",
    "ldap_md5_crypt": "{CRYPT}$1$exIJtgUN$xTEruSh23XeNlNVWaol411",
    "ldap_sha1_crypt": "{CRYPT}$sha1$1$E5pN/40p$BnBhiLUNwPBV3htXWvBcv55PoO4q",
    "ldap_sha256_crypt": "{CRYPT}$5$rounds=1000$wGTe0JVuXQ3E5RLm$dD.BZPeOPdHGUztGR.sXobDA90W1/BCNO/oHotTmi68",
    "ldap_sha512_crypt": "{CRYPT}$6$rounds=1000$nBbuhEge3BL7V/ax$6VvULl5ylJjsMp4V4EOp.3A.g5gynyvJKzW1fy/nUR6VJeRJZqqUQaBQVrpq4RGOZOPTLcK9vQWRRk8n.yrKL1",
    "mssql2005": "0x0100EADD3B47A71271A1CEF6C7BCB218EB1CE939BAD6EB21CE80",
    "oracle11": "S:31FB0CEA096EA146E86B80C319B62714547AE385BF7673CDBDAFC38EB5FC",
}


def log_in(client, password=PASSWORD):
    return client.post("/login", json={"username": "alice", "password": password})


def give_hash(app, password_hash):
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE users SET password_hash = :h"), {"h": password_hash})


def kept(app):
    with app.app_context():
        return db.session.query(UserModel).one().password_hash


def weak_hash(password=PASSWORD):
    """What passlib's default makes, only faster: fewer rounds than the setting asks for."""
    return pbkdf2_sha256.using(rounds=TEST_ROUNDS - 1).hash(password)


# --- Hashes that are weaker than the setting ---


def test_a_hash_of_fewer_rounds_signs_in_and_is_replaced(client, app, alice):
    give_hash(app, weak_hash())
    assert log_in(client).status_code == 200
    assert kept(app).startswith(f"$pbkdf2-sha256${TEST_ROUNDS}$")
    assert log_in(client).status_code == 200


def test_the_29000_rounds_of_plain_passlib_sign_in(client, app, alice):
    give_hash(app, pbkdf2_sha256.hash(PASSWORD))
    assert kept(app).startswith("$pbkdf2-sha256$29000$")
    assert log_in(client, "wrong").status_code == 401
    assert log_in(client).status_code == 200


def test_a_hash_that_is_strong_enough_is_left_alone(client, app, alice):
    before = kept(app)
    log_in(client)
    assert kept(app) == before


def test_a_hash_of_more_rounds_is_left_alone(client, app, alice):
    strong = pbkdf2_sha256.using(rounds=TEST_ROUNDS + 1, salt_size=16).hash(PASSWORD)
    give_hash(app, strong)
    assert log_in(client).status_code == 200
    assert kept(app) == strong


def test_a_wrong_password_replaces_nothing(client, app, alice):
    weak = weak_hash()
    give_hash(app, weak)
    assert log_in(client, "wrong").status_code == 401
    assert kept(app) == weak


def test_a_locked_account_keeps_its_hash(client, app, alice):
    weak = weak_hash()
    give_hash(app, weak)
    for _ in range(6):
        log_in(client, "wrong")
    assert log_in(client).status_code == 401
    assert kept(app) == weak


def test_a_change_of_the_password_works_from_an_old_hash_too(client, app, alice):
    give_hash(app, weak_hash())
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    assert client.put("/me/password", json=body, headers=alice.headers).status_code == 204
    assert kept(app).startswith(f"$pbkdf2-sha256${TEST_ROUNDS}$")


# --- Races: made certain by acting between the verification and the write ---


@pytest.fixture
def meanwhile(monkeypatch):
    """Set `meanwhile.act`: it is done once, when the password was verified and is hashed anew."""

    class Meanwhile:
        act = staticmethod(lambda: None)

    def stronger_hash(slot, *args):
        act, Meanwhile.act = Meanwhile.act, staticmethod(lambda: None)
        act()
        return stronger(slot, *args)

    stronger = Slot.stronger_hash
    monkeypatch.setattr(Slot, "stronger_hash", stronger_hash)
    return Meanwhile


def test_a_password_that_is_changed_meanwhile_is_not_changed_back(client, app, alice, meanwhile):
    give_hash(app, weak_hash())
    newer = weak_hash("another horse battery")
    meanwhile.act = lambda: give_hash(app, newer)
    assert log_in(client).status_code == 401  # what was the right password is none any more
    assert kept(app) == newer
    assert log_in(client, "another horse battery").status_code == 200


@pytest.mark.parametrize("hashed", [weak_hash, lambda: None], ids=["weak", "strong"])
def test_an_old_password_opens_nothing_once_the_change_is_committed(
    client, app, alice, meanwhile, hashed
):
    if hashed():
        give_hash(app, hashed())
    meanwhile.act = lambda: give_hash(app, weak_hash("another horse battery"))
    assert log_in(client).status_code == 401


def test_an_account_that_is_disabled_meanwhile_is_not_let_in(client, app, alice, meanwhile):
    run = app.test_cli_runner().invoke
    meanwhile.act = lambda: run(args=["users", "disable", "alice"])
    assert log_in(client).status_code == 401


def test_an_account_that_is_deleted_meanwhile_is_not_let_in(client, app, alice, meanwhile):
    codes = []

    def delete():
        call = app.test_client().delete
        codes.append(call("/me", headers=alice.headers).status_code)

    def in_a_thread():
        thread = threading.Thread(target=delete)
        thread.start()
        thread.join()

    meanwhile.act = in_a_thread
    assert log_in(client).status_code == 401
    assert codes == [204]


def test_two_sign_ins_that_both_replace_the_hash_leave_one_that_works(
    client, app, alice, meanwhile
):
    give_hash(app, weak_hash())
    meanwhile.act = lambda: give_hash(app, context(TEST_ROUNDS).hash(PASSWORD))
    assert log_in(client).status_code in {200, 401}
    assert log_in(client).status_code == 200


# --- Hashes of other systems ---


@pytest.mark.parametrize("scheme", HASHES)
def test_a_hash_of_another_system_signs_in_and_is_replaced(client, app, alice, scheme):
    give_hash(app, HASHES[scheme])
    assert log_in(client, "wrong").status_code == 401
    assert log_in(client).status_code == 200
    assert kept(app).startswith(f"$pbkdf2-sha256${TEST_ROUNDS}$")
    assert log_in(client).status_code == 200


@pytest.mark.parametrize("prefix", ["", "bcrypt$"], ids=["bcrypt", "django_bcrypt"])
def test_a_long_password_that_bcrypt_cut_when_it_was_hashed_still_signs_in(
    client, app, alice, prefix
):
    cut = bcrypt.hashpw(LONG.encode()[:72], bcrypt.gensalt(4)).decode()
    give_hash(app, prefix + cut)
    slip = LONG[:72] + "a slip of the finger"
    assert log_in(client, slip).status_code == 200  # as it was before
    assert log_in(client, LONG).status_code == 200  # the slip was not kept as the password


LONG = PASSWORD * 12  # 252 bytes: bcrypt looks at 72
ODD = ["", "\0", "\0" + PASSWORD, LONG, "é" * 128, "🦊" * 20, "\u00ad", "x" * 5_000]


@pytest.mark.parametrize("scheme", HASHES)
def test_no_password_is_a_fault_to_a_hash_of_another_system(client, app, alice, scheme):
    give_hash(app, HASHES[scheme])
    codes = {log_in(client, password).status_code for password in ODD[:5]}
    app.test_cli_runner().invoke(args=["users", "unlock", "alice"])
    codes |= {log_in(client, password).status_code for password in ODD[5:]}
    assert codes == {401}


@pytest.mark.parametrize("scheme", HASHES)
def test_one_scheme_at_the_most_takes_a_hash_for_its_own(scheme):
    """So none is read as something else, and refused as malformed."""
    schemes = context(TEST_ROUNDS).schemes()
    taken = [each for each in schemes if getattr(passlib_hash, each).identify(HASHES[scheme])]
    assert taken == [scheme]


def test_every_accepted_scheme_is_tested_here():
    assert {*HASHES, "pbkdf2_sha256"} >= set(context(TEST_ROUNDS).schemes())


BROKEN = {
    "empty": "",
    "plain text": PASSWORD,
    "unusable": "!",
    "star": "*",
    "locked": "!" + HASHES["sha512_crypt"],
    "unknown": "$99$what$ever",
    "no rounds": "$pbkdf2-sha256$$AAAA$AAAA",
    "no checksum": "$pbkdf2-sha256$10$AAAAAAAAAAAAAAAAAAAAAA",
    "cut": HASHES["pbkdf2_sha512"][:40],
    "bcrypt, cut": HASHES["bcrypt"][:40],
    "argon2, cut": HASHES["argon2"][:40],
    "Django's, cut": HASHES["django_pbkdf2_sha256"][:25],
    "md5 in hex": "88e4ddd2402d92d50e1879d6ecd9ffd4",
    "sha1 in hex": "98decc62ece399a22ed30d490ef333be7fde7385",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_hash_that_is_known_lets_nobody_in_and_is_no_fault(client, app, alice, kind):
    give_hash(app, BROKEN[kind])
    assert log_in(client).status_code == 401
    assert log_in(client, BROKEN[kind]).status_code == 401
