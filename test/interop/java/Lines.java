import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** Prints one JSON object per line; who reads takes the lines that begin with a brace. */
final class Lines {
    private static final PrintStream OUT = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);

    private Lines() {
    }

    /** Names and values alternate. */
    static void print(Object... pairs) {
        Map<String, Object> line = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) line.put((String) pairs[i], pairs[i + 1]);
        StringBuilder text = new StringBuilder();
        write(text, line);
        synchronized (OUT) {
            OUT.println(text);
        }
    }

    private static void write(StringBuilder to, Object value) {
        if (value == null || value instanceof Number || value instanceof Boolean) {
            to.append(value);
        } else if (value instanceof Map) {
            String separator = "{";
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                to.append(separator);
                quote(to, String.valueOf(entry.getKey()));
                to.append(':');
                write(to, entry.getValue());
                separator = ",";
            }
            to.append(((Map<?, ?>) value).isEmpty() ? "{}" : "}");
        } else if (value instanceof Collection) {
            String separator = "[";
            for (Object each : (Collection<?>) value) {
                to.append(separator);
                write(to, each);
                separator = ",";
            }
            to.append(((Collection<?>) value).isEmpty() ? "[]" : "]");
        } else {
            quote(to, value.toString());
        }
    }

    private static void quote(StringBuilder to, String text) {
        to.append('"');
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') to.append('\\').append(c);
            else if (c < ' ') to.append(String.format("\\u%04x", (int) c));
            else to.append(c);
        }
        to.append('"');
    }

    /** What every program tells about a message it got. */
    static Object[] of(String type, org.apache.rocketmq.common.message.MessageExt message, Object... more) {
        Object[] pairs = {
            "type", type,
            "topic", message.getTopic(),
            "body", new String(message.getBody(), StandardCharsets.UTF_8),
            "bodyLength", message.getBody().length,
            "storeSize", message.getStoreSize(),
            "tags", message.getTags(),
            "keys", message.getKeys(),
            "properties", new java.util.TreeMap<>(message.getProperties()),
            "msgId", message.getMsgId(),
            "brokerName", message.getBrokerName(),
            "queueId", message.getQueueId(),
            "queueOffset", message.getQueueOffset(),
            "physicalOffset", message.getCommitLogOffset(),
            "flag", message.getFlag(),
            "sysFlag", message.getSysFlag(),
            "bornHost", message.getBornHostString(),
            "storeHost", message.getStoreHost().toString(),
            "bornTimestamp", message.getBornTimestamp(),
            "storeTimestamp", message.getStoreTimestamp(),
            "reconsumeTimes", message.getReconsumeTimes(),
        };
        Object[] all = java.util.Arrays.copyOf(pairs, pairs.length + more.length);
        System.arraycopy(more, 0, all, pairs.length, more.length);
        return all;
    }
}
