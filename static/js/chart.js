// Curves with units on their axes: <figure class="chart" data-source="address of the data"> becomes an SVG.
//
// The data: {x: {label, values, log}, equal, series: [{label, axis: "left" | "right", kind: "line" | "dots" | "open", hidden, values,
// x, choice}], left: label, right: label, choice: {label, values, shown}}. A series may have abscissae of its own (x), and belong to one
// of several choices (a cycle), of which a slider shows one beside those that are kept. Drag to zoom, double-click or Escape to see all; with the keyboard: arrows move the
// read-out (Shift: ten points), + and - zoom around it, Home and End jump.

import { Choice } from "./choice.js";
import { decades, decadeText, extent, nearest, readout, ticks, tickText } from "./scale.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { top: 8, bottom: 38, side: 58, bare: 14 };

function draw(tag, attributes, parent) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent?.append(element);
  return element;
}

function write(parent, text, attributes) {
  draw("text", attributes, parent).textContent = text;
}

function html(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent?.append(element);
  return element;
}

/** A series' own colour where several records are drawn together, else one after the other; there are four. */
function colourOf(series, index) {
  return (((series.colour ?? index + 1) - 1) % 4) + 1;
}

function lineOf(series) {
  return series.dash ? `chart__line chart__line--dash-${((series.dash - 1) % 3) + 1}` : "chart__line";
}

class Chart {
  constructor(figure, data) {
    this.figure = figure;
    this.data = data;
    this.hidden = new Set(data.series.flatMap((series, index) => (series.hidden ? [index] : [])));
    this.free = data.series.some((series) => series.x);
    if (data.x.log) this.takeLogarithms();
    this.at = -1;
    this.view = null;
    this.buildFrame();
    this.render();
    new ResizeObserver(() => this.render()).observe(this.frame);
  }

  buildFrame() {
    this.figure.querySelector("[data-waiting]")?.remove();
    this.bar = html("div", "chart__bar");
    this.frame = html("div", "chart__frame");
    this.figure.prepend(this.bar, this.frame);
    for (const note of this.data.notes ?? []) html("p", "sheet__note", this.figure).textContent = note;
    if (this.data.choice) this.choice = new Choice(this.data.choice, this.bar, () => { this.at = -1; this.render(); });
    else this.data.series.forEach((series, index) => this.addKey(series, index));
    this.read = html("output", "chart__read", this.bar);
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "group");
    this.frame.setAttribute("aria-label", `${this.figure.dataset.label}. Arrow keys read values, plus and minus zoom, Escape shows all.`);
    this.frame.addEventListener("keydown", (event) => this.onKey(event));
    this.frame.addEventListener("pointermove", (event) => this.onMove(event));
    this.frame.addEventListener("pointerdown", (event) => this.onDown(event));
    this.frame.addEventListener("pointerup", (event) => this.onUp(event));
    this.frame.addEventListener("pointerleave", () => { if (!this.drag) this.point(-1); });
    this.frame.addEventListener("dblclick", () => this.zoom(null));
  }

  addKey(series, index) {
    const key = html("button", "chart__key", this.bar);
    key.type = "button";
    key.setAttribute("aria-pressed", String(!this.hidden.has(index)));
    const sample = draw("svg", { viewBox: "0 0 26 16", "aria-hidden": "true", class: `series-${colourOf(series, index)}` }, key);
    if (series.kind === "line") draw("path", { d: "M1 8H25", class: lineOf(series) }, sample);
    else draw("circle", { cx: 13, cy: 8, r: 4, class: `chart__dot chart__dot--${series.kind === "dots" ? "full" : "open"}` }, sample);
    key.append(series.label);
    key.addEventListener("click", () => {
      if (!this.hidden.delete(index)) this.hidden.add(index);
      key.setAttribute("aria-pressed", String(!this.hidden.has(index)));
      this.render();
    });
  }

  shown() {
    const all = this.data.series.map((series, index) => ({ ...series, index, colour: colourOf(series, index) }));
    if (!this.choice) return all.filter((s) => !this.hidden.has(s.index));
    return all.filter((s) => this.choice.has(s.choice)).map((s) => ({ ...s, colour: this.choice.colour(s.choice) }));
  }

  xs(series) {
    return series.x ?? this.data.x.values;
  }

  takeLogarithms() {
    const logarithms = (values) => values?.map((value) => (value > 0 ? Math.log10(value) : null));
    this.data.x.values = logarithms(this.data.x.values);
    for (const series of this.data.series) series.x = logarithms(series.x);
  }

  readX(value) {
    return readout(this.data.x.log && value !== null ? 10 ** value : value);
  }

  /** All abscissae: of every choice, so that the axes stand still while the slider moves. */
  abscissae() {
    return this.data.series.map((series) => this.xs(series));
  }

  /** Where values lie on the page: one function for x and one for each axis. */
  lay() {
    const width = Math.max(this.frame.clientWidth, 240);
    const height = this.data.equal ? Math.min(width * 0.62, 420) : Math.round(Math.min(Math.max(width * 0.36, 220), 340));
    const series = this.shown();
    const right = series.some((s) => s.axis === "right");
    const box = { left: MARGIN.side, right: width - (right ? MARGIN.side : MARGIN.bare), top: MARGIN.top, bottom: height - MARGIN.bottom };
    const x = this.view ?? extent(this.abscissae(), series.some((s) => s.kind !== "line") || this.data.equal ? 0.02 : 0);
    const inside = (value) => value !== null && value >= x[0] && value <= x[1];
    const scaled = this.choice ? this.data.series : series;
    const bars = scaled.some((s) => s.kind === "bar") ? [[0]] : [];
    if (bars.length && !this.view) { x[0] = 0.4; x[1] = this.data.x.names.length + 0.6; }
    const visible = (axis) => extent(bars.concat(scaled.filter((s) => s.axis === axis).map((s) => s.values.filter((_, i) => inside(this.xs(s)[i])))), 0.06);
    const ranges = { x, left: visible("left"), right: visible("right") };
    if (this.data.equal) this.equalise(ranges, box);
    const to = (range, from, until) => (value) => from + ((value - range[0]) / (range[1] - range[0])) * (until - from);
    this.box = box;
    this.ranges = ranges;
    this.size = { width, height };
    this.place = { x: to(ranges.x, box.left, box.right), left: to(ranges.left, box.bottom, box.top), right: to(ranges.right, box.bottom, box.top) };
  }

  /** Same length for the same number on both axes, as a Nyquist plot needs. */
  equalise(ranges, box) {
    const perX = (ranges.x[1] - ranges.x[0]) / (box.right - box.left);
    const perY = (ranges.left[1] - ranges.left[0]) / (box.bottom - box.top);
    const per = Math.max(perX, perY);
    const widen = (range, pixels) => {
      const extra = (per * pixels - (range[1] - range[0])) / 2;
      return [range[0] - extra, range[1] + extra];
    };
    ranges.x = widen(ranges.x, box.right - box.left);
    ranges.left = widen(ranges.left, box.bottom - box.top);
  }

  render() {
    this.lay();
    const { width, height } = this.size;
    this.svg?.remove();
    this.svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": this.figure.dataset.label }, this.frame);
    const clip = `clip-${Math.random().toString(36).slice(2)}`;
    const { box } = this;
    draw("rect", { x: box.left, y: box.top - 4, width: box.right - box.left, height: box.bottom - box.top + 8 }, draw("clipPath", { id: clip }, draw("defs", {}, this.svg)));
    this.drawAxes();
    const plot = draw("g", { "clip-path": `url(#${clip})` }, this.svg);
    for (const series of this.shown()) this.drawSeries(series, plot);
    this.over = draw("g", {}, this.svg);
    this.point(this.at);
  }

  drawAxes() {
    const { box, ranges, place, svg, data } = this;
    const bottom = ticks(...ranges.x, Math.max(3, Math.floor((box.right - box.left) / 90)));
    let whole = data.x.whole ? bottom.filter((value) => Number.isInteger(value)) : bottom;
    if (data.x.log) whole = decades(...ranges.x, bottom);
    for (const value of whole) {
      draw("path", { d: `M${place.x(value)} ${box.top}V${box.bottom}`, class: "chart__grid" }, svg);
      write(svg, this.tick(value, whole), { x: place.x(value), y: box.bottom + 15, "text-anchor": "middle" });
    }
    write(svg, data.x.label, { x: (box.left + box.right) / 2, y: box.bottom + 33, "text-anchor": "middle", class: "chart__name" });
    for (const [axis, edge, anchor, away] of [["left", box.left, "end", -7], ["right", box.right, "start", 7]]) {
      if (!data[axis] || !this.shown().some((s) => s.axis === axis)) continue;
      const marks = ticks(...ranges[axis], Math.max(3, Math.floor((box.bottom - box.top) / 44)));
      for (const value of marks) {
        if (axis === "left") draw("path", { d: `M${box.left} ${place.left(value)}H${box.right}`, class: "chart__grid" }, svg);
        write(svg, tickText(value, marks), { x: edge + away, y: place[axis](value) + 4, "text-anchor": anchor });
      }
      const x = axis === "left" ? 12 : this.size.width - 8;
      write(svg, data[axis], { transform: `translate(${x} ${(box.top + box.bottom) / 2}) rotate(-90)`, "text-anchor": "middle", class: "chart__name" });
    }
    draw("path", { d: `M${box.left} ${box.top}V${box.bottom}H${box.right}`, class: "chart__axis", fill: "none" }, svg);
  }

  tick(value, all) {
    if (this.data.x.names) return this.data.x.names[value - 1] ?? "";
    return this.data.x.log ? decadeText(value) : tickText(value, all);
  }

  drawBars(series, parent) {
    const zero = Math.min(Math.max(this.place.left(0), this.box.top), this.box.bottom);
    const group = draw("g", { class: `series-${series.colour}` }, parent);
    const wide = Math.max(Math.min((this.place.x(2) - this.place.x(1)) * 0.6, 60), 2);
    series.values.forEach((value, i) => {
      if (value === null) return;
      const top = this.place.left(value);
      draw("rect", { x: this.place.x(this.xs(series)[i]) - wide / 2, y: Math.min(top, zero), width: wide, height: Math.abs(zero - top), class: "chart__bar-of" }, group);
    });
  }

  drawSeries(series, parent) {
    if (series.kind === "bar") { this.drawBars(series, parent); return; }
    const x = this.place.x;
    const y = this.place[series.axis];
    const group = draw("g", { class: `series-${series.colour}` }, parent);
    const abscissae = this.xs(series);
    if (series.kind === "line") {
      let path = "";
      let pen = "M";
      series.values.forEach((value, i) => {
        const abscissa = abscissae[i];
        if (value === null || abscissa === null) { pen = "M"; return; }
        path += `${pen}${x(abscissa).toFixed(1)} ${y(value).toFixed(1)}`;
        pen = "L";
      });
      draw("path", { d: path, class: lineOf(series) }, group);
      return;
    }
    const size = series.values.length > 150 ? 1.6 : 3;
    series.values.forEach((value, i) => {
      if (value === null || abscissae[i] === null) return;
      draw("circle", { cx: x(abscissae[i]).toFixed(1), cy: y(value).toFixed(1), r: size, class: `chart__dot chart__dot--${series.kind === "dots" ? "full" : "open"}` }, group);
    });
  }

  /** Shows the values at a point; -1 shows none. */
  point(index) {
    this.at = index;
    this.over.replaceChildren();
    if (index < 0) { this.read.textContent = this.view ? "double-click or Esc shows all" : ""; return; }
    if (this.free) { this.pointFree(this.points()[index]); return; }
    const x = this.place.x(this.data.x.values[index]);
    draw("path", { d: `M${x} ${this.box.top}V${this.box.bottom}`, class: "chart__cursor" }, this.over);
    const parts = [`${this.data.x.short ?? this.data.x.label} ${this.readX(this.data.x.values[index])}`];
    for (const series of this.shown()) {
      const value = series.values[index];
      parts.push(`${series.short ?? series.label} ${readout(value)}`);
      if (value !== null) draw("circle", { cx: x, cy: this.place[series.axis](value), r: 3.5, class: `chart__dot chart__dot--full series-${series.colour}` }, this.over);
    }
    this.read.textContent = parts.join("   ");
  }

  /** Every point that is shown, where series have abscissae of their own: [series, index]. */
  points() {
    return this.shown().flatMap((series) => series.values.flatMap((value, i) => (value === null || this.xs(series)[i] === null ? [] : [[series, i]])));
  }

  pointFree(found) {
    if (!found) return;
    const [series, i] = found;
    const at = this.xs(series)[i];
    draw("circle", { cx: this.place.x(at), cy: this.place[series.axis](series.values[i]), r: 4, class: `chart__dot chart__dot--full series-${series.colour}` }, this.over);
    this.read.textContent = `${series.label}   ${this.data.x.short ?? this.data.x.label} ${this.readX(at)}   ${series.short ?? ""} ${readout(series.values[i])}`;
  }

  /** The point nearest to the pointer on the page, as a place in `points`. */
  nearestFree(event) {
    const bounds = this.svg.getBoundingClientRect();
    const scale = this.size.width / bounds.width;
    const [left, top] = [(event.clientX - bounds.left) * scale, (event.clientY - bounds.top) * scale];
    let [best, distance] = [-1, Infinity];
    this.points().forEach(([series, i], place) => {
      const away = Math.hypot(this.place.x(this.xs(series)[i]) - left, this.place[series.axis](series.values[i]) - top);
      if (away < distance) [best, distance] = [place, away];
    });
    return best;
  }

  valueOf(index) {
    if (!this.free) return this.data.x.values[index];
    const [series, i] = this.points()[index];
    return this.xs(series)[i];
  }

  zoom(view) {
    const all = extent(this.abscissae(), 0);
    this.view = view && view[1] - view[0] < (all[1] - all[0]) * 0.999 ? view : null;
    this.render();
  }

  valueAt(event) {
    const bounds = this.svg.getBoundingClientRect();
    const pixel = ((event.clientX - bounds.left) / bounds.width) * this.size.width;
    const { left, right } = this.box;
    const share = Math.min(Math.max((pixel - left) / (right - left), 0), 1);
    return this.ranges.x[0] + share * (this.ranges.x[1] - this.ranges.x[0]);
  }

  onMove(event) {
    const value = this.valueAt(event);
    this.point(this.free ? this.nearestFree(event) : nearest(this.data.x.values, value));
    if (this.drag === undefined || this.drag === null) return;
    const [from, until] = [this.drag, value].sort((a, b) => a - b).map(this.place.x);
    draw("rect", { x: from, width: until - from, y: this.box.top, height: this.box.bottom - this.box.top, class: "chart__window" }, this.over);
  }

  onDown(event) {
    if (event.button !== 0 || event.pointerType === "touch") return;
    this.drag = this.valueAt(event);
    this.frame.setPointerCapture(event.pointerId);
  }

  onUp(event) {
    if (this.drag === undefined || this.drag === null) return;
    const window = [this.drag, this.valueAt(event)].sort((a, b) => a - b);
    this.drag = null;
    if (window[1] - window[0] > (this.ranges.x[1] - this.ranges.x[0]) * 0.01) this.zoom(window);
  }

  onKey(event) {
    const last = (this.free ? this.points() : this.data.x.values).length - 1;
    const step = event.shiftKey ? 10 : 1;
    const moves = { ArrowRight: this.at + step, ArrowLeft: (this.at < 0 ? last + 1 : this.at) - step, Home: 0, End: last };
    if (event.key in moves) this.point(Math.min(Math.max(moves[event.key], 0), last));
    else if (event.key === "+" || event.key === "=") this.zoomBy(0.5);
    else if (event.key === "-") this.zoomBy(2);
    else if (event.key === "Escape") this.zoom(null);
    else return;
    event.preventDefault();
  }

  zoomBy(factor) {
    const [low, high] = this.ranges.x;
    const centre = this.at >= 0 ? this.valueOf(this.at) : (low + high) / 2;
    const half = ((high - low) / 2) * factor;
    this.zoom([centre - half, centre + half]);
  }
}

async function start(figure) {
  if (figure.dataset.started) return;
  figure.dataset.started = "yes";
  try {
    const answer = await fetch(figure.dataset.source, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    new Chart(figure, await answer.json());
  } catch (error) {
    const waiting = figure.querySelector("[data-waiting]");
    if (waiting) waiting.textContent = `The curve could not be loaded (${error.message}). Reload the page to try again.`;
  }
}

const startAll = (root) => root.querySelectorAll("figure.chart[data-source]").forEach(start);
startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.target));
