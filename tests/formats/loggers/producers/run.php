<?php
// The same run, logged with Monolog: php -d include_path=... run.php DIRECTORY

require_once 'Psr/Log/autoload.php';
require_once 'Monolog/autoload.php';

$file = $argv[1] . '/monolog.jsonl';
@unlink($file);
$handler = new Monolog\Handler\StreamHandler($file);
$handler->setFormatter(new Monolog\Formatter\JsonFormatter());
$logger = new Monolog\Logger('runner', [$handler]);
foreach (json_decode(file_get_contents(__DIR__ . '/steps.json'), true) as [$event, $fields]) {
    $logger->info($event, $fields);
}
