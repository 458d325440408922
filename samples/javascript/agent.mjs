// A weather and travel agent that logs what it does with pino.
//
//     node agent.mjs [LOGFILE]
//
// The log goes to the end of LOGFILE, or to standard output. Models and tools are make-believe
// (they play a script and wait); the agents and their log calls are not. AGENT_SPEED divides the
// waits: 2 is twice as fast, 0 does not wait at all.

import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'

const logger = pino({ base: { pid: process.pid } }, pino.destination({ dest: process.argv[2] ?? 1, sync: true }))

const GPT = { model: 'gpt-4o', provider: 'openai' }
const CLAUDE = { model: 'claude-sonnet-4-5', provider: 'anthropic' }
const GEMINI = { model: 'gemini-2.5-pro', provider: 'google' }

// What an agent logs: an agent run, a model call, a tool call (and, below, a handoff).

async function runAgent(log, name, input, work) {
  const agent = { name }
  log.info({ agent, input }, 'agent.start')
  const output = await work(log, input)
  log.info({ agent, output }, 'agent.end')
  return output
}

async function callModel(log, { model, provider }, request) {
  const requestId = `req_${randomUUID()}`
  log.info({ requestId, model, provider, ...request }, 'model.start')
  const { chunks = [], wait, output, ...reply } = SCRIPT[turn++]
  for (const delta of chunks) {
    await pause(90)
    log.info({ requestId, delta }, 'model.chunk')
  }
  await pause(wait)
  log.info({ requestId, output, ...reply }, 'model.end')
  return output
}

async function callTool(log, toolCallId, tool, args) {
  log.info({ toolCallId, tool: { name: tool.name, type: 'function' }, arguments: args }, 'tool.start')
  try {
    const result = await tool(args)
    log.info({ toolCallId, result }, 'tool.end')
    return result
  } catch (err) {
    log.error({ toolCallId, err }, 'tool.error')
    return { error: err.message }
  }
}

// The agents.

async function weatherAgent(log, question) {
  const messages = [
    { role: 'system', content: 'You are a weather assistant. Answer briefly.' },
    { role: 'user', content: question },
  ]
  const asked = await callModel(log, GPT, { messages, temperature: 0.2 })
  const tools = { get_weather, get_air_quality }
  const results = await Promise.all(asked.tool_calls.map(({ id, function: { name, arguments: args } }) =>
    callTool(log, id, tools[name], JSON.parse(args))))
  messages.push(asked, ...asked.tool_calls.map(({ id }, i) =>
    ({ role: 'tool', tool_call_id: id, content: JSON.stringify(results[i]) })))

  const summarize = ({ text }) => runAgent(log, 'Summary Agent', text, summaryAgent)
  const summary = await callTool(log, newId('call'), summarize, { text: '11 °C, light rain; air quality unknown' })
  messages.push({ role: 'user', content: `Summary: ${summary}` })
  const answer = await callModel(log, GPT, { messages, temperature: 0.2, stream: true })
  log.info({ from: 'Weather Agent', to: 'Travel Agent' }, 'handoff')
  return answer.content
}

async function summaryAgent(log, text) {
  const messages = [{ role: 'user', content: [{ type: 'text', text }] }]
  const answer = await callModel(log, CLAUDE, { system: 'Summarize in one sentence.', messages, max_tokens: 1024 })
  return answer.content[0].text
}

async function travelAgent(log, text) {
  const system = 'You find and book flights.'
  const messages = [{ role: 'user', parts: [{ text }] }]
  const asked = await callModel(log, GEMINI, { system, messages })
  const { name, args } = asked.parts[0].functionCall
  const result = await callTool(log, newId('call'), { search_flights, book_flight }[name], args)
  messages.push(asked, { role: 'user', parts: [{ functionResponse: { name, response: { result } } }] })
  const answer = await callModel(log, GEMINI, { system, messages })
  return answer.parts[0].text
}

async function converse() {
  const conversation = logger.child({ conversationId: newId('conv') })
  const question = 'What is the weather in Paris, and can I fly there tomorrow?'
  let log = conversation.child({ traceId: newTraceId() })
  await runAgent(log, 'Weather Agent', question, weatherAgent)
  await runAgent(log, 'Travel Agent', question, travelAgent)
  await pause(150)
  log = conversation.child({ traceId: newTraceId() })
  await runAgent(log, 'Travel Agent', 'Book the first one.', travelAgent)
}

// Make-believe: the tools, and what the models answer.

class BookingError extends Error {}
class TimeoutError extends Error {}

async function get_weather({ city, unit }) {
  await pause(120)
  return { city, temperature: 11, unit, conditions: 'light rain' }
}

async function get_air_quality() {
  await pause(200)
  throw new TimeoutError('air quality service timed out after 2 s')
}

async function search_flights() {
  await pause(130)
  return [
    { flight: 'AF1735', departs: '07:10', price_eur: 129 },
    { flight: 'LH1052', departs: '09:45', price_eur: 154 },
  ]
}

async function book_flight() {
  await pause(90)
  throw new BookingError('no seats left')
}

const toolCall = (name, args) =>
  ({ id: newId('call'), type: 'function', function: { name, arguments: JSON.stringify(args) } })

const gpt = (wait, output, finishReason, prompt, completion, cached) => ({
  wait, output: { role: 'assistant', ...output }, finishReason, responseModel: 'gpt-4o-2024-08-06',
  usage: {
    prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached }, completion_tokens_details: { reasoning_tokens: 0 },
  },
})

const gemini = (wait, part, prompt, candidates, thoughts, cached = 0) => ({
  wait, output: { role: 'model', parts: [part] }, finishReason: 'STOP', responseModel: 'gemini-2.5-pro',
  usage: {
    promptTokenCount: prompt, cachedContentTokenCount: cached, candidatesTokenCount: candidates,
    thoughtsTokenCount: thoughts, totalTokenCount: prompt + candidates + thoughts,
  },
})

const RAIN = 'It is 11 °C with light rain in Paris. The Travel Agent will look for flights.'
const SCRIPT = [
  gpt(250, {
    content: null,
    tool_calls: [
      toolCall('get_weather', { city: 'Paris', unit: 'celsius' }), toolCall('get_air_quality', { city: 'Paris' })],
  }, 'tool_calls', 412, 46, 256),
  {
    wait: 180, finishReason: 'end_turn', responseModel: 'claude-sonnet-4-5-20250929',
    output: { role: 'assistant', content: [{ type: 'text', text: 'Cool with light rain, air quality unknown.' }] },
    usage: {
      input_tokens: 38, cache_read_input_tokens: 1024, cache_creation_input_tokens: 120, output_tokens: 27,
    },
  },
  { chunks: [RAIN.slice(0, 37), RAIN.slice(37)], ...gpt(70, { content: RAIN }, 'stop', 538, 31, 384) },
  gemini(220, { functionCall: { name: 'search_flights', args: { from: 'BER', to: 'CDG', day: 'tomorrow' } } }, 655, 18, 64),
  gemini(200, { text: 'Two flights tomorrow: AF1735 at 07:10 for 129 EUR, LH1052 at 09:45 for 154 EUR.' }, 812, 42, 35),
  gemini(180, { functionCall: { name: 'book_flight', args: { flight: 'AF1735' } } }, 905, 21, 28, 640),
  gemini(160, { text: 'AF1735 has no seats left. Shall I book LH1052 at 09:45 instead?' }, 968, 33, 12),
]
let turn = 0

function newId(prefix) {
  return `${prefix}_${randomBytes(6).toString('hex')}`
}

function newTraceId() {
  return randomBytes(16).toString('hex')
}

async function pause(ms) {
  const speed = Number(process.env.AGENT_SPEED || 1)
  if (speed > 0) await sleep(ms / speed)
}

await converse()
