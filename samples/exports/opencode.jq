# One exported opencode conversation to lines of the log format.
def text: [.parts[] | select(.type == "text") | .text] | join("\n");
def failure: if . == null then null else {type: .name, message: (.data.message // .name)} end;

.info.id as $conversation
| [.messages[] | select(.info.role == "assistant")] as $answers
| (.messages[] | select(.info.role == "user")) as $prompt
| $prompt.info.id as $turn
| [$answers[] | select(.info.parentID == $turn)] as $steps
| select($steps | length > 0)
| {trace_id: $turn, conversation_id: $conversation} as $ids
| ({event: "agent", agent: ($steps[0].info | .agent // .mode // "opencode"), span_id: $turn,
    start_time: $prompt.info.time.created,
    end_time: ([$steps[].info.time | .completed // .created] | max),
    input: ($prompt | text), output: ($steps[-1] | text), error: ($steps[-1].info.error | failure)} + $ids),
  ($steps[]
   | .info as $step
   | ({event: "model", span_id: $step.id, parent_id: $turn, model: $step.modelID, provider: $step.providerID,
       start_time: $step.time.created, end_time: ($step.time.completed // $step.time.created),
       usage: ($step.tokens | {
         input_tokens: (.input + .cache.read + .cache.write), output_tokens: (.output + .reasoning),
         cache_read_tokens: .cache.read, cache_write_tokens: .cache.write, reasoning_tokens: .reasoning}),
       cost: $step.cost, finish_reason: $step.finish, output: text, error: ($step.error | failure)} + $ids),
     (.parts[] | select(.type == "tool" and .state.time != null)
      | {event: "tool", span_id: .id, parent_id: $turn, tool, call_id: .callID,
         start_time: .state.time.start, end_time: (.state.time.end // .state.time.start),
         arguments: .state.input, output: .state.output, error: .state.error} + $ids))
| with_entries(select(.value != null))
