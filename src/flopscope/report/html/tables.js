// The tables of modules and of operators.
function marked(text) {
  const at = state.query ? text.toLowerCase().indexOf(state.query) : -1;
  if (at < 0) return [text];
  const until = at + state.query.length;
  return [text.slice(0, at), make("mark", {}, text.slice(at, until)), text.slice(until)];
}

function columnOf(column) {
  return {
    name: column.name,
    title: column.title,
    unit: column.unit,
    value: (i) => valueOf(column, i),
    cell: (i) => cellOf(column, i),
  };
}

let modules = null;
// On a phone there is room for figures beside the names, but not for more words.
const onPhone = window.matchMedia("(max-width: 600px)").matches;
const isChosen = (column) => column.shown && !(onPhone && column.unit === "words");
const chosen = new Set(data.columns.filter(isChosen).map((column) => column.name));

// In the order of the tree a module's own name, indented; else its whole path.
function nameColumn() {
  const element = (i) => {
    const inTree = modules.by < 0 && !state.query;
    const label = inTree ? nameOf(i) : scopes[i] || typeOf(i);
    const link = make("a", { href: hashOf(i), title: scopes[i] || typeOf(i) }, ...marked(label));
    const cell = make("span", {}, link, make("small", {}, timesOf(i)));
    if (inTree) cell.style.paddingLeft = `${(depth[i] - depth[state.zoom]) * (onPhone ? 9 : 16)}px`;
    return cell;
  };
  return { name: "module", title: "Module", unit: "words", value: (i) => scopes[i], cell: (i) => scopes[i], element };
}

function moduleColumns() {
  const shown = data.columns.filter((column) => chosen.has(column.name));
  const written = shown.map(columnOf).map((column) =>
    column.name === "type" ? { ...column, element: (i) => make("span", {}, ...marked(typeOf(i))) } : column,
  );
  return [nameColumn(), ...written];
}

function makeTables() {
  modules = new Table(document.getElementById("modules"), "Modules", moduleColumns(), () => null);
  const choice = data.columns.map((column) => {
    const toggle = (event) => {
      if (event.target.checked) chosen.add(column.name);
      else chosen.delete(column.name);
      modules.setColumns(moduleColumns());
      modules.order();
    };
    const box = make("input", { type: "checkbox", checked: chosen.has(column.name), onchange: toggle });
    return make("label", {}, box, column.title);
  });
  document.getElementById("modules").append(make("p", { class: "columns", role: "group", "aria-label": "Columns" }, ...choice));
  makeOperators();
}

function makeOperators() {
  const operators = data.operators;
  const coverage = operators.find((column) => column.name === "coverage");
  const columns = operators.map((column) => {
    const value = (row) => valueOf(column, row);
    const cell = (row) => (value(row) === null ? "-" : WRITE[column.unit](value(row)));
    return { ...column, value, cell };
  });
  const classOf = (row) => (valueOf(coverage, row) === "uncounted" ? "uncounted" : null);
  const table = new Table(document.getElementById("operators"), "Operators", columns, classOf);
  table.setRows(operators[0].values.map((_, row) => row));
  return table;
}

function fillModules() {
  const rows = [];
  for (let i = state.zoom; i < end[state.zoom]; i += 1) if (!state.hits || state.hits[i]) rows.push(i);
  modules.setRows(rows);
}
