import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * A weather and travel agent that logs one JSON object per line, with the field names of
 * logstash-logback-encoder: {@code java Agent.java [LOGFILE]}.
 *
 * <p>The log goes to the end of LOGFILE, or to standard output. Models and tools are make-believe
 * (they play a script and wait); the agents and their log calls are not. AGENT_SPEED divides the
 * waits: 2 is twice as fast, 0 does not wait at all.
 */
public class Agent {
  static final ExecutorService TOOLS = Executors.newFixedThreadPool(2);
  static final String CONVERSATION = "conv-" + UUID.randomUUID();

  /** Where we are: what a logging context (MDC) would hold. */
  record Context(String traceId, String spanId, String parentId) {
    Context child() {
      return new Context(traceId, newId(), spanId);
    }
  }

  interface Work {
    String run(Context context, String input) throws Exception;
  }

  // What an agent logs: an agent run, a model call, a tool call (and, below, a handoff).

  static String runAgent(Context parent, String name, String input, Work work) throws Exception {
    Context run = parent.child();
    log(run, "INFO", "agent.start", name + " starts", object("agent.name", name, "input", input));
    String output = work.run(run, input);
    log(run, "INFO", "agent.end", name + " is done", object("agent.name", name, "output", output));
    return output;
  }

  static String callModel(Context agent, String provider, String model, String instructions,
      String prompt, boolean stream, Answer answer) throws Exception {
    Context call = agent.child();
    log(call, "INFO", "model.start", "Asking " + model, object(
        "provider", provider, "model.name", model, "stream", stream,
        "instructions", instructions, "request.messages", List.of(message("user", prompt))));
    if (stream) {
      pause(90);
      log(call, "DEBUG", "model.chunk", "First words of " + model, Map.of());
    }
    pause(answer.millis);
    log(call, "INFO", "model.end", model + " has answered", object(
        "response.model", answer.model, "usage", answer.usage, "finish.reason", answer.reason,
        "response", List.of(message("assistant", answer.output))));
    return answer.output instanceof String text ? text : "";
  }

  static Object callTool(Context agent, String name, Object arguments, Tool tool) {
    Context call = agent.child();
    log(call, "INFO", "tool.start", "Tool " + name, object("tool.name", name, "tool.arguments", arguments));
    try {
      Object result = tool.run(call);
      log(call, "INFO", "tool.end", "Tool " + name + " is done", object("tool.name", name, "result", result));
      return result;
    } catch (Exception e) {
      StringWriter stack = new StringWriter();
      e.printStackTrace(new PrintWriter(stack));
      log(call, "ERROR", "tool.error", "Tool " + name + " failed", object(
          "tool.name", name, "error.type", e.getClass().getSimpleName(),
          "error.message", e.getMessage(), "error.stack_trace", stack.toString()));
      return e.getMessage();
    }
  }

  // The agents.

  static String weatherAgent(Context run, String question) throws Exception {
    String instructions = "You are a weather assistant. Answer briefly.";
    Map<String, Object> paris = object("city", "Paris", "unit", "celsius");
    callModel(run, "openai", "gpt-4o", instructions, question, false, new Answer(250,
        "gpt-4o-2024-08-06", "tool_calls", gpt(412, 46, 256),
        List.of(toolCall("get_weather", paris), toolCall("get_air_quality", Map.of("city", "Paris")))));
    for (Future<?> result : List.of(
        TOOLS.submit(() -> callTool(run, "get_weather", paris, call -> getWeather())),
        TOOLS.submit(() -> callTool(run, "get_air_quality", Map.of("city", "Paris"), call -> getAirQuality())))) {
      result.get();
    }
    String report = "11 \u00b0C, light rain; air quality unknown";
    callTool(run, "summarize", Map.of("text", report),
        call -> runAgent(call, "Summary Agent", report, Agent::summaryAgent));
    String answer = callModel(run, "openai", "gpt-4o", instructions, question, true, new Answer(160,
        "gpt-4o-2024-08-06", "stop", gpt(538, 31, 384),
        "It is 11 \u00b0C with light rain in Paris. The Travel Agent will look for flights."));
    log(run.child(), "INFO", "handoff", "Over to the Travel Agent",
        object("from.agent", "Weather Agent", "to.agent", "Travel Agent"));
    return answer;
  }

  static String summaryAgent(Context run, String text) throws Exception {
    return callModel(run, "anthropic", "claude-sonnet-4-5", "Summarize in one sentence.", text, false, new Answer(
        180, "claude-sonnet-4-5-20250929", "end_turn",
        object("input_tokens", 38, "cache_read_input_tokens", 1024, "cache_creation_input_tokens", 120,
            "output_tokens", 27), "Cool with light rain, air quality unknown."));
  }

  static String searchAgent(Context run, String question) throws Exception {
    Map<String, Object> query = object("from", "BER", "to", "CDG", "day", "tomorrow");
    askGemini(run, question, 220, List.of(toolCall("search_flights", query)), gemini(655, 18, 64, 0));
    callTool(run, "search_flights", query, call -> searchFlights());
    return askGemini(run, question, 200,
        "Two flights tomorrow: AF1735 at 07:10 for 129 EUR, LH1052 at 09:45 for 154 EUR.", gemini(812, 42, 35, 0));
  }

  static String bookingAgent(Context run, String wish) throws Exception {
    Map<String, Object> flight = Map.of("flight", "AF1735");
    askGemini(run, wish, 180, List.of(toolCall("book_flight", flight)), gemini(905, 21, 28, 640));
    callTool(run, "book_flight", flight, call -> bookFlight());
    return askGemini(run, wish, 160,
        "AF1735 has no seats left. Shall I book LH1052 at 09:45 instead?", gemini(968, 33, 12, 0));
  }

  static String askGemini(Context run, String prompt, int wait, Object output, Object usage) throws Exception {
    return callModel(run, "google", "gemini-2.5-pro", "You find and book flights.", prompt, false,
        new Answer(wait, "gemini-2.5-pro", "STOP", usage, output));
  }

  public static void main(String[] args) throws Exception {
    if (args.length > 0) {
      out = new PrintStream(new FileOutputStream(args[0], true), true, StandardCharsets.UTF_8);
    }
    String question = "What is the weather in Paris, and can I fly there tomorrow?";
    Context turn = new Context(newId() + newId(), null, null);
    runAgent(turn, "Weather Agent", question, Agent::weatherAgent);
    runAgent(turn, "Travel Agent", question, Agent::searchAgent);
    pause(150);
    runAgent(new Context(newId() + newId(), null, null), "Travel Agent", "Book the first one.", Agent::bookingAgent);
    TOOLS.shutdown();
  }

  // The logger: in a real program this is logback with logstash-logback-encoder.

  static PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  static synchronized void log(Context at, String level, String event, String text, Map<String, Object> fields) {
    Map<String, Object> line = object("@timestamp", DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(OffsetDateTime.now()),
        "@version", "1", "message", text, "logger_name", "com.example.weather.Agent",
        "thread_name", Thread.currentThread().getName(), "level", level,
        "trace_id", at.traceId, "span_id", at.spanId);
    if (at.parentId != null) {
      line.put("parent_id", at.parentId);
    }
    line.put("session.id", CONVERSATION);
    line.put("event.name", event);
    line.putAll(fields);
    out.print(json(line) + "\n");
  }

  static String json(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream().map(e -> json(e.getKey()) + ":" + json(e.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    } else if (value instanceof List<?> list) {
      return list.stream().map(Agent::json).collect(Collectors.joining(",", "[", "]"));
    } else if (value instanceof String text) {
      return text.chars().mapToObj(c -> c == '"' || c == '\\' ? "\\" + (char) c
          : c < ' ' ? String.format("\\u%04x", c) : String.valueOf((char) c)).collect(Collectors.joining("", "\"", "\""));
    }
    return String.valueOf(value);
  }

  // Make-believe: the tools, and what the models answer.

  interface Tool {
    Object run(Context call) throws Exception;
  }

  record Answer(int millis, String model, String reason, Object usage, Object output) {}

  @SuppressWarnings("serial")
  static class BookingException extends Exception {
    BookingException(String message) {
      super(message);
    }
  }

  static Object getWeather() throws Exception {
    pause(120);
    return object("city", "Paris", "temperature", 11, "unit", "celsius", "conditions", "light rain");
  }

  static Object getAirQuality() throws Exception {
    pause(200);
    throw new TimeoutException("air quality service timed out after 2 s");
  }

  static Object searchFlights() throws Exception {
    pause(130);
    return List.of(object("flight", "AF1735", "departs", "07:10", "price_eur", 129),
        object("flight", "LH1052", "departs", "09:45", "price_eur", 154));
  }

  static Object bookFlight() throws Exception {
    pause(90);
    throw new BookingException("no seats left");
  }

  static Map<String, Object> gpt(int prompt, int completion, int cached) {
    return object("prompt_tokens", prompt, "completion_tokens", completion, "total_tokens", prompt + completion,
        "prompt_tokens_details", object("cached_tokens", cached),
        "completion_tokens_details", object("reasoning_tokens", 0));
  }

  static Map<String, Object> gemini(int prompt, int candidates, int thoughts, int cached) {
    return object("promptTokenCount", prompt, "cachedContentTokenCount", cached, "candidatesTokenCount", candidates,
        "thoughtsTokenCount", thoughts, "totalTokenCount", prompt + candidates + thoughts);
  }

  static Map<String, Object> message(String role, Object content) {
    return content instanceof List<?> calls
        ? object("role", role, "content", null, "tool_calls", calls) : object("role", role, "content", content);
  }

  static Map<String, Object> toolCall(String name, Object arguments) {
    return object("id", "call_" + newId(), "type", "function", "function", object("name", name, "arguments", json(arguments)));
  }

  static Map<String, Object> object(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put((String) pairs[i], pairs[i + 1]);
    }
    return map;
  }

  static String newId() {
    return UUID.randomUUID().toString().replace("-", "").substring(0, 16);
  }

  static void pause(int milliseconds) throws InterruptedException {
    double speed = Double.parseDouble(System.getenv().getOrDefault("AGENT_SPEED", "1"));
    if (speed > 0) {
      Thread.sleep((long) (milliseconds / speed));
    }
  }
}
