// A weather and travel agent that logs what it does with log/slog.
//
//	go run . [LOGFILE]
//
// The log goes to the end of LOGFILE, or to standard output. Models and tools are make-believe
// (they play a script and wait); the agents and their log calls are not. AGENT_SPEED divides the
// waits: 2 is twice as fast, 0 does not wait at all.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

type object = map[string]any

// What an agent logs: an agent run, a model call, a tool call (and, below, a handoff).

func runAgent(log *slog.Logger, name, input string, work func(*slog.Logger, string) string) string {
	log.Info("agent.start", "agent", name, "input", input)
	output := work(log, input)
	log.Info("agent.end", "agent", name, "output", output)
	return output
}

func callModel(log *slog.Logger, model, provider, instructions string, input any, stream bool) any {
	log.Info("model.start", "model", model, "provider", provider,
		"instructions", instructions, "input", input, "stream", stream)
	answer := script[0]
	script = script[1:]
	if stream {
		pause(90)
		log.Info("model.chunk", "model", model)
	}
	pause(answer.wait)
	log.Info("model.end", "response_model", answer.model, "output", answer.output,
		"usage", answer.usage, "finish_reason", answer.reason)
	return answer.output
}

func callTool(log *slog.Logger, callID, name string, arguments object, tool func() (any, error)) any {
	log = log.With("tool", name, "call_id", callID)
	log.Info("tool.start", "arguments", arguments)
	result, err := tool()
	if err != nil {
		log.Error("tool.end", slog.Group("error",
			"type", strings.TrimPrefix(fmt.Sprintf("%T", err), "main."),
			"message", err.Error(),
			"stack", string(debug.Stack())))
		return err.Error()
	}
	log.Info("tool.end", "result", result)
	return result
}

// The agents.

func weatherAgent(log *slog.Logger, question string) string {
	const instructions = "You are a weather assistant. Answer briefly."
	input := []any{object{"role": "user", "content": question}}
	calls := callModel(log, "gpt-4o", "openai", instructions, input, false).([]any)

	results := make([]any, len(calls))
	var all sync.WaitGroup
	for i, call := range calls {
		all.Add(1)
		go func(i int, call object) {
			defer all.Done()
			tool := map[string]func() (any, error){"get_weather": getWeather, "get_air_quality": getAirQuality}
			arguments := object{"city": "Paris"}
			if call["name"] == "get_weather" {
				arguments["unit"] = "celsius"
			}
			results[i] = callTool(log, call["call_id"].(string), call["name"].(string), arguments, tool[call["name"].(string)])
		}(i, call.(object))
	}
	all.Wait()
	for i, call := range calls {
		input = append(input, call, object{
			"type": "function_call_output", "call_id": call.(object)["call_id"], "output": fmt.Sprint(results[i])})
	}

	report := "11 °C, light rain; air quality unknown"
	summary := callTool(log, newID("call_"), "summarize", object{"text": report}, func() (any, error) {
		return runAgent(log, "Summary Agent", report, summaryAgent), nil
	})
	input = append(input, object{"role": "user", "content": fmt.Sprint("Summary: ", summary)})
	answer := callModel(log, "gpt-4o", "openai", instructions, input, true)
	log.Info("handoff", "from_agent", "Weather Agent", "to_agent", "Travel Agent")
	return textOf(answer)
}

func summaryAgent(log *slog.Logger, text string) string {
	return textOf(callModel(log, "claude-sonnet-4-5", "anthropic", "Summarize in one sentence.", text, false))
}

func travelAgent(log *slog.Logger, text string) string {
	const instructions = "You find and book flights."
	call := callModel(log, "gemini-2.5-pro", "google", instructions, text, false).([]any)[0].(object)
	tool, arguments := searchFlights, object{"from": "BER", "to": "CDG", "day": "tomorrow"}
	if call["name"] == "book_flight" {
		tool, arguments = bookFlight, object{"flight": "AF1735"}
	}
	result := callTool(log, call["call_id"].(string), call["name"].(string), arguments, tool)
	input := []any{object{"role": "user", "content": text}, call, object{
		"type": "function_call_output", "call_id": call["call_id"], "output": fmt.Sprint(result)}}
	return textOf(callModel(log, "gemini-2.5-pro", "google", instructions, input, false))
}

func main() {
	out := os.Stdout
	if len(os.Args) > 1 {
		file, err := os.OpenFile(os.Args[1], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer file.Close()
		out = file
	}
	conversation := slog.New(slog.NewJSONHandler(out, nil)).With("conversation_id", newID("conv_"))
	question := "What is the weather in Paris, and can I fly there tomorrow?"
	log := conversation.With("trace_id", newID("")+newID(""))
	runAgent(log, "Weather Agent", question, weatherAgent)
	runAgent(log, "Travel Agent", question, travelAgent)
	pause(150)
	log = conversation.With("trace_id", newID("")+newID(""))
	runAgent(log, "Travel Agent", "Book the first one.", travelAgent)
}

// Make-believe: the tools, and what the models answer.

type TimeoutError string
type BookingError string

func (e TimeoutError) Error() string { return string(e) }
func (e BookingError) Error() string { return string(e) }

func getWeather() (any, error) {
	pause(120)
	return object{"city": "Paris", "temperature": 11, "unit": "celsius", "conditions": "light rain"}, nil
}

func getAirQuality() (any, error) {
	pause(200)
	return nil, TimeoutError("air quality service timed out after 2 s")
}

func searchFlights() (any, error) {
	pause(130)
	return []any{
		object{"flight": "AF1735", "departs": "07:10", "price_eur": 129},
		object{"flight": "LH1052", "departs": "09:45", "price_eur": 154},
	}, nil
}

func bookFlight() (any, error) {
	pause(90)
	return nil, BookingError("no seats left")
}

type answer struct {
	wait          float64
	model, reason string
	output        any
	usage         object
}

var script = []answer{
	{250, "gpt-4o-2024-08-06", "tool_calls", []any{
		functionCall("get_weather", `{"city":"Paris","unit":"celsius"}`),
		functionCall("get_air_quality", `{"city":"Paris"}`)}, gpt(412, 46, 256)},
	{180, "claude-sonnet-4-5-20250929", "end_turn", text("Cool with light rain, air quality unknown."), object{
		"input_tokens": 38, "cache_read_input_tokens": 1024, "cache_creation_input_tokens": 120, "output_tokens": 27}},
	{160, "gpt-4o-2024-08-06", "stop",
		text("It is 11 °C with light rain in Paris. The Travel Agent will look for flights."), gpt(538, 31, 384)},
	{220, "gemini-2.5-pro", "STOP", []any{
		functionCall("search_flights", `{"from":"BER","to":"CDG","day":"tomorrow"}`)}, gemini(655, 18, 64, 0)},
	{200, "gemini-2.5-pro", "STOP",
		text("Two flights tomorrow: AF1735 at 07:10 for 129 EUR, LH1052 at 09:45 for 154 EUR."), gemini(812, 42, 35, 0)},
	{180, "gemini-2.5-pro", "STOP", []any{
		functionCall("book_flight", `{"flight":"AF1735"}`)}, gemini(905, 21, 28, 640)},
	{160, "gemini-2.5-pro", "STOP",
		text("AF1735 has no seats left. Shall I book LH1052 at 09:45 instead?"), gemini(968, 33, 12, 0)},
}

func gpt(input, output, cached int) object {
	return object{"input_tokens": input, "output_tokens": output, "total_tokens": input + output,
		"input_tokens_details":  object{"cached_tokens": cached},
		"output_tokens_details": object{"reasoning_tokens": 0}}
}

func gemini(prompt, candidates, thoughts, cached int) object {
	return object{"promptTokenCount": prompt, "cachedContentTokenCount": cached, "candidatesTokenCount": candidates,
		"thoughtsTokenCount": thoughts, "totalTokenCount": prompt + candidates + thoughts}
}

func functionCall(name, arguments string) object {
	return object{"type": "function_call", "call_id": newID("call_"), "name": name, "arguments": arguments}
}

func text(content string) any {
	return []any{object{"type": "message", "role": "assistant", "content": []any{
		object{"type": "output_text", "text": content}}}}
}

func textOf(output any) string {
	return output.([]any)[0].(object)["content"].([]any)[0].(object)["text"].(string)
}

func newID(prefix string) string {
	bytes := make([]byte, 8)
	rand.Read(bytes)
	return prefix + hex.EncodeToString(bytes)
}

func pause(milliseconds float64) {
	speed, err := strconv.ParseFloat(os.Getenv("AGENT_SPEED"), 64)
	if err != nil {
		speed = 1
	}
	if speed > 0 {
		time.Sleep(time.Duration(milliseconds / speed * float64(time.Millisecond)))
	}
}
