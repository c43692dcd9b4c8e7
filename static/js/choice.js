// A slider through choices (cycles) of which one is shown beside those that are kept; at most four at once, one colour each.

const MOST = 4;

export class Choice {
  /** `choice`: {label, values, shown}; `bar`: where the slider goes; `changed`: called after each change. */
  constructor(choice, bar, changed) {
    this.values = choice.values;
    this.label = choice.label;
    this.kept = choice.shown.slice(0, MOST - 1);
    this.now = choice.shown.at(-1) ?? choice.values[0];
    this.changed = changed;
    this.build(bar);
    this.list();
  }

  has(value) {
    return value === this.now || this.kept.includes(value);
  }

  colour(value) {
    const place = this.kept.indexOf(value);
    return place < 0 ? this.kept.length + 1 : place + 1;
  }

  build(bar) {
    const label = document.createElement("label");
    label.className = "chart__choice";
    this.slider = document.createElement("input");
    Object.assign(this.slider, { type: "range", min: 0, max: this.values.length - 1, step: 1, value: this.values.indexOf(this.now) });
    this.text = document.createElement("output");
    label.append(this.label, this.slider, this.text);
    const keep = document.createElement("button");
    Object.assign(keep, { type: "button", className: "chart__key", textContent: "keep" });
    keep.addEventListener("click", () => this.keep());
    this.keys = document.createElement("span");
    this.keys.className = "chart__kept";
    bar.append(label, keep, this.keys);
    this.slider.addEventListener("input", () => {
      this.now = this.values[Number(this.slider.value)];
      this.list();
      this.changed();
    });
  }

  /** Keeps what the slider shows; the one that was kept longest goes where there are too many. */
  keep() {
    if (!this.kept.includes(this.now)) this.kept = [...this.kept, this.now].slice(-(MOST - 1));
    this.list();
    this.changed();
  }

  /** A key for each that is shown; a click lets a kept one go. */
  list() {
    this.text.textContent = this.now;
    this.slider.setAttribute("aria-valuetext", `${this.label} ${this.now}`);
    this.keys.replaceChildren(...[...new Set([...this.kept, this.now])].map((value) => this.key(value)));
  }

  key(value) {
    const key = document.createElement("button");
    Object.assign(key, { type: "button", className: `chart__key series-${this.colour(value)}`, textContent: `● ${value}` });
    const kept = this.kept.includes(value);
    key.setAttribute("aria-label", kept ? `${this.label} ${value}: do not keep` : `${this.label} ${value}`);
    key.addEventListener("click", () => {
      this.kept = this.kept.filter((one) => one !== value);
      this.list();
      this.changed();
    });
    return key;
  }
}
