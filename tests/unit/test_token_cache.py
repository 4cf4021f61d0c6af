"""What is remembered of tokens: within its bounds, no longer than it may be, and asked for once however many want to know."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from libs.auth.cache import Bounds, Flights, TokenCache
from libs.auth.identity import Away, Identity, Refused, Verdict

START = 1_000_000.0


class Known:
    """Answers for a Keystone: {token: verdict}; others are refused. The clock moves by hand, and by `takes` with every answer."""

    def __init__(self, entries: int = 100) -> None:
        self.now, self.takes = START, 0.0
        self.verdicts: dict[str, Verdict] = {}
        self.asked: list[str] = []
        self.cache = TokenCache(self.ask, Bounds(entries, 60.0, 5.0), lambda: self.now, lambda: self.now - START)

    def ask(self, token: str, late: bool) -> Verdict:
        self.asked.append(f"{token} late" if late else token)
        self.now += self.takes
        return self.verdicts.get(token, Refused())

    def knows(self, token: str, seconds: float = 3600.0) -> Identity:
        made = Identity(f"user of {token}", "project", "p1", "default", ("member",), self.now + seconds)
        self.verdicts[token] = made
        return made


def test_a_valid_token_is_asked_about_once_a_minute() -> None:
    keystone = Known()
    ann = keystone.knows("ann")
    for _ in range(3):
        assert keystone.cache.verdict("ann") is ann
    keystone.now += 59.9
    keystone.cache.verdict("ann")
    assert keystone.asked == ["ann"]
    keystone.now += 0.1
    keystone.cache.verdict("ann")
    assert keystone.asked == ["ann", "ann"]


def test_a_revoked_token_works_until_its_minute_is_over_and_not_after() -> None:
    keystone = Known()
    keystone.knows("ann")
    keystone.cache.verdict("ann")
    del keystone.verdicts["ann"]
    keystone.now += 60
    assert keystone.cache.verdict("ann") == Refused()


def test_the_minute_begins_with_the_question_not_with_a_slow_answer() -> None:
    keystone = Known()
    keystone.knows("ann")
    keystone.takes = 20.0
    keystone.cache.verdict("ann")
    del keystone.verdicts["ann"]
    keystone.now += 40
    assert keystone.cache.verdict("ann") == Refused()


def test_a_token_ends_when_it_expires_though_its_minute_lasts() -> None:
    keystone = Known()
    keystone.knows("ann", seconds=10)
    assert isinstance(keystone.cache.verdict("ann"), Identity)
    keystone.now += 10
    assert keystone.cache.verdict("ann") == Refused()


def test_an_expired_token_is_refused_even_when_keystone_describes_it_unless_one_asked_for_such() -> None:
    keystone = Known()
    keystone.knows("ann", seconds=-1)
    assert keystone.cache.verdict("ann") == Refused()
    assert isinstance(keystone.cache.verdict("ann", late=True), Identity)
    assert keystone.cache.verdict("ann") == Refused(), "what a service may do late the user may not"
    assert keystone.asked == ["ann", "ann late"]


def test_a_refusal_is_remembered_for_five_seconds() -> None:
    keystone = Known()
    for _ in range(3):
        assert keystone.cache.verdict("eve") == Refused()
    assert keystone.asked == ["eve"]
    keystone.knows("eve")
    keystone.now += 5
    assert isinstance(keystone.cache.verdict("eve"), Identity)


def test_what_nobody_could_say_is_not_remembered() -> None:
    keystone = Known()
    keystone.verdicts["ann"] = Away("no answer")
    assert keystone.cache.verdict("ann") == Away("no answer")
    keystone.knows("ann")
    assert isinstance(keystone.cache.verdict("ann"), Identity)


def test_ten_thousand_guesses_push_out_nobody_and_fill_nothing() -> None:
    keystone = Known(entries=10)
    keystone.knows("ann")
    keystone.cache.verdict("ann")
    for number in range(10_000):
        keystone.cache.verdict(f"guess {number}")
    asked = len(keystone.asked)
    keystone.cache.verdict("ann")
    assert len(keystone.asked) == asked and len(keystone.cache) == 11


def test_the_oldest_goes_when_the_cache_is_full() -> None:
    keystone = Known(entries=3)
    for number in range(4):
        keystone.knows(f"user {number}")
        keystone.cache.verdict(f"user {number}")
    assert len(keystone.cache) == 3
    keystone.asked.clear()
    for number in (3, 2, 1, 0):
        keystone.cache.verdict(f"user {number}")
    assert keystone.asked == ["user 0"]


def test_nothing_of_a_token_is_in_the_cache() -> None:
    keystone = Known()
    token = "gAAAAcanary-canary-canary"
    keystone.verdicts[token] = Identity("ann", "project", "p1", "default", (), START + 10)
    keystone.cache.verdict(token)
    keystone.cache.verdict("other-canary")
    held = repr([keystone.cache._good, keystone.cache._refused, keystone.cache._flights._open])
    assert "ann" in held and "canary" not in held


def test_fifty_who_bring_one_token_at_a_time_cause_one_question() -> None:
    come, asked = threading.Barrier(51, timeout=10), []
    answer = Identity("ann", "project", "p1", "default", (), 2e12)
    slow = threading.Event()

    def ask(token: str, late: bool) -> Verdict:
        asked.append(token)
        slow.wait(10)
        return answer

    cache = TokenCache(ask, Bounds(10, 60.0, 5.0))

    def one(_: int) -> Verdict:
        come.wait()
        return cache.verdict("ann")

    with ThreadPoolExecutor(50) as pool:
        given = [pool.submit(one, number) for number in range(50)]
        come.wait()
        slow.set()
        assert {future.result(10) for future in given} == {answer}
    assert asked == ["ann"]


def test_who_waits_for_somebody_that_was_killed_is_told_so() -> None:
    flights = Flights[str]("interrupted")
    inside, die = threading.Event(), threading.Event()

    def work() -> str:
        inside.set()
        die.wait(10)
        raise SystemExit

    def leader() -> None:
        with suppress(SystemExit):
            flights.run(b"key", work)

    worker = threading.Thread(target=leader)
    worker.start()
    inside.wait(10)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flights.run, b"key", lambda: "not mine")
        while not waiting.running():
            pass
        threading.Event().wait(0.05)
        die.set()
        assert waiting.result(10) == "interrupted"
    worker.join(10)
    assert flights.run(b"key", lambda: "anew") == "anew"
