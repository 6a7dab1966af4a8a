/* The click that sends an order. Its answer is the result itself and takes the page's place; no
   answer, or one that is not the ticket's, never reads as "failed": the order may have left. */
"use strict";

(() => {
  const PLACE = "ticket-page";
  const sender = (event) => {
    const node = event.detail.requestConfig ? event.detail.requestConfig.elt : event.detail.elt;
    return node && node.matches && node.matches("form[data-sends]") ? node : null;
  };
  const button = (form) => form.querySelector("[data-send]");

  const waiting = (event) => {
    const form = sender(event);
    if (!form || event.defaultPrevented) return;
    form.querySelector("[data-unclear]").hidden = true;
    button(form).dataset.words = button(form).textContent;
    button(form).textContent = "Sending…";
  };
  const over = (event) => {
    const form = sender(event);
    if (form && form.isConnected) button(form).textContent = button(form).dataset.words;
  };
  // The same confirmation becomes one order at most: pressing again asks what became of it.
  const unclear = (form) => {
    const notice = form.querySelector("[data-unclear]");
    notice.hidden = false;
    notice.scrollIntoView({ block: "nearest" });
  };
  const judge = (event) => {
    const form = sender(event);
    if (!form) return;
    const { xhr } = event.detail;
    const ours = xhr.getResponseHeader("Ticket-Answer") === "1";
    event.detail.shouldSwap = ours;
    event.detail.isError = false;
    if (ours) return;
    if (xhr.status >= 500) { unclear(form); return; }
    // Signed out meanwhile, or a page that is too old: the browser shows that page itself.
    form.submit();
  };
  const lost = (event) => {
    const form = sender(event);
    if (form) unclear(form);
  };

  // The page now shows a result: it watches no quotes any more, and is read from its heading.
  const arrived = (event) => {
    if (!event.detail.target || event.detail.target.id !== PLACE) return;
    const page = document.getElementById(PLACE);
    const head = page && page.querySelector("h1");
    if (head) { head.tabIndex = -1; head.focus({ preventScroll: true }); }
    const body = document.body.dataset;
    const { scope } = JSON.parse(body.liveArgs || "{}");
    body.livePage = "shell";
    body.liveArgs = JSON.stringify({ scope: scope || "" });
    document.body.dispatchEvent(new CustomEvent("desk:args", { bubbles: true }));
  };

  document.addEventListener("htmx:beforeRequest", waiting);
  document.addEventListener("htmx:beforeSwap", judge);
  document.addEventListener("htmx:afterRequest", over);
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:afterSettle", arrived);
})();
