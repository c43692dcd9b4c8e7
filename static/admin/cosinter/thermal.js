// Draws the thermal program while it is typed. The server reads the boxes and draws; what cannot be read yet leaves the
// drawing as it is, and the form says on saving what is wrong.
"use strict";

(() => {
  const WAIT = 350;
  const NAMES = ["target", "dwell", "ramp_rate"];

  class Program {
    constructor(box) {
      this.address = box.dataset.thermal;
      this.prefix = box.name.split("-")[0];
      this.group = document.getElementById(`${this.prefix}-group`);
      this.asked = 0;
      this.group.addEventListener("input", () => this.soon());
      this.group.addEventListener("change", () => this.soon());
      document.addEventListener("formset:removed", () => this.soon());
      if (!document.querySelector(".program")) this.draw();
    }

    soon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.draw(), WAIT);
    }

    field(row, name) {
      return this.group.querySelector(`[name="${this.prefix}-${row}-${name}"]`);
    }

    // Numbers of the rows that stand, in their order on the page.
    rows() {
      const targets = [...this.group.querySelectorAll(`input[name^="${this.prefix}-"][name$="-target"]`)];
      const numbers = targets.map((target) => target.name.slice(this.prefix.length + 1, -"-target".length));
      return numbers.filter((row) => row !== "__prefix__" && !this.field(row, "DELETE")?.checked);
    }

    async draw() {
      const query = new URLSearchParams();
      for (const row of this.rows()) {
        for (const name of NAMES) query.append(name, this.field(row, name).value);
      }
      const number = ++this.asked;
      const answer = await fetch(`${this.address}?${query}`, { credentials: "same-origin" });
      if (answer.status === 200 && number === this.asked) this.show(await answer.text());
    }

    // In the place of the drawing that stands there, else below the list.
    show(drawing) {
      this.place ??= document.querySelector(".program")?.parentElement ?? this.below();
      this.place.querySelector(".program")?.remove();
      this.place.insertAdjacentHTML("beforeend", drawing);
    }

    below() {
      const place = document.createElement("div");
      place.className = "program-below";
      (this.group.querySelector(".sheet__body") ?? this.group).append(place);
      return place;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("input[data-thermal]");
    if (box) new Program(box);
  });
})();
