"""Clients that remember what was acknowledged to them. Come here to change what must survive.

Each repeats a request until somebody answers, as a careful client does. Whatever it is told then
must fit what it was told before: that is noted in `contradictions`, which stay empty.
"""

import time
from collections import Counter
from secrets import token_hex
from threading import Event, Thread

from tests.server.running import NO_ANSWER, PASSWORD, person, wait_until

REGISTRARS, CHANGERS, REFRESHERS = 4, 3, 3
_REPEATED_WITHIN = 9  # seconds; a lost answer to a refresh can be asked for again for ten


class Journal:
    """Clients at work on a server until the block ends."""

    def __init__(self, server):
        self.server, self.answers, self.contradictions = server, Counter(), []
        self.names, self.ended, self.errors = [], [], []
        self.mark = token_hex(3)  # several journals may share a database
        self._over = Event()
        kinds = [(Registrar, REGISTRARS), (Changer, CHANGERS), (Refresher, REFRESHERS)]
        self.clients = [kind(self, number) for kind, count in kinds for number in range(count)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self.wait_for_more(30)

    def __exit__(self, *_failure):
        self._over.set()
        for client in self.clients:
            client.join()

    @property
    def is_over(self):
        return self._over.is_set()

    @property
    def acknowledged(self):
        return sum(client.done for client in self.clients)

    def wait_for_more(self, count):
        """Until so many more writes are acknowledged, and each client has one more at least."""
        before = [client.done for client in self.clients]
        wait_until(
            lambda: (
                self.acknowledged >= sum(before) + count
                and all(map(int.__gt__, [client.done for client in self.clients], before))
            ),
            60,
            lambda: f"{self.answers} {self.contradictions}",
        )
        return self

    def ask(self, *request, **more):
        """The answer, and how many before it were lost; None when all is over."""
        lost = 0
        while not self.is_over:
            try:
                answer = self.server.call(*request, **more)
            except NO_ANSWER:
                self.note("none")
                lost += 1
            else:
                self.note(answer.status)
                if answer.status < 500:
                    return answer, lost
                lost += 1
            time.sleep(0.05)
        return None, lost

    def note(self, result):
        self.answers[result] += 1
        if result == "none" or result >= 500:
            self.errors.append(time.monotonic())

    def contradict(self, who, answer, lost):
        self.contradictions.append((who, answer.status, answer.json.get("error"), lost))

    def check(self):
        """Once all is over and the server runs: everything is there, once, and as it was told."""
        assert self.contradictions == []
        assert self.answers.keys() <= {200, 201, 204, 401, 403, 409, 503, "none"}, self.answers
        auditor = f"auditor.{self.mark}"
        self.server.register(auditor)
        found = Counter(self.server.usernames(self.server.sign_in(auditor)))
        assert set(self.names) <= found.keys()
        assert set(found.values()) == {1}
        for token in self.ended:
            assert self.server.call("GET", "/me", token=token).status == 401
        for client in self.clients:
            client.check()

    @property
    def error_seconds(self):
        """From the first request that failed to the last."""
        return round(max(self.errors) - min(self.errors), 1) if self.errors else 0.0


class Client(Thread):
    """One of them: calls `act` until all is over."""

    kind = ""

    def __init__(self, journal, number):
        super().__init__(daemon=True)
        self.journal, self.server, self.done = journal, journal.server, 0
        self.username = f"{self.kind}{number}.{journal.mark}"

    def run(self):
        self.begin()
        while not self.journal.is_over:
            self.act()

    def begin(self):
        self.server.register(self.username)

    def sign_in(self, password=PASSWORD):
        body = person(self.username) | {"password": password}
        answer, _lost = self.journal.ask("POST", "/login", body)
        return answer.json if answer else {}

    def check(self):
        """Nothing of its own to look at."""


class Registrar(Client):
    """Opens one account after the other."""

    kind = "registrar"

    def act(self):
        name = f"{self.username}x{self.done}"
        answer, lost = self.journal.ask("POST", "/register", person(name))
        if answer is None:
            return
        # 409: the answer to the attempt before was lost, the account was not.
        if answer.status != 201 and not (answer.status == 409 and lost):
            self.journal.contradict(name, answer, lost)
        self.journal.names.append(name)
        self.done += 1


class Changer(Client):
    """Changes its password, and with that ends another session of its own."""

    kind = "changer"

    def begin(self):
        super().begin()
        self.former, self.password = None, PASSWORD
        self.pending = None
        self.token = self.sign_in()["access_token"]

    def act(self):
        other = self.sign_in(self.password).get("access_token")
        self.pending = f"{PASSWORD} {self.done}"
        body = {"current_password": self.password, "new_password": self.pending}
        answer, lost = self.journal.ask("PUT", "/me/password", body, token=self.token)
        if answer is None:
            return
        # 403: the answer to the attempt before was lost, the change was not.
        if answer.status != 204 and not (answer.status == 403 and lost):
            self.journal.contradict(self.username, answer, lost)
        self.former, self.password, self.pending = self.password, self.pending, None
        self.journal.ended.append(other)
        self.done += 1

    def check(self):
        """The password is the last one that was acknowledged, or the one that was on its way."""
        right = [self.password, self.pending] if self.pending else [self.password]
        statuses = [self._sign_in_status(password) for password in right]
        assert statuses.count(200) == 1, (self.username, statuses)
        assert self.former is None or self._sign_in_status(self.former) == 401, self.username

    def _sign_in_status(self, password):
        body = person(self.username) | {"password": password}
        return self.server.call("POST", "/login", body).status


class Refresher(Client):
    """Replaces its refresh token."""

    kind = "refresher"

    def begin(self):
        super().begin()
        self.tokens, self.too_late = self.sign_in(), 0

    def act(self):
        begun = time.monotonic()
        body = {"refresh_token": self.tokens["refresh_token"]}
        answer, lost = self.journal.ask("POST", "/refresh", body)
        if answer is None:
            self.tokens = None
        elif answer.status == 200:
            self.tokens, self.done = answer.json, self.done + 1
        elif lost and time.monotonic() - begun > _REPEATED_WITHIN:
            self.tokens, self.too_late = self.sign_in(), self.too_late + 1
        else:
            self.journal.contradict(self.username, answer, lost)
            self.tokens = self.sign_in()

    def check(self):
        """The last token holds, unless its answer was on its way when all was over."""
        if self.tokens:
            body = {"refresh_token": self.tokens["refresh_token"]}
            assert self.server.call("POST", "/refresh", body).status == 200, self.username
