// The picture: a row for each level, a cell for each module, as wide as its weight.
const ROW = 26;
const NARROWEST = 3; // pixels of a cell of its own; what is narrower is one cell together
const LABELLED = 48; // pixels from which on a part of a name says something
const CHARACTER = 7.5;
const icicle = document.getElementById("icicle");

function layout(zoom, weight, width) {
  const totals = totalsOf(weight);
  const scale = width / totals[zoom];
  const cells = [];
  const visit = (i, level, left) => {
    cells.push({ i, level, left, width: totals[i] * scale });
    let rest = 0;
    let several = 0;
    let at = left;
    const flush = (until) => {
      if (several && rest >= 0.5) {
        cells.push({ i, level: level + 1, left: until - rest, width: rest, rest: several });
      }
      rest = several = 0;
    };
    for (const child of children[i]) {
      const wide = totals[child] * scale;
      if (wide >= NARROWEST) {
        flush(at);
        visit(child, level + 1, at);
      } else if (wide > 0) {
        rest += wide;
        several += 1;
      }
      at += wide;
    }
    flush(at);
    const own = weight.own[i] * scale;
    if (children[i].length && own >= NARROWEST) {
      cells.push({ i, level: level + 1, left: at, width: own, self: true });
    }
  };
  if (totals[zoom] > 0) visit(zoom, 0, 0);
  return cells;
}

function describe(i) {
  const { weight } = state;
  const totals = totalsOf(weight);
  const share = totals[0] ? `, ${fixed((100 * totals[i]) / totals[0], "%")}` : "";
  return `${scopes[i] || typeOf(i)} (${typeOf(i)})${timesOf(i)}: ${weight.title} ${WRITE[weight.unit](totals[i])}${share}`;
}

function drawCell(cell, scale, colors) {
  const { i } = cell;
  const element = document.createElement("div");
  const label = cell.self ? "(own)" : `${nameOf(i)}${timesOf(i)}`;
  const narrow = cell.width < LABELLED;
  const fits = !narrow || label.length * CHARACTER + 4 <= cell.width;
  element.style.left = `${cell.left * scale}%`;
  element.style.width = `${cell.width * scale}%`;
  element.style.top = `${cell.level * ROW}px`;
  element.className = `cell${narrow ? " slim" : ""}${cell.width < 6 ? " thin" : ""}`;
  if (cell.rest || cell.self) {
    element.classList.add(cell.rest ? "rest" : "self");
    element.setAttribute("aria-hidden", "true");
    element.title = cell.rest ? `${cell.rest} narrow modules` : `${nameOf(i)} itself`;
    if (cell.self && fits) element.textContent = label;
    return element;
  }
  element.classList.add(colors[types.values[i]]);
  element.dataset.i = i;
  element.setAttribute("role", "treeitem");
  element.setAttribute("aria-level", depth[i] + 1);
  element.setAttribute("aria-label", describe(i));
  element.tabIndex = cell.level ? -1 : 0;
  if (fits) element.textContent = label;
  if (state.hits) {
    if (state.hits[i]) element.classList.add("hit");
    else if (!state.around[i] || children[i].length === 0) element.classList.add("dim");
  }
  return element;
}

function drawIcicle() {
  const width = icicle.clientWidth || 1000;
  const cells = layout(state.zoom, state.weight, width);
  const levels = cells.reduce((most, cell) => Math.max(most, cell.level + 1), 1);
  const colors = colorsOf(state.weight);
  icicle.style.height = cells.length ? `${levels * ROW}px` : "auto";
  if (!cells.length) {
    const nothing = make("p", { role: "treeitem", tabindex: "0" }, `${nameOf(state.zoom)} has no ${state.weight.title.toLowerCase()}.`);
    icicle.replaceChildren(nothing);
    return;
  }
  icicle.replaceChildren(...cells.map((cell) => drawCell(cell, 100 / width, colors)));
}

function moduleAt(event) {
  const cell = event.target.closest("[data-i]");
  return cell && icicle.contains(cell) ? Number(cell.dataset.i) : null;
}

function focusOn(i) {
  const cell = icicle.querySelector(`[data-i="${i}"]`);
  if (!cell) return false;
  icicle.querySelectorAll('[tabindex="0"]').forEach((other) => (other.tabIndex = -1));
  cell.tabIndex = 0;
  cell.focus();
  return true;
}

function beside(i, step) {
  const level = [...icicle.querySelectorAll("[data-i]")].map((cell) => Number(cell.dataset.i));
  const row = level.filter((other) => depth[other] === depth[i]);
  return row[row.indexOf(i) + step];
}

// Which module a key leads to from another: {focus} or {zoom}, or nothing.
function keyed(key, i) {
  if (key === "Enter" || key === " ") return { zoom: i === state.zoom && i ? parents[i] : i };
  if (key === "Escape" || key === "Backspace") return { zoom: Math.max(parents[state.zoom], 0) };
  if (key === "Home") return { zoom: 0 };
  if (key === "ArrowDown") return { focus: children[i].find((child) => icicle.querySelector(`[data-i="${child}"]`)) };
  if (key === "ArrowUp") return i === state.zoom ? { zoom: Math.max(parents[i], 0) } : { focus: parents[i] };
  if (key === "ArrowLeft") return { focus: beside(i, -1) };
  if (key === "ArrowRight") return { focus: beside(i, 1) };
  return null;
}

function listenToIcicle(zoomTo, show) {
  icicle.addEventListener("click", (event) => {
    const i = moduleAt(event);
    if (i !== null) zoomTo(i === state.zoom && i ? parents[i] : i);
  });
  icicle.addEventListener("mouseover", (event) => show(moduleAt(event) ?? state.zoom));
  icicle.addEventListener("mouseleave", () => show(state.zoom));
  icicle.addEventListener("focusin", (event) => show(moduleAt(event) ?? state.zoom));
  icicle.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const to = keyed(event.key, moduleAt(event) ?? state.zoom);
    if (!to) return;
    event.preventDefault();
    if (to.zoom !== undefined) {
      zoomTo(to.zoom);
      focusOn(to.zoom);
    } else if (to.focus !== undefined) focusOn(to.focus);
  });
}
