// All that is known of one module.
const details = document.getElementById("details");

function show(i) {
  const several = drawn.several[i];
  const shown = `${i} of ${several}`;
  if (details.dataset.shown === shown) return;
  details.dataset.shown = shown;
  const facts = data.columns
    .filter((column) => column.name !== "type" && column.values[i] !== null)
    .map((column) => [column, valueOf(column, i)])
    .filter(([, value]) => value !== "")
    .map(([column, value]) => {
      const least = column.atLeast && incomplete[i] ? "\u2265" : "";
      const text = least + exact(value, column.unit);
      return make("div", {}, make("dt", {}, column.title), make("dd", {}, text));
    });
  const inside = end[i] - i - 1;
  const holds = inside ? ` \u00b7 ${inside.toLocaleString("en")} module${inside > 1 ? "s" : ""} inside` : "";
  const alike = several > 1 ? ` \u00b7 one of ${several.toLocaleString("en")} alike` : "";
  const name = `${scopes[i] || "the model"} \u00b7 ${typeOf(i)}${timesOf(i)}${holds}${alike}`;
  details.replaceChildren(make("h3", {}, name), make("dl", {}, ...facts));
}

function drawCrumbs(zoomTo) {
  const path = pathTo(state.zoom);
  const items = path.map((i) => {
    const here = i === state.zoom;
    const attributes = { type: "button", "aria-current": here ? "location" : null, onclick: () => zoomTo(i) };
    return make("li", {}, make("button", attributes, nameOf(i)));
  });
  document.getElementById("crumbs").replaceChildren(...items);
}
