// What happens when: the address holds the module that is zoomed to, so that Back undoes it.
const search = document.getElementById("search");

function hashOf(i) {
  return `#${i ? `/${encodeURIComponent(scopes[i])}` : "/"}`;
}

function zoomTo(i) {
  zoom(i);
  if (location.hash !== hashOf(i)) location.hash = hashOf(i);
}

function zoom(i) {
  state.zoom = i;
  drawIcicle();
  drawCrumbs(zoomTo);
  show(i);
  fillModules();
}

function zoomToAddress() {
  const { hash } = location;
  if (hash && !hash.startsWith("#/")) return; // a place in the page
  let scope = "";
  try {
    scope = decodeURIComponent(hash.slice(2));
  } catch (error) {
    if (!(error instanceof URIError)) throw error; // an address cut short: the whole model
  }
  const i = places.get(scope) ?? 0;
  if (i !== state.zoom || modules.ordered === undefined) zoom(i);
}

function searchFor(query) {
  search.value = query;
  find(query);
  const many = state.found === 1 ? "module" : "modules";
  document.getElementById("found").textContent = state.query ? `${state.found.toLocaleString("en")} ${many} of ${count.toLocaleString("en")}` : "";
  drawIcicle();
  fillModules();
  drawRoofline(zoomTo);
}

function weighBy(name) {
  state.weight = data.weights.find((weight) => weight.name === name);
  drawIcicle();
  drawLegend(searchFor);
  drawRoofline(zoomTo);
}

function foldBy(isFolded) {
  state.fold = isFolded;
  drawIcicle();
  show(state.zoom);
}

function chooseTheme() {
  const button = document.getElementById("theme");
  const themes = ["auto", "light", "dark"];
  let theme = "auto";
  const apply = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    apply();
  });
  button.hidden = false;
}

function listen() {
  listenToIcicle(zoomTo, show);
  document.getElementById("weight").addEventListener("change", (event) => weighBy(event.target.value));
  const folding = document.getElementById("fold");
  folding.checked = state.fold;
  folding.parentElement.hidden = !runs.size;
  folding.addEventListener("change", () => foldBy(folding.checked));
  search.addEventListener("input", () => searchFor(search.value));
  window.addEventListener("hashchange", zoomToAddress);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    search.focus();
  });
  let width = icicle.clientWidth;
  const fit = () => {
    if (width === icicle.clientWidth) return;
    width = icicle.clientWidth;
    drawIcicle();
    drawRoofline(zoomTo);
  };
  new ResizeObserver(fit).observe(icicle);
  window.addEventListener("beforeprint", () => modules.draw(PRINTED));
  window.addEventListener("afterprint", () => modules.draw());
}

document.getElementById("interactive").hidden = false;
document.getElementById("weight").append(
  ...data.weights.map((weight) => make("option", { value: weight.name, selected: weight === state.weight }, weight.title)),
);
chooseTheme();
makeTables();
listen();
drawLegend(searchFor);
drawRoofline(zoomTo);
zoomToAddress();
if (modules.ordered === undefined) zoom(0);
