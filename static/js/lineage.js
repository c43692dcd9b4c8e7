// The lineage graph grows, shrinks and is dragged; without this script it scrolls, and every node is a link all the same.

const frame = document.querySelector(".lineage-frame");
const drawing = frame?.querySelector("svg");

if (drawing) {
  const natural = { width: drawing.viewBox.baseVal.width, height: drawing.viewBox.baseVal.height };
  const smallest = 0.15;
  const largest = 2.5;
  let scale = 1;

  const fitting = () => Math.min(1, (frame.clientWidth - 20) / natural.width);

  const show = (wanted, x = frame.clientWidth / 2, y = frame.clientHeight / 2) => {
    const next = Math.min(largest, Math.max(smallest, wanted));
    const place = { x: (frame.scrollLeft + x) / scale, y: (frame.scrollTop + y) / scale };
    scale = next;
    drawing.setAttribute("width", natural.width * scale);
    drawing.setAttribute("height", natural.height * scale);
    frame.scrollLeft = place.x * scale - x;
    frame.scrollTop = place.y * scale - y;
  };

  const centre = () => {
    const start = drawing.querySelector(".lineage__node--start");
    if (!start) return;
    const here = start.getBoundingClientRect();
    const box = frame.getBoundingClientRect();
    frame.scrollLeft += here.left + here.width / 2 - (box.left + box.width / 2);
    frame.scrollTop += here.top + here.height / 2 - (box.top + box.height / 2);
  };

  const buttons = document.querySelector(".lineage-zoom");
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => {
    const asked = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (asked === "in") show(scale * 1.25);
    if (asked === "out") show(scale / 1.25);
    if (asked === "fit") show(fitting());
  });

  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = frame.getBoundingClientRect();
    show(scale * Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });

  let held = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    held = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop, moved: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [x, y] = [event.clientX - held.x, event.clientY - held.y];
    if (Math.hypot(x, y) > 4) held.moved = true;
    if (!held.moved) return;
    frame.classList.add("lineage-frame--moving");
    frame.scrollLeft = held.left - x;
    frame.scrollTop = held.top - y;
  });
  window.addEventListener("pointerup", () => {
    frame.classList.remove("lineage-frame--moving");
    if (held?.moved) frame.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
    held = null;
  });
  drawing.addEventListener("dragstart", (event) => event.preventDefault());

  // A wide graph is made to fit, but never so small that it cannot be read.
  show(Math.max(fitting(), 0.6));
  centre();
}
