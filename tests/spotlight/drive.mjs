// Opens Spotlight in Chromium, reads what its pages show and takes pictures of them.
//
//   node drive.mjs BASE_URL PICTURE_DIRECTORY OPTIONS
//
// OPTIONS is JSON: `chromium` (the browser), `profile` (an empty directory), `trace` (the id of the
// trace to open), and how much to wait for: `traces` in the list of traces, `spans` in that trace,
// `interactions` in the list of AI traces. A wait that ends in vain is not an error: the answer
// shows what was there. The answer, on standard output:
//
//   traces        the rows of Traces: {id, text}
//   tree          the spans of the trace, nested: {id, op, name, failed, duration, children}
//   interactions  the rows of AI Traces: {id, name, operation, time, duration, tokens}
//   conversation  the bubbles of the trace in AI mode: {kind, text, arguments, result, facts}
//   details       by span id, what AI mode tells of each interaction:
//                 {title, metadata, messages, finishReason, answer, tools}
//   problems      exceptions in the page

import { join } from "node:path";
import { chromium } from "playwright-core";

const WAIT = 10_000;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
  "--hide-scrollbars",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];
const SPAN_LINK = "ul.tree > li > a[href*='/spans/']";
const CLOSED = "ul.tree .node svg.rotate-0";
const PANES = ".resizer.w-1.shrink-0";
const BUBBLES = "div.overflow-y-auto > div.mb-2.flex.w-full";

/** Waits for a number of elements; says whether they came. */
async function settle(page, selector, count) {
  const there = ([css, wanted]) => document.querySelectorAll(css).length >= wanted;
  return page
    .waitForFunction(there, [selector, count], { timeout: WAIT })
    .then(() => true, () => false);
}

async function readTraces(page, base, { traces, trace }) {
  await page.goto(`${base}/telemetry/traces`);
  await settle(page, "a[href^='/telemetry/traces/'][href$='/context']", traces);
  await settle(page, `[id='${trace}']`, 1);
  return page.$$eval("a[href^='/telemetry/traces/'][href$='/context']", (rows) =>
    rows.map((row) => ({
      id: row.getAttribute("href").split("/")[3],
      text: row.innerText.replaceAll(/\s+/g, " ").trim(),
    })),
  );
}

/** Opens every branch: Spotlight closes child transactions, deep and broad branches. */
async function expand(page, spans) {
  const closed = page.locator(CLOSED);
  for (let left = await closed.count(); left > 0; left = await closed.count()) {
    await closed.first().click();
    const opened = ([css, before]) => document.querySelectorAll(css).length !== before;
    await page.waitForFunction(opened, [CLOSED, left], { timeout: WAIT });
  }
  await settle(page, SPAN_LINK, spans);
}

/** Drags the bar between two panes until the left one has a share of the space that they have. */
async function divide(page, bar, container, share) {
  const middle = async () => {
    const box = await page.locator(bar).first().boundingBox();
    return { x: box.x + box.width / 2, y: box.y + Math.min(box.height / 2, 50) };
  };
  const space = await page.locator(container).first().boundingBox();
  const goal = space.x + space.width * share;
  const { x, y } = await middle();
  await page.mouse.move(x, y);
  await page.mouse.down();
  // Spotlight ignores moves that come quickly after each other, so one is not enough.
  for (let move = 0; move < 100 && Math.abs((await middle()).x - goal) > 4; move++) {
    await page.mouse.move(goal, y + (move % 2));
  }
  await page.mouse.up();
  await page.mouse.move(1, 1);
}

async function readTree(page, { trace, spans }) {
  await page.locator(`[id='${trace}'] a`).first().click();
  await settle(page, SPAN_LINK, 1);
  await expand(page, spans);
  return page.evaluate(() => {
    const read = (item) => {
      const link = item.querySelector(":scope > a");
      const node = link.querySelector(".node");
      return {
        id: link.getAttribute("href").split("/").at(-1),
        op: node.querySelector("span.font-bold")?.textContent ?? "",
        name: node.querySelector("span.truncate").title,
        failed: node.classList.contains("text-red-400"),
        duration: link.querySelector(".waterfall").textContent,
        children: [...item.querySelectorAll(":scope > ul > li")].map(read),
      };
    };
    const top = [...document.querySelectorAll("ul.tree")].find(
      (list) => list.parentElement.closest("ul.tree") === null,
    );
    return top ? [...top.querySelectorAll(":scope > li")].map(read) : [];
  });
}

async function readConversation(page) {
  await page.getByRole("switch").click();
  await settle(page, BUBBLES, 1);
  return page.$$eval(BUBBLES, (bubbles) =>
    bubbles.map((bubble) => {
      const kind = bubble.classList.contains("justify-end")
        ? "user"
        : bubble.querySelector("[class*='border-orange']")
          ? "tool"
          : "answer";
      const labelled = (label) =>
        [...bubble.querySelectorAll(".text-orange-300")]
          .find((element) => element.textContent === label)
          ?.nextElementSibling.textContent;
      const link = bubble.querySelector("a");
      return {
        kind,
        text: bubble.querySelector(".whitespace-pre-wrap").textContent,
        arguments: labelled("Arguments:"),
        result: labelled("Result:"),
        facts: [...bubble.querySelectorAll(".gap-3 > span")].map((fact) => fact.textContent),
        span: link?.getAttribute("href").split("/").at(-1),
      };
    }),
  );
}

/** Reads the pane beside the conversation, for each interaction that has a bubble. */
async function readDetails(page, conversation) {
  const details = {};
  for (const span of new Set(conversation.flatMap((bubble) => bubble.span ?? []))) {
    await page.locator(`${BUBBLES} a[href$='/spans/${span}']`).first().click();
    await page.waitForURL(`**/spans/${span}`, { timeout: WAIT });
    await page.getByText(span, { exact: true }).first().waitFor({ timeout: WAIT });
    details[span] = await page.evaluate(() => {
      const pane = [...document.querySelectorAll("h2")].find(
        (title) => title.textContent === "Metadata",
      ).parentElement.parentElement.parentElement;
      const section = (name) =>
        [...pane.querySelectorAll("h2")].find((title) => title.textContent === name)?.parentElement;
      const boxes = (name) => [...(section(name)?.querySelectorAll("div.rounded-sm.border") ?? [])];
      const text = (element) => element?.textContent ?? null;
      const message = (box) => ({ role: box.children[0].textContent, text: text(box.children[1]) });
      return {
        title: text(pane.querySelector("h2.text-xl")),
        metadata: Object.fromEntries(
          [...section("Metadata").querySelectorAll("tr")].map((row) => [
            row.children[0].textContent,
            row.children[1].textContent,
          ]),
        ),
        messages: boxes("Prompt").map(message),
        finishReason: text(section("Response")?.querySelector("span.font-mono")),
        answer: text(section("Response")?.querySelector("pre")),
        tools: boxes("Tool Calls").map((box) => ({
          name: text(box.querySelector("h3")),
          id: text(box.children[1]).replace("ID: ", ""),
          arguments: text(box.querySelectorAll("pre")[0]),
          result: text(box.querySelectorAll("pre")[1]),
        })),
      };
    });
  }
  return details;
}

async function readInteractions(page, base, { interactions }) {
  await page.goto(`${base}/telemetry/insights/aitraces`);
  await settle(page, "tbody tr[role='link']", interactions);
  return page.$$eval("tbody tr[role='link']", (rows) =>
    rows.map((row) => {
      const [id, name, operation, time, duration, tokens] = [...row.cells].map((c) => c.innerText);
      return { id, name, operation, time, duration, tokens };
    }),
  );
}

const [base, pictures, options] = process.argv.slice(2);
const expected = JSON.parse(options);
const context = await chromium.launchPersistentContext(expected.profile, {
  executablePath: expected.chromium,
  args: FLAGS,
  viewport: { width: 1540, height: 990 },
  deviceScaleFactor: 1400 / 1540,
  colorScheme: "dark",
  locale: "en-US",
  timezoneId: "UTC",
  reducedMotion: "reduce",
});
try {
  await context.route(
    (url) => !LOOPBACK.has(url.hostname),
    (route) => route.abort(),
  );
  const page = context.pages()[0] ?? (await context.newPage());
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  const picture = (name) => page.screenshot({ path: join(pictures, `${name}.png`) });

  const traces = await readTraces(page, base, expected);
  await picture("traces");
  const tree = await readTree(page, expected);
  await divide(page, PANES, `:has(> ${PANES})`, 0.78);
  await divide(page, ".span-resizer", "ul.tree > li", 0.55);
  await picture("trace");
  const conversation = await readConversation(page);
  const details = await readDetails(page, conversation);
  const first = conversation.find((bubble) => bubble.span)?.span;
  if (first) await page.locator(`${BUBBLES} a[href$='/spans/${first}']`).first().click();
  await divide(page, PANES, `:has(> ${PANES})`, 0.58);
  const answer = conversation.findIndex((bubble) => bubble.kind === "answer");
  if (answer >= 0) await page.locator(BUBBLES).nth(answer).scrollIntoViewIfNeeded();
  await picture("ai");
  const interactions = await readInteractions(page, base, expected);
  await picture("ai-traces");
  const seen = { traces, tree, interactions, conversation, details, problems };
  process.stdout.write(`${JSON.stringify(seen, null, 2)}\n`);
} finally {
  await context.close();
}
