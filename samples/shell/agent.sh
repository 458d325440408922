#!/usr/bin/env bash
# A weather and travel agent that logs what it does with printf.
#
#     bash agent.sh [LOGFILE]
#
# No ids at all: events pair by the names of agents, models and tools. The log goes to the end of
# LOGFILE, or to standard output. Models and tools are make-believe (they play a script and wait);
# the agents and their log calls are not. AGENT_SPEED divides the waits: 2 is twice as fast, 0 does
# not wait at all. Needs bash 5 for its clock, EPOCHREALTIME.
set -euo pipefail
export LC_ALL=C

if (($#)); then exec 3>>"$1"; else exec 3>&1; fi

# log EVENT [KEY VALUE]...: one line, in a single write, so that parallel jobs do not mix theirs.
# A KEY that ends in ":" takes JSON as VALUE, any other a string.
log() {
  local line
  printf -v line '{"event":"%s","ts":%s' "$1" "$EPOCHREALTIME"
  shift
  while (($#)); do
    if [[ $1 == *: ]]; then line+=",\"${1%:}\":$2"; else line+=",\"$1\":$(json_escape "$2")"; fi
    shift 2
  done
  printf '%s}\n' "$line" >&3
}

json_escape() {
  local text=$1
  text=${text//\\/\\\\} text=${text//\"/\\\"} text=${text//$'\n'/\\n} text=${text//$'\t'/\\t}
  printf '"%s"' "$text"
}

# What an agent logs: an agent run, a model call, a tool call (and, below, a handoff).

run_agent() { # NAME INPUT FUNCTION
  log agent.start agent "$1" input "$2"
  "$3" "$2"
  log agent.end agent "$1" output "$answer"
}

call_model() { # MODEL SYSTEM PROMPT SECONDS RESPONSE_MODEL FINISH_REASON USAGE OUTPUT (JSON)
  log model.start model "$1" system "$2" prompt "$3"
  pause "$4"
  log model.end model "$1" response_model "$5" finish_reason "$6" usage: "$7" output: "$8"
}

call_tool() { # NAME ARGUMENTS
  log tool.start tool "$1" arguments: "$2"
  finish_tool "$1"
}

finish_tool() { # NAME
  local result
  if result=$("$1"); then
    log tool.end tool "$1" result: "$result"
  else
    log tool.error tool "$1" error: "$result"
  fi
}

# The agents.

weather_agent() {
  local system='You are a weather assistant. Answer briefly.'
  call_model gpt-4o "$system" "$1" 0.25 gpt-4o-2024-08-06 tool_calls "$(gpt 412 46 256)" \
    "[$(function_call get_weather '{"city":"Paris","unit":"celsius"}'),$(function_call get_air_quality '{"city":"Paris"}')]"

  log tool.start tool get_weather arguments: '{"city":"Paris","unit":"celsius"}'
  finish_tool get_weather &
  log tool.start tool get_air_quality arguments: '{"city":"Paris"}'
  finish_tool get_air_quality &
  wait

  local report='11 °C, light rain; air quality unknown'
  log tool.start tool summarize arguments: "{\"text\":$(json_escape "$report")}"
  run_agent 'Summary Agent' "$report" summary_agent
  log tool.end tool summarize result "$answer"

  log model.start model gpt-4o system "$system" prompt "$1" stream: true
  pause 0.09
  log model.chunk model gpt-4o
  pause 0.16
  answer='It is 11 °C with light rain in Paris. The Travel Agent will look for flights.'
  log model.end model gpt-4o response_model gpt-4o-2024-08-06 finish_reason stop \
    usage: "$(gpt 538 31 384)" output "$answer"
  log handoff from_agent 'Weather Agent' to_agent 'Travel Agent'
}

summary_agent() {
  answer='Cool with light rain, air quality unknown.'
  call_model claude-sonnet-4-5 'Summarize in one sentence.' "$1" 0.18 claude-sonnet-4-5-20250929 end_turn \
    '{"input_tokens":38,"cache_read_input_tokens":1024,"cache_creation_input_tokens":120,"output_tokens":27}' \
    "$(json_escape "$answer")"
}

travel_agent() {
  ask_gemini "$1" 0.22 "$(gemini 655 18 64 0)" \
    "[$(function_call search_flights '{"from":"BER","to":"CDG","day":"tomorrow"}')]"
  call_tool search_flights '{"from":"BER","to":"CDG","day":"tomorrow"}'
  answer='Two flights tomorrow: AF1735 at 07:10 for 129 EUR, LH1052 at 09:45 for 154 EUR.'
  ask_gemini "$1" 0.2 "$(gemini 812 42 35 0)" "$(json_escape "$answer")"
}

booking_agent() {
  ask_gemini "$1" 0.18 "$(gemini 905 21 28 640)" "[$(function_call book_flight '{"flight":"AF1735"}')]"
  call_tool book_flight '{"flight":"AF1735"}'
  answer='AF1735 has no seats left. Shall I book LH1052 at 09:45 instead?'
  ask_gemini "$1" 0.16 "$(gemini 968 33 12 0)" "$(json_escape "$answer")"
}

ask_gemini() { # PROMPT SECONDS USAGE OUTPUT
  call_model gemini-2.5-pro 'You find and book flights.' "$1" "$2" gemini-2.5-pro STOP "$3" "$4"
}

# Make-believe: the tools, and what the models answer.

get_weather() {
  pause 0.12
  echo '{"city":"Paris","temperature":11,"unit":"celsius","conditions":"light rain"}'
}

get_air_quality() {
  pause 0.2
  echo '{"type":"TimeoutError","message":"air quality service timed out after 2 s"}'
  return 1
}

search_flights() {
  pause 0.13
  echo '[{"flight":"AF1735","departs":"07:10","price_eur":129},{"flight":"LH1052","departs":"09:45","price_eur":154}]'
}

book_flight() {
  pause 0.09
  local stack="${FUNCNAME[0]}, called by ${FUNCNAME[1]} (${BASH_SOURCE[0]##*/}:${BASH_LINENO[0]})"
  printf '{"type":"BookingError","message":"no seats left","stack":%s}' "$(json_escape "$stack")"
  return 1
}

function_call() { # NAME ARGUMENTS
  printf '{"type":"function_call","name":"%s","arguments":%s}' "$1" "$(json_escape "$2")"
}

gpt() {
  printf '{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,' "$1" "$2" $(($1 + $2))
  printf '"prompt_tokens_details":{"cached_tokens":%d},"completion_tokens_details":{"reasoning_tokens":0}}' "$3"
}

gemini() {
  printf '{"promptTokenCount":%d,"cachedContentTokenCount":%d,"candidatesTokenCount":%d,' "$1" "$4" "$2"
  printf '"thoughtsTokenCount":%d,"totalTokenCount":%d}' "$3" $(($1 + $2 + $3))
}

pause() {
  local speed=${AGENT_SPEED:-1}
  [[ $speed =~ ^0*\.?0*$ ]] || sleep "$(awk -v wait="$1" -v speed="$speed" 'BEGIN { print wait / speed }')"
}

question='What is the weather in Paris, and can I fly there tomorrow?'
run_agent 'Weather Agent' "$question" weather_agent
run_agent 'Travel Agent' "$question" travel_agent
pause 0.15
run_agent 'Travel Agent' 'Book the first one.' booking_agent
