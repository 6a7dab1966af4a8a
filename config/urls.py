"""URL map of the server."""

from django.urls import include, path

from config.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("sign-in/", include("allauth.urls")),
    path("settings/", include("users.urls")),
    path("", include("portfolio.urls")),
]
