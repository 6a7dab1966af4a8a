"""The processes of a whole desk and the variables that tie them together."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from embedded import folders, keys, postgres, privileges
from embedded.postgres import Postgres
from embedded.readiness import Announcement, Process, ReadyLine, wait_for_page
from embedded.supervisor import Service
from embedded.valkey import Valkey

DATABASE = "strikedesk"
ROOT = Path(__file__).resolve().parent.parent
_SERVERS, _SIMULATOR, _DESK = 1, 2, 3
_ANNOUNCED = {"api_url", "client_id", "client_secret", "refresh_token"}


@dataclass
class Desk:
    """Where one desk keeps its data and which ports it serves on."""

    data: Path
    port: int
    simulator_port: int
    host: str = "127.0.0.1"
    simulator: Announcement = field(default_factory=lambda: Announcement(_ANNOUNCED))

    def __post_init__(self) -> None:
        folders.private(self.data)
        self.sockets = folders.socket_folder(self.data)
        self.keys = keys.load_or_make(self.data / "keys.json")
        self.postgres = Postgres(self.data / "postgres", self.sockets)
        self.valkey = Valkey(self.data / "valkey", self.sockets)

    @property
    def address(self) -> str:
        return os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What every process of the desk is told; what the caller set stays."""
        told = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": self.keys["SECRET_KEY"],
            "FIELD_ENCRYPTION_KEYS": self.keys["FIELD_ENCRYPTION_KEYS"],
            "DATABASE_URL": os.environ.get("DATABASE_URL") or self.postgres.url(DATABASE),
            "REDIS_URL": os.environ.get("REDIS_URL") or self.valkey.url(),
            "PUBLIC_URL": self.address,
            "SIMULATOR_URL": f"http://127.0.0.1:{self.simulator_port}",
            # Empty: static files are served from where they lie, nothing is collected.
            "STATIC_ROOT": str(folders.private(self.data / "static")),
            "PYTHONUNBUFFERED": "1",
        }
        facts = self.simulator.facts
        if facts:
            told["OAUTH_CLIENT_ID_SIMULATOR"] = str(facts["client_id"])
            told["OAUTH_CLIENT_SECRET_SIMULATOR"] = str(facts["client_secret"])
        return {**os.environ, **told}

    def seed_environment(self) -> dict[str, str]:
        """The same and what the first connection needs, which nobody else is told."""
        return {
            **self.environment(),
            "DEMO_PASSWORD": self.keys["DEMO_PASSWORD"],
            "SIMULATOR_CLIENT_SECRET": str(self.simulator.facts["client_secret"]),
            "SIMULATOR_REFRESH_TOKEN": str(self.simulator.facts["refresh_token"]),
        }

    def servers(self) -> list[Service]:
        """PostgreSQL and Valkey, each unless a server was named in the environment."""
        services = []
        if not os.environ.get("DATABASE_URL"):
            services.append(self._postgres())
        if not os.environ.get("REDIS_URL"):
            services.append(self._valkey())
        return services

    def _postgres(self) -> Service:
        server = self.postgres

        def ready(process: Process) -> None:
            server.wait_ready(process)
            server.create_database(DATABASE)

        return Service(
            "postgres",
            server.command(),
            postgres.environment(),
            _SERVERS,
            prepare=server.prepare,
            ready=ready,
            stop_signal=signal.SIGINT,
            grace=20,
            options=privileges.demotion().options,
        )

    def _valkey(self) -> Service:
        server = self.valkey
        return Service(
            "valkey",
            server.command(),
            dict(os.environ),
            _SERVERS,
            prepare=server.prepare,
            ready=server.wait_ready,
        )

    def simulator_service(self) -> Service:
        """The pretend broker; its state survives in the data folder."""
        state = folders.private(self.data / "simulator") / "state.json"
        command = [sys.executable, "-m", "simulator", "--host", "127.0.0.1"]
        command += ["--port", str(self.simulator_port), "--state", str(state)]
        command += ["--scenario", os.environ.get("SIMULATOR_SCENARIO", "demo")]
        command += ["--seed", os.environ.get("SIMULATOR_SEED", "7")]
        for option in ("start", "speed"):
            if value := os.environ.get(f"SIMULATOR_{option.upper()}"):
                command += [f"--{option}", value]
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        watch = self.simulator
        return Service("simulator", command, env, _SIMULATOR, see=watch.see, ready=watch.wait)

    def services(self) -> list[Service]:
        """Web, workers, beat and gateway: they start together once the broker is up."""
        return [
            self._web(),
            self._worker("worker", "sync,default", threads=6),
            # Of its own, so that no slow sync delays the resolution of an unknown order.
            self._worker("reconciler", "reconcile", threads=2),
            self._python("beat", *_celery("beat", "--scheduler", "celery.beat.Scheduler")),
            self._python("gateway", "manage.py", "run_gateway"),
        ]

    def _python(self, name: str, *arguments: str, **more: object) -> Service:
        command = [sys.executable, *arguments]
        return Service(name, command, self.environment(), _DESK, **more)  # type: ignore[arg-type]

    def _web(self) -> Service:
        arguments = ["-m", "uvicorn", "config.asgi:application", "--host", self.host]
        arguments += ["--port", str(self.port), "--loop", "uvloop", "--ws", "websockets-sansio"]
        arguments += ["--ws-per-message-deflate", "false", "--lifespan", "off"]
        arguments += ["--no-server-header", "--no-access-log", "--timeout-graceful-shutdown", "2"]

        def ready(process: Process) -> None:
            wait_for_page(f"http://127.0.0.1:{self.port}/healthz", process)

        return self._python("web", *arguments, ready=ready)

    def _worker(self, name: str, queues: str, *, threads: int) -> Service:
        arguments = _celery("worker", "-P", "threads", "-c", str(threads), "-Q", queues)
        arguments += ["-n", f"{name}@%h", "--without-gossip", "--without-mingle"]
        watch = ReadyLine(r"\bready\.")
        return self._python(name, *arguments, see=watch.see, ready=watch.wait)


def _celery(role: str, *arguments: str) -> list[str]:
    return ["-m", "celery", "-A", "config", role, "--loglevel", "INFO", *arguments]
