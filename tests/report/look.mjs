// Opens a page in Chromium as a person would, does what it is told, and says what there was to see.
//
//   node look.mjs OPTIONS
//
// OPTIONS is JSON: `playwright` (the module that drives the browser), `chromium` (the browser), `profile`
// (an empty directory), `page` (the file, with a fragment if need be), `width`, `height`, `scheme` ("light"
// or "dark"), and `steps`, each a list: ["press", KEY], ["click", SELECTOR], ["fill", SELECTOR, TEXT],
// ["go", FRAGMENT], ["select", SELECTOR, VALUE], ["read", NAME, EXPRESSION], ["picture", FILE]. The answer, on standard output:
//
//   ready     milliseconds from the begin of loading until the page can be used
//   busy      seconds of work of the page's thread until then, whatever else the machine does
//   read      by name, the value of each expression
//   problems  errors, warnings, dialogs, violations of the policy, requests beyond the page itself

import { pathToFileURL } from "node:url";

const options = JSON.parse(process.argv[2]);
const { chromium } = await import(pathToFileURL(options.playwright));
const context = await chromium.launchPersistentContext(options.profile, {
  executablePath: options.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"],
  viewport: { width: options.width, height: options.height },
  colorScheme: options.scheme,
  locale: "en-US",
  timezoneId: "UTC",
});
try {
  const page = context.pages()[0] ?? (await context.newPage());
  const problems = [];
  const read = {};
  const url = pathToFileURL(options.page.split("#")[0]).href;
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) problems.push(`request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`violation: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.goto(url + (options.page.includes("#") ? `#${options.page.split("#")[1]}` : ""));
  const ready = await page.evaluate(() => performance.getEntriesByName("ready")[0]?.startTime ?? null);
  const { metrics } = await session.send("Performance.getMetrics");
  const busy = metrics.find((metric) => metric.name === "TaskDuration").value;
  const doing = {
    press: (key) => page.keyboard.press(key),
    click: (selector) => page.locator(selector).first().click(),
    fill: (selector, text) => page.fill(selector, text),
    select: (selector, value) => page.selectOption(selector, value),
    go: (fragment) => page.goto(`${url}#${fragment}`),
    picture: (path) => page.screenshot({ path }),
    read: async (name, expression) => {
      // What a resize or a scroll changes is drawn in the next frame.
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      read[name] = await page.evaluate(expression);
    },
  };
  for (const [step, ...given] of options.steps) await doing[step](...given);
  process.stdout.write(JSON.stringify({ ready, busy, read, problems }));
} finally {
  await context.close();
}
