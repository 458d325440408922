"use strict";

// What logs say reaches the page as data, and the document as text: nothing here parses HTML.

// What the page was given: traces, their spans in the order of the tree, and the spans as they are sent.

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

// What is looked at: a trace, and the number of one of its spans.
let openTrace = null;
let openSpan = null;
const narrow = matchMedia("(max-width: 719px)");
