// The same run, logged with logback (logstash-encoder) and log4j2 (JsonTemplateLayout):
// java -cp JARS Run.java DIRECTORY
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.util.Map;
import net.logstash.logback.encoder.LogstashEncoder;
import net.logstash.logback.marker.Markers;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.appender.FileAppender.Builder;
import org.apache.logging.log4j.core.config.DefaultConfiguration;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.core.layout.JsonLayout;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.logging.log4j.util.SortedArrayStringMap;

public class Run {
    public static void main(String[] args) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode steps = mapper.readTree(new File("steps.json"));

        LoggerContext context = new LoggerContext();
        LogstashEncoder encoder = new LogstashEncoder();
        encoder.setContext(context);
        encoder.start();
        FileAppender<ILoggingEvent> appender = new FileAppender<>();
        appender.setContext(context);
        appender.setFile(args[0] + "/logback-logstash.jsonl");
        appender.setAppend(false);
        appender.setEncoder(encoder);
        appender.start();
        ch.qos.logback.classic.Logger logger = context.getLogger("runner");
        logger.addAppender(appender);
        for (JsonNode step : steps) {
            Map<?, ?> fields = mapper.convertValue(step.get(1), Map.class);
            logger.info(Markers.appendEntries(fields), step.get(0).asText());
        }
        context.stop();

        try (java.io.PrintWriter out = new java.io.PrintWriter(args[0] + "/log4j2-json.jsonl")) {
            JsonLayout layout = JsonLayout.newBuilder().setConfiguration(new DefaultConfiguration())
                .setCompact(true).setEventEol(true).setProperties(true).build();
            for (JsonNode step : steps) {
                SortedArrayStringMap data = new SortedArrayStringMap();
                step.get(1).fields().forEachRemaining(field -> data.putValue(field.getKey(),
                    field.getValue().isTextual() ? field.getValue().asText() : field.getValue().toString()));
                Log4jLogEvent event = Log4jLogEvent.newBuilder().setLoggerName("runner").setLevel(Level.INFO)
                    .setMessage(new SimpleMessage(step.get(0).asText())).setContextData(data).build();
                out.print(layout.toSerializable(event));
            }
        }
    }
}
