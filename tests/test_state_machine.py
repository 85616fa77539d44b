"""Sessions against a small model: whatever people do, in whatever order, no difference."""

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field

import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from app import create_app
from core import clock
from core.guessing import FREE_FAILURES
from db import db

NAMES = ["ann", "ben", "cleo", "dora", "emil", "fay"]
PASSWORDS = ["correct horse", "battery staple", "another horse"]
ACCESS_SECONDS = 900 + 30
REPEAT_SECONDS = 10


@dataclass(eq=False)
class Session:
    """What the model knows of one."""

    user: "User"
    refresh_tokens: list[str]
    rotated_at: float = 0
    is_alive: bool = True


@dataclass(eq=False)
class User:
    name: str
    password: str
    failures: int = 0
    is_there: bool = True
    sessions: list[Session] = field(default_factory=list)


@dataclass(eq=False)
class Access:
    """An access token that was given out at some time."""

    token: str
    session: Session
    issued_at: float
    is_fresh: bool


class Sessions(RuleBasedStateMachine):
    """The rules are what clients can do; each says what the model expects."""

    accesses = Bundle("accesses")

    @classmethod
    def start(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.app = create_app(
            {
                "MUSTER_INSTANCE_PATH": cls.directory.name,
                "MUSTER_PASSWORD_ROUNDS": 1,
                "MUSTER_RATE_LIMITS": "off",
                "MUSTER_LOG_LEVEL": "error",
                "TESTING": True,
            }
        )

    def __init__(self):
        super().__init__()
        self.travel = time_machine.travel(clock.now().replace(microsecond=0), tick=False)
        self.time = self.travel.start()
        self.client = self.app.test_client()
        self.given: list[Access] = []
        self.users: dict[str, User] = {}  # by name; a name that was deleted stays reserved

    def teardown(self):
        self.travel.stop()
        with self.app.app_context(), db.engine.begin() as connection:
            for table in reversed(db.metadata.sorted_tables):
                connection.execute(table.delete())

    # --- What the model expects ---

    def now(self):
        return clock.now().timestamp()

    def holds(self, access):
        return access.session.is_alive and self.now() < access.issued_at + ACCESS_SECONDS

    def call(self, method, path, expected, access=None, **body):
        headers = {"Authorization": f"Bearer {access.token}"} if access else {}
        more = {"json": body} if body else {}
        answer = self.client.open(path, method=method, headers=headers, **more)
        assert answer.status_code == expected, (method, path, answer.status_code, expected)
        return answer

    def began(self, session, pair, is_fresh):
        self.given.append(Access(pair["access_token"], session, self.now(), is_fresh))
        return self.given[-1]

    def end(self, user, keep=None):
        for session in user.sessions:
            session.is_alive = session.is_alive and session is keep

    # --- What people do ---

    @initialize(target=accesses)
    def begin(self):
        self.register(NAMES[0], PASSWORDS[0])
        self.register(NAMES[1], PASSWORDS[0])
        return self.sign_in(self.users[NAMES[0]])

    @rule(name=st.sampled_from(NAMES), password=st.sampled_from(PASSWORDS))
    def register(self, name, password):
        expected = 409 if name in self.users else 201
        self.call("POST", "/register", expected, username=name, password=password)
        self.users.setdefault(name, User(name, password))

    @rule(target=accesses, choice=st.data())
    def sign_in_again(self, choice):
        return self.sign_in(choice.draw(st.sampled_from(list(self.users.values()))))

    def sign_in(self, user):
        fields = {"username": user.name, "password": user.password}
        answer = self.call("POST", "/login", 200 if user.is_there else 401, **fields)
        if not user.is_there:
            return multiple()
        user.failures = 0
        session = Session(user, [answer.json["refresh_token"]])
        user.sessions.append(session)
        return self.began(session, answer.json, is_fresh=True)

    @rule(name=st.sampled_from(NAMES), password=st.sampled_from([*PASSWORDS, "wrong"]))
    def guess(self, name, password):
        user = self.users.get(name)
        if user and (password == user.password or user.failures == FREE_FAILURES):
            return  # right, or it would be closed for a while: tests/api/test_guessing.py
        self.call("POST", "/login", 401, username=name, password=password)
        if user:
            user.failures += 1

    @rule(target=accesses, access=accesses, back=st.sampled_from([0, 0, 0, 1, 2]))
    def refresh(self, access, back):
        session = access.session
        back = min(back, len(session.refresh_tokens) - 1)
        token = session.refresh_tokens[-1 - back]
        is_repeat = back == 1 and self.now() - session.rotated_at <= REPEAT_SECONDS
        good = session.is_alive and (back == 0 or is_repeat)
        answer = self.call("POST", "/refresh", 200 if good else 401, refresh_token=token)
        if not good:
            session.is_alive = False
            return multiple()
        successor = answer.json["refresh_token"]
        if back == 0:
            session.refresh_tokens.append(successor)
            session.rotated_at = self.now()
        assert successor == session.refresh_tokens[-1]
        return self.began(session, answer.json, is_fresh=False)

    @rule(target=accesses, seconds=st.sampled_from([0, REPEAT_SECONDS, REPEAT_SECONDS + 1]))
    def refresh_the_newest_twice(self, seconds):
        newest = self.given[-1]
        self.refresh(newest, 0)
        self.wait(seconds)
        return self.refresh(newest, 1)

    @rule(access=accesses)
    def read(self, access):
        good = self.holds(access)
        answer = self.call("GET", "/me", 200 if good else 401, access)
        assert not good or answer.json["username"] == access.session.user.name

    @invariant()
    def the_newest_tokens_hold_as_they_should(self):
        for access in self.given[-3:]:
            self.read(access)

    @rule(access=accesses)
    def list_sessions(self, access):
        if self.holds(access):
            answer = self.call("GET", "/me/sessions", 200, access)
            alive = [each for each in access.session.user.sessions if each.is_alive]
            assert len(answer.json["items"]) == len(alive)
        else:
            self.call("GET", "/me/sessions", 401, access)

    @rule(access=accesses)
    def sign_out(self, access):
        good = self.holds(access)
        self.call("POST", "/logout", 200 if good else 401, access)
        if good:
            access.session.is_alive = False

    @rule(access=accesses)
    def end_the_others(self, access):
        good = self.holds(access)
        self.call("DELETE", "/me/sessions", 204 if good else 401, access)
        if good:
            self.end(access.session.user, keep=access.session)

    @rule(access=accesses, new=st.sampled_from(PASSWORDS))
    def change_password(self, access, new):
        good, user = self.holds(access), access.session.user
        fields = {"current_password": user.password, "new_password": new}
        self.call("PUT", "/me/password", 204 if good else 401, access, **fields)
        if good:
            user.password, user.failures = new, 0
            self.end(user, keep=access.session)

    @rule(access=accesses)
    def delete(self, access):
        good = self.holds(access) and access.is_fresh
        self.call("DELETE", "/me", 204 if good else 401, access)
        if good:
            access.session.user.is_there = False
            self.end(access.session.user)

    @rule(seconds=st.sampled_from([1, 5, 11, 61, 300, ACCESS_SECONDS - 1, ACCESS_SECONDS]))
    def wait(self, seconds):
        self.time.shift(seconds)


TestSessions = Sessions.TestCase
TestSessions.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestSessions.setUpClass = classmethod(lambda cls: Sessions.start())


def _stop(_cls):
    with Sessions.app.app_context():
        db.engine.dispose()
    with suppress(OSError):
        Sessions.directory.cleanup()


TestSessions.tearDownClass = classmethod(_stop)
