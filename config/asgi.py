"""ASGI entry point: pages over HTTP, live updates over the browser socket."""

from __future__ import annotations

import gc
import os
import warnings

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Whitenoise reads static files synchronously; they are small, and in production a proxy does it.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")
pages = get_asgi_application()

from brokerage.credentials import keys  # noqa: E402  (needs the app registry)
from brokerage.execution import boot  # noqa: E402
from portfolio.live.routing import websocket_urlpatterns  # noqa: E402

# What was shown before this process started can no longer be confirmed.
boot.announce_restart()
keys.report_soon()

# What is loaded now stays: the garbage collector need not walk through it while somebody waits.
gc.collect()
gc.freeze()

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
