// The same run, logged with tracing-subscriber: cargo run -- DIRECTORY
use std::fs::File;
use std::path::Path;
use std::sync::Mutex;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn steps() {
    tracing::info!(trace_id = TRACE, agent = "planner", "agent.start");
    tracing::info!(trace_id = TRACE, call_id = "m1", model = "gpt-5-mini", provider = "openai", input = "Rain?", "model.start");
    tracing::info!(trace_id = TRACE, call_id = "m1", input_tokens = 120, output_tokens = 9, output = "I look.", "model.end");
    tracing::info!(trace_id = TRACE, call_id = "t1", tool = "search", arguments = r#"{"q": "rain"}"#, "tool.start");
    tracing::info!(trace_id = TRACE, call_id = "t1", error = "no answer", "tool.error");
    tracing::info!(trace_id = TRACE, agent = "planner", output = "It rains.", "agent.end");
}

fn main() {
    let directory = std::env::args().nth(1).unwrap();
    let file = |name: &str| Mutex::new(File::create(Path::new(&directory).join(name)).unwrap());
    let nested = tracing_subscriber::fmt().json().with_writer(file("tracing.jsonl")).finish();
    tracing::subscriber::with_default(nested, || {
        let _span = tracing::info_span!("session", user = "u1").entered();
        steps();
    });
    let flat = tracing_subscriber::fmt().json().flatten_event(true).with_writer(file("tracing-flat.jsonl")).finish();
    tracing::subscriber::with_default(flat, steps);
}
