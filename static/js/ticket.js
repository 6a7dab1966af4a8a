/* The ticket's conveniences: steppers by tick, the preview's countdown, the send key.
   Everything here also works without it, by a round trip to the server. */
"use strict";

(() => {
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
    const input = button.closest("[data-ticket-price]").querySelector("input[name=price]");
    const ticks = JSON.parse(document.getElementById("ticket").dataset.ticks || "[]");
    if (!ticks.length || !/^\d*\.?\d+$/.test(input.value.trim())) return;
    event.preventDefault();
    input.value = step(ticks, input.value, Number(button.dataset.step) * (event.shiftKey ? 10 : 1));
  };

  // Changing the account, symbol or legs changes what the page watches.
  const show = () => {
    const ticket = document.getElementById("ticket");
    if (!ticket || !ticket.dataset.liveArgs || document.body.dataset.liveArgs === ticket.dataset.liveArgs) return;
    document.body.dataset.liveArgs = ticket.dataset.liveArgs;
    document.body.dispatchEvent(new CustomEvent("desk:args", { bubbles: true }));
  };

  // --- What is typed while an answer is on its way stays typed --------------------------------------
  let sent = new Map();
  let typed = [];
  const fields = () => {
    const form = document.getElementById("ticket-form");
    return form ? [...form.elements].filter((field) => field.name && field.type !== "hidden" && field.tagName !== "BUTTON") : [];
  };
  const isTicket = (event) => event.detail.target && event.detail.target.id === "ticket";
  const remember = (event) => {
    if (isTicket(event)) sent = new Map(fields().map((field) => [field.name, field.value]));
  };
  const keep = (event) => {
    if (!isTicket(event)) return;
    typed = fields().filter((field) => sent.has(field.name) && sent.get(field.name) !== field.value)
      .map((field) => [field.name, field.value]);
  };
  const restore = (event) => {
    if (!isTicket(event) && !document.getElementById("ticket-form")) return;
    for (const [name, value] of typed.splice(0)) {
      const field = fields().find((item) => item.name === name);
      if (!field || field.value === value) continue;
      field.value = value;
      const change = () => field.dispatchEvent(new Event("change", { bubbles: true }));
      if (document.activeElement === field) field.addEventListener("blur", change, { once: true });
      else change();
    }
  };

  // --- The preview dies: said before, and at the end nothing can be sent any more -----------------
  const WARN_AT = [30, 10];
  const countdown = () => {
    const clock = document.getElementById("preview-clock");
    if (!clock) return;
    const left = clock.querySelector("[data-preview-left]");
    const status = document.getElementById("preview-status");
    const ends = performance.now() + Number(clock.dataset.previewSeconds) * 1000;
    let said = Infinity;
    const timer = setInterval(() => {
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

  // --- No single key ever sends -------------------------------------------------------------------
  const key = (event) => {
    const send = event.target.closest("[data-send]");
    if (!send || (event.key !== "Enter" && event.key !== " ")) return;
    if (event.repeat || !event.ctrlKey || event.key !== "Enter") { event.preventDefault(); return; }
    event.preventDefault();
    if (!send.disabled) send.form.requestSubmit(send);
  };

  document.addEventListener("click", move);
  document.addEventListener("keydown", key);
  document.addEventListener("htmx:beforeRequest", remember);
  document.addEventListener("htmx:beforeSwap", keep);
  document.addEventListener("htmx:afterSettle", restore);
  document.addEventListener("htmx:afterSettle", show);
  countdown();
})();
