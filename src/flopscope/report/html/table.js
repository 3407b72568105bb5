// A table whose rows are sorted by a click on a title, and shown a page at a time.
const PAGE = 100;
const PRINTED = 2000;

class Table {
  // columns: {title, unit, value(row), cell(row), element(row)?}; the first is the row's heading.
  constructor(host, label, columns, classOf) {
    Object.assign(this, { columns, classOf, rows: [], page: 0, by: -1, down: true });
    this.body = make("tbody");
    this.head = make("tr");
    this.said = make("span", { "aria-live": "polite" });
    this.back = make("button", { type: "button", onclick: () => this.turn(-1) }, "Previous");
    this.next = make("button", { type: "button", onclick: () => this.turn(1) }, "Next");
    this.pages = make("div", { class: "pages" }, this.back, this.next, this.said);
    const table = make("table", { "aria-label": label }, make("thead", {}, this.head), this.body);
    this.frame = make("div", { class: "scroll", role: "region", "aria-label": `${label}, to scroll`, tabindex: "0" }, table);
    host.replaceChildren(this.frame, this.pages);
    this.setColumns(columns);
  }

  setColumns(columns) {
    const sorted = this.columns[this.by];
    this.columns = columns;
    this.by = columns.findIndex((column) => sorted && column.name === sorted.name);
    const titles = columns.map((column, place) => {
      const button = make("button", { type: "button", onclick: () => this.sort(place) }, column.title);
      return make("th", { scope: "col", class: column.unit === "words" ? "words" : null }, button);
    });
    this.head.replaceChildren(...titles);
  }

  setRows(rows) {
    this.rows = rows;
    this.page = 0;
    this.order();
  }

  // From the largest down, or from A; then the other way round; then as it was.
  sort(place) {
    const first = this.columns[place].unit !== "words";
    if (this.by !== place) [this.by, this.down] = [place, first];
    else if (this.down === first) this.down = !first;
    else this.by = -1;
    this.page = 0;
    this.order();
  }

  order() {
    this.ordered = this.rows;
    if (this.by >= 0) {
      const { value } = this.columns[this.by];
      const sign = this.down ? -1 : 1;
      const known = this.rows.filter((row) => value(row) !== null);
      const unknown = this.rows.filter((row) => value(row) === null);
      const keys = new Map(known.map((row) => [row, value(row)]));
      const compare = (a, b) => (keys.get(a) < keys.get(b) ? -sign : keys.get(a) > keys.get(b) ? sign : 0);
      this.ordered = [...known.sort(compare), ...unknown];
    }
    [...this.head.children].forEach((title, place) => {
      if (place === this.by) title.setAttribute("aria-sort", this.down ? "descending" : "ascending");
      else title.removeAttribute("aria-sort");
    });
    this.draw();
  }

  turn(step) {
    this.page += step;
    this.draw();
    this.frame.scrollTop = 0;
  }

  draw(most = PAGE) {
    const from = most === PAGE ? this.page * PAGE : 0;
    const to = Math.min(from + most, this.ordered.length);
    this.body.replaceChildren(...this.ordered.slice(from, to).map((row) => this.drawRow(row)));
    const all = this.ordered.length;
    this.said.textContent = all ? `${(from + 1).toLocaleString("en")} to ${to.toLocaleString("en")} of ${all.toLocaleString("en")}` : "none";
    this.back.disabled = from === 0;
    this.next.disabled = to >= all;
    this.back.hidden = this.next.hidden = all <= PAGE;
    this.pages.hidden = all <= PAGE && all > 0;
  }

  drawRow(row) {
    const cells = this.columns.map((column, place) => {
      const text = column.cell(row);
      const nothing = text === "0" || text === "-" || text === "0 B" || text === "0.0%";
      const name = column.unit === "words" ? "words" : nothing ? "nothing" : null;
      const content = column.element ? column.element(row) : text;
      return make(place ? "td" : "th", { class: name, scope: place ? null : "row" }, content);
    });
    return make("tr", { class: this.classOf(row) }, ...cells);
  }
}
