/* The ticket's conveniences: steppers by tick, symbol search, the preview's countdown, the
   drawer. Everything here also works without it, by a round trip to the server. What sends is
   guarded in keys.js. */
"use strict";

(() => {
  if (window.deskTicket) return;
  window.deskTicket = true;

  const form = () => document.getElementById("ticket-form");
  const isTicket = (event) => event.detail.target && event.detail.target.id === "ticket";
  const inDrawer = (node) => Boolean(node && node.closest("#drawer"));
  // A button is being pressed; the redraw that waits for it; the form is on its way.
  let pressed = false;
  let late = null;
  let leaving = false;

  // --- Steppers: exact arithmetic on whole numbers of the smallest unit --------------------------
  const places = (text) => (text.split(".")[1] || "").length;
  const tickAt = (ticks, price) => {
    const found = ticks.find(([, limit]) => limit === null || price < Number(limit));
    return (found || ticks[ticks.length - 1])[0];
  };
  const step = (ticks, text, count) => {
    let price = text.trim();
    for (let left = Math.abs(count); left > 0; left -= 1) {
      const down = count < 0;
      const tick = tickAt(ticks, Number(price) - (down ? 1e-9 : 0));
      const digits = Math.max(places(price), places(tick), 2);
      const scale = 10 ** digits;
      const moved = Math.round(Number(price) * scale) + (down ? -1 : 1) * Math.round(Number(tick) * scale);
      price = (Math.max(0, moved) / scale).toFixed(digits);
    }
    return price;
  };
  const move = (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const input = button.parentElement.querySelector("input");
    const source = button.closest("[data-ticks]");
    const ticks = JSON.parse((source && source.dataset.ticks) || "[]");
    if (!ticks.length || !/^\d*\.?\d+$/.test(input.value.trim())) return;
    event.preventDefault();
    input.value = step(ticks, input.value, Number(button.dataset.step) * (event.shiftKey ? 10 : 1));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // The first quote of a contract comes a moment after it is chosen: then the mid is proposed.
  const propose = (box) => {
    const mid = box.querySelector('[id$="-mid"]');
    const input = box.querySelector("input");
    if (box.dataset.asked || !mid || input.value || document.activeElement === input) return;
    if (mid.classList.contains("missing")) return;
    box.dataset.asked = "1";
    const region = box.closest(".ticket-order").querySelector("[hx-post]");
    if (region) htmx.trigger(region, "change");
  };
  setInterval(() => {
    if (!form() || document.hidden || pressed || leaving) return;
    document.querySelectorAll("[data-limit]").forEach(propose);
  }, 500);
  setInterval(() => {
    const block = document.getElementById("ticket-structure");
    if (block && form() && !document.hidden && !leaving && !document.documentElement.classList.contains("is-paused")) htmx.trigger(block, "desk:structure");
  }, 5000);

  // --- Changing the account, symbol or legs changes what the page watches --------------------------
  const tellArgs = () => document.body.dispatchEvent(new CustomEvent("desk:args", { bubbles: true }));
  // A typed limit is among them: the server draws the bar that it stands on.
  const takeArgs = (ticket) => {
    const block = document.getElementById("ticket-structure");
    const args = block && block.dataset.ticketArgs;
    if (!args || args === ticket.dataset.liveArgs) return;
    ticket.dataset.liveArgs = args;
    if (!inDrawer(ticket)) return;
    ticket.dataset.liveAlsoArgs = args;
    tellArgs();
  };
  const show = () => {
    const ticket = document.getElementById("ticket");
    if (!ticket || !ticket.dataset.liveArgs) return;
    takeArgs(ticket);
    if (inDrawer(ticket)) return;
    if (document.body.dataset.liveArgs === ticket.dataset.liveArgs) return;
    document.body.dataset.liveArgs = ticket.dataset.liveArgs;
    tellArgs();
  };

  // --- What is typed while an answer is on its way stays typed --------------------------------------
  let sent = new Map();
  let typed = [];
  const fields = () => form()
    ? [...form().elements].filter((field) => field.name && field.type !== "hidden" && field.tagName !== "BUTTON") : [];
  const remember = (event) => {
    if (isTicket(event)) sent = new Map(fields().map((field) => [field.name, field.value]));
  };
  const keep = (event) => {
    if (!isTicket(event)) return;
    typed = fields().filter((field) => sent.has(field.name) && sent.get(field.name) !== field.value)
      .map((field) => [field.name, field.value]);
  };
  // At once, before anything of the new ticket can be pressed; what follows from it is told later.
  const putBack = (event) => {
    if (!isTicket(event)) return;
    for (const [name, value] of typed) {
      const field = fields().find((item) => item.name === name);
      if (field && field.value !== value) { field.value = value; field.dataset.typed = "1"; }
    }
  };
  const restore = (event) => {
    if (!isTicket(event) && !form()) return;
    for (const [name, value] of typed.splice(0)) {
      const field = fields().find((item) => item.name === name);
      if (!field || (field.value === value && !field.dataset.typed)) continue;
      delete field.dataset.typed;
      field.value = value;
      const change = () => field.dispatchEvent(new Event("change", { bubbles: true }));
      if (document.activeElement === field) field.addEventListener("blur", change, { once: true });
      else change();
    }
  };

  // --- A button that is being pressed is not redrawn under the finger ---------------------------------
  // Leaving a field redraws the ticket; the press that left it would otherwise hit a button that is
  // gone, and be lost. The redraw waits until the press is over, and is dropped when it was Preview.
  const press = (event) => { pressed = Boolean(event.target.closest("#ticket-form button")); };
  const release = () => {
    if (!pressed) return;
    setTimeout(() => {
      pressed = false;
      const region = late;
      late = null;
      if (region && !leaving && region.isConnected) htmx.trigger(region, "change");
    }, 0);
  };
  const hold = (event) => {
    if (!pressed || !isTicket(event) || event.detail.elt.tagName === "BUTTON") return;
    event.preventDefault();
    late = event.detail.elt;
  };
  const holdSwap = (event) => {
    if (!pressed || !isTicket(event)) return;
    event.detail.shouldSwap = false;
    late = late || event.detail.requestConfig.elt;
  };

  // --- Symbol search: the list under the field, chosen with arrows and Enter or by pointer -------------
  const listOf = (input) => {
    const box = input.closest("[data-symbol-search]");
    return box && box.querySelector(".symbol-found");
  };
  const choose = (event) => {
    const input = event.target.closest && event.target.closest("[data-symbol-search] input");
    const list = input && listOf(input);
    if (!list || list.hidden) return;
    const items = [...list.querySelectorAll("button")];
    const at = items.findIndex((item) => item.classList.contains("is-active"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) {
      event.preventDefault();
      const next = items[(at + step + items.length) % items.length] || items[0];
      items.forEach((item) => item.classList.toggle("is-active", item === next));
      next.scrollIntoView({ block: "nearest" });
      announce(next.textContent.trim());
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      items[at].click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      list.hidden = true;
    }
  };
  const announce = (text) => {
    const node = document.getElementById("key-status") || document.getElementById("preview-status");
    if (node) node.textContent = text;
  };
  const keepFocus = (event) => { if (event.target.closest(".symbol-found")) event.preventDefault(); };
  const hideList = (event) => {
    const input = event.target.closest && event.target.closest("[data-symbol-search] input");
    if (input && listOf(input)) listOf(input).hidden = true;
  };

  // --- The preview dies: said before, and at the end nothing can be sent any more -----------------
  const WARN_AT = [30, 10];
  let timer = 0;
  const countdown = () => {
    const clock = document.getElementById("preview-clock");
    if (!clock || clock.dataset.running) return;
    clock.dataset.running = "1";
    clearInterval(timer);
    const left = clock.querySelector("[data-preview-left]");
    const status = document.getElementById("preview-status");
    const ends = performance.now() + Number(clock.dataset.previewSeconds) * 1000;
    let said = Infinity;
    timer = setInterval(() => {
      if (!clock.isConnected) { clearInterval(timer); return; }
      const seconds = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
      left.textContent = `${seconds} s`;
      const due = WARN_AT.find((mark) => seconds <= mark && mark < said);
      if (due !== undefined && seconds) {
        said = due;
        clock.classList.add("is-ending");
        status.textContent = `This preview ends in ${seconds} seconds. Preview again to keep it.`;
      }
      if (seconds) return;
      clearInterval(timer);
      clock.className = "preview-clock is-over";
      clock.textContent = "This preview has ended. Preview again; nothing was sent.";
      status.textContent = clock.textContent;
      const send = document.getElementById("ticket-send");
      if (send) send.disabled = true;
    }, 500);
  };

  // --- On a phone in steps: legs, price, review. The style sheet hides what is not of the step --------
  const root = document.documentElement;
  const wrong = () => form() && form().querySelector('[aria-invalid="true"], .field__error, [role="alert"]');
  const startSteps = () => {
    if (!form() && !document.getElementById("ticket-confirm")) return;
    const place = wrong();
    root.dataset.ticketStep = place && !place.closest(".ticket-legs") ? "terms" : "legs";
  };
  const goStep = (event) => {
    const button = event.target.closest("[data-ticket-step]");
    if (!button || button === root || !form()) return;
    root.dataset.ticketStep = button.dataset.ticketStep;
    const first = [...form().querySelectorAll(`.ticket-${button.dataset.ticketStep} :is(select, input)`)].find((field) => field.offsetParent);
    window.scrollTo(0, 0);
    if (first) first.focus({ preventScroll: true });
  };

  // --- The drawer: a ticket beside the page it was opened from, on wide screens -----------------------
  const WIDE = 1200;
  const drawer = () => document.getElementById("drawer");
  let opener = null;
  const open = (event) => {
    const link = event.target.closest('a[href^="/trade/?"]');
    const outside = link && !inDrawer(link) && !document.querySelector("main #ticket, main #ticket-confirm");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!drawer() || window.innerWidth < WIDE || !(outside || inDrawer(link))) return;
    event.preventDefault();
    if (outside) opener = link;
    htmx.ajax("GET", link.getAttribute("href"), { target: "#drawer", swap: "innerHTML" });
  };
  const filled = (event) => {
    if (!event.detail.target || event.detail.target.id !== "drawer") return;
    const box = drawer();
    box.hidden = false;
    leaving = false;
    const first = box.querySelector("[role=alert], #ticket-send, #ticket-form select, h2");
    if (first && first.tabIndex < 0) first.tabIndex = -1;
    if (first) first.focus({ preventScroll: true });
    tellArgs();
  };
  const shut = () => {
    const box = drawer();
    if (!box || box.hidden) return;
    box.hidden = true;
    box.replaceChildren();
    if (opener && opener.isConnected) opener.focus();
    tellArgs();
  };
  // What is wrong with an order comes with 422 and 409: it belongs into the drawer like any answer.
  const accept = (event) => {
    if (!event.detail.target || event.detail.target.id !== "drawer") return;
    if (![409, 422].includes(event.detail.xhr.status)) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  };

  document.addEventListener("click", move);
  document.addEventListener("click", goStep);
  document.addEventListener("click", open);
  document.addEventListener("click", (event) => { if (event.target.closest("[data-drawer-close]")) shut(); });
  document.addEventListener("pointerdown", press, true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
  document.addEventListener("mousedown", keepFocus);
  document.addEventListener("submit", (event) => { if (event.target === form()) leaving = true; }, true);
  window.addEventListener("pageshow", () => { leaving = false; });
  document.addEventListener("keydown", choose, true);
  // Before the page's own Escape, which goes back.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !drawer() || drawer().hidden) return;
    if (document.querySelector("dialog[open], details.menu[open]")) return;
    if (!inDrawer(event.target) && event.target !== document.body) return;
    event.preventDefault();
    shut();
  }, true);
  document.addEventListener("focusout", hideList);
  document.addEventListener("htmx:beforeRequest", hold);
  document.addEventListener("htmx:beforeRequest", (event) => { if (!event.defaultPrevented) remember(event); });
  document.addEventListener("htmx:beforeSwap", accept);
  document.addEventListener("htmx:beforeSwap", holdSwap);
  document.addEventListener("htmx:beforeSwap", keep);
  document.addEventListener("htmx:afterSwap", putBack);
  document.addEventListener("htmx:afterSettle", restore);
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("htmx:afterSettle", filled);
  document.addEventListener("htmx:afterSettle", countdown);
  countdown();
  startSteps();
})();
