//! A weather and travel agent that logs one JSON object per line, in the shape that
//! tracing-subscriber prints: everything but time, level and target lies in `fields`, and what is
//! not a number or a boolean is text.
//!
//!     cargo run -- [LOGFILE]
//!
//! The names are those of OpenTelemetry's conventions for generative AI. Each turn answers a web
//! request, whose `traceparent` header the first line of an agent run passes on. The log goes to
//! the end of LOGFILE, or to standard output. Models and tools are make-believe (they play a script
//! and wait); the agents and their log calls are not. AGENT_SPEED divides the waits: 2 is twice as
//! fast, 0 does not wait at all.

use std::collections::hash_map::RandomState;
use std::fs::{File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{stdout, Write};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Prints one event: `event!(ctx, "INFO", "tool.start", "gen_ai.tool.name" = name, ...)`.
macro_rules! event {
    ($ctx:expr, $level:literal, $name:literal $(, $key:literal = $value:expr)* $(,)?) => {
        $ctx.log.write($level, &[("message", Value::from($name)),
            ("trace_id", Value::from($ctx.trace_id)), ("gen_ai.conversation.id", Value::from($ctx.conversation))
            $(, ($key, Value::from($value)))*])
    };
}

#[derive(Clone, Copy)]
struct Context<'a> {
    log: &'a Log,
    conversation: &'a str,
    trace_id: &'a str,
    request: &'a str,
}

// What an agent logs: an agent run, a model call, a tool call (and, below, a handoff).

fn run_agent(ctx: Context, name: &str, input: &str, work: impl FnOnce() -> String) -> String {
    if name == "Summary Agent" {
        event!(ctx, "INFO", "agent.start", "gen_ai.agent.name" = name, "input" = input);
    } else {
        let traceparent = format!("00-{}-{}-01", ctx.trace_id, ctx.request);
        event!(ctx, "INFO", "agent.start", "gen_ai.agent.name" = name, "traceparent" = &traceparent, "input" = input);
    }
    let output = work();
    event!(ctx, "INFO", "agent.end", "gen_ai.agent.name" = name, "output" = &output);
    output
}

struct Reply {
    wait: u64,
    version: &'static str,
    finish: &'static str,
    output: String,
    /// Input (with what was cached and written to the cache), read from it, written to it, output
    /// (with reasoning), reasoning.
    tokens: [u64; 5],
}

fn call_model(ctx: Context, provider: &str, model: &str, system: &str, prompt: &str, stream: bool, reply: Reply) -> String {
    event!(ctx, "INFO", "model.start",
        "gen_ai.operation.name" = "chat", "gen_ai.provider.name" = provider, "gen_ai.request.model" = model,
        "gen_ai.system_instructions" = &format!(r#"[{{"type":"text","content":{}}}]"#, json(system)),
        "gen_ai.input.messages" = &messages("user", &text(prompt)), "gen_ai.response.streaming" = stream);
    if stream {
        pause(90);
        event!(ctx, "DEBUG", "model.chunk", "gen_ai.request.model" = model);
    }
    pause(reply.wait);
    let [input, read, written, output, reasoning] = reply.tokens;
    let parts = if reply.output.starts_with('{') { reply.output.clone() } else { text(&reply.output) };
    event!(ctx, "INFO", "model.end",
        "gen_ai.request.model" = model, "gen_ai.response.model" = reply.version,
        "gen_ai.response.finish_reasons" = &format!("[{}]", json(reply.finish)),
        "gen_ai.output.messages" = &messages("assistant", &parts),
        "gen_ai.usage.input_tokens" = input, "gen_ai.usage.cache_read.input_tokens" = read,
        "gen_ai.usage.cache_creation.input_tokens" = written, "gen_ai.usage.output_tokens" = output,
        "gen_ai.usage.reasoning.output_tokens" = reasoning);
    reply.output
}

fn call_tool(ctx: Context, name: &str, arguments: &str, tool: impl FnOnce() -> Result<String, ToolError>) {
    let id = format!("call_{}", random_hex());
    event!(ctx, "INFO", "tool.start", "gen_ai.tool.name" = name, "gen_ai.tool.type" = "function",
        "gen_ai.tool.call.id" = &id, "gen_ai.tool.call.arguments" = arguments);
    match tool() {
        Ok(result) => event!(ctx, "INFO", "tool.end", "gen_ai.tool.name" = name,
            "gen_ai.tool.call.id" = &id, "gen_ai.tool.call.result" = &result),
        Err(error) => event!(ctx, "ERROR", "tool.error", "gen_ai.tool.name" = name,
            "gen_ai.tool.call.id" = &id, "error.type" = error.kind,
            "exception.message" = error.message, "exception.stacktrace" = &format!("at {}:{}", file!(), error.line)),
    }
}

// The agents.

fn weather_agent(ctx: Context, question: &str) -> String {
    let system = "You are a weather assistant. Answer briefly.";
    let (paris, city) = (r#"{"city":"Paris","unit":"celsius"}"#, r#"{"city":"Paris"}"#);
    let calls = [tool_call("get_weather", paris), tool_call("get_air_quality", city)].join(",");
    call_model(ctx, "openai", "gpt-4o", system, question, false,
        Reply { wait: 250, version: "gpt-4o-2024-08-06", finish: "tool_calls", output: calls, tokens: [412, 256, 0, 46, 0] });
    thread::scope(|both| {
        both.spawn(|| call_tool(ctx, "get_weather", paris, get_weather));
        both.spawn(|| call_tool(ctx, "get_air_quality", city, get_air_quality));
    });
    let report = "11 °C, light rain; air quality unknown";
    call_tool(ctx, "summarize", &format!(r#"{{"text":{}}}"#, json(report)), || {
        Ok(json(&run_agent(ctx, "Summary Agent", report, || summary_agent(ctx, report))))
    });
    let answer = "It is 11 °C with light rain in Paris. The Travel Agent will look for flights.".to_string();
    let answer = call_model(ctx, "openai", "gpt-4o", system, question, true,
        Reply { wait: 160, version: "gpt-4o-2024-08-06", finish: "stop", output: answer, tokens: [538, 384, 0, 31, 0] });
    event!(ctx, "INFO", "handoff", "from_agent" = "Weather Agent", "to_agent" = "Travel Agent");
    answer
}

fn summary_agent(ctx: Context, text: &str) -> String {
    let answer = "Cool with light rain, air quality unknown.".to_string();
    call_model(ctx, "anthropic", "claude-sonnet-4-5", "Summarize in one sentence.", text, false, Reply {
        wait: 180, version: "claude-sonnet-4-5-20250929", finish: "end_turn", output: answer,
        tokens: [38 + 1024 + 120, 1024, 120, 27, 0] })
}

fn travel_agent(ctx: Context, question: &str) -> String {
    let query = r#"{"from":"BER","to":"CDG","day":"tomorrow"}"#;
    ask_gemini(ctx, question, 220, &tool_call("search_flights", query), [655, 0, 0, 18 + 64, 64]);
    call_tool(ctx, "search_flights", query, search_flights);
    ask_gemini(ctx, question, 200, "Two flights tomorrow: AF1735 at 07:10 for 129 EUR, LH1052 at 09:45 for 154 EUR.",
        [812, 0, 0, 42 + 35, 35])
}

fn booking_agent(ctx: Context, wish: &str) -> String {
    let flight = r#"{"flight":"AF1735"}"#;
    ask_gemini(ctx, wish, 180, &tool_call("book_flight", flight), [905, 640, 0, 21 + 28, 28]);
    call_tool(ctx, "book_flight", flight, book_flight);
    ask_gemini(ctx, wish, 160, "AF1735 has no seats left. Shall I book LH1052 at 09:45 instead?", [968, 0, 0, 33 + 12, 12])
}

fn ask_gemini(ctx: Context, prompt: &str, wait: u64, output: &str, tokens: [u64; 5]) -> String {
    call_model(ctx, "google", "gemini-2.5-pro", "You find and book flights.", prompt, false,
        Reply { wait, version: "gemini-2.5-pro", finish: "STOP", output: output.to_string(), tokens })
}

fn main() -> std::io::Result<()> {
    let file = std::env::args().nth(1).map(|path| OpenOptions::new().append(true).create(true).open(path)).transpose()?;
    let log = Log { file: Mutex::new(file) };
    let conversation = format!("conv_{}", random_hex());
    let question = "What is the weather in Paris, and can I fly there tomorrow?";
    let (trace_id, request) = (random_hex() + &random_hex(), random_hex());
    let ctx = Context { log: &log, conversation: &conversation, trace_id: &trace_id, request: &request };
    run_agent(ctx, "Weather Agent", question, || weather_agent(ctx, question));
    run_agent(ctx, "Travel Agent", question, || travel_agent(ctx, question));
    pause(150);
    let (trace_id, request) = (random_hex() + &random_hex(), random_hex());
    let ctx = Context { trace_id: &trace_id, request: &request, ..ctx };
    run_agent(ctx, "Travel Agent", "Book the first one.", || booking_agent(ctx, "Book the first one."));
    Ok(())
}

// The logger: in a real program this is tracing with tracing-subscriber.

struct Log {
    file: Mutex<Option<File>>,
}

struct Value(String);
impl From<&str> for Value { fn from(text: &str) -> Self { Value(json(text)) } }
impl From<&String> for Value { fn from(text: &String) -> Self { Value(json(text)) } }
impl From<u64> for Value { fn from(number: u64) -> Self { Value(number.to_string()) } }
impl From<bool> for Value { fn from(yes: bool) -> Self { Value(yes.to_string()) } }

impl Log {
    fn write(&self, level: &str, fields: &[(&str, Value)]) {
        let fields: Vec<String> = fields.iter().map(|(key, value)| format!("{}:{}", json(key), value.0)).collect();
        let mut file = self.file.lock().unwrap();
        let line = format!("{{\"timestamp\":\"{}\",\"level\":\"{level}\",\"fields\":{{{}}},\"target\":\"agent\"}}\n",
            timestamp(SystemTime::now()), fields.join(","));
        match file.as_mut() {
            Some(file) => file.write_all(line.as_bytes()),
            None => stdout().write_all(line.as_bytes()),
        }.expect("the log can be written");
    }
}

fn json(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

fn timestamp(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    let (seconds, z) = (since.as_secs(), since.as_secs() as i64 / 86_400 + 719_468);
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, since.subsec_micros())
}

fn random_hex() -> String {
    format!("{:016x}", RandomState::new().hash_one(SystemTime::now()))
}

// Make-believe: the tools, and what the models answer.

struct ToolError { kind: &'static str, message: &'static str, line: u32 }

fn get_weather() -> Result<String, ToolError> {
    pause(120);
    Ok(r#"{"city":"Paris","temperature":11,"unit":"celsius","conditions":"light rain"}"#.to_string())
}

fn get_air_quality() -> Result<String, ToolError> {
    pause(200);
    Err(ToolError { kind: "TimeoutError", message: "air quality service timed out after 2 s", line: line!() })
}

fn search_flights() -> Result<String, ToolError> {
    pause(130);
    let (first, second) = (r#"{"flight":"AF1735","departs":"07:10","price_eur":129}"#, r#"{"flight":"LH1052","departs":"09:45","price_eur":154}"#);
    Ok(format!("[{first},{second}]"))
}

fn book_flight() -> Result<String, ToolError> {
    pause(90);
    Err(ToolError { kind: "BookingError", message: "no seats left", line: line!() })
}

fn messages(role: &str, parts: &str) -> String {
    format!(r#"[{{"role":"{role}","parts":[{parts}]}}]"#)
}

fn text(content: &str) -> String {
    format!(r#"{{"type":"text","content":{}}}"#, json(content))
}

fn tool_call(name: &str, arguments: &str) -> String {
    format!(r#"{{"type":"tool_call","id":"call_{}","name":"{name}","arguments":{arguments}}}"#, random_hex())
}

fn pause(milliseconds: u64) {
    let speed = std::env::var("AGENT_SPEED").ok().and_then(|speed| speed.parse().ok()).unwrap_or(1.0);
    if speed > 0.0 {
        thread::sleep(Duration::from_secs_f64(milliseconds as f64 / 1000.0 / speed));
    }
}
