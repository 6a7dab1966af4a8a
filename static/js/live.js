/* Live updates of one page: patches, facts, the lamp.
   <body data-live-page="positions" data-live-args='{…}'> names the page's live view.
   Facts arrive on <body> as desk:<name> events, for hx-trigger="desk:order.updated from:body". */
"use strict";

(() => {
  const FACTS = ["order.updated", "position.updated", "balance.updated", "connection.updated", "sync.updated", "notice.updated"];
  const FLASH_MS = 200, SIGNED_OUT = 4401, SILENCE_MS = 15000;
  let socket = null, attempt = 0, timer = 0, paused = false, heardAt = 0, wasOpen = false;

  // --- Patches: text and class only, never markup ----------------------------------------------
  // More than this many at once is no news of any of them, and drawing them twice costs most.
  const MOST_FLASHES = 200;
  const write = (node, text) => {
    const own = node.firstChild;
    if (own && own === node.lastChild && own.nodeType === Node.TEXT_NODE) own.data = text;
    else node.textContent = text;
  };
  const patch = (rows) => {
    const flashed = [];
    for (const [id, text, css] of rows) {
      const node = document.getElementById(id);
      if (!node) continue;
      if (css !== undefined && css !== null && node.className !== css) node.className = css;
      if (node.textContent === text) continue;
      write(node, text);
      if (node.classList.contains("num") && !node.classList.contains("w-age")) flashed.push(node);
    }
    if (!flashed.length || flashed.length > MOST_FLASHES || document.documentElement.dataset.flash === "off") return;
    for (const node of flashed) node.classList.add("flash");
    setTimeout(() => { for (const node of flashed) node.classList.remove("flash"); }, FLASH_MS);
  };

  const tell = (name, detail) =>
    document.body.dispatchEvent(new CustomEvent(`desk:${name}`, { detail, bubbles: true }));

  // --- The lamp ----------------------------------------------------------------------------------
  const lamp = (kind, words, title) => {
    const node = document.querySelector("[data-live-lamp]");
    if (!node) return;
    const label = node.querySelector("[data-live-words]") || node;
    const css = kind ? `lamp lamp--${kind}` : "lamp";
    if (node.className !== css) node.className = css;
    if (label.textContent !== words) label.textContent = words;
    node.title = title || "";
  };
  const streams = ({ state, reason, age, delayed }) => {
    const known = age !== null && age !== undefined;
    const since = !known ? "" : `Last data ${age} s ago`;
    const title = [reason, since].filter(Boolean).join(". ");
    if (state === "up") lamp("live", `${delayed ? "Delayed" : "Live"}${known ? ` ${age} s` : ""}`, title);
    else if (state === "quiet") lamp("stale", "No quotes coming in", title);
    else if (state === "connecting") lamp("stale", "Waiting for quotes", title);
    else if (state === "none") lamp("", "Not connected", title);
    else lamp("down", "Quotes down", title);
  };

  // --- The socket ----------------------------------------------------------------------------------
  const send = (message) => {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  const idle = () => paused || document.hidden;
  const parsed = (text) => {
    try { return JSON.parse(text || "{}"); } catch { return {}; }
  };
  // A part of the page (the drawer) may have live figures of its own: data-live-also names its view.
  const show = () => {
    const message = { page: document.body.dataset.livePage, args: parsed(document.body.dataset.liveArgs) };
    const part = document.querySelector("[data-live-also]");
    if (part) message.also = { page: part.dataset.liveAlso, args: parsed(part.dataset.liveAlsoArgs) };
    send(message);
  };
  const opened = () => {
    attempt = 0;
    heardAt = Date.now();
    if (idle()) send({ idle: true });
    show();
    tell("connected", {});
  };
  // Nothing is replayed. After a gap, or when something was told while this page was on its way
  // (less than two seconds before it was rendered counts, as it may have been read before),
  // every fragment looks again.
  const joined = (since) => {
    const rendered = Number(document.body.dataset.renderedAt || 0);
    if (wasOpen || since > rendered - 2000) for (const name of FACTS) tell(name, { resync: true });
    wasOpen = true;
  };
  const received = (event) => {
    heardAt = Date.now();
    const message = JSON.parse(event.data);
    if (message.s && !idle()) streams(message.s);
    if (message.p && !idle()) patch(message.p);
    if (message.since !== undefined) joined(message.since);
    if (message.e) for (const [name, detail] of message.e) tell(name, detail);
    if (message.gone) tell("gone", {});
  };
  const lost = (event) => {
    socket = null;
    if (event.code === SIGNED_OUT) { lamp("down", "Signed out"); tell("signed-out", {}); return; }
    lamp("down", "Connection lost", "Trying again by itself");
    tell("lost", {});
    const wait = Math.min(10000, 500 * 1.7 ** attempt++) * (0.5 + Math.random() / 2);
    clearTimeout(timer);
    timer = setTimeout(connect, wait);
  };
  const connect = () => {
    if (socket || !document.body.dataset.livePage) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}/ws/live/`);
    socket.addEventListener("open", opened);
    socket.addEventListener("message", received);
    socket.addEventListener("close", lost);
  };

  // --- Pause and hidden tabs: the server stops working for this page ---------------------------------
  const settle = () => {
    send({ idle: idle() });
    heardAt = Date.now();
    if (paused) lamp("paused", "Paused", "Live updates are paused");
  };
  document.addEventListener("visibilitychange", settle);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-live-pause]");
    if (!button) return;
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.title = paused ? "Resume live updates" : "Pause live updates";
    document.documentElement.classList.toggle("is-paused", paused);
    settle();
  });

  // The server speaks every five seconds: a socket that stays silent is dead, whatever it says.
  setInterval(() => {
    if (!socket || socket.readyState !== WebSocket.OPEN || idle() || Date.now() - heardAt < SILENCE_MS) return;
    // A dead network delays the close event for a minute: do not wait for it.
    const dead = socket;
    dead.removeEventListener("close", lost);
    dead.removeEventListener("message", received);
    dead.close();
    lost({ code: 0 });
  }, 3000);
  // A page that now watches something else (another symbol on the ticket) has written new args.
  document.addEventListener("desk:args", show);
  window.addEventListener("pageshow", (event) => { if (event.persisted && !socket) connect(); });
  connect();
})();
