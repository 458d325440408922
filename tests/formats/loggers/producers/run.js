// The same run, logged with pino, winston and bunyan: node run.js DIRECTORY
// npm install pino winston bunyan
const fs = require("node:fs");
const path = require("node:path");
const pino = require("pino");
const winston = require("winston");
const bunyan = require("bunyan");

const STEPS = require("./steps.json");
const out = (name) => path.join(process.argv[2], `${name}.jsonl`);
const fresh = (name) => { fs.rmSync(out(name), { force: true }); return out(name); };

async function main() {
  const plain = pino({ base: { pid: 41, hostname: "box" } }, pino.destination({ dest: fresh("pino"), sync: true }));
  for (const [event, fields] of STEPS) plain.child({ component: "runner" }).info(fields, event);

  const iso = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: "message", nestedKey: "payload",
      formatters: { level: (label) => ({ level: label }) } },
    pino.destination({ dest: fresh("pino-nested"), sync: true }));
  for (const [event, fields] of STEPS) iso.info(fields, event);

  const logger = winston.createLogger({
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.File({ filename: fresh("winston") })],
  });
  for (const [event, fields] of STEPS) logger.info(event, fields);
  await new Promise((done) => { logger.on("finish", done); logger.end(); });

  const old = bunyan.createLogger({ name: "runner", hostname: "box", pid: 41, streams: [{ path: fresh("bunyan") }] });
  for (const [event, fields] of STEPS) old.info(fields, event);
}
main();
