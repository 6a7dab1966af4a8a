"""The conversation about one call, without a socket: what to send, when to wait, what it means.

Both clients drive the same generator and differ in who awaits.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any, TypeVar, cast

import httpx
import msgspec

from brokerage.tastytrade import answers
from brokerage.tastytrade.calls import Call, Many, Safety
from brokerage.tastytrade.environments import Environment
from brokerage.tastytrade.errors import MalformedAnswer, TastytradeError
from brokerage.tastytrade.notices import ApiNotice, CallRecord, notice
from brokerage.tastytrade.retry import RetryPolicy, wait_before_retry
from brokerage.tastytrade.secret import Secret

logger = logging.getLogger(__name__)
T = TypeVar("T")
Observer = Callable[[CallRecord], None]
NoticeHandler = Callable[[ApiNotice], None]

_USER_AGENT = re.compile(r"[\w.\-]+/[\w.\-]+( [ -~]*)?")


@dataclass(frozen=True, slots=True)
class Attempt:
    """Please send this request."""

    request: httpx.Request
    authenticated: bool
    number: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Please wait so many seconds."""

    seconds: float


Step = Attempt | Pause
Reply = httpx.Response | TastytradeError | None
Conversation = Generator[Step, Reply, T]


@dataclass(slots=True)
class Exchange:
    """What all calls to one environment have in common. Thread-safe: it only remembers facts."""

    environment: Environment
    user_agent: str
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    observer: Observer | None = None
    on_notice: NoticeHandler | None = None
    # Broker's time minus ours in seconds, by the last Date header.
    clock_offset: float | None = None
    _seen: set[tuple[object, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not _USER_AGENT.fullmatch(self.user_agent):
            raise ValueError("the broker refuses a User-Agent that is not product/version")

    def converse(self, call: Call[T], attempts: int | None = None) -> Conversation[T]:
        """Steps to carry out, until the parsed answer is returned or an error raised."""
        policy = self.policy
        if attempts is not None:
            policy = RetryPolicy(attempts, policy.first, policy.cap, policy.longest)
        number = 1
        while True:
            request = self._request(call)
            started, at = monotonic(), datetime.now(UTC)
            reply = yield Attempt(request, call.authenticated, number)
            failure: TastytradeError | None
            if isinstance(reply, httpx.Response):
                self._learn(call, reply, at)
                failure = answers.problem(call, reply, self.environment)
            else:
                failure = reply
            elapsed = (monotonic() - started) * 1000
            self._record(call, number, at, elapsed, reply, failure)
            if failure is None and isinstance(reply, httpx.Response):
                return self._parse(call, reply)
            assert failure is not None
            wait = wait_before_retry(failure, call.safety, number, policy, random.random)
            if wait is None:
                raise failure
            yield Pause(wait)
            number += 1

    def _request(self, call: Call[Any]) -> httpx.Request:
        headers = {
            "User-Agent": self.user_agent,
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
        }
        if self.environment.accept_version:
            headers["Accept-Version"] = self.environment.accept_version
        content = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            content = msgspec.json.encode(call.body, enc_hook=_text_of_secret)
        return httpx.Request(
            call.method,
            self.environment.api_url + call.target,
            headers=headers,
            content=content,
            extensions={"replay": call.safety is not Safety.SUBMIT},
        )

    def _parse(self, call: Call[T], response: httpx.Response) -> T:
        problem = ""
        try:
            if isinstance(call.parse, Many):
                rows = call.parse.of_bytes(response.content)
                if rows is not None:
                    return cast("T", rows)
            return call.parse(answers.decoded(response))
        except MalformedAnswer as malformed:
            problem = malformed.message
        except Exception as surprise:
            # A shape nobody foresaw is the broker's fault, not the caller's.
            problem = f"unexpected shape ({type(surprise).__name__})"
            logger.error("%s: %s at %s", call.route, problem, _place(surprise))
        raise MalformedAnswer(problem, status=response.status_code, route=call.route)

    def _learn(self, call: Call[Any], response: httpx.Response, sent_at: datetime) -> None:
        if "Date" in response.headers:
            ours = sent_at + (datetime.now(UTC) - sent_at) / 2
            self.clock_offset = (answers.broker_time(response) - ours).total_seconds()
        found = notice(
            response.headers,
            response.status_code,
            environment=self.environment.name,
            accept_version=self.environment.accept_version,
            route=call.route,
            today=datetime.now(UTC).date(),
        )
        if found is not None:
            self._announce(found)

    def _announce(self, found: ApiNotice) -> None:
        """One notice per announcement, however many routes repeat it."""
        key = (found.kind, found.accept_version, found.deprecated_on, found.sunset_on)
        if key in self._seen:
            return
        self._seen.add(key)
        logger.warning(
            "%s: API version %s is %s (sunset %s)",
            found.environment,
            found.accept_version,
            found.kind,
            found.sunset_on,
        )
        _tell(self.on_notice, found)

    def _record(
        self,
        call: Call[Any],
        number: int,
        at: datetime,
        milliseconds: float,
        reply: Reply,
        failure: TastytradeError | None,
    ) -> None:
        status = reply.status_code if isinstance(reply, httpx.Response) else None
        record = CallRecord(
            self.environment.name,
            call.method,
            call.route,
            number,
            at,
            milliseconds,
            status,
            type(failure).__name__ if failure is not None else "",
        )
        _tell(self.observer, record)


def _text_of_secret(value: Any) -> str:
    if isinstance(value, Secret):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _place(failure: BaseException) -> str:
    """Where it was raised; the text of an exception could hold anything."""
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "?"


def _tell(listener: Callable[[Any], None] | None, fact: object) -> None:
    """A listener that fails must not fail the call."""
    if listener is None:
        return
    try:
        listener(fact)
    except Exception:
        logger.exception("a listener of the client failed")


def settle(failure: Exception, route: str) -> TastytradeError:
    """An exception of one attempt as ours."""
    if isinstance(failure, TastytradeError):
        return failure
    assert isinstance(failure, httpx.HTTPError)
    return answers.transport_error(failure, route)
