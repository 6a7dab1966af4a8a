"""One broker and one person for a number of rounds."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.db import connections as databases

from brokerage import connections, market
from tests.exactly_once import desk as ours
from tests.exactly_once import rounds
from tests.exactly_once.broker import Broker
from tests.exactly_once.plans import Round
from tests.exactly_once.records import Records, say
from tests.exactly_once.rounds import Played
from tests.exactly_once.servers import Servers
from tests.exactly_once.verdict import Tally, judge

# A gateway on a loaded machine takes its time to start.
STREAM_PATIENCE = 120.0


class Epoch:
    """Rounds are played one after the other and settle side by side, each in its own account."""

    def __init__(
        self, servers: Servers, seed: int, number: int, records: Records, tally: Tally
    ) -> None:
        folder = servers.folder / f"broker-{number}"
        folder.mkdir()
        self.servers = servers
        self.number = number
        self.broker = Broker(folder, seed)
        self.records = records
        self.tally = tally
        self.desk: Any = None
        self.gateway: Any = None

    def begin(self, accounts: int) -> None:
        self.broker.start()
        settings.SIMULATOR_URL = self.broker.facts["api_url"]
        self.desk = ours.open_desk(self.broker.open_accounts(accounts, self.number))
        self.gateway = self.servers.start_gateway(settings.SIMULATOR_URL)
        self._wait_for_stream()

    def _wait_for_stream(self) -> None:
        ends = time.monotonic() + STREAM_PATIENCE
        while not market.health(self.desk.connection).account_up():
            if time.monotonic() > ends:
                raise RuntimeError("the account stream did not come up; see gateway.log")
            time.sleep(0.1)

    def end(self) -> None:
        try:
            if self.gateway is not None:
                self.servers.end(self.gateway)
            if self.desk is not None:
                connections.remove(self.desk.connection, self.desk.user)
            databases.close_all()
        finally:
            self.broker.stop()

    def play(self, todo: list[Round], most_open: int, give_up: float) -> None:
        """Play all, keeping `most_open` rounds unsettled at most."""
        playing: list[Played] = []
        for plan in todo:
            while len(playing) >= most_open or self._in_use(plan, playing):
                playing = self._settle(playing, give_up)
            account = self._account(plan)
            playing.append(rounds.play(plan, self.desk, account, self.broker))
            playing = self._settle(playing, give_up)
        while playing:
            playing = self._settle(playing, give_up)

    def _account(self, plan: Round) -> Any:
        return self.desk.accounts[plan.number % len(self.desk.accounts)]

    def _in_use(self, plan: Round, playing: list[Played]) -> bool:
        return any(played.account == self._account(plan) for played in playing)

    def _settle(self, playing: list[Played], give_up: float) -> list[Played]:
        """One look of the worker; rounds that are settled (or given up) are judged and leave."""
        rounds.settle_once()
        left = []
        for played in playing:
            waited = time.monotonic() - played.began
            if played.is_settled() or waited > give_up:
                self._judge(played)
            else:
                left.append(played)
        if len(left) == len(playing):
            time.sleep(0.1)
        return left

    def _judge(self, played: Played) -> None:
        self.broker.take_transcript()
        found = judge(played.buttons, played.account, self.broker.orders(), self.broker.posts)
        told = found.told()
        self.tally.add(told)
        self.tally.complaints += [
            f"round {played.plan.number}, {played.plan.title}: {text}" for text in found.complaints
        ]
        seconds = round(time.monotonic() - played.began, 2)
        self.records.add(
            played.plan.number,
            title=played.plan.title,
            killed=played.killed,
            seconds=seconds,
            **told,
        )
        say(f"{self.tally.runs:6} {seconds:6.1f} s {played.plan.title}: {dict(found.states)}")
