// The waterfall of the open trace: its rows, its folding, its keys.

let collapsed = new Set();

const tree = new Rows(
  $("spans"),
  () => (narrow.matches ? 48 : 28),
  drawSpan,
  (at) => `s${at}`,
);

function drawSpan(at) {
  const span = spans[at];
  const parent = hasChildren(at);
  const open = parent && !collapsed.has(at);
  const most = narrow.matches ? 8 : 16;
  const indent = make("span", { class: "indent" });
  indent.style.width = `calc(var(--step) * ${Math.min(span.depth, most)})`;
  const whole = Math.max(openTrace.duration, 1);
  const bar = make("div", { class: "bar" });
  bar.style.left = `min(${(span.start / whole) * 100}%, calc(100% - 3px))`;
  bar.style.width = `${(span.duration / whole) * 100}%`;
  const said = [
    span.name, duration(span.duration), hasTokens(span) ? `${tokens(span)} tokens` : "",
    span.failed ? `error ${span.error}` : "", span.incomplete ? INCOMPLETE[span.incomplete] ?? span.incomplete : "",
  ].filter(Boolean);
  return make(
    "div",
    {
      class: `row ${span.kind} ${span.failed ? "failed" : ""}`, role: "treeitem", id: `s${at}`,
      "aria-level": span.depth + 1, "aria-posinset": span.place, "aria-setsize": span.siblings.count,
      "aria-expanded": parent && String(open), "aria-selected": String(at === openSpan), "aria-label": said.join(", "),
      click: (event) => {
        if (parent && event.target.classList.contains("toggle")) fold(at, open);
        else go(openTrace, at, { pane: "span" });
      },
    },
    make(
      "div", { class: "name" }, indent,
      make("span", { class: parent ? "toggle" : "toggle leaf" }),
      make(
        "span", { class: "title cut" }, make("bdi", { text: span.name }),
        span.failed && make("bdi", { class: "said", text: span.error || "failed" }),
      ),
    ),
    make("div", { class: "track" }, bar),
    make("span", { class: "long", text: duration(span.duration) }),
  );
}

function fillTree() {
  const rows = [];
  for (let at = openTrace.first; at < openTrace.last; ) {
    rows.push(at);
    at = collapsed.has(at) ? after(at) : at + 1;
  }
  tree.active = rows.indexOf(openSpan);
  tree.set(rows);
  $("fold").textContent = collapsed.size ? "Expand all" : "Collapse all";
}

/** Closes what is below a span, or opens it. */
function fold(at, close) {
  if (close) {
    collapsed.add(at);
    if (openSpan > at && openSpan < after(at)) showSpan(at);
  } else {
    collapsed.delete(at);
  }
  fillTree();
}

function foldAll() {
  const close = !collapsed.size;
  collapsed = new Set();
  if (close) {
    for (let at = openTrace.first; at < openTrace.last; at++) if (hasChildren(at)) collapsed.add(at);
    let root = openSpan;
    while (spans[root].parent !== null) root = spans[root].parent;
    if (root !== openSpan) showSpan(root);
  }
  fillTree();
}

/** Opens everything that a span is below of. */
function reveal(at) {
  let changed = false;
  for (let above = spans[at].parent; above !== null; above = spans[above].parent) {
    changed = collapsed.delete(above) || changed;
  }
  if (changed) fillTree();
}

function nextError() {
  const { first, count } = openTrace;
  for (let step = 1; step <= count; step++) {
    const at = first + ((openSpan - first + step) % count);
    if (spans[at].failed) {
      reveal(at);
      showSpan(at);
      return;
    }
  }
}

function drawAxis() {
  const ticks = narrow.matches ? 2 : 4;
  $("axis").replaceChildren(
    ...Array.from({ length: ticks + 1 }, (_, tick) => {
      const label = make("span", { text: duration(Math.round((openTrace.duration * tick) / ticks)) });
      label.style.left = `${(tick / ticks) * 100}%`;
      return label;
    }),
  );
}

function treeKey(event) {
  const place = tree.items.indexOf(openSpan);
  const last = tree.items.length - 1;
  const parent = hasChildren(openSpan);
  const to = (wanted) => showSpan(tree.items[Math.min(Math.max(wanted, 0), last)]);
  const keys = {
    ArrowDown: () => to(place + 1),
    ArrowUp: () => to(place - 1),
    PageDown: () => to(place + tree.page),
    PageUp: () => to(place - tree.page),
    Home: () => to(0),
    End: () => to(last),
    ArrowRight: () => {
      if (parent && collapsed.has(openSpan)) fold(openSpan, false);
      else if (parent) to(place + 1);
    },
    ArrowLeft: () => {
      if (parent && !collapsed.has(openSpan)) fold(openSpan, true);
      else if (spans[openSpan].parent !== null) showSpan(spans[openSpan].parent);
    },
    Enter: () => go(openTrace, openSpan, { pane: "span", focus: true }),
    Escape: () => go(null, null, { pane: "list", focus: true }),
    e: () => openTrace.errors && nextError(),
  };
  if (!keys[event.key] || openSpan === null) return;
  event.preventDefault();
  keys[event.key]();
}
