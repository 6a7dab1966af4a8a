"""GET /healthz: 200 when this process, the database and Valkey answer; 503 names what does not."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse

_valkey = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False


def _valkey_answers() -> bool:
    try:
        return bool(_valkey.ping())
    except redis.RedisError:
        return False


def healthz(_request: HttpRequest) -> JsonResponse:
    parts = {"web": True, "database": _database_answers(), "valkey": _valkey_answers()}
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)
