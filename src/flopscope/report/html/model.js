// The modules as arrays in pre-order: those inside of module i are i + 1 up to, without, end[i].
const data = JSON.parse(document.getElementById("data").textContent);
const { scopes, parents, calls, incomplete } = data;
const count = scopes.length;
const depth = new Uint16Array(count);
const end = new Uint32Array(count);
const children = Array.from({ length: count }, () => []);
const places = new Map(scopes.map((scope, i) => [scope, i]));

for (let i = 1; i < count; i += 1) {
  depth[i] = depth[parents[i]] + 1;
  children[parents[i]].push(i);
}
for (let i = count - 1; i >= 0; i -= 1) {
  end[i] = Math.max(end[i], i + 1);
  if (i) end[parents[i]] = Math.max(end[parents[i]], end[i]);
}

// Alike siblings: how many they are, by the first one; and that first one, by each of them.
const runs = new Map(data.runs);
const firsts = Uint32Array.from(scopes, (_, i) => i);
for (const [first, several] of runs) {
  const siblings = children[parents[first]];
  const from = siblings.indexOf(first);
  for (let k = 1; k < several; k += 1) firsts[siblings[from + k]] = first;
}

const columns = new Map(data.columns.map((column) => [column.name, column]));
const types = columns.get("type");

function valueOf(column, i) {
  const value = column.values[i];
  return column.unit === "words" ? column.words[value] : value;
}

function cellOf(column, i) {
  const value = valueOf(column, i);
  if (value === null || value === "") return column.unit === "words" ? "" : "-";
  return (column.atLeast && incomplete[i] ? "\u2265" : "") + WRITE[column.unit](value);
}

function typeOf(i) {
  return valueOf(types, i);
}

function nameOf(i) {
  return i ? scopes[i].slice(scopes[i].lastIndexOf(".") + 1) : typeOf(0);
}

function times(several) {
  return several > 1 ? ` \u00d7${several.toLocaleString("en")}` : "";
}

function timesOf(i) {
  return times(calls[i]);
}

function totalsOf(weight) {
  if (!weight.totals) {
    weight.totals = Float64Array.from(weight.own);
    for (let i = count - 1; i > 0; i -= 1) weight.totals[parents[i]] += weight.totals[i];
  }
  return weight.totals;
}

function pathTo(i) {
  const path = [];
  for (let at = i; at >= 0; at = parents[at]) path.unshift(at);
  return path;
}

// What is looked at: the module that fills the picture, the weight, and what is searched for.
const state = {
  zoom: 0,
  weight: data.weights.find((weight) => weight.name === data.weight),
  fold: data.fold, // whether alike siblings are drawn as one
  query: "",
  hits: null, // 1 for each module that is found
  around: null, // how many are found in each module, itself among them
  found: 0,
};

function find(query) {
  state.query = query.trim().toLowerCase();
  state.hits = state.around = null;
  state.found = 0;
  if (!state.query) return;
  state.hits = new Uint8Array(count);
  const kinds = types.words.map((word) => word.toLowerCase().includes(state.query));
  for (let i = 0; i < count; i += 1) {
    const hit = kinds[types.values[i]] || scopes[i].toLowerCase().includes(state.query);
    state.hits[i] = hit ? 1 : 0;
    state.found += state.hits[i];
  }
  state.around = Uint32Array.from(state.hits);
  for (let i = count - 1; i > 0; i -= 1) state.around[parents[i]] += state.around[i];
}
