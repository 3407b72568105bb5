// Figures as text, as units.py writes them.
const SI = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const IEC = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const SUBSECONDS = ["n", "\u00b5", "m", ""];

function scaled(value, prefixes, base, unit) {
  if (value === 0 || (Number.isInteger(value) && value < 1000)) return `${value} ${unit}`.trim();
  let place = 0;
  while (place < prefixes.length - 1 && Number(value.toFixed(2)) >= 1000) {
    value /= base;
    place += 1;
  }
  return `${value.toFixed(2)} ${prefixes[place]}${unit}`.trim();
}

function fixed(value, unit) {
  if (value > 0 && value < 0.05) return `<0.1${unit}`;
  return value.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 }) + unit;
}

const WRITE = {
  count: (value) => scaled(value, SI, 1000, ""),
  bytes: (value) => scaled(value, IEC, 1024, "B"),
  seconds: (value) => (value === 0 ? "0 s" : scaled(value * 1e9 + 1e-9, SUBSECONDS, 1000, "s")),
  percent: (value) => fixed(value, "%"),
  number: (value) => fixed(value, ""),
  exact: (value) => value.toLocaleString("en"),
  words: (value) => value,
};

// Every digit, for the details of one module.
function exact(value, unit) {
  if (unit === "count" && Number.isSafeInteger(value)) return value.toLocaleString("en");
  if (unit === "bytes" && Number.isSafeInteger(value) && value >= 1024) {
    return `${WRITE.bytes(value)} (${value.toLocaleString("en")} B)`;
  }
  return WRITE[unit](value);
}

function rate(value, unit) {
  return scaled(value, SI, 1000, unit);
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
