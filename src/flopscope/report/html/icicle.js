// The picture: a row for each level, a cell for each module, as wide as its weight.
const ROW = 26;
const NARROWEST = 3; // pixels of a cell of its own; what is narrower is one cell together
const LABELLED = 48; // pixels from which on a part of a name says something
const CHARACTER = 7.5;
const icicle = document.getElementById("icicle");

// The figures that are drawn: those of alike siblings are added to the first one's.
let drawn = null;

function add(zoom, places, values) {
  const sums = new Float64Array(count);
  for (let i = zoom; i < end[zoom]; i += 1) sums[places[i]] += values ? values[i] : 1;
  return sums;
}

function fold(zoom, weight) {
  const places = new Uint32Array(count);
  places[zoom] = zoom;
  for (let i = zoom + 1; i < end[zoom]; i += 1) {
    const holder = places[parents[i]];
    const counterpart = places[holder + i - parents[i]]; // inside of an alike one, at the same place
    places[i] = holder !== parents[i] ? counterpart : state.fold ? firsts[i] : i;
  }
  drawn = {
    places,
    totals: add(zoom, places, totalsOf(weight)),
    own: add(zoom, places, weight.own),
    calls: add(zoom, places, calls),
    several: add(zoom, places),
    hits: state.hits && add(zoom, places, state.hits),
    around: state.hits && add(zoom, places, state.around),
  };
}

// A module's name, "layers.0-31" of a run that is drawn as one.
function rangeOf(i, name) {
  if (i === state.zoom || !state.fold || !runs.has(i)) return name;
  const siblings = children[parents[i]];
  const last = scopes[siblings[siblings.indexOf(i) + runs.get(i) - 1]];
  return `${name}-${/\d+$/.exec(last)[0]}`;
}

function layout(zoom, width) {
  const { places, totals, own: itself } = drawn;
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
      if (places[child] !== child) continue;
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
    const own = itself[i] * scale;
    if (children[i].length && own >= NARROWEST) {
      cells.push({ i, level: level + 1, left: at, width: own, self: true });
    }
  };
  if (totals[zoom] > 0) visit(zoom, 0, 0);
  return cells;
}

function describe(i) {
  const { weight } = state;
  const { totals, calls: called } = drawn;
  const whole = totalsOf(weight)[0];
  const share = whole ? `, ${fixed((100 * totals[i]) / whole, "%")}` : "";
  const name = rangeOf(i, scopes[i] || typeOf(i));
  return `${name} (${typeOf(i)})${times(called[i])}: ${weight.title} ${WRITE[weight.unit](totals[i])}${share}`;
}

function drawCell(cell, scale, colors) {
  const { i } = cell;
  const element = document.createElement("div");
  const label = cell.self ? "(own)" : `${rangeOf(i, nameOf(i))}${times(drawn.calls[i])}`;
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
    if (drawn.hits[i]) element.classList.add("hit");
    else if (!drawn.around[i]) element.classList.add("dim");
  }
  return element;
}

function drawIcicle() {
  const width = icicle.clientWidth || 1000;
  fold(state.zoom, state.weight);
  const cells = layout(state.zoom, width);
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
