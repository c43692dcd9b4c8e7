// Many files dropped at once: each is listed with the sample it seems to belong to, which the person confirms; then it
// is sent with progress, and what the server makes of it is shown. Without this script the form sends files plainly.

const POLL_MS = 1000;

function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  parent?.append(made);
  return made;
}

function sizeText(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit += 1; }
  return `${unit ? value.toPrecision(3) : value} ${units[unit]}`;
}

class Uploader {
  constructor(form) {
    this.form = form;
    this.zone = form.querySelector(".drop");
    this.input = form.querySelector("input[type=file]");
    this.list = form.querySelector(".files");
    this.all = form.querySelector("[data-send-all]");
    this.fixed = form.dataset.subject || "";
    this.rows = [];
    form.querySelectorAll("[data-plain]").forEach((part) => { part.hidden = true; });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.sendAll(); });
    this.input.addEventListener("change", () => { this.add(this.input.files); this.input.value = ""; });
    form.noValidate = true; // the fields of the plain form are hidden; each row says what it lacks
    for (const name of ["dragenter", "dragover"]) this.zone.addEventListener(name, (event) => this.over(event, true));
    for (const name of ["dragleave", "drop"]) this.zone.addEventListener(name, (event) => this.over(event, false));
    this.zone.addEventListener("drop", (event) => this.add(event.dataTransfer.files));
  }

  over(event, on) {
    event.preventDefault();
    this.zone.classList.toggle("drop--over", on);
  }

  async add(files) {
    for (const file of files) {
      const row = new Row(this, file);
      this.rows.push(row);
      if (this.fixed) row.send();
      else await row.propose();
    }
    this.refresh();
  }

  refresh() {
    if (!this.all) return;
    const waiting = this.rows.filter((row) => row.waits).length;
    this.all.hidden = waiting === 0;
    this.all.textContent = waiting === 1 ? "Send 1 file" : `Send ${waiting} files`;
  }

  sendAll() {
    for (const row of this.rows) if (row.waits) row.send();
  }
}

class Row {
  constructor(uploader, file) {
    this.uploader = uploader;
    this.file = file;
    this.waits = true;
    this.touched = false;
    this.item = element("li", "", uploader.list);
    const name = element("div", "files__name", this.item, file.name);
    element("div", "files__size", name, sizeText(file.size));
    this.place = element("div", "files__subject", this.item);
    this.state = element("div", "files__state", this.item);
    this.state.setAttribute("role", "status");
    this.button = element("button", "button button--small", this.item, "Send");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.send());
    if (uploader.fixed) this.place.textContent = "";
    else this.addChooser();
  }

  addChooser() {
    const id = `subject-${Math.random().toString(36).slice(2)}`;
    const label = element("label", "visually-hidden", this.place, `Sample or cell of ${this.file.name}`);
    label.htmlFor = id;
    this.subject = element("input", "input", this.place);
    Object.assign(this.subject, { id, placeholder: "sample or cell", autocomplete: "off" });
    this.options = element("datalist", "", this.place);
    this.options.id = `${id}-list`;
    this.subject.setAttribute("list", this.options.id);
    this.subject.addEventListener("input", () => {
      this.touched = true;
      this.subject.removeAttribute("aria-invalid");
      this.say("");
      this.suggest();
    });
    this.subject.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); this.send(); } });
  }

  async subjects(parameters) {
    const answer = await fetch(`${this.uploader.form.dataset.subjects}?${new URLSearchParams(parameters)}`);
    return answer.ok ? answer.json() : { subjects: [] };
  }

  fill(found) {
    this.options.replaceChildren(...found.map(({ value, label }) => Object.assign(document.createElement("option"), { value, label })));
  }

  async suggest() {
    const typed = this.subject.value;
    const { subjects } = await this.subjects({ q: typed });
    if (typed === this.subject.value) this.fill(subjects);
  }

  /** Codes that occur in the file's name come first; a single one is filled in for the person to confirm. */
  async propose() {
    const { subjects, proposed } = await this.subjects({ name: this.file.name });
    this.fill(subjects);
    if (this.touched) return; // the person was quicker
    if (proposed) {
      this.subject.value = proposed;
      this.say(`Its name contains ${proposed.split("/").pop()}. Right? Then send it.`);
    } else {
      this.say("Choose the sample or cell it was measured on.");
    }
  }

  say(text, tone) {
    this.state.replaceChildren();
    if (!text) return;
    element("span", tone === "bad" ? "sentence sentence--bad" : "sentence", this.state, text);
  }

  send() {
    const subject = this.uploader.fixed || this.subject.value.trim();
    this.touched = true;
    if (!this.waits) return;
    if (!subject) {
      this.say("Choose the sample or cell first.", "bad");
      this.subject.setAttribute("aria-invalid", "true");
      this.subject.focus();
      return;
    }
    this.waits = false;
    this.button.hidden = true;
    if (this.subject) { this.subject.removeAttribute("aria-invalid"); this.subject.readOnly = true; }
    this.transfer(subject);
    this.uploader.refresh();
  }

  transfer(subject) {
    const body = new FormData(this.uploader.form);
    body.delete("file");
    body.set("file", this.file, this.file.name);
    body.set("subject", subject);
    this.state.replaceChildren();
    const bar = element("progress", "", this.state);
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Sending ${this.file.name}`);
    const request = new XMLHttpRequest();
    request.open("POST", this.uploader.form.dataset.send);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
    request.addEventListener("load", () => this.answered(request));
    request.addEventListener("error", () => this.refused("The connection was lost. Nothing was stored; send it again."));
    request.send(body);
  }

  answered(request) {
    if (request.status === 200 || request.status === 201) {
      document.body.dispatchEvent(new CustomEvent("uploaded")); // lists of measurements on the page look again
      this.follow(request.response);
    } else if (request.response?.errors) this.refused(Object.values(request.response.errors).flat().join(" "));
    else this.refused(`The server refused it (${request.status}).`);
  }

  refused(text) {
    this.say(text, "bad");
    this.waits = true;
    this.button.hidden = false;
    this.button.textContent = "Send again";
    if (this.subject) this.subject.readOnly = false;
    this.uploader.refresh();
  }

  /** Shows what the server says of the file until it is read and analysed. */
  follow(report) {
    this.state.replaceChildren();
    const line = element("div", "", this.state);
    const chip = element("span", "chip", line, report.state_label);
    chip.dataset.state = report.state;
    line.append(" ");
    const link = element("a", "", line, report.title);
    link.href = report.url;
    if (report.sentence) element("span", report.state === "failed" ? "sentence sentence--bad" : "sentence", this.state, report.sentence);
    if (report.finished) return;
    setTimeout(async () => {
      const answer = await fetch(report.status);
      if (answer.ok) this.follow(await answer.json());
    }, POLL_MS);
  }
}

const startAll = (root) => root.querySelectorAll("form[data-uploader]:not([data-started])").forEach((form) => {
  form.dataset.started = "yes";
  new Uploader(form);
});
startAll(document);
