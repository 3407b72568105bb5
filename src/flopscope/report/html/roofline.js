// Achieved rate by arithmetic intensity of modules' own work, under what the machine allows.
const PLOT = { widest: 1360, height: 420, left: 62, right: 20, top: 30, bottom: 44 };
const MOST_POINTS = 300;
const SVG = "http://www.w3.org/2000/svg";

function draw(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function timedPoints() {
  const own = Object.fromEntries(data.weights.map((weight) => [weight.name, weight.own]));
  const points = [];
  for (let i = 0; i < count; i += 1) {
    if (own.time[i] > 0 && own.flops[i] > 0 && own.bytes[i] > 0) {
      points.push({ i, seconds: own.time[i], x: own.flops[i] / own.bytes[i], y: own.flops[i] / own.time[i] });
    }
  }
  return points.sort((a, b) => b.seconds - a.seconds).slice(0, MOST_POINTS);
}

function decades(values) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [low, Math.max(Math.ceil(Math.log10(Math.max(...values))), low + 1)];
}

function axes(points, { peak, bandwidth }, width) {
  const ridge = peak / bandwidth;
  const across = decades([ridge / 10, ridge * 10, ...points.map((point) => point.x)]);
  const up = decades([peak / 100, peak * 1.5, ...points.map((point) => point.y)]);
  const wide = width - PLOT.left - PLOT.right;
  const high = PLOT.height - PLOT.top - PLOT.bottom;
  return {
    across,
    up,
    right: width - PLOT.right,
    bottom: PLOT.height - PLOT.bottom,
    x: (value) => PLOT.left + ((Math.log10(value) - across[0]) / (across[1] - across[0])) * wide,
    y: (value) => PLOT.top + (1 - (Math.log10(value) - up[0]) / (up[1] - up[0])) * high,
  };
}

function drawGrid(svg, axis) {
  const { bottom, right } = axis;
  for (let power = axis.across[0]; power <= axis.across[1]; power += 1) {
    const x = axis.x(10 ** power);
    svg.append(draw("line", { class: "grid", x1: x, x2: x, y1: PLOT.top, y2: bottom }));
    svg.append(draw("text", { x, y: bottom + 16, "text-anchor": "middle" }, String(Number((10 ** power).toPrecision(1)))));
  }
  for (let power = axis.up[0]; power <= axis.up[1]; power += 1) {
    const y = axis.y(10 ** power);
    svg.append(draw("line", { class: "grid", x1: PLOT.left, x2: right, y1: y, y2: y }));
    svg.append(draw("text", { x: PLOT.left - 6, y: y + 4, "text-anchor": "end" }, rate(10 ** power, "").replace(".00", "")));
  }
  svg.append(draw("text", { x: right, y: bottom + 36, "text-anchor": "end" }, "FLOP/B"));
  svg.append(draw("text", { x: 4, y: PLOT.top - 14 }, "FLOP/s"));
}

function drawRoof(svg, axis, peak, bandwidth, name) {
  const [left, right] = axis.across.map((power) => 10 ** power);
  const from = Math.max(left, 10 ** axis.up[0] / bandwidth);
  const spots = [[from, from * bandwidth], [peak / bandwidth, peak], [right, peak]];
  const points = spots.map(([x, y]) => `${axis.x(x)},${axis.y(Math.min(y, peak))}`).join(" ");
  svg.append(draw("polyline", { class: name, points }));
}

function drawRoofline(zoomTo) {
  const limits = data.roofline;
  if (!limits) return;
  document.getElementById("roofline").hidden = false;
  const width = Math.min(document.getElementById("plot").clientWidth, PLOT.widest);
  const points = timedPoints();
  const axis = axes(points, limits, width);
  const svg = draw("svg", { width, height: PLOT.height, role: "group", "aria-label": "Roofline" });
  drawGrid(svg, axis);
  if (limits.cache) drawRoof(svg, axis, limits.peak, limits.cache, "roof cache");
  drawRoof(svg, axis, limits.peak, limits.bandwidth, "roof");
  const longest = points.length ? points[0].seconds : 1;
  const colors = colorsOf(state.weight);
  for (const point of points.reverse()) {
    const label = `${scopes[point.i] || typeOf(point.i)} (${typeOf(point.i)}): ${WRITE.seconds(point.seconds)}, ${rate(point.y, "FLOP/s")}, ${fixed(point.x, " FLOP/B")}`;
    const size = 4 + 8 * Math.sqrt(point.seconds / longest);
    const place = { cx: axis.x(point.x), cy: axis.y(point.y), r: size };
    const circle = draw("circle", { ...place, class: colors[types.values[point.i]], tabindex: "0", role: "link", "aria-label": label });
    circle.append(draw("title", {}, label));
    if (state.hits && !state.hits[point.i]) circle.classList.add("dim");
    const open = () => zoomTo(point.i);
    circle.addEventListener("click", open);
    circle.addEventListener("keydown", (event) => event.key === "Enter" && open());
    svg.append(circle);
  }
  document.getElementById("limits").textContent = `${limits.limits}. The larger a point, the longer it took.${limits.cache ? " Dashes: from the fastest cache." : ""}`;
  document.getElementById("plot").replaceChildren(svg);
}
