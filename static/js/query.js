// Completion while a query is typed, and what is understood of it so far; both come from the REST API.

const PAUSE = 150;
const API = "/api/v1/query/";

/** An input with `data-query` (what is searched), a list of proposals below it and, where there is one, a line that says
 *  what was understood. */
class QueryBox {
  constructor(input, number) {
    this.input = input;
    this.about = input.dataset.query;
    this.said = input.parentElement.querySelector("[data-query-said]");
    this.proposals = [];
    this.chosen = -1;
    this.asked = 0;
    this.list = document.createElement("ul");
    Object.assign(this.list, { className: "proposals", hidden: true, id: `proposals-${number}` });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "What could come next");
    input.after(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) {
      input.setAttribute(name, value);
    }
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => setTimeout(() => this.close(), PAUSE));
    this.list.addEventListener("pointerdown", (event) => this.point(event));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const number = ++this.asked;
    const query = { q: this.input.value, about: this.about };
    const wanted = [fetchJson(`${API}completions/`, { ...query, at: this.input.selectionStart ?? query.q.length })];
    if (this.said) wanted.push(fetchJson(API, query));
    const [completion, understood] = await Promise.all(wanted);
    if (number !== this.asked) return;
    if (understood) this.say(understood, completion?.proposals.length > 0);
    if (completion && document.activeElement === this.input) this.show(completion);
  }

  show({ start, end, proposals }) {
    this.place = { start, end };
    this.proposals = proposals;
    this.chosen = -1;
    this.list.replaceChildren(...proposals.map((one, index) => item(one, `${this.list.id}-${index}`)));
    this.open(proposals.length > 0);
  }

  open(wanted) {
    this.list.hidden = !wanted;
    this.input.setAttribute("aria-expanded", String(wanted));
    if (!wanted) this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.open(false);
  }

  key(event) {
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (this.list.hidden) {
      if (event.key === "ArrowDown") this.ask();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const count = this.proposals.length;
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.choose((this.chosen + step + count + (this.chosen < 0 && step < 0 ? 1 : 0)) % count);
    } else if ((event.key === "Enter" || event.key === "Tab") && this.chosen >= 0) {
      event.preventDefault();
      this.take(this.chosen);
    }
  }

  choose(index) {
    this.chosen = index;
    for (const [place, one] of [...this.list.children].entries()) one.setAttribute("aria-selected", String(place === index));
    this.list.children[index].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", this.list.children[index].id);
  }

  point(event) {
    const index = [...this.list.children].indexOf(event.target.closest("li"));
    if (index < 0) return;
    event.preventDefault();
    this.take(index);
  }

  /** Writes a proposal in place of what it was made for and of what was typed since then. */
  take(index) {
    const { start, end } = this.place;
    const now = Math.max(end, this.input.selectionStart ?? end);
    this.input.setRangeText(this.proposals[index].text, start, now, "end");
    this.close();
    this.ask();
  }

  /** What is understood of the query so far; no fault at its end as long as there is something to go on with. */
  say({ query, reading, fault }, goesOn) {
    const line = document.createElement("p");
    const length = query.trimEnd().length;
    const unfinished = fault && (fault.start >= length || (goesOn && fault.end >= length));
    if (fault && !unfinished) {
      line.className = "query__fault";
      line.textContent = fault.message;
      const mark = document.createElement("pre");
      mark.className = "query__mark";
      mark.setAttribute("aria-hidden", "true");
      const marked = document.createElement("mark");
      marked.textContent = query.slice(fault.start, fault.end) || " ";
      mark.append(query.slice(0, fault.start), marked, query.slice(fault.end), `\n${" ".repeat(fault.start)}${"^".repeat(fault.end - fault.start)}`);
      this.said.replaceChildren(line, mark);
    } else {
      line.className = "query__reading";
      line.textContent = query.trim() && !fault ? `Found by: ${reading}` : "";
      this.said.replaceChildren(line);
    }
    this.input.setAttribute("aria-invalid", String(Boolean(fault && !unfinished)));
  }
}

function item({ text, label }, id) {
  const made = document.createElement("li");
  made.id = id;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  const [what, meaning] = [document.createElement("span"), document.createElement("span")];
  what.textContent = text.trim();
  meaning.textContent = label;
  made.append(what, meaning);
  return made;
}

async function fetchJson(address, parameters) {
  try {
    const response = await fetch(`${address}?${new URLSearchParams(parameters)}`, { headers: { Accept: "application/json" } });
    return response.ok ? await response.json() : null;
  } catch {
    return null; // offline: the form still works without proposals
  }
}

for (const [number, input] of document.querySelectorAll("input[data-query]").entries()) new QueryBox(input, number);
