"""What an expiration does: tonight, Friday, or any date that is held."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from portfolio.desk import desk_of
from portfolio.expirations.page import page_of
from portfolio.expirations.scene import Scene


@require_GET
def expirations(request: HttpRequest) -> HttpResponse:
    page = page_of(Scene(desk_of(request), request.GET.dict()))
    return render(request, "portfolio/expirations.html", {"page": page})


urlpatterns = [path("expirations/", expirations, name="expirations")]
