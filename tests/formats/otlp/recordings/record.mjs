// Runs a small agent of the Vercel AI SDK with its telemetry and writes OTLP-JSON lines.
//
//     node record.mjs http://127.0.0.1:PORT/v1 > vercel_ai_5.jsonl
//
// What it needs is in README.md. The server is server.py.
import { createOpenAI } from "@ai-sdk/openai";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import * as ai from "ai";
import { z } from "zod";

const lines = {
  export(spans, done) {
    process.stdout.write(Buffer.from(JsonTraceSerializer.serializeRequest(spans)).toString() + "\n");
    done({ code: 0 });
  },
  shutdown: async () => {},
};
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(lines)] });
provider.register();
if (ai.registerTelemetry) {
  const { OpenTelemetry } = await import("@ai-sdk/otel");
  ai.registerTelemetry(new OpenTelemetry());
}

const model = createOpenAI({ baseURL: process.argv[2], apiKey: "none" });
const telemetry = (functionId) => ({
  isEnabled: true,
  functionId,
  metadata: { sessionId: "chat-1" },
  tracer: provider.getTracer("ai"),
});
const get_weather = ai.tool({
  description: "The weather of a city",
  parameters: z.object({ city: z.string() }),
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});
const steps = ai.stepCountIs ? { stopWhen: ai.stepCountIs(3) } : { maxSteps: 3 };

await ai.generateText({
  model: (model.chat ?? model)("gpt-5-mini"),
  prompt: "What is the weather in Paris and Rome?",
  tools: { get_weather },
  ...steps,
  experimental_telemetry: telemetry("forecaster"),
});
const streamed = ai.streamText({
  model: (model.chat ?? model)("gpt-5-mini"),
  prompt: "And tomorrow?",
  experimental_telemetry: telemetry("streamer"),
});
for await (const _ of streamed.textStream);
try {
  await ai.generateText({
    model: (model.chat ?? model)("gpt-nope"),
    prompt: "Hello",
    maxRetries: 0,
    experimental_telemetry: telemetry("failing"),
  });
} catch (error) {
  process.stderr.write(`${error.name}\n`);
}
await provider.shutdown();
