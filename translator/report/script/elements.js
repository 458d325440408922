// Elements of the document, and boxes of many rows of which only those in sight are in it.

/** Makes an element; `text` is its text, `click` what a click does, all else its attributes. */
function make(tag, { text, click, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value);
  }
  if (text !== undefined) node.textContent = text;
  if (click) node.addEventListener("click", click);
  node.append(...children.filter(Boolean));
  return node;
}

const LONG = 4_000;

/** A text, of which a long one shows its beginning until one asks for all of it. */
function textBlock(tag, style, text) {
  if (text.length <= LONG * 1.5) return make(tag, { class: style, dir: "auto", text });
  const shown = make(tag, { class: style, dir: "auto", text: `${text.slice(0, LONG)}…` });
  const more = make("button", {
    type: "button", class: "more", text: `Show all ${number(text.length)} characters`,
    click: () => {
      shown.textContent = text;
      more.remove();
      shown.tabIndex = -1;
      shown.focus({ preventScroll: true });
    },
  });
  return make("div", {}, shown, more);
}

/** Something that is made when it is opened. */
function folded(summary, content) {
  const node = make("details", {}, make("summary", { text: summary }));
  node.addEventListener("toggle", () => node.append(content()), { once: true });
  return node;
}

function facts(pairs) {
  return pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== "0")
    .map(([name, value, style = ""]) =>
      make("div", {}, make("dt", { text: name }), make("dd", { class: `log ${style}`, text: value })),
    );
}

/** Many rows in one box, of which only those in sight are in the document. */
class Rows {
  /**
   * @param box Scrolls, and has the focus.
   * @param height The height of an item, in pixels.
   * @param draw Makes the row of an item; its id must be `nameOf` the item.
   */
  constructor(box, height, draw, nameOf) {
    Object.assign(this, { box, height, draw, nameOf, items: [], offsets: [0], drawn: new Map(), active: -1 });
    this.space = make("div", { class: "space", role: "presentation" });
    box.append(this.space);
    box.addEventListener("scroll", () => this.render(), { passive: true });
    new ResizeObserver(() => this.render()).observe(box);
  }

  set(items) {
    this.items = items;
    this.offsets = new Float64Array(items.length + 1);
    items.forEach((item, place) => {
      this.offsets[place + 1] = this.offsets[place] + this.height(item);
    });
    this.space.style.height = `${this.offsets[items.length]}px`;
    this.refresh();
  }

  refresh() {
    this.drawn.clear();
    this.render();
  }

  /** The last place that begins at or above a height. */
  at(height) {
    let low = 0;
    let high = Math.max(this.items.length - 1, 0);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.offsets[middle] <= height) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  render() {
    const { scrollTop, clientHeight } = this.box;
    const places = new Set();
    if (this.items.length && clientHeight) {
      const last = this.at(scrollTop + clientHeight + 300);
      for (let place = this.at(scrollTop - 300); place <= last; place++) places.add(place);
      // The row that a screen reader is told of has to be there wherever one has scrolled to.
      if (this.active >= 0) places.add(this.active);
    }
    const drawn = new Map();
    for (const place of [...places].sort((one, other) => one - other)) {
      let row = this.drawn.get(place);
      if (!row) {
        row = this.draw(this.items[place], place);
        row.style.top = `${this.offsets[place]}px`;
        row.style.height = `${this.offsets[place + 1] - this.offsets[place]}px`;
      }
      drawn.set(place, row);
    }
    this.drawn = drawn;
    this.space.replaceChildren(...drawn.values());
    const active = this.items[this.active];
    if (active === undefined) this.box.removeAttribute("aria-activedescendant");
    else this.box.setAttribute("aria-activedescendant", this.nameOf(active));
  }

  /** Makes an item the active one, and scrolls until it is in sight. */
  activate(place) {
    this.active = place;
    if (place >= 0) {
      const top = this.offsets[place];
      const bottom = this.offsets[place + 1];
      const { scrollTop, clientHeight } = this.box;
      if (top < scrollTop) this.box.scrollTop = top;
      else if (bottom > scrollTop + clientHeight) this.box.scrollTop = bottom - clientHeight;
    }
    this.refresh();
  }

  /** How many items a page has. */
  get page() {
    return Math.max(1, this.at(this.box.scrollTop + this.box.clientHeight) - this.at(this.box.scrollTop) - 1);
  }
}
