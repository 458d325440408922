// Numbers, times and values as people read them.

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
