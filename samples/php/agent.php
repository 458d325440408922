<?php

declare(strict_types=1);

/*
 * A weather and travel agent that logs one JSON object per line, in the shape of Monolog's
 * JsonFormatter: the fields lie in "context".
 *
 *     php agent.php [LOGFILE]
 *
 * There is no trace id: the session's id is all that the lines of a conversation share. The log goes
 * to the end of LOGFILE, or to standard output. Models and tools are make-believe (they play a
 * script and wait); the agents and their log calls are not. AGENT_SPEED divides the waits: 2 is
 * twice as fast, 0 does not wait at all.
 */

/** In a real program this is Monolog\Logger with a StreamHandler and a JsonFormatter. */
final class Logger
{
    /** @var resource */
    private $out;
    private string $session;

    public function __construct(?string $path)
    {
        $this->out = fopen($path ?? 'php://stdout', 'ab');
        $this->session = 'sess_' . bin2hex(random_bytes(8));
    }

    public function info(string $message, array $context = []): void
    {
        $this->log($message, $context, 200, 'INFO');
    }

    public function error(string $message, array $context = []): void
    {
        $this->log($message, $context, 400, 'ERROR');
    }

    private function log(string $message, array $context, int $level, string $name): void
    {
        $error = $context['exception'] ?? null;
        if ($error !== null) {
            $context['exception'] = [
                'class' => $error::class, 'message' => $error->getMessage(), 'code' => $error->getCode(),
                'file' => $error->getFile() . ':' . $error->getLine(), 'trace' => explode("\n", $error->getTraceAsString()),
            ];
        }
        fwrite($this->out, json_encode([
            'message' => $message, 'context' => $context + ['session_id' => $this->session],
            'level' => $level, 'level_name' => $name, 'channel' => 'agent',
            'datetime' => (new DateTimeImmutable())->format('Y-m-d\TH:i:s.uP'), 'extra' => new stdClass(),
        ], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR) . "\n");
    }
}

final class TimeoutException extends RuntimeException
{
}

final class BookingException extends RuntimeException
{
}

final class Agents
{
    private const QUESTION = 'What is the weather in Paris, and can I fly there tomorrow?';
    private array $script;

    public function __construct(private Logger $logger)
    {
        $this->script = script();
    }

    // What an agent logs: an agent run, a model call, a tool call (and, below, a handoff).

    private function runAgent(string $name, string $input, callable $work): string
    {
        $this->logger->info('agent_started', ['agent_name' => $name, 'input' => $input]);
        $output = $work($input);
        $this->logger->info('agent_finished', ['agent_name' => $name, 'output' => $output]);
        return $output;
    }

    private function callModel(string $vendor, string $model, string $system, string $prompt, bool $stream = false): string
    {
        [$wait, $version, $answer, $usage, $reason] = array_shift($this->script);
        $this->logger->info('llm_request', [
            'vendor' => $vendor, 'model_name' => $model, 'stream' => $stream,
            'messages' => [['role' => 'system', 'content' => $system], ['role' => 'user', 'content' => $prompt]],
        ]);
        if ($stream) {
            pause(90);
            $this->logger->info('llm_first_token', ['model_name' => $model]);
        }
        pause($wait);
        $this->logger->info('llm_response', [
            'model_name' => $model, 'response_model' => $version, 'response' => $answer,
            'usage' => $usage, 'finish_reason' => $reason,
        ]);
        return is_string($answer) ? $answer : '';
    }

    private function callTool(string $name, array $args, callable $tool): void
    {
        $id = $this->startTool($name, $args);
        try {
            $this->logger->info('tool_result', ['tool_name' => $name, 'tool_call_id' => $id, 'result' => $tool($args)]);
        } catch (RuntimeException $error) {
            $this->logger->error('tool_failed', ['tool_name' => $name, 'tool_call_id' => $id, 'exception' => $error]);
        }
    }

    private function startTool(string $name, array $args): string
    {
        $id = 'call_' . bin2hex(random_bytes(6));
        $this->logger->info('tool_call', ['tool_name' => $name, 'tool_call_id' => $id, 'args' => $args]);
        return $id;
    }

    // The agents.

    public function weather(string $question): string
    {
        $system = 'You are a weather assistant. Answer briefly.';
        $this->callModel('openai', 'gpt-4o', $system, $question);

        // Two requests under way at once, as curl_multi has them: one process, no threads.
        $weather = $this->startTool('get_weather', ['city' => 'Paris', 'unit' => 'celsius']);
        $airQuality = $this->startTool('get_air_quality', ['city' => 'Paris']);
        pause(120);
        $this->logger->info('tool_result', ['tool_name' => 'get_weather', 'tool_call_id' => $weather, 'result' => [
            'city' => 'Paris', 'temperature' => 11, 'unit' => 'celsius', 'conditions' => 'light rain']]);
        pause(80);
        $this->logger->error('tool_failed', ['tool_name' => 'get_air_quality', 'tool_call_id' => $airQuality,
            'exception' => new TimeoutException('air quality service timed out after 2 s')]);

        $this->callTool('summarize', ['text' => '11 °C, light rain; air quality unknown'],
            fn (array $args) => $this->runAgent('Summary Agent', $args['text'], $this->summary(...)));
        $answer = $this->callModel('openai', 'gpt-4o', $system, $question, stream: true);
        $this->logger->info('agent_handoff', ['from_agent' => 'Weather Agent', 'to_agent' => 'Travel Agent']);
        return $answer;
    }

    public function summary(string $text): string
    {
        return $this->callModel('anthropic', 'claude-sonnet-4-5', 'Summarize in one sentence.', $text);
    }

    public function search(string $question): string
    {
        $this->askGemini($question);
        $this->callTool('search_flights', ['from' => 'BER', 'to' => 'CDG', 'day' => 'tomorrow'], searchFlights(...));
        return $this->askGemini($question);
    }

    public function book(string $wish): string
    {
        $this->askGemini($wish);
        $this->callTool('book_flight', ['flight' => 'AF1735'], bookFlight(...));
        return $this->askGemini($wish);
    }

    private function askGemini(string $prompt): string
    {
        return $this->callModel('google', 'gemini-2.5-pro', 'You find and book flights.', $prompt);
    }

    public function converse(): void
    {
        $this->runAgent('Weather Agent', self::QUESTION, $this->weather(...));
        $this->runAgent('Travel Agent', self::QUESTION, $this->search(...));
        pause(150);
        $this->runAgent('Travel Agent', 'Book the first one.', $this->book(...));
    }
}

// Make-believe: the tools, and what the models answer.

function searchFlights(): array
{
    pause(130);
    return [
        ['flight' => 'AF1735', 'departs' => '07:10', 'price_eur' => 129],
        ['flight' => 'LH1052', 'departs' => '09:45', 'price_eur' => 154],
    ];
}

function bookFlight(): never
{
    pause(90);
    throw new BookingException('no seats left');
}

function script(): array
{
    return [
        [250, 'gpt-4o-2024-08-06', toolCalls(
            ['get_weather' => ['city' => 'Paris', 'unit' => 'celsius'], 'get_air_quality' => ['city' => 'Paris']]), gpt(412, 46, 256), 'tool_calls'],
        [180, 'claude-sonnet-4-5-20250929', 'Cool with light rain, air quality unknown.', [
            'input_tokens' => 38, 'cache_read_input_tokens' => 1024,
            'cache_creation_input_tokens' => 120, 'output_tokens' => 27], 'end_turn'],
        [160, 'gpt-4o-2024-08-06', 'It is 11 °C with light rain in Paris. The Travel Agent will look for flights.',
            gpt(538, 31, 384), 'stop'],
        [220, 'gemini-2.5-pro', toolCalls(['search_flights' => ['from' => 'BER', 'to' => 'CDG', 'day' => 'tomorrow']]),
            gemini(655, 18, 64), 'STOP'],
        [200, 'gemini-2.5-pro', 'Two flights tomorrow: AF1735 at 07:10 for 129 EUR, LH1052 at 09:45 for 154 EUR.',
            gemini(812, 42, 35), 'STOP'],
        [180, 'gemini-2.5-pro', toolCalls(['book_flight' => ['flight' => 'AF1735']]), gemini(905, 21, 28, 640), 'STOP'],
        [160, 'gemini-2.5-pro', 'AF1735 has no seats left. Shall I book LH1052 at 09:45 instead?',
            gemini(968, 33, 12), 'STOP'],
    ];
}

function toolCalls(array $calls): array
{
    return ['role' => 'assistant', 'content' => null, 'tool_calls' => array_map(fn (string $name, array $args) => [
        'id' => 'call_' . bin2hex(random_bytes(6)), 'type' => 'function',
        'function' => ['name' => $name, 'arguments' => json_encode($args)],
    ], array_keys($calls), $calls)];
}

function gpt(int $prompt, int $completion, int $cached): array
{
    return [
        'prompt_tokens' => $prompt, 'completion_tokens' => $completion, 'total_tokens' => $prompt + $completion,
        'prompt_tokens_details' => ['cached_tokens' => $cached], 'completion_tokens_details' => ['reasoning_tokens' => 0],
    ];
}

function gemini(int $prompt, int $candidates, int $thoughts, int $cached = 0): array
{
    return [
        'promptTokenCount' => $prompt, 'cachedContentTokenCount' => $cached, 'candidatesTokenCount' => $candidates,
        'thoughtsTokenCount' => $thoughts, 'totalTokenCount' => $prompt + $candidates + $thoughts,
    ];
}

function pause(int $milliseconds): void
{
    $speed = (float) ($_SERVER['AGENT_SPEED'] ?? 1);
    if ($speed > 0) {
        usleep((int) ($milliseconds * 1000 / $speed));
    }
}

(new Agents(new Logger($argv[1] ?? null)))->converse();
