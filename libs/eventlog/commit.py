"""The write path's heart: load, ask, decide, append; and again when another was faster.

Any process that writes (api, topology) does it by `Ledger.commit`. Concurrent commits of a process share appends (group commit).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from libs import errors
from libs.commands import Command
from libs.errors import Refusal
from libs.eventlog.answering import Ask, answered
from libs.eventlog.assemble import Assembled, TakenTwice, assemble, touched_rows
from libs.eventlog.cache import ResourceCache
from libs.eventlog.chain import MAX_EVENT_BYTES, EventTooLarge
from libs.eventlog.contest import Attempt, Judge
from libs.eventlog.domain import NETWORK_DOMAIN, Domain
from libs.eventlog.loading import Loader
from libs.eventlog.lost import refusal_of_guard, refusal_of_limit
from libs.eventlog.protocol import (
    Accepted,
    Append,
    ClaimTaken,
    EventLog,
    GuardFailed,
    NoneRefers,
    Outcome,
    Row,
    StaleVersion,
    Within,
)
from libs.eventlog.restore import restore
from libs.eventlog.turns import Turns
from libs.gather import Gather
from libs.model import DNS_DOMAIN, Context
from libs.network.quota_checks import limited
from libs.network.resources import kind_and_id
from libs.network.world import Find, World

RETRIES = 100
"""How often a command is decided again when others were faster; each time somebody else's command got through. Of six who change one
resource all the time, one in 240 loses thirty times in a row, none a hundred times."""

NO_LIMITS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Committed:
    """What a command came to: rows in the order of the decision's `touched`, None for a deleted one. position: of its last event,
    0 when nothing had to change."""

    rows: tuple[Row | None, ...]
    position: int
    repeated: bool = False


class Ledger:
    """Commits commands to a log. `ask` answers questions (addresses, segments, bindings, MACs), many at once; safe to share.

    limits: {resource: how many a project may have unless something else was set for it}; without them nothing is measured.
    dns_domain: what the names of new ports stand below.
    """

    def __init__(
        self,
        log: EventLog,
        ask: Ask,
        retries: int = RETRIES,
        domain: Domain = NETWORK_DOMAIN,
        limits: Mapping[str, int] = NO_LIMITS,
        dns_domain: str = DNS_DOMAIN,
    ) -> None:
        self._log, self._ask, self._retries, self._limits = log, ask, retries, limits
        self._dns_domain = dns_domain
        self._domain = domain
        self._cache = ResourceCache()
        self._loader = Loader(log, domain, self._cache)
        self._turns = Turns()
        self._appends: Gather[Append, Outcome] = Gather(self._append_batch)

    def commit(self, command: Command, context: Context, judge: Judge | None = None) -> Committed:
        """Decide and append, with other choices or fresh knowledge when another commit was faster; `judge` may refuse each time.

        Raises Refusal: the domain's, 503 when the store or a service that is asked is away, 409 busy when others never stop.
        """
        attempt = Attempt(command, context, judge=judge)
        for _ in range(self._retries):
            try:
                with self._turns.taken(attempt.contested):
                    done = self._try(attempt)
            except Refusal as refusal:
                if refusal.status == 503:
                    raise
                if not attempt.cached:
                    earlier = self._log.earlier(context.command_id)  # its first time may be why it is refused now
                    if earlier is None:
                        raise
                    return self._again(earlier)
                attempt.choices.forget_refusals()
                attempt.trusting, done = False, None
            if done is not None:
                return done
        raise errors.busy()

    def _try(self, attempt: Attempt) -> Committed | None:
        """One round; None when it must be repeated. What was read from the cache neither refuses nor leaves undone."""
        attempt.cached = False
        world = replace(self._loader.load(attempt), dns_domain=self._dns_domain)
        if attempt.judge is not None:
            attempt.judge(world)
        world = answered(attempt, world, self._domain, self._ask)
        decision = self._domain.decide(attempt.command, world)
        if self._limits:
            decision = limited(attempt.command, decision, self._limits)
        if not decision.changes:
            if attempt.cached:
                attempt.trusting = False
                return None
            return Committed(touched_rows(decision.touched, world, self._domain.kinds, {}), 0)
        ready = assemble(decision, world, self._domain.kinds, self._domain.claims_of)
        if isinstance(ready, TakenTwice):
            self._lose_claims(attempt, ready.keys)
            return None
        if not attempt.contested and (line := self._turns.awaited(one.stream for one in decision.changes)):
            attempt.contested = line
            return None
        outcome = self._appends.ask(ready.append)
        if isinstance(outcome, Accepted):
            return self._accepted(outcome, ready)
        self._refused(attempt, outcome, world)
        return None

    def _again(self, earlier: Accepted) -> Committed:
        return Committed(restore(earlier.result, self._log, self._domain.kinds), earlier.last, repeated=True)

    def _accepted(self, outcome: Accepted, ready: Assembled) -> Committed:
        if outcome.repeated:
            return self._again(outcome)
        for stream, resource in ready.after.items():
            if resource is None:
                self._cache.drop(stream)
            else:
                self._cache.put(resource)
        return Committed(ready.rows, outcome.last)

    def _refused(self, attempt: Attempt, outcome: Outcome, world: World) -> None:
        """Prepare the next round. Raises Refusal when there is no sense in one."""
        if isinstance(outcome, ClaimTaken):
            self._lose_claims(attempt, (outcome.key, *outcome.also), outcome.owner)
            return
        attempt.trusting = attempt.cached = False
        if isinstance(outcome, GuardFailed):
            self._not_held(attempt, outcome, world)
        elif isinstance(outcome, StaleVersion):
            attempt.contested = outcome.stream
            self._cache.drop(outcome.stream)
            if outcome.stream in world.resources and world.resources[outcome.stream] is None:
                self._absent(attempt, outcome.stream, world)

    def _absent(self, attempt: Attempt, stream: str, world: World) -> None:
        """A stream that is not there cannot begin: another made it just now, or it has ended, which the decision is told. Raises
        Refusal when that made no difference to it."""
        if stream in world.ended:
            raise errors.ended(*kind_and_id(stream))
        if stream in attempt.gone:
            self._cache.end(stream)
        attempt.gone.add(stream)

    def _not_held(self, attempt: Attempt, outcome: GuardFailed, world: World) -> None:
        guard = outcome.guard
        if isinstance(guard, Within):
            raise refusal_of_limit(guard, outcome.found)
        if isinstance(guard, NoneRefers):
            if Find(guard.kind, guard.column, guard.value) not in world.found:  # else another came after we had looked
                raise refusal_of_guard(guard, world.resources)
        else:
            self._cache.drop(guard.stream)
            attempt.missed(guard.stream, refusal_of_guard(guard, world.resources))

    def _lose_claims(self, attempt: Attempt, keys: tuple[str, ...], owner: str = "") -> None:
        attempt.cached = False  # claims were checked on the store itself: a refusal is final
        attempt.choices.lose(keys, owner)

    def _append_batch(self, batch: list[Append]) -> list[Outcome | Exception]:
        """Append together; should the store choke on one (text it cannot hold, or too much), each goes alone so that only that one
        fails."""
        try:
            return list(self._log.append(batch))
        except Refusal:
            self._cache.clear()  # the store may come back as it was before: versions would fit and say something else
            raise
        except Exception as error:
            if len(batch) == 1:
                return [errors.event_too_large(MAX_EVENT_BYTES) if isinstance(error, EventTooLarge) else error]
            return [self._append_batch([one])[0] for one in batch]
