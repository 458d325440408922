// Going from one to another, by pointer, by keyboard and by address.

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
