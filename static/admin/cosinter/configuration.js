// Keeps the configuration text of a cell and the rows of its layers alike while either is typed. The server reads and
// writes the text; this asks it, shows what it says, and adds no material that nobody has made.
"use strict";

(() => {
  const WAIT = 350;
  const NAMES = ["role", "sample", "materials", "morphology", "thickness"];

  class Layers {
    constructor(box) {
      this.box = box;
      this.prefix = box.dataset.configuration;
      this.group = document.getElementById(`${this.prefix}-group`);
      this.said = document.createElement("output");
      this.said.className = "co-ratio";
      this.said.htmlFor = box.id;
      box.insertAdjacentElement("afterend", this.said);
      this.asked = 0;
      this.writing = false;
      box.addEventListener("input", () => this.soon(() => this.fromText()));
      const changed = (event) => {
        if (!this.writing && event.target.name && event.target.name.startsWith(`${this.prefix}-`)) this.soon(() => this.fromRows());
      };
      this.group.addEventListener("input", changed);
      this.group.addEventListener("change", changed);
      box.form.addEventListener("submit", (event) => this.submit(event));
      document.addEventListener("formset:removed", () => this.soon(() => this.fromRows()));
      // The autocompletes announce their choice by jQuery only.
      if (window.django && window.django.jQuery) window.django.jQuery(this.group).on("change", "select", changed);
    }

    soon(work) {
      clearTimeout(this.timer);
      this.waiting = work;
      this.timer = setTimeout(() => this.now(), WAIT);
    }

    async now() {
      const work = this.waiting;
      clearTimeout(this.timer);
      this.waiting = null;
      await work();
    }

    // Whoever saves with the last letter sends text and rows that say the same.
    submit(event) {
      if (!this.waiting) return;
      event.preventDefault();
      this.now().finally(() => event.target.requestSubmit(event.submitter));
    }

    field(row, name) {
      return this.group.querySelector(`[name="${this.prefix}-${row}-${name}"]`);
    }

    // Numbers of the rows that stand, in their order on the page.
    rows() {
      const roles = [...this.group.querySelectorAll(`select[name^="${this.prefix}-"][name$="-role"]`)];
      const numbers = roles.map((role) => role.name.slice(this.prefix.length + 1, -"-role".length));
      return numbers.filter((row) => row !== "__prefix__" && !this.field(row, "DELETE")?.checked);
    }

    async ask(text) {
      const query = new URLSearchParams({ text });
      for (const row of this.rows()) {
        for (const name of ["role", "sample", "materials"]) query.append(name, this.field(row, name).value);
      }
      const number = ++this.asked;
      const answer = await fetch(`${this.box.dataset.address}?${query}`, { credentials: "same-origin" });
      if (!answer.ok || number !== this.asked) return null; // somebody typed on
      return answer.json();
    }

    async fromText() {
      const text = this.box.value.trim();
      if (!text) return this.say({});
      const told = await this.ask(text);
      if (!told) return;
      this.say(told);
      if (told.layers) this.write(told.layers);
    }

    async fromRows() {
      const told = await this.ask("");
      if (!told) return;
      this.say(told);
      if ("text" in told) this.box.value = told.text;
    }

    // What each row holds; of an autocomplete also the words that it shows.
    held(row) {
      return Object.fromEntries(
        NAMES.map((name) => {
          const field = this.field(row, name);
          return [name, { value: field.value, shown: field.selectedOptions?.[0]?.textContent ?? "" }];
        }),
      );
    }

    write(layers) {
      this.writing = true;
      const before = this.rows().map((row) => this.held(row));
      while (this.rows().length < layers.length && this.add());
      this.rows().forEach((row, place) => this.fill(row, layers[place], before));
      this.writing = false;
    }

    fill(row, layer, before) {
      const removed = this.field(row, "DELETE");
      if (!layer && removed) removed.checked = true;
      const told = { role: "", materials: "", row: null, thickness_of: null, ...layer };
      for (const name of NAMES) {
        const from = name === "thickness" ? told.thickness_of : told.row;
        const kept = name !== "role" && from !== null;
        this.set(this.field(row, name), kept ? before[from][name] : { value: told[name] ?? "" });
      }
    }

    set(field, given) {
      if (field.value === given.value) return;
      if (given.value && field.tagName === "SELECT" && ![...field.options].some((o) => o.value === given.value)) {
        field.add(new Option(given.shown, given.value));
      }
      field.value = given.value;
      if (window.django && window.django.jQuery) window.django.jQuery(field).trigger("change.select2");
    }

    add() {
      const before = this.rows().length;
      this.group.querySelector(".add-row a, a.add-row")?.click();
      return this.rows().length > before;
    }

    say({ fault, unknown, near }) {
      this.said.replaceChildren(fault ?? "");
      this.said.classList.toggle("co-bad", Boolean(fault));
      for (const name of near ?? []) this.offer(`write ${name}`, () => this.replace(unknown, name));
      if (!unknown) return;
      const add = document.createElement("a");
      add.href = `${this.box.dataset.materials}?name=${encodeURIComponent(unknown)}`;
      add.target = "_blank";
      add.className = "co-link";
      add.textContent = `add ${unknown} as a new material`;
      this.said.append(" ", add);
    }

    offer(words, act) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "co-link co-offer";
      button.textContent = words;
      button.addEventListener("click", act);
      this.said.append(" ", button);
    }

    // The mistyped name stands in the text, or in a row.
    replace(unknown, name) {
      const boxes = [this.box, ...this.rows().map((row) => this.field(row, "materials"))];
      const parts = (value) => value.split(/([/+])/);
      const found = boxes.find((box) => parts(box.value).some((part) => part.trim() === unknown));
      if (!found) return;
      found.value = parts(found.value).map((part) => (part.trim() === unknown ? name : part)).join("");
      found.dispatchEvent(new Event("input", { bubbles: true }));
      found.focus();
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("input[data-configuration]").forEach((box) => new Layers(box));
  });
})();
