// A colour for each of the types that weigh most among modules that hold no others.
function heaviest(weight) {
  if (!weight.heaviest) {
    const sums = new Float64Array(types.words.length);
    for (let i = 0; i < count; i += 1) if (end[i] === i + 1) sums[types.values[i]] += weight.own[i];
    weight.heaviest = [...sums.keys()].filter((kind) => sums[kind] > 0).sort((a, b) => sums[b] - sums[a]);
    weight.sums = sums;
  }
  return weight.heaviest;
}

function colorsOf(weight) {
  if (!weight.colors) {
    weight.colors = new Array(types.words.length).fill("holder");
    heaviest(weight).forEach((kind, place) => {
      weight.colors[kind] = place < data.colors ? `k${place}` : "other";
    });
  }
  return weight.colors;
}

function drawLegend(search) {
  const { weight } = state;
  const whole = totalsOf(weight)[0];
  const shown = heaviest(weight).slice(0, data.colors);
  const rows = shown.map((kind) => {
    const share = fixed((100 * weight.sums[kind]) / whole, "%");
    const name = types.words[kind];
    const find = () => search(state.query === name.toLowerCase() ? "" : name);
    const swatch = make("i", { class: colorsOf(weight)[kind], "aria-hidden": "true" });
    return make("li", {}, make("button", { type: "button", onclick: find }, swatch, `${name} ${share}`));
  });
  document.getElementById("legend").replaceChildren(...rows);
}
