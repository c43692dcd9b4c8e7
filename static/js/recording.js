// The forms of records: offers for the boxes in which a record is chosen by its name, and rows that are added to lists.
// Without it names are typed, and the rows that stand there are filled in.

const WAIT_MS = 200;

class Chooser {
  constructor(box) {
    this.box = box;
    this.list = document.createElement("datalist");
    this.list.id = `${box.id}-offered`;
    this.words = document.createElement("span");
    this.words.className = "field__words";
    this.words.setAttribute("role", "status");
    box.setAttribute("list", this.list.id);
    box.after(this.list, this.words);
    this.known = new Map();
    box.addEventListener("focus", () => { if (!this.known.size) this.ask(); });
    box.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.tell();
      this.timer = setTimeout(() => this.ask(), WAIT_MS);
    });
  }

  async ask() {
    const typed = this.box.value;
    const answer = await fetch(`${this.box.dataset.choose}?${new URLSearchParams({ q: typed })}`, { credentials: "same-origin" });
    if (!answer.ok || typed !== this.box.value) return;
    const { offered } = await answer.json();
    for (const { value, label } of offered) this.known.set(value, label);
    this.list.replaceChildren(...offered.map(({ value, label }) => Object.assign(document.createElement("option"), { value, label })));
    this.tell(true);
  }

  /** What helps to be sure that it is the right one: its lot, what is left of it. Of an unknown name, where to add it. */
  tell(answered = false) {
    const typed = this.box.value.trim();
    const label = this.known.get(typed) ?? "";
    this.words.textContent = label.includes(" · ") ? label.slice(label.indexOf(" · ") + 3) : "";
    if (!answered || !typed || this.list.options.length) return;
    const add = document.createElement("a");
    add.href = this.box.dataset.new + encodeURIComponent(typed.split("/").pop());
    add.target = "_blank";
    add.textContent = `add it as a new ${this.box.dataset.said}`;
    this.words.append(`No ${this.box.dataset.said} matches; `, add, ".");
  }
}

class Rows {
  constructor(group) {
    this.prefix = group.dataset.rows;
    this.template = group.querySelector("template");
    this.list = group.querySelector(".rows");
    this.total = group.querySelector(`[name="${this.prefix}-TOTAL_FORMS"]`);
    const add = group.querySelector(".rows__add");
    if (!this.template || !add) return;
    add.hidden = false;
    add.firstElementChild.addEventListener("click", (event) => { event.preventDefault(); this.add(event.isTrusted); });
    add.firstElementChild.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); this.add(true); } });
  }

  add(byHand) {
    const number = Number(this.total.value);
    const part = document.createElement("div");
    part.innerHTML = this.template.innerHTML.replaceAll("__prefix__", number);
    const row = part.firstElementChild;
    this.total.value = number + 1;
    this.list.append(row);
    start(row);
    if (byHand) row.querySelector("input:not([type=hidden]), select")?.focus();
  }
}

function start(root) {
  root.querySelectorAll("input[data-choose]").forEach((box) => new Chooser(box));
}

document.querySelectorAll("[data-rows]").forEach((group) => new Rows(group));
start(document);
