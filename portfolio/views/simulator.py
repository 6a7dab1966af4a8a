"""The simulator page: steering the pretend broker from the browser.

For people with a simulator login, on servers that have a simulator; missing for everybody else.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from brokerage.simulated import Control, SimulatorError, control_for
from portfolio.simulation.actions import ActionForm
from portfolio.simulation.catalogue import BY_SLUG, SCENARIOS, section_id
from portfolio.simulation.page import form_for, read_state, sections

# What can be taken away as a file: path below /control and the file's name.
DOWNLOADS = {
    "transcript": ("/transcript", "transcript.jsonl"),
    "ledger": ("/ledger", "ledger.json"),
    "openapi": ("/openapi.json", "simulator-openapi.json"),
}


@require_GET
def simulator(request: HttpRequest) -> HttpResponse:
    with control_for(request.user) as control:
        return _page(request, control)


@require_GET
def simulator_state(request: HttpRequest) -> HttpResponse:
    """The figures at the top, fetched again and again."""
    with control_for(request.user) as control:
        context = {"state": read_state(control)}
    return render(request, "portfolio/_simulator_state.html", context)


def _page(request: HttpRequest, control: Control, bound: ActionForm | None = None) -> HttpResponse:
    state = read_state(control)
    context: dict[str, Any] = {
        "state": state,
        "sections": sections(state, bound),
        "scenarios": [(name, words) for name, (words, _) in SCENARIOS.items()],
        "downloads": list(DOWNLOADS),
    }
    status = 422 if bound is not None else 200
    return render(request, "portfolio/simulator.html", context, status=status)


@require_POST
def simulator_act(request: HttpRequest, slug: str) -> HttpResponse:
    """One action; what is wrong with it stands at its form."""
    action = BY_SLUG.get(slug)
    if action is None:
        raise Http404
    with control_for(request.user) as control:
        form = form_for(action, read_state(control), request.POST)
        if not form.is_valid():
            return _page(request, control, form)
        target, body = form.request()
        try:
            control.write(action.method, target, body)
        except SimulatorError as refusal:
            _refuse(form, refusal)
            return _page(request, control, form)
    messages.success(request, f"{action.title}: {action.done}")
    return redirect(f"{reverse('portfolio:simulator')}#{section_id(action.section)}")


def _refuse(form: ActionForm, refusal: SimulatorError) -> None:
    """The simulator's words, at the field that they name where the form has it."""
    named = {name: text for name, text in refusal.fields.items() if name in form.fields}
    for name, text in named.items():
        form.add_error(name, text or str(refusal))
    if not named:
        form.add_error(None, str(refusal))


@require_POST
def simulator_scenario(request: HttpRequest, name: str) -> HttpResponse:
    """One of the library's scenarios: its requests one after the other."""
    if name not in SCENARIOS:
        raise Http404
    words, steps = SCENARIOS[name]
    with control_for(request.user) as control:
        try:
            for method, target, body in steps:
                control.write(method, target, body)
        except SimulatorError as refusal:
            messages.error(request, f"{words}: {refusal}")
        else:
            messages.success(request, f"{words}.")
    return redirect("portfolio:simulator")


@require_GET
def simulator_download(request: HttpRequest, name: str) -> HttpResponse:
    """A record of the simulator as a file; a snapshot by its name."""
    where = DOWNLOADS.get(name)
    if where is None:
        raise Http404
    return _file(request, *where)


@require_GET
def simulator_snapshot(request: HttpRequest, name: str) -> HttpResponse:
    return _file(request, f"/snapshots/{name}", f"snapshot-{name}.json")


def _file(request: HttpRequest, target: str, filename: str) -> HttpResponse:
    with control_for(request.user) as control:
        try:
            content, kind = control.download(target)
        except SimulatorError as refusal:
            messages.error(request, str(refusal))
            return redirect("portfolio:simulator")
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


urlpatterns = [
    path("simulator/", simulator, name="simulator"),
    path("simulator/state/", simulator_state, name="simulator-state"),
    path("simulator/do/<slug:slug>/", simulator_act, name="simulator-act"),
    path("simulator/scenarios/<slug:name>/", simulator_scenario, name="simulator-scenario"),
    path("simulator/files/<slug:name>/", simulator_download, name="simulator-download"),
    path("simulator/snapshots/<slug:name>/", simulator_snapshot, name="simulator-snapshot"),
]
