"use strict";

// What logs say reaches the page as data, and the document as text: nothing here parses HTML.

/* ---- the data ---- */

const $ = (id) => document.getElementById(id);

/** A number that JavaScript would write otherwise than it was sent. */
class Exact {
  constructor(source) {
    this.source = source;
  }
}

const parse = (text) =>
  JSON.parse(text, (_key, value, context) =>
    typeof value === "number" && context?.source !== undefined && context.source !== String(value)
      ? new Exact(context.source)
      : value,
  );

const index = JSON.parse($("index").textContent);
$("index").remove();

const spans = index.spans.map(
  ([depth, id, kind, name, start, duration, failed, error, input, output, cost, call, incomplete]) => ({
    depth, id, kind, name, start, duration, failed, error, input, output, cost, call, incomplete,
    parent: null, place: 0, siblings: null,
  }),
);

let counted = 0;
const traces = index.traces.map(
  ([id, name, conversation, start, end, tokens, cost, errors, agents, count], number) => {
    const first = counted;
    counted += count;
    const above = [];
    const siblings = { count: 0 };
    const below = new Map();
    for (let at = first; at < counted; at++) {
      const span = spans[at];
      span.parent = span.depth ? above[span.depth - 1] : null;
      above[span.depth] = at;
      if (span.depth && !below.has(span.parent)) below.set(span.parent, { count: 0 });
      span.siblings = span.depth ? below.get(span.parent) : siblings;
      span.place = ++span.siblings.count;
    }
    return {
      number, id, name, conversation, start, end, tokens, cost, errors, agents, count, first,
      last: counted, duration: end - start,
    };
  },
);

const hasChildren = (at) => at + 1 < spans.length && spans[at + 1].depth > spans[at].depth;

/** Where what is below a span ends. */
function after(at) {
  let next = at + 1;
  while (next < spans.length && spans[next].depth > spans[at].depth) next++;
  return next;
}

const chunksRead = new Map();
const MOST_CHUNKS = 8;

/** The span as it is sent. */
function sent(at) {
  let number = index.chunks.length - 1;
  while (index.chunks[number] > at) number--;
  if (!chunksRead.has(number)) {
    if (chunksRead.size >= MOST_CHUNKS) chunksRead.delete(chunksRead.keys().next().value);
    chunksRead.set(number, parse($(`spans-${number}`).textContent));
  }
  return chunksRead.get(number)[at - index.chunks[number]];
}

/* ---- words ---- */

const number = (count) => count.toLocaleString("en-US");
const many = (count, one) => `${number(count)} ${one}${count === 1 ? "" : "s"}`;
const dollars = (cost) => (Math.abs(cost) < 10 ? `$${cost.toFixed(4)}` : `$${number(Math.round(cost * 100) / 100)}`);

function duration(micros) {
  if (micros < 1e3) return `${micros} µs`;
  if (micros < 1e6) return `${(micros / 1e3).toFixed(0)} ms`;
  if (micros < 12e7) return `${(micros / 1e6).toFixed(2)} s`;
  if (micros < 72e8) return `${(micros / 6e7).toFixed(1)} min`;
  return `${(micros / 36e8).toFixed(1)} h`;
}

function time(micros, digits = 19) {
  const date = new Date(micros / 1e3);
  return Number.isNaN(date.getTime()) ? `${micros} µs` : date.toISOString().slice(0, digits).replace("T", " ");
}

const tokens = ({ input, output }) => `${number(input ?? 0)} → ${number(output ?? 0)}`;
const hasTokens = ({ input, output }) => input !== null || output !== null;

/** JSON with an indent of two, its numbers as they were sent. */
function written(value, indent = "") {
  if (value instanceof Exact) return value.source;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((item) => inner + written(item, inner))
    : Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${written(item, inner)}`);
  return parts.length ? `${open}\n${parts.join(",\n")}\n${indent}${close}` : open + close;
}

/** The value that a text holds as JSON; undefined where it is no JSON, or nested too deeply to be read. */
function held(text) {
  if (typeof text !== "string") return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** A value as text: JSON laid out, whether it is JSON or a text that holds some. */
function laidOut(value) {
  if (value instanceof Exact) return value.source;
  if (typeof value === "string") {
    const inner = held(value);
    return inner !== null && typeof inner === "object" ? written(inner) : value;
  }
  return written(value);
}

/* ---- elements ---- */

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

/* ---- the list of traces ---- */

const ORDERS = {
  oldest: (one, other) => one.start - other.start,
  newest: (one, other) => other.start - one.start,
  slowest: (one, other) => other.duration - one.duration,
  spans: (one, other) => other.count - one.count,
  tokens: (one, other) => (other.tokens ?? -1) - (one.tokens ?? -1),
  cost: (one, other) => (other.cost ?? -1) - (one.cost ?? -1),
  errors: (one, other) => other.errors - one.errors,
};
const BY_TIME = new Set(["oldest", "newest"]);

let openTrace = null;
let openSpan = null;
const narrow = matchMedia("(max-width: 719px)");

const list = new Rows(
  $("traces"),
  (item) => (item.group ? 36 : 78),
  (item) => (item.group ? drawGroup(item) : drawTrace(item.trace, item)),
  (item) => (item.group ? "" : `t${item.trace.number}`),
);

function drawGroup({ group }) {
  const spent = group.reduce((sum, { tokens: count }) => sum + (count ?? 0), 0);
  return make(
    "div", { class: "row group cut", role: "presentation" },
    "conversation ", make("bdi", { class: "mono", text: group[0].conversation }),
    ` · ${many(group.length, "trace")}${spent ? ` · ${number(spent)} tokens` : ""}`,
  );
}

function drawTrace(trace, { inside, place, of }) {
  const sums = [
    many(trace.count, "span"), trace.tokens === null ? "" : many(trace.tokens, "token"),
    trace.cost === null ? "" : dollars(trace.cost),
  ].filter(Boolean);
  const said = [
    trace.name, time(trace.start), duration(trace.duration), ...sums,
    trace.errors ? many(trace.errors, "error") : "",
    trace.conversation === null ? "" : `conversation ${trace.conversation}`,
  ].filter(Boolean);
  return make(
    "div",
    {
      class: `row ${inside ? "inside" : ""}`, role: "option", id: `t${trace.number}`,
      "aria-selected": String(trace === openTrace), "aria-label": said.join(", "),
      "aria-posinset": place, "aria-setsize": of, click: () => go(trace, null, { pane: "trace" }),
    },
    make(
      "div", { class: "top" },
      make("bdi", { class: "cut", text: trace.name }), make("span", { class: "time", text: duration(trace.duration) }),
    ),
    make(
      "div", { class: "below" },
      make("span", { class: "cut", text: `${time(trace.start)} UTC` }),
      trace.errors && make("span", { class: "error", text: many(trace.errors, "error") }),
    ),
    make("div", { class: "below" }, make("span", { class: "cut", text: sums.join(" · ") })),
  );
}

/** All that a search finds a trace by. */
function wordsOf(trace) {
  if (trace.words === undefined) {
    const found = new Set([trace.id, trace.conversation ?? "", ...trace.agents]);
    for (let at = trace.first; at < trace.last; at++) found.add(spans[at].name).add(spans[at].error);
    trace.words = [...found].join("\n").toLowerCase();
  }
  return trace.words;
}

function fillList() {
  const wanted = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const failed = $("failed").checked;
  const order = $("sort").value;
  const found = traces
    .filter((trace) => (!failed || trace.errors) && wanted.every((word) => wordsOf(trace).includes(word)))
    .sort(ORDERS[order]);
  const items = [];
  const groups = new Map();
  for (const trace of found) {
    const key = trace.conversation === null || !BY_TIME.has(order) ? trace : trace.conversation;
    if (groups.has(key)) groups.get(key).push(trace);
    else groups.set(key, [trace]);
  }
  let place = 0;
  for (const group of groups.values()) {
    const inside = group.length > 1;
    if (inside) items.push({ group: group.sort(ORDERS.oldest) });
    for (const trace of group) items.push({ trace, inside, place: ++place, of: found.length });
  }
  const all = `${many(traces.length, "trace")}, ${many(spans.length, "span")}`;
  $("count").textContent = found.length === traces.length ? all : `${number(found.length)} of ${all}`;
  $("none").hidden = found.length > 0;
  $("none").textContent = traces.length ? "No trace matches." : "There are no traces in these logs.";
  $("traces").hidden = !found.length;
  list.active = items.findIndex((item) => item.trace === openTrace);
  list.set(items);
}

const shownTrace = () => list.items.findIndex((item) => item.trace === openTrace);

/** The next place from one that is a trace, in steps of one; the place itself where there is none. */
function nextTrace(from, steps) {
  const direction = Math.sign(steps);
  let found = from;
  for (let place = from + direction, left = Math.abs(steps); left && list.items[place]; place += direction) {
    if (list.items[place].trace) {
      found = place;
      left--;
    }
  }
  return found;
}

function listKey(event) {
  const from = shownTrace();
  const all = list.items.length;
  const moves = {
    ArrowDown: () => nextTrace(from, 1),
    ArrowUp: () => nextTrace(from < 0 ? all : from, -1),
    PageDown: () => nextTrace(from, list.page),
    PageUp: () => nextTrace(from < 0 ? all : from, -list.page),
    Home: () => nextTrace(-1, 1),
    End: () => nextTrace(all, -1),
  };
  if (event.key === "Enter" || event.key === " ") {
    if (from >= 0) go(openTrace, null, { pane: "trace", focus: true });
  } else if (moves[event.key]) {
    const item = list.items[moves[event.key]()];
    if (item?.trace) showTrace(item.trace);
  } else {
    return;
  }
  event.preventDefault();
}

/* ---- the waterfall ---- */

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

/* ---- the span ---- */

const INCOMPLETE = {
  no_start: "The log has no start of it, so its begin is a guess.",
  no_end: "The log has no end of it, so its end is a guess.",
};

/** Roles of messages get a colour each; others have none. */
const ROLES = new Set(["user", "assistant", "tool", "system"]);

function drawDetail() {
  const at = openSpan;
  const span = spans[at];
  const record = sent(at);
  const values = Object.fromEntries(Object.entries(record.attributes).map(([key, { value }]) => [key, value]));
  const text = (key) => (values[key] === undefined ? null : laidOut(values[key]));
  const models = [...new Set([text("gen_ai.request.model"), text("gen_ai.response.model")].filter(Boolean))];
  const parts = [
    make("span", { class: `kind ${span.kind}`, text: text("sentry.op") }),
    make("h2", { class: "log", text: span.name, dir: "auto" }),
    make(
      "dl", { class: "facts" },
      ...facts([
        ["Start", `+ ${duration(span.start)}`],
        ["Duration", duration(span.duration)],
        ["Model", models.join(" → ")],
        ["Tokens", hasTokens(span) ? tokens(span) : null],
        ["Cached", text("gen_ai.usage.cache_read.input_tokens")],
        ["Reasoning", text("gen_ai.usage.reasoning.output_tokens")],
        ["Cost", span.cost === null ? null : dollars(span.cost)],
        ["Agent", text("gen_ai.agent.name")],
      ]),
    ),
  ];
  if (span.incomplete) {
    parts.push(make("p", { class: "muted", text: INCOMPLETE[span.incomplete] ?? span.incomplete }));
  }
  if (span.failed) {
    const stack = text("exception.stacktrace");
    parts.push(
      make(
        "div", { class: "alert" }, make("div", { class: "log", dir: "auto", text: span.error || "It has failed." }),
        stack && folded("Stack", () => make("pre", { text: stack })),
      ),
    );
  }
  parts.push(...said(values, at), attributesTable(record.attributes), wholeSpan(record));
  $("detail").replaceChildren(...parts);
  $("span").scrollTop = 0;
}

const section = (title, ...nodes) => make("section", {}, make("h3", { text: title }), ...nodes);

/** What went in and came out, as far as there is any. */
function said(values, at) {
  const sections = [];
  const add = (key, title, draw) => {
    if (values[key] !== undefined) sections.push(section(title, ...draw(values[key])));
  };
  const json = (value) => [textBlock("pre", "block", laidOut(value))];
  add("gen_ai.system_instructions", "System instructions", (value) => [textBlock("div", "text block", laidOut(value))]);
  add("gen_ai.tool.definitions", "Tools", (value) => toolList(value));
  const asked = held(values["gen_ai.input.messages"]);
  const answered = held(values["gen_ai.output.messages"]);
  const draw = (messages) => (value) => (Array.isArray(messages) ? conversation(messages, at) : json(value));
  add("gen_ai.input.messages", "Input", draw(asked));
  add("gen_ai.embeddings.input", "Input", json);
  add("gen_ai.output.messages", "Output", draw(answered));
  add("gen_ai.tool.description", "Tool", (value) => [textBlock("div", "text", laidOut(value))]);
  add("gen_ai.tool.call.arguments", "Arguments", json);
  add("gen_ai.tool.call.result", "Result", json);
  return sections;
}

function toolList(value) {
  const tools = held(value);
  if (!Array.isArray(tools)) return [textBlock("pre", "block", laidOut(value))];
  const nameOf = (tool) => tool?.name ?? tool?.function?.name ?? tool?.type ?? "tool";
  return tools.map((tool) => folded(laidOut(nameOf(tool)), () => textBlock("pre", "block", laidOut(tool))));
}

/** Messages, each call of a tool with what the tool answered. */
function conversation(messages, at) {
  const answers = messages.flatMap(partsOf).filter((part) => part?.type === "tool_call_response");
  const used = new Set();
  const answerTo = (call) => {
    const found = answers.find((answer) => !used.has(answer) && (answer.id ?? null) === (call.id ?? null));
    if (found) used.add(found);
    return found;
  };
  return messages.flatMap((message) => {
    const parts = partsOf(message).filter((part) => !used.has(part)).map((part) => drawPart(part, at, answerTo));
    if (!parts.length) return [];
    const role = laidOut(message?.role ?? "message");
    return [
      make(
        "div", { class: `message ${ROLES.has(role) ? role : ""}` },
        make("div", { class: "role log", text: role }), ...parts,
      ),
    ];
  });
}

const partsOf = (message) => {
  if (Array.isArray(message?.parts)) return message.parts;
  return [message?.content ?? message];
};

function drawPart(part, at, answerTo) {
  const frame = (...nodes) => make("div", { class: "part" }, ...nodes);
  if (typeof part === "string") return frame(textBlock("div", "text", part));
  if (part?.type === "text") return frame(textBlock("div", "text", laidOutText(part.content)));
  if (part?.type === "reasoning") {
    return frame(
      make("div", { class: "label", text: "reasoning" }), textBlock("div", "text reasoning", laidOutText(part.content)),
    );
  }
  if (part?.type === "tool_call") return frame(drawCall(part, at, answerTo(part)));
  if (part?.type === "tool_call_response") {
    return frame(make("div", { class: "label", text: "result" }), textBlock("pre", "block", laidOut(part.result ?? null)));
  }
  return frame(textBlock("pre", "block", laidOut(part)));
}

/** What somebody said, as it is: a text that happens to be JSON is laid out, too. */
const laidOutText = (content) => laidOut(content ?? "");

function drawCall(call, at, answer) {
  const ran = toolSpan(call, at);
  const result = answer ? answer.result : ran === null ? undefined : sent(ran).attributes["gen_ai.tool.call.result"]?.value;
  const body = (label, value) =>
    make("div", { class: "body" }, make("div", { class: "label", text: label }), textBlock("pre", "", laidOut(value)));
  return make(
    "div", { class: "call" },
    make(
      "div", { class: "head" }, make("b", { class: "log", text: laidOut(call.name ?? "tool") }),
      ran !== null && make("button", {
        type: "button", class: "link",
        text: `${spans[ran].failed ? "failed, " : ""}${duration(spans[ran].duration)}`,
        "aria-label": `Show the span of ${spans[ran].name}`,
        click: () => {
          reveal(ran);
          go(openTrace, ran, { pane: "span", focus: true });
        },
      }),
    ),
    body("arguments", call.arguments ?? null),
    result !== undefined && body("result", result),
    ran !== null && spans[ran].failed && make("div", { class: "body error log", text: spans[ran].error }),
  );
}

/** The span of the tool that a call has started; null where none tells the call's id. */
function toolSpan(call, at) {
  if (call.id === undefined || call.id === null) return null;
  let found = null;
  for (let other = openTrace.first; other < openTrace.last; other++) {
    if (spans[other].call === call.id && (found === null || other > at)) {
      found = other;
      if (other > at) break;
    }
  }
  return found;
}

const SHORT = 120;

function attributesTable(attributes) {
  const rows = Object.keys(attributes).sort().map((key) => {
    const shown = laidOut(attributes[key].value);
    const whole = () => make("pre", { class: "long", text: shown, dir: "auto" });
    const cell = make("td", { class: "log", dir: "auto" });
    if (shown.length > SHORT) cell.append(folded(`${number(shown.length)} characters`, whole));
    else if (shown.includes("\n")) cell.append(whole());
    else cell.textContent = shown;
    return make("tr", {}, make("th", { scope: "row", class: "log", text: key }), cell);
  });
  const table = make("table", { "aria-label": "Attributes" }, make("tbody", {}, ...rows));
  return section("Attributes as sent", table);
}

function wholeSpan(record) {
  return section("The span", folded("JSON as sent", () => textBlock("pre", "block", written(record))));
}

/* ---- going about ---- */

function showTrace(trace) {
  if (trace === openTrace) return;
  openTrace = trace;
  collapsed = new Set();
  const pairs = [
    ["Began", `${time(trace.start, 23)} UTC`],
    ["Took", duration(trace.duration)],
    ["Spans", number(trace.count)],
    ["Tokens", trace.tokens === null ? null : number(trace.tokens)],
    ["Cost", trace.cost === null ? null : dollars(trace.cost)],
    ["Errors", trace.errors ? number(trace.errors) : null, "error"],
    ["Conversation", trace.conversation],
    ["Trace", trace.id, "mono"],
  ];
  $("trace-name").textContent = trace.name;
  $("trace-facts").replaceChildren(...facts(pairs));
  $("next-error").hidden = !trace.errors;
  $("fold").hidden = trace.count < 2;
  $("spans").scrollTop = 0;
  openSpan = trace.first;
  drawAxis();
  fillTree();
  drawDetail();
  list.activate(shownTrace());
}

function showSpan(at) {
  openSpan = at;
  tree.activate(tree.items.indexOf(at));
  drawDetail();
}

const PANES = { list: "traces", trace: "spans", span: "span" };

/** Shows a trace and a span of it, and keeps the place in the address, so that going back comes here. */
function go(trace, at, { pane, focus = false }) {
  const hidden = !$(PANES[pane]).getClientRects().length;
  const hash = trace === null ? "" : at === null ? `#${trace.id}` : `#${trace.id}/${spans[at].id}`;
  if (hash !== location.hash) history.pushState(null, "", hash || "#");
  arrive();
  if (focus || hidden) $(PANES[pane]).focus({ preventScroll: true });
}

/** Shows what the address says. */
function arrive() {
  const [id, spanId] = location.hash.slice(1).split("/");
  const trace = traces.find((one) => one.id === id);
  if (trace) {
    showTrace(trace);
    for (let at = trace.first; spanId && at < trace.last; at++) {
      if (spans[at].id === spanId && at !== openSpan) {
        reveal(at);
        showSpan(at);
        break;
      }
    }
  }
  document.body.dataset.view = trace ? (spanId ? "span" : "trace") : "list";
}

function start() {
  $("sort").value = index.order;
  for (const name of ["search", "failed", "sort"]) $(name).addEventListener("input", fillList);
  fillList();
  const first = list.items.find((item) => item.trace);
  if (first) showTrace(first.trace);
  else $("trace").hidden = $("span").hidden = true;
  arrive();
  $("traces").addEventListener("keydown", listKey);
  $("spans").addEventListener("keydown", treeKey);
  $("span").addEventListener("keydown", (event) => {
    if (event.key === "Escape") go(openTrace, null, { pane: "trace", focus: true });
  });
  $("search").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      $("traces").focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      go(null, null, { pane: "list" });
      $("search").focus();
    }
  });
  for (const button of document.querySelectorAll(".back")) {
    const to = button.dataset.to;
    button.addEventListener("click", () => go(to === "list" ? null : openTrace, null, { pane: to, focus: true }));
  }
  $("fold").addEventListener("click", foldAll);
  $("next-error").addEventListener("click", nextError);
  narrow.addEventListener("change", () => {
    if (openTrace === null) return;
    drawAxis();
    fillTree();
  });
  addEventListener("popstate", arrive);
  document.title = `${many(traces.length, "trace")} · translator ${index.version}`;
  performance.mark("ready");
}

start();
