/* Toasts: what htmx would swallow, and what happened to orders. Each event shows once on a page;
   all of them stay in the notifications. Nothing here changes anything at the broker. */
"use strict";

(() => {
  const SHOWN_MS = { success: 8000, info: 6000, warning: 10000, error: 15000, danger: 15000 };
  const MOST = 5;
  const STORE = "strikedesk-news";
  const box = () => document.getElementById("toasts");
  const seen = new Set();

  // What is on show, so that a toast outlives the page it came to: a cancellation is often
  // confirmed while the page that asked for it is already leaving.
  const SHOWING = "strikedesk-toasts";
  const showing = () => { try { return JSON.parse(sessionStorage.getItem(SHOWING) || "[]"); } catch { return []; } };
  const keep = (rows) => { try { sessionStorage.setItem(SHOWING, JSON.stringify(rows)); } catch { /* private mode */ } };
  const forget = (key) => keep(showing().filter((row) => row.key !== key));

  const toast = (text, level = "info", url = "", key = "", lasts = SHOWN_MS[level] || SHOWN_MS.info) => {
    const place = box();
    if (!place) return;
    const note = document.createElement("div");
    note.className = `notice notice--${level} toast`;
    const body = document.createElement(url ? "a" : "div");
    if (url) body.href = url;
    body.className = "notice__body";
    body.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--small btn--quiet toast__close";
    button.setAttribute("aria-label", "Close this message");
    button.textContent = "×";
    const close = () => { note.remove(); if (key) forget(key); };
    button.addEventListener("click", close);
    note.append(body, button);
    place.append(note);
    while (place.children.length > MOST) place.firstElementChild.remove();
    if (key) keep([...showing().filter((row) => row.key !== key), { key, text, level, url, until: Date.now() + lasts }].slice(-MOST));
    // A toast that somebody is reading or about to press stays.
    let left = lasts;
    const timer = setInterval(() => {
      if (note.matches(":hover, :focus-within")) return;
      left -= 500;
      if (left > 0 && note.isConnected) return;
      clearInterval(timer);
      close();
    }, 500);
    // A refusal interrupts; a fill waits for a pause in what is read out.
    const alerts = document.getElementById("alerts");
    if ((level === "error" || level === "danger") && alerts) alerts.textContent = text;
  };
  window.deskToast = toast;

  // --- News of orders ---------------------------------------------------------------------------
  // The mark outlives the page within its tab: what happens while the next page loads is not lost.
  const read = () => { try { return sessionStorage.getItem(STORE) || ""; } catch { return ""; } };
  const write = (mark) => { try { sessionStorage.setItem(STORE, mark); } catch { /* private mode */ } };
  // A stored mark that is ahead of the page belongs to another database.
  const ahead = (one, other) => one.split(".").some((part, at) => Number(part) > Number(other.split(".")[at]));
  const rendered = document.body.dataset.news || "0.0";
  let mark = read() && !ahead(read(), rendered) ? read() : rendered;
  let asking = false, again = false;

  const ask = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(`${document.body.dataset.newsUrl}?mark=${encodeURIComponent(mark)}`,
        { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const news = await answer.json();
      for (const item of news.items) {
        if (seen.has(item.key)) continue;
        seen.add(item.key);
        toast(item.text, item.level, item.url, item.key);
      }
      mark = news.mark;
      write(mark);
    } catch {
      // The next fact asks again, with the same mark.
    } finally {
      asking = false;
      if (again) { again = false; ask(); }
    }
  };
  let soon = 0;
  const later = () => { clearTimeout(soon); soon = setTimeout(ask, 120); };
  if (document.body.dataset.newsUrl) {
    for (const row of showing()) {
      const left = row.until - Date.now();
      if (left <= 0) { forget(row.key); continue; }
      seen.add(row.key);
      toast(row.text, row.level, row.url, row.key, left);
    }
    document.body.addEventListener("desk:order.updated", later);
    document.body.addEventListener("desk:notice.updated", later);
    if (mark !== rendered) later();
    else write(mark);
  }

  // --- Errors that htmx would swallow --------------------------------------------------------------
  // What sends says in its own place that the outcome is open.
  const sends = (event) => event.detail.elt.matches("form[data-sends]");
  document.addEventListener("htmx:sendError", (event) => {
    if (!sends(event)) toast("The server did not answer.", "error");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (!sends(event)) toast(`The server refused this (${event.detail.xhr.status}). Reload the page to see how things are.`, "error");
  });
})();
