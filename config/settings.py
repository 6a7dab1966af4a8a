"""Every knob of the server: one file, each from an environment variable (see .env.example)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pghistory
from csp.constants import NONE, SELF

from config import env
from config import logging as desk_logging

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Core -----------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY")
# Fernet keys for refresh tokens and client secrets; the first one encrypts, all decrypt.
FIELD_ENCRYPTION_KEYS = env.words("FIELD_ENCRYPTION_KEYS", [])
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])
PUBLIC_URL = env.text("PUBLIC_URL", "http://127.0.0.1:8000")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "template_partials",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "users",
    "brokerage",
    "portfolio",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "users.middleware.LoginRequiredMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
# History of the mirror: versions refer to their rows by the row's own index, not by one more each.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portfolio.context.shell",
            ],
        },
    }
]

# --- Database -------------------------------------------------------------------------------


def _database(url: str) -> dict[str, object]:
    """A Django DATABASES entry; a socket folder may stand in `?host=/folder`."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": str(parts.port or query.get("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": env.integer("DATABASE_POOL_SIZE", 16, minimum=1),
                "timeout": env.seconds("DATABASE_POOL_TIMEOUT", 10),
            },
        },
    }


DATABASE_URL = env.url("DATABASE_URL", schemes=("postgres", "postgresql"))
DATABASES = {"default": _database(DATABASE_URL)}

# --- Valkey or Redis: one URL, three spellings ----------------------------------------------

REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss", "unix"))


def _celery_broker(url: str) -> str:
    """Celery writes a unix socket as redis+socket:// with virtual_host for the database."""
    if not url.startswith("unix://"):
        return url
    parts = urlsplit(url)
    database = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={database}"


CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL}], "prefix": "strikedesk"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "strikedesk",
    }
}

# --- Celery ---------------------------------------------------------------------------------

CELERY_BROKER_URL = _celery_broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "brokerage.tasks.reconcile_*": {"queue": "reconcile"},
    "brokerage.tasks.sync_*": {"queue": "sync"},
}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.integer("CELERY_VISIBILITY_TIMEOUT", 120),
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 10,
}

# --- The schedule of the mirror (seconds) ----------------------------------------------------

SYNC_BALANCES_OPEN_SECONDS = env.seconds("SYNC_BALANCES_OPEN_SECONDS", 60)
SYNC_BALANCES_CLOSED_SECONDS = env.seconds("SYNC_BALANCES_CLOSED_SECONDS", 900)
SYNC_ORDERS_SECONDS = env.seconds("SYNC_ORDERS_SECONDS", 900)
SYNC_ORDERS_STREAM_DOWN_SECONDS = env.seconds("SYNC_ORDERS_STREAM_DOWN_SECONDS", 60)
SYNC_HOURLY_SECONDS = env.seconds("SYNC_HOURLY_SECONDS", 3600)
SYNC_DAILY_SECONDS = env.seconds("SYNC_DAILY_SECONDS", 86400)
# Calls in the background for each grant: so many a second, and so many at once after a rest.
SYNC_CALLS_PER_SECOND = env.seconds("SYNC_CALLS_PER_SECOND", 10, minimum=0.1)
SYNC_CALLS_BURST = env.integer("SYNC_CALLS_BURST", 60, minimum=1)
# How often beat looks for connections that are due.
SYNC_TICK_SECONDS = env.seconds("SYNC_TICK_SECONDS", 15, minimum=1)
SYNC_BACKFILL_TICK_SECONDS = env.seconds("SYNC_BACKFILL_TICK_SECONDS", 20, minimum=1)
RECONCILE_BOOKS_SECONDS = env.seconds("RECONCILE_BOOKS_SECONDS", 900, minimum=1)
# How long calls to the broker stay in the audit, in days; what people did stays for good.
AUDIT_CALL_DAYS = env.integer("AUDIT_CALL_DAYS", 30, minimum=1)
AUDIT_SEAL_SECONDS = env.seconds("AUDIT_SEAL_SECONDS", 10, minimum=1)
# How often the marks of the day are written while the market is open; the last stand for its close.
DAILY_MARKS_SECONDS = env.seconds("DAILY_MARKS_SECONDS", 300, minimum=1)
RECONCILE_TICK_SECONDS = env.seconds("RECONCILE_TICK_SECONDS", 5, minimum=1)

# --- The broker -------------------------------------------------------------------------------

USER_AGENT = env.text("USER_AGENT", "strikedesk/0.1")
BROKER_TIMEOUT_SECONDS = env.seconds("BROKER_TIMEOUT_SECONDS", 15, minimum=1)
BROKER_MAX_CONNECTIONS = env.integer("BROKER_MAX_CONNECTIONS", 5, minimum=1)
PRODUCTION_ACCEPT_VERSION = env.text("PRODUCTION_ACCEPT_VERSION", "20261012")
SIMULATOR_ACCEPT_VERSION = env.text("SIMULATOR_ACCEPT_VERSION", "20261012")
# Empty: no simulator is offered. http and ws are accepted for a loopback address alone.
SIMULATOR_URL = env.text("SIMULATOR_URL", "")
# OAuth clients of this server for the code flow; without them a person pastes secret and token.
OAUTH_CLIENT_IDS = {
    "production": env.text("OAUTH_CLIENT_ID_PRODUCTION", ""),
    "sandbox": env.text("OAUTH_CLIENT_ID_SANDBOX", ""),
    "simulator": env.text("OAUTH_CLIENT_ID_SIMULATOR", ""),
}
OAUTH_CLIENT_SECRETS = {
    "production": env.text("OAUTH_CLIENT_SECRET_PRODUCTION", ""),
    "sandbox": env.text("OAUTH_CLIENT_SECRET_SANDBOX", ""),
    "simulator": env.text("OAUTH_CLIENT_SECRET_SIMULATOR", ""),
}
# Environments in which orders may be sent at all. Real accounts start with trading switched off.
ORDER_ENVIRONMENTS = tuple(env.words("ORDER_ENVIRONMENTS", ["simulator", "sandbox", "production"]))
# Where a person need not switch trading on first: nothing real can be lost there.
TRADING_STARTS_ON = ("simulator",)
PREVIEW_SECONDS = env.seconds("PREVIEW_SECONDS", 60, minimum=1)
RECONCILE_WINDOW_SECONDS = env.seconds("RECONCILE_WINDOW_SECONDS", 60)
# How much longer than its time-out a command may be under way before its process counts as dead.
ORDER_PATIENCE_SECONDS = env.seconds("ORDER_PATIENCE_SECONDS", 5)
REFRESH_AHEAD_SECONDS = env.seconds("REFRESH_AHEAD_SECONDS", 60)

# --- Ages: how old a figure's input may be before it is drawn as stale (seconds) --------------

STALE_QUOTE_SECONDS = env.seconds("STALE_QUOTE_SECONDS", 15)
STALE_GREEKS_SECONDS = env.seconds("STALE_GREEKS_SECONDS", 120)
STALE_BALANCE_SECONDS = env.seconds("STALE_BALANCE_SECONDS", 120)

# --- Gateway ----------------------------------------------------------------------------------

MARKET_FRAME_SECONDS = env.seconds("MARKET_FRAME_SECONDS", 0.25, minimum=0.05)
GATEWAY_LEASE_SECONDS = env.seconds("GATEWAY_LEASE_SECONDS", 5, minimum=1)

# --- People -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SIGN_UP_OPEN = env.flag("SIGN_UP_OPEN", False)
ACCOUNT_ADAPTER = "users.adapter.DeskAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Strikedesk"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portfolio:dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# --- Cookies, headers ---------------------------------------------------------------------------

SECURE_COOKIES = env.flag("SECURE_COOKIES", PUBLIC_URL.startswith("https://"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "strikedesk_session"
CSRF_COOKIE_NAME = "strikedesk_csrf"
# In the database alone: people stay signed in, and signed out, whatever becomes of the cache.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 0)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_TLS_PROXY", False) else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Static files, words, time --------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
WHITENOISE_USE_FINDERS = env.flag("STATIC_FROM_SOURCE", True)
WHITENOISE_AUTOREFRESH = DEBUG
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = desk_logging.configure(env.text("LOG_LEVEL", "INFO"), json=env.flag("LOG_JSON", False))
LOGGING_CONFIG = "logging.config.dictConfig"
