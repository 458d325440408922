# frozen_string_literal: true

# A weather and travel agent that logs what it does with Ruby's own Logger and a JSON formatter.
#
#     ruby agent.rb [LOGFILE]
#
# One line per agent run, model call and tool call, written when it ends. The log goes to the end
# of LOGFILE, or to standard output. Models and tools are make-believe (they play a script and
# wait); the agents and their log calls are not. AGENT_SPEED divides the waits: 2 is twice as fast,
# 0 does not wait at all.

require 'json'
require 'logger'
require 'securerandom'
require 'timeout'

SPEED = Float(ENV.fetch('AGENT_SPEED', '1'))
CONVERSATION = "conv-#{SecureRandom.hex(6)}"

# Appends by hand, for a log device would begin the file with a comment line.
OUT = ARGV[0] ? File.open(ARGV[0], 'a') : $stdout
OUT.sync = true

LOGGER = Logger.new(OUT)
LOGGER.formatter = proc do |severity, time, _program, fields|
  ended = fields.delete(:ended)
  time = Time.at(0, ended, :microsecond) if ended
  line = { time: time.utc.strftime('%FT%T.%6NZ'), severity: severity, run_id: Thread.current[:run_id] }
  "#{JSON.generate(line.merge(session_id: CONVERSATION, **fields))}\n"
end

class BookingError < StandardError; end

# What an agent logs: an agent run, a model call, a tool call (and, below, a handoff).

# Runs the block and writes one line with what it took and, when it fails, why.
def timed(event, **fields)
  started = now
  result = yield fields
  LOGGER.info(ended: ended = now, event: event, duration_ms: (ended - started) / 1000.0, **fields)
  result
rescue StandardError => e
  error = { type: e.class.name, message: e.message, stack: e.backtrace.join("\n") }
  LOGGER.error(ended: ended = now, event: event, duration_ms: (ended - started) / 1000.0,
               status: 'error', error: error, **fields)
  raise
end

def now
  Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
end

def run_agent(name, input)
  timed('agent', agent: name, input: input) { |fields| fields[:output] = yield }
end

def call_model(model, prompt, system:, **params)
  timed('model', model: model, provider: PROVIDERS[model], system: system, prompt: prompt, **params) do |fields|
    wait, output, usage, reason = SCRIPT.shift
    if params[:stream]
      asked = now
      pause(90)
      fields[:time_to_first_chunk_ms] = (now - asked) / 1000.0
    end
    pause(wait)
    fields.merge!(response_model: VERSIONS[model], output: output, usage: usage, finish_reason: reason)
    output
  end
end

def call_tool(name, **arguments)
  timed('tool', tool: name, arguments: arguments) { |fields| fields[:result] = yield(**arguments) }
rescue StandardError => e
  e.message
end

# The agents.

def weather_agent(question)
  run_agent('Weather Agent', question) do
    system = 'You are a weather assistant. Answer briefly.'
    call_model('gpt-4o', question, system: system, temperature: 0.2)
    run_id = Thread.current[:run_id]
    in_parallel = lambda do |tool, **arguments|
      Thread.new do
        Thread.current[:run_id] = run_id
        call_tool(tool.to_s, **arguments, &method(tool))
      end
    end
    [in_parallel.call(:get_weather, city: 'Paris', unit: 'celsius'),
     in_parallel.call(:get_air_quality, city: 'Paris')].each(&:join)
    call_tool('summarize', text: '11 °C, light rain; air quality unknown') { |text:| summary_agent(text) }
    answer = call_model('gpt-4o', question, system: system, temperature: 0.2, stream: true)
    LOGGER.info(event: 'handoff', from_agent: 'Weather Agent', to_agent: 'Travel Agent')
    answer
  end
end

def summary_agent(text)
  run_agent('Summary Agent', text) do
    call_model('claude-sonnet-4-5', text, system: 'Summarize in one sentence.')
  end
end

def travel_agent(text, tool, **arguments)
  run_agent('Travel Agent', text) do
    system = 'You find and book flights.'
    call_model('gemini-2.5-pro', text, system: system)
    call_tool(tool.to_s, **arguments, &method(tool))
    call_model('gemini-2.5-pro', text, system: system)
  end
end

def converse
  question = 'What is the weather in Paris, and can I fly there tomorrow?'
  Thread.current[:run_id] = SecureRandom.uuid
  weather_agent(question)
  travel_agent(question, :search_flights, from: 'BER', to: 'CDG', day: 'tomorrow')
  pause(150)
  Thread.current[:run_id] = SecureRandom.uuid
  travel_agent('Book the first one.', :book_flight, flight: 'AF1735')
end

# Make-believe: the tools, and what the models answer.

def get_weather(city:, unit:)
  pause(120)
  { city: city, temperature: 11, unit: unit, conditions: 'light rain' }
end

def get_air_quality(city:) # rubocop:disable Lint/UnusedMethodArgument
  pause(200)
  raise Timeout::Error, 'air quality service timed out after 2 s'
end

def search_flights(**)
  pause(130)
  [{ flight: 'AF1735', departs: '07:10', price_eur: 129 }, { flight: 'LH1052', departs: '09:45', price_eur: 154 }]
end

def book_flight(flight:) # rubocop:disable Lint/UnusedMethodArgument
  pause(90)
  raise BookingError, 'no seats left'
end

def pause(milliseconds)
  sleep(milliseconds / 1000.0 / SPEED) if SPEED.positive?
end

def gpt(prompt, completion, cached)
  { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached }, completion_tokens_details: { reasoning_tokens: 0 } }
end

def gemini(prompt, candidates, thoughts, cached = 0)
  { promptTokenCount: prompt, cachedContentTokenCount: cached, candidatesTokenCount: candidates,
    thoughtsTokenCount: thoughts, totalTokenCount: prompt + candidates + thoughts }
end

def tool_calls(**calls)
  calls = calls.map do |name, arguments|
    { id: "call_#{SecureRandom.hex(6)}", type: 'function',
      function: { name: name, arguments: JSON.generate(arguments) } }
  end
  [{ role: 'assistant', content: nil, tool_calls: calls }]
end

PROVIDERS = { 'gpt-4o' => 'openai', 'claude-sonnet-4-5' => 'anthropic', 'gemini-2.5-pro' => 'google' }.freeze
VERSIONS = {
  'gpt-4o' => 'gpt-4o-2024-08-06', 'claude-sonnet-4-5' => 'claude-sonnet-4-5-20250929',
  'gemini-2.5-pro' => 'gemini-2.5-pro'
}.freeze
SCRIPT = [
  [250, tool_calls(get_weather: { city: 'Paris', unit: 'celsius' }, get_air_quality: { city: 'Paris' }),
   gpt(412, 46, 256), 'tool_calls'],
  [180, 'Cool with light rain, air quality unknown.',
   { input_tokens: 38, cache_read_input_tokens: 1024, cache_creation_input_tokens: 120, output_tokens: 27 },
   'end_turn'],
  [160, 'It is 11 °C with light rain in Paris. The Travel Agent will look for flights.', gpt(538, 31, 384), 'stop'],
  [220, tool_calls(search_flights: { from: 'BER', to: 'CDG', day: 'tomorrow' }), gemini(655, 18, 64), 'STOP'],
  [200, 'Two flights tomorrow: AF1735 at 07:10 for 129 EUR, LH1052 at 09:45 for 154 EUR.',
   gemini(812, 42, 35), 'STOP'],
  [180, tool_calls(book_flight: { flight: 'AF1735' }), gemini(905, 21, 28, 640), 'STOP'],
  [160, 'AF1735 has no seats left. Shall I book LH1052 at 09:45 instead?', gemini(968, 33, 12), 'STOP']
]

converse
