/* Charts: any element with data-chart="KIND" and data-source="ID" is drawn from the JSON in
   <script type="application/json" id="ID">. Kinds and their JSON are described in
   portfolio/charts/__init__.py. Everything drawn stands in a table on the page as well.
   Charts are drawn again when the theme changes, and after htmx swapped them in. */
"use strict";

(() => {
  const LC = window.LightweightCharts;
  if (!LC) return;
  const root = document.documentElement;
  const MINUS = "−", NEW_YORK = "America/New_York";

  // --- Words and numbers, as portfolio.formats writes them ---------------------------------------
  const grouped = (value, places) => Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
  const fixed = (value, places = 2) => {
    const text = grouped(value, places);
    return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
  };
  const signed = (value, places = 2) => {
    const text = fixed(value, places);
    return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
  };
  const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
  // An axis needs no cents where its labels are far apart.
  const axis = (values) => {
    const found = values.filter(known), span = Math.max(0, ...found) - Math.min(0, ...found);
    return (value) => fixed(value, span >= 20 ? 0 : 2);
  };
  const percent = (value, places = 1) => `${fixed(100 * value, places)}%`;
  const instant = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: NEW_YORK, ...options });
  const CLOCK = instant({ hour: "2-digit", minute: "2-digit" });
  const DAY = instant({ day: "numeric", month: "short" });
  const DATED = instant({ day: "numeric", month: "short", year: "2-digit" });
  const date = (time) => new Date(typeof time === "string" ? `${time}T17:00:00Z` : time * 1000);
  const when = (time) => (typeof time === "string" ? DATED.format(date(time)) : `${DAY.format(date(time))} ${CLOCK.format(date(time))} ET`);

  // --- The look: the page's own tokens --------------------------------------------------------------
  const look = () => {
    const style = getComputedStyle(root);
    const token = (name) => style.getPropertyValue(`--${name}`).trim();
    const colours = Object.fromEntries(["text", "secondary", "hairline", "outline", "accent", "warning", "gain", "loss", "surface"].map((name) => [name, token(name)]));
    return { ...colours, font: getComputedStyle(document.body).fontFamily, size: parseFloat(token("text-small")) };
  };
  const fade = (hex, alpha) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
  };
  // What each line is, by its role; the second figure is LightweightCharts' dash.
  const STROKES = { today: ["accent", 0], later: ["secondary", 2], end: ["text", 0], before: ["warning", 1], price: ["secondary", 0] };

  const frame = (paint, localization) => ({
    autoSize: true,
    layout: { background: { type: "solid", color: "transparent" }, textColor: paint.secondary, fontFamily: paint.font, fontSize: paint.size, attributionLogo: false },
    grid: { vertLines: { visible: false }, horzLines: { color: fade(paint.hairline, 0.6) } },
    rightPriceScale: { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.12, bottom: 0.1 } },
    timeScale: { borderColor: paint.hairline, minBarSpacing: 0.01, fixLeftEdge: true, fixRightEdge: true, rightOffset: 0 },
    crosshair: { mode: LC.CrosshairMode.Magnet, vertLine: cross(paint), horzLine: cross(paint) },
    // The page scrolls; a chart stays as it is.
    handleScroll: false, handleScale: false,
    localization,
  });
  const cross = (paint) => ({ color: paint.outline, width: 1, style: 3, labelBackgroundColor: paint.outline });
  const line = (paint, role) => {
    const [name, dash] = STROKES[role] || STROKES.today;
    return { color: paint[name], lineWidth: 1.5, lineStyle: dash, priceLineVisible: false, lastValueVisible: false, crosshairMarkerRadius: 3, crosshairMarkerBorderVisible: false };
  };
  const gainLoss = (paint) => ({
    baseValue: { type: "price", price: 0 }, lineWidth: 1.5, priceLineVisible: false, lastValueVisible: false, crosshairMarkerRadius: 3,
    topLineColor: paint.gain, topFillColor1: fade(paint.gain, 0.18), topFillColor2: fade(paint.gain, 0.04),
    bottomLineColor: paint.loss, bottomFillColor1: fade(paint.loss, 0.04), bottomFillColor2: fade(paint.loss, 0.18),
  });
  const level = (series, price, color, title = "") => series.createPriceLine({ price, color, lineWidth: 1, lineStyle: 0, axisLabelVisible: false, title });
  // The zero line is always in sight.
  const withZero = (original) => {
    const found = original();
    if (!found || !found.priceRange) return found;
    const { minValue, maxValue } = found.priceRange;
    return { ...found, priceRange: { minValue: Math.min(0, minValue), maxValue: Math.max(0, maxValue) } };
  };

  // --- Upright marks (break-evens, spot, deviations), drawn on the canvas -----------------------------
  class Marks {
    constructor(marks, place, paint) { Object.assign(this, { marks, place, paint }); }
    updateAllViews() {}
    paneViews() { return [{ zOrder: () => "bottom", renderer: () => ({ draw: (target) => target.useMediaCoordinateSpace((scope) => this.draw(scope)) }) }]; }
    draw({ context, mediaSize }) {
      const { paint } = this, taken = { top: [], bottom: [] };
      for (const band of this.marks.filter((mark) => mark.to !== undefined)) {
        const from = this.place(band.at), to = this.place(band.to);
        context.fillStyle = fade(paint.secondary, 0.06);
        context.fillRect(from, 0, to - from, mediaSize.height);
      }
      context.font = `${paint.size - 1}px ${paint.font}`;
      const lines = this.marks.filter((mark) => mark.to === undefined).map((mark) => [mark, Math.round(this.place(mark.at)) + 0.5]);
      const inside = lines.filter(([, x]) => x >= 0 && x <= mediaSize.width);
      for (const [mark, x] of inside) this.stroke(context, mark, x, mediaSize.height);
      for (const [mark, x] of inside) this.label(context, mark, x, mediaSize, taken[mark.kind === "even" ? "bottom" : "top"]);
    }
    stroke(context, mark, x, height) {
      context.strokeStyle = mark.kind === "spot" ? this.paint.secondary : this.paint.outline;
      context.lineWidth = 1;
      context.setLineDash({ spot: [], even: [4, 3] }[mark.kind] || [1, 3]);
      context.beginPath(); context.moveTo(x, 0); context.lineTo(x, height); context.stroke();
      context.setLineDash([]);
    }
    // Words that would run into others are left out: the table has them.
    label(context, mark, x, size, taken) {
      const width = context.measureText(mark.text || "").width;
      const left = Math.min(Math.max(x - width / 2, 2), size.width - width - 2);
      if (!width || taken.some(([from, to]) => left < to + 6 && left + width > from - 6)) return;
      taken.push([left, left + width]);
      const y = mark.kind === "even" ? size.height - 6 : this.paint.size;
      context.fillStyle = this.paint.surface;
      context.fillRect(left - 2, y - this.paint.size + 2, width + 4, this.paint.size + 1);
      context.fillStyle = mark.kind === "even" ? this.paint.text : this.paint.secondary;
      context.fillText(mark.text, left, y);
    }
  }

  // --- The exact values under the crosshair, or of the place that matters when there is none -----------
  const readout = (node, keys) => {
    const row = document.createElement("div");
    row.className = "chart__readout";
    const cells = keys.map(([name, role]) => {
      const item = document.createElement("span"), value = document.createElement("span");
      item.className = `chart__key${role ? ` chart__key--${role}` : ""}`;
      item.textContent = name;
      value.className = "chart__value";
      item.append(value);
      row.append(item);
      return value;
    });
    node.prepend(row);
    return (texts) => texts.forEach((text, at) => {
      cells[at].textContent = text;
      cells[at].classList.toggle("gain", text.startsWith("+"));
      cells[at].classList.toggle("loss", text.startsWith(MINUS));
    });
  };
  // `points` are the places in order, `tell(index)` writes the values there, `home` is where to rest.
  const follow = (chart, node, series, points, tell, home) => {
    const at = new Map(points.map((point, index) => [point.time, index]));
    let here = home;
    const go = (index) => { here = index; tell(index); };
    chart.subscribeCrosshairMove((param) => go(at.get(param.time) ?? home));
    node.tabIndex = 0;
    node.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Escape") { chart.clearCrosshairPosition(); go(home); }
      if (!step) return;
      event.preventDefault();
      const next = Math.min(points.length - 1, Math.max(0, here + step * (event.shiftKey ? 10 : 1)));
      if (known(points[next].value)) chart.setCrosshairPosition(points[next].value, points[next].time, series);
      go(next);
    });
    tell(home);
  };

  // --- Kinds ---------------------------------------------------------------------------------------------
  const spaced = (data) => data.lines[0].values.map((_, index) => Number((data.low + index * data.step).toFixed(6)));
  const dotted = (times, values) => times.map((time, index) => (known(values[index]) ? { time, value: values[index] } : { time }));

  const payoff = (plot, node, data, paint) => {
    const chart = LC.createOptionsChart(plot, frame(paint, { priceFormatter: axis(data.lines.flatMap((each) => each.values)), precision: data.places }));
    const times = spaced(data);
    let main = null;
    data.lines.forEach((each) => {
      const end = each.role === "end";
      const style = end ? gainLoss(paint) : line(paint, each.role);
      const series = chart.addSeries(end ? LC.BaselineSeries : LC.LineSeries, { ...style, autoscaleInfoProvider: withZero });
      series.setData(dotted(times, each.values));
      if (!main || end) main = series;
    });
    level(main, 0, paint.outline);
    // The library places whole points only.
    const place = (price) => {
      const at = (price - data.low) / data.step, left = Math.floor(at);
      const [from, to] = [left, left + 1].map((index) => chart.timeScale().logicalToCoordinate(index));
      return from + (at - left) * (to - from);
    };
    main.attachPrimitive(new Marks(data.marks || [], place, paint));
    const tell = readout(node, [[data.unit, ""], ...data.lines.map((each) => [each.name, each.role])]);
    const home = Math.max(0, Math.min(times.length - 1, Math.round((data.spot - data.low) / data.step)));
    const show = (index) => {
      const move = data.spot ? ` (${signed(100 * (times[index] / data.spot - 1), 1)}%)` : "";
      const values = data.lines.map((each) => (known(each.values[index]) ? signed(each.values[index]) : "—"));
      tell([`${fixed(times[index], data.places)}${move}`, ...values]);
    };
    follow(chart, node, main, dotted(times, data.lines[0].values), show, home);
    return chart;
  };

  const timed = (paint, points) => {
    const daily = typeof points[0]?.[0] === "string";
    const options = frame(paint, { priceFormatter: axis(points.map(([, value]) => value)), timeFormatter: when });
    const kinds = LC.TickMarkType;
    const ticks = (time, kind) => (kind === kinds.Time || kind === kinds.TimeWithSeconds ? CLOCK : kind === kinds.DayOfMonth ? DAY : instant({ month: "short", year: "2-digit" })).format(date(time));
    return { ...options, timeScale: { ...options.timeScale, timeVisible: !daily, tickMarkFormatter: ticks } };
  };

  const history = (plot, node, data, paint) => {
    const chart = LC.createChart(plot, timed(paint, data.points));
    const series = chart.addSeries(LC.AreaSeries, { lineColor: paint.accent, lineWidth: 1.5, topColor: fade(paint.accent, 0.22), bottomColor: fade(paint.accent, 0.02), priceLineVisible: false, crosshairMarkerRadius: 3, lastValueVisible: false });
    const points = data.points.map(([time, value]) => ({ time, value }));
    series.setData(points);
    if (known(data.base)) level(series, data.base, paint.outline);
    const tell = readout(node, [[data.name, "today"], ["Change", ""], ["", ""]]);
    const base = known(data.base) ? data.base : points[0]?.value;
    const show = (index) => {
      if (!points[index]) return;
      const { time, value } = points[index];
      tell([fixed(value), signed(value - base), when(time)]);
    };
    follow(chart, node, series, points, show, points.length - 1);
    return chart;
  };

  // A scale of whole numbers with words of our own: names of bars, days to expiration.
  class Scale {
    constructor(label, weight) { Object.assign(this, { label, weight }); }
    options() { return this.kept; }
    setOptions(options) { this.kept = options; }
    preprocessData() {}
    convertHorzItemToInternal(item) { return item; }
    createConverterToInternalObj() { return (item) => item; }
    key(item) { return item; }
    cacheKey(item) { return item; }
    updateFormatter() {}
    formatHorzItem(item) { return this.label(item); }
    formatTickmark(mark) { return this.label(mark.time); }
    // Higher than any weight: no label is bolder than the others.
    maxTickMarkWeight() { return 100; }
    fillWeightsForPoints(points, start) { for (let at = start; at < points.length; at++) points[at].timeWeight = this.weight(points[at].time); }
  }
  // Where labels stand close, the rounder numbers are written.
  const rounder = (steps) => (value) => 1 + steps.filter((step) => value % step === 0).length;
  const bars = (plot, node, data, paint) => {
    const options = frame(paint, { priceFormatter: axis(data.values) });
    const longest = Math.max(...data.labels.map((label) => label.length));
    const chart = LC.createChartEx(plot, new Scale((at) => data.labels[at] ?? "", rounder([2, 4, 8])), { ...options, timeScale: { ...options.timeScale, tickMarkMaxCharacterLength: longest } });
    const series = chart.addSeries(LC.HistogramSeries, { base: 0, priceLineVisible: false, lastValueVisible: false, autoscaleInfoProvider: withZero });
    const whole = data.total ?? -1;
    const colour = (value, at) => (at === whole ? fade(value < 0 ? paint.loss : paint.gain, 1) : fade(value < 0 ? paint.loss : paint.gain, 0.7));
    const points = data.values.map((value, time) => (known(value) ? { time, value, color: colour(value, time) } : { time }));
    series.setData(points);
    level(series, 0, paint.outline);
    const tell = readout(node, [["", ""]]);
    const show = (index) => tell([known(data.values[index]) ? `${signed(data.values[index])}  ${data.labels[index]}` : ""]);
    follow(chart, node, series, points, show, whole >= 0 ? whole : 0);
    return chart;
  };

  const MARKERS = { open: ["arrowUp", "belowBar", "accent"], roll: ["circle", "aboveBar", "accent"], adjust: ["square", "aboveBar", "secondary"], close: ["arrowDown", "aboveBar", "text"], assign: ["square", "aboveBar", "warning"], expire: ["circle", "aboveBar", "secondary"] };
  const timeline = (plot, node, data, paint) => {
    const options = timed(paint, data.steps);
    const chart = LC.createChart(plot, { ...options, timeScale: { ...options.timeScale, fixLeftEdge: false, fixRightEdge: false } });
    const steps = chart.addSeries(LC.LineSeries, { ...line(paint, "today"), lineType: LC.LineType.WithSteps, autoscaleInfoProvider: withZero });
    const points = data.steps.map(([time, value]) => ({ time, value }));
    steps.setData(points);
    level(steps, 0, paint.outline);
    const more = (data.lines || []).map((each) => {
      const own = each.scale === "left" ? { priceScaleId: "left" } : { autoscaleInfoProvider: withZero };
      chart.addSeries(LC.LineSeries, { ...line(paint, each.role || "later"), ...own }).setData(each.points.map(([time, value]) => ({ time, value })));
      return new Map(each.points);
    });
    if ((data.lines || []).some((each) => each.scale === "left")) chart.applyOptions({ leftPriceScale: { visible: true, borderVisible: false } });
    const marker = ({ at, kind, text }) => {
      const [shape, position, colour] = MARKERS[kind] || MARKERS.adjust;
      return { time: at, shape, position, color: paint[colour], text: text || "" };
    };
    LC.createSeriesMarkers(steps, (data.events || []).map(marker));
    const tell = readout(node, [[data.name, "today"], ...(data.lines || []).map((each) => [each.name, each.role || "later"]), ["", ""]]);
    const show = (index) => {
      if (!points[index]) return;
      const { time, value } = points[index];
      tell([signed(value), ...more.map((values) => (known(values.get(time)) ? fixed(values.get(time)) : "—")), when(time)]);
    };
    follow(chart, node, steps, points, show, points.length - 1);
    // Room for the words of the first and the last event.
    chart.fit = () => chart.timeScale().setVisibleLogicalRange({ from: -0.08 * points.length, to: 1.08 * points.length - 1 });
    return chart;
  };

  const term = (plot, node, data, paint) => {
    const all = data.lines.flatMap((each) => each.points.map(([days]) => days));
    const chart = LC.createChartEx(plot, new Scale((days) => `${days}d`, rounder([5, 10, 30, 60, 90, 180, 360])), frame(paint, { priceFormatter: (value) => percent(value) }));
    // Every day has its place, so that distances are true.
    const first = Math.min(...all), count = Math.max(...all) - first + 1;
    chart.addSeries(LC.LineSeries).setData(Array.from({ length: count }, (_, at) => ({ time: first + at })));
    const drawn = data.lines.map((each, at) => {
      const series = chart.addSeries(LC.LineSeries, { ...line(paint, each.role || (at ? "later" : "today")), pointMarkersVisible: true, pointMarkersRadius: 2, priceFormat: { type: "custom", minMove: 0.0001, formatter: (value) => percent(value) } });
      series.setData(each.points.map(([time, value]) => ({ time, value })));
      return series;
    });
    const tell = readout(node, [["", ""], ...data.lines.map((each, at) => [each.name, each.role || (at ? "later" : "today")])]);
    const points = data.lines[0].points.map(([time, value]) => ({ time, value }));
    const named = new Map(data.lines.flatMap((each) => each.points.map(([days, , name]) => [days, name])));
    const maps = data.lines.map((each) => new Map(each.points));
    const show = (index) => {
      const { time } = points[index];
      tell([`${time}d${named.get(time) ? `  ${named.get(time)}` : ""}`, ...maps.map((values) => (known(values.get(time)) ? percent(values.get(time)) : "—"))]);
    };
    follow(chart, node, drawn[0], points, show, 0);
    return chart;
  };

  const KINDS = { payoff, history, bars, "chain-timeline": timeline, "term-structure": term };

  // --- Drawing, drawing again, taking away ------------------------------------------------------------------
  const drawn = new Map();
  const clear = (node) => {
    drawn.get(node)?.chart.remove();
    drawn.delete(node);
    node.replaceChildren();
  };
  const draw = (node) => {
    const make = KINDS[node.dataset.chart], text = document.getElementById(node.dataset.source)?.textContent;
    if (!make || !text || drawn.get(node)?.text === text) return;
    clear(node);
    const plot = document.createElement("div");
    plot.className = "chart__canvas";
    node.append(plot);
    const chart = make(plot, node, JSON.parse(text), look());
    const fit = chart.fit || (() => chart.timeScale().fitContent());
    chart.timeScale().subscribeSizeChange(fit);
    fit();
    drawn.set(node, { chart, text });
    node.dataset.drawn = "yes";
  };
  const sweep = () => {
    for (const node of [...drawn.keys()]) if (!node.isConnected) clear(node);
    document.querySelectorAll("[data-chart]").forEach(draw);
  };
  const again = () => {
    for (const node of [...drawn.keys()]) clear(node);
    sweep();
  };
  new MutationObserver(again).observe(root, { attributes: true, attributeFilter: ["data-theme", "data-palette"] });
  document.addEventListener("htmx:afterSettle", sweep);
  document.addEventListener("desk:charts", sweep);
  sweep();
})();
