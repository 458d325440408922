// All that is told of the open span: facts, messages, attributes.

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
