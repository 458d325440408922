// The same run, logged with slog, zap, zerolog and logrus: go run run.go DIRECTORY
package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

type step struct {
	event  string
	fields map[string]any
}

func steps() []step {
	data, err := os.ReadFile("steps.json")
	if err != nil {
		panic(err)
	}
	var rows [][]json.RawMessage
	if err := json.Unmarshal(data, &rows); err != nil {
		panic(err)
	}
	made := []step{}
	for _, row := range rows {
		one := step{}
		_ = json.Unmarshal(row[0], &one.event)
		_ = json.Unmarshal(row[1], &one.fields)
		made = append(made, one)
	}
	return made
}

func out(name string) *os.File {
	file, err := os.Create(filepath.Join(os.Args[1], name+".jsonl"))
	if err != nil {
		panic(err)
	}
	return file
}

func main() {
	all := steps()

	handler := slog.New(slog.NewJSONHandler(out("slog"), nil))
	grouped := slog.New(slog.NewJSONHandler(out("slog-group"), nil).WithGroup("attributes"))
	for _, one := range all {
		args := []any{}
		for key, value := range one.fields {
			args = append(args, key, value)
		}
		handler.Info(one.event, args...)
		grouped.Info(one.event, args...)
	}

	config := zap.NewProductionEncoderConfig()
	dated := zap.NewProductionEncoderConfig()
	dated.EncodeTime = zapcore.ISO8601TimeEncoder
	nanos := zap.NewProductionEncoderConfig()
	nanos.EncodeTime = zapcore.EpochNanosTimeEncoder
	for name, encoder := range map[string]zapcore.EncoderConfig{"zap": config, "zap-iso8601": dated, "zap-nanos": nanos} {
		core := zapcore.NewCore(zapcore.NewJSONEncoder(encoder), zapcore.AddSync(out(name)), zapcore.InfoLevel)
		logger := zap.New(core)
		for _, one := range all {
			fields := []zap.Field{}
			for key, value := range one.fields {
				fields = append(fields, zap.Any(key, value))
			}
			logger.Info(one.event, fields...)
		}
	}

	for name, format := range map[string]string{"zerolog": "2006-01-02T15:04:05Z07:00", "zerolog-ms": zerolog.TimeFormatUnixMs} {
		zerolog.TimeFieldFormat = format
		logger := zerolog.New(out(name)).With().Timestamp().Logger()
		for _, one := range all {
			logger.Info().Fields(one.fields).Msg(one.event)
		}
	}

	for name, key := range map[string]string{"logrus": "", "logrus-data": "data"} {
		logger := logrus.New()
		logger.SetOutput(out(name))
		logger.SetFormatter(&logrus.JSONFormatter{DataKey: key})
		for _, one := range all {
			logger.WithFields(one.fields).Info(one.event)
		}
	}
}
