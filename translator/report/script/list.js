// The list of traces: its groups, its search, its keys.

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
