/* The option chain: legs picked by mouse or keys, one after the other, without losing a click.
   Every button here is a button of the page's form; without this script each is a round trip. */
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const form = () => byId("chain-form");
  const prices = () => [...document.querySelectorAll("#chain-table button[data-pick]")];

  // --- One wish after the other: each starts from the basket that the one before left ------------
  const wishes = [];
  let busy = false, pressed = false, opening = false, sent = new Map();

  const fields = () => [...(form()?.elements || [])].filter((field) => field.name && field.type !== "hidden" && field.tagName !== "BUTTON");
  const remember = () => { sent = new Map(fields().map((field) => [field.name, field.value])); };
  const typed = () => fields().filter((field) => sent.has(field.name) && sent.get(field.name) !== field.value).map((field) => [field.name, field.value]);
  const places = () => ({ days: byId("chain-days")?.scrollTop, left: byId("chain-days")?.scrollLeft, rows: byId("chain-scroll")?.scrollTop, at: form()?.elements.expiration?.value });

  const ask = async ([name, value]) => {
    const query = new URLSearchParams(new FormData(form()));
    if (name) query.append(name, value);
    remember();
    await htmx.ajax("GET", `${form().getAttribute("action")}?${query}`, { target: "#chain", swap: "outerHTML" });
  };
  const work = async () => {
    if (busy) return;
    busy = true;
    document.documentElement.classList.add("is-asking");
    try {
      while (wishes.length && form()) await ask(wishes.shift());
    } catch { wishes.length = 0; } finally {
      busy = false;
      document.documentElement.classList.remove("is-asking");
      if (opening) { opening = false; byId("chain-ticket")?.click(); }
    }
  };
  const wish = (name, value) => { wishes.push([name, value]); work(); };

  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    wish(event.submitter?.name, event.submitter?.value);
  }, true);
  // A ticket opened while legs are on their way waits for them.
  const later = (event) => {
    if (!busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    opening = true;
  };
  document.addEventListener("click", (event) => { if (event.target.closest?.("#chain-ticket")) later(event); }, true);
  document.addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "n" && plain && event.target.closest?.("#chain") && !event.target.closest("input, select")) later(event);
  }, true);
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-apply]") && event.target.form === form()) wish();
  });

  // --- Around a swap: scroll, typed text, the keyboard's place, what the socket watches ----------
  let before = {}, kept = [], cursor = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.target?.closest?.("#chain")) return;
    before = places();
    kept = typed();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!byId("chain") || !String(event.detail.target?.id).startsWith("chain")) return;
    for (const [name, value] of kept.splice(0)) {
      const field = fields().find((item) => item.name === name);
      if (field) field.value = value;
    }
    settle(before);
  });
  const settle = (was) => {
    const days = byId("chain-days"), rows = byId("chain-scroll");
    if (days && was.days !== undefined) { days.scrollTop = was.days; days.scrollLeft = was.left; }
    if (rows && was.at !== undefined && was.at === form()?.elements.expiration?.value) rows.scrollTop = was.rows;
    else { centre(); show(); }
    rove();
    markPicked();
    watch();
    if (document.activeElement === document.body && was.at !== undefined) byId(cursor)?.focus({ preventScroll: true });
  };
  const show = () => {
    const days = byId("chain-days"), day = days?.querySelector("[aria-current]");
    if (!day) return;
    const [box, own] = [days.getBoundingClientRect(), day.getBoundingClientRect()];
    if (own.left < box.left || own.right > box.right) days.scrollLeft += own.left - box.left - (box.width - own.width) / 2;
    if (own.top < box.top || own.bottom > box.bottom) days.scrollTop += own.top - box.top - (box.height - own.height) / 2;
  };
  const centre = () => {
    const rows = byId("chain-scroll"), line = rows?.querySelector(".at-spot");
    if (!line || rows.scrollHeight <= rows.clientHeight) return;
    const row = line.closest("tr");
    rows.scrollTop = row.offsetTop - (rows.clientHeight - row.offsetHeight) / 2;
  };
  const markPicked = () => {
    const picked = JSON.parse(byId("chain-basket")?.dataset.picked || "{}");
    for (const button of prices()) {
      const ratio = picked[button.dataset.contract] || 0;
      const mine = button.dataset.pick === "buy" ? ratio > 0 : ratio < 0;
      if (mine) button.dataset.picked = ratio > 0 ? `+${ratio}` : `−${-ratio}`;
      else delete button.dataset.picked;
    }
  };
  const watch = () => {
    const args = byId("chain-basket")?.dataset.liveArgs;
    if (!args || document.body.dataset.liveArgs === args) return;
    document.body.dataset.liveArgs = args;
    document.body.dispatchEvent(new CustomEvent("desk:args", { bubbles: true }));
  };

  // --- Keys: arrows move, b buys, s sells, n opens the ticket. None of them sends anything --------
  const rove = () => {
    const all = prices();
    const line = document.querySelector("#chain-table .at-spot")?.closest("tr");
    const here = all.find((button) => button.id === cursor) || line?.querySelector("button[data-pick]") || all[0];
    for (const button of all) button.tabIndex = button === here ? 0 : -1;
    if (here) cursor = here.id;
  };
  const go = (button) => {
    if (!button) return;
    const last = byId(cursor);
    if (last) last.tabIndex = -1;
    button.tabIndex = 0;
    cursor = button.id;
    button.focus({ preventScroll: true });
    button.closest("tr").scrollIntoView({ block: "nearest" });
  };
  const beside = (button, step) => {
    const row = [...button.closest("tr").querySelectorAll("button[data-pick]")];
    return row[row.indexOf(button) + step];
  };
  const column = (button) => button.id.slice(button.id.indexOf("-"));
  const below = (button, step) => {
    const same = prices().filter((item) => column(item) === column(button));
    const at = same.indexOf(button) + step;
    return same[Math.max(0, Math.min(same.length - 1, at))];
  };
  const moves = {
    ArrowLeft: (button) => beside(button, -1), ArrowRight: (button) => beside(button, 1),
    ArrowUp: (button) => below(button, -1), ArrowDown: (button) => below(button, 1),
    PageUp: (button) => below(button, -8), PageDown: (button) => below(button, 8),
    Home: (button) => below(button, -1e6), End: (button) => below(button, 1e6),
  };
  const inGrid = (event, button) => {
    if (moves[event.key]) { event.preventDefault(); go(moves[event.key](button)); return true; }
    const side = { b: "buy", s: "sell" }[event.key];
    if (side && !event.repeat) { event.preventDefault(); wish("do", `${side}:${button.dataset.contract}`); return true; }
    return false;
  };
  const inDays = (event, button) => {
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (!step) return false;
    const all = [...document.querySelectorAll(".chain-day")];
    event.preventDefault();
    all[all.indexOf(button) + step]?.focus();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (!form() || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    if (target.matches?.("[data-build]") && event.key === "Enter") {
      event.preventDefault();
      wish("do", "template");
      return;
    }
    if (target.closest?.("input, select, textarea, summary, dialog, .drawer")) return;
    const price = target.closest?.("button[data-pick]"), day = target.closest?.(".chain-day");
    if ((price && inGrid(event, price)) || (day && inDays(event, day))) return;
    if (event.key.startsWith("Arrow") && target === document.body) { event.preventDefault(); go(byId(cursor)); }
  });
  document.addEventListener("focusin", (event) => {
    const price = event.target.closest?.("button[data-pick]");
    if (!price || price.id === cursor) return;
    const last = byId(cursor);
    if (last) last.tabIndex = -1;
    price.tabIndex = 0;
    cursor = price.id;
  });

  // --- Positions and orders changed: the marks are read again, never under a pressed button -------
  let due = 0;
  const refresh = () => {
    clearTimeout(due);
    due = setTimeout(() => (pressed || busy ? refresh() : form() && wish()), 600);
  };
  document.addEventListener("pointerdown", () => { pressed = true; });
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => { setTimeout(() => { pressed = false; }, 50); });
  for (const name of ["position.updated", "order.updated"]) {
    document.body.addEventListener(`desk:${name}`, (event) => { if (!event.detail?.resync) refresh(); });
  }
  settle({});
})();
