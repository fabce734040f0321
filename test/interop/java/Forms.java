import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;

/**
 * Sends bodies in every form there is: one per compression type in compressTypes = ZLIB,LZ4,ZSTD of `size` bytes, a list in batches of batchSize,
 * and one with a delay level. topic, namesrv, group. Each body tells its form: ZLIB:....., batch-0, later-1; prints one line per result.
 */
public final class Forms {
    private Forms() {
    }

    public static void main(String[] words) throws Exception {
        Args args = new Args(words, "topic", "namesrv", "group", "compressTypes", "size", "batch", "batchSize", "delayLevel");
        int status = 0;
        try {
            for (String type : args.text("compressTypes").split(",")) {
                // The only way that 4.x takes; read when the producer is made.
                System.setProperty("rocketmq.message.compressType", type);
                StringBuilder body = new StringBuilder(type).append(':');
                while (body.length() < args.number("size", 0)) body.append("über ").append(body.length()).append(' ');
                send(args, type, List.of(body.toString()), 1, 0);
            }
            List<String> batch = new ArrayList<>();
            for (int i = 0; i < args.number("batch", 0); i++) batch.add("batch-" + i);
            send(args, "batch", batch, args.number("batchSize", 1), 0);
            send(args, "later", List.of("later-" + args.number("delayLevel", 1)), 1, args.number("delayLevel", 1));
        } catch (Throwable error) {
            Lines.print("type", "error", "error", error.toString());
            error.printStackTrace();
            status = 1;
        }
        System.exit(status);
    }

    private static void send(Args args, String form, List<String> bodies, int batchSize, int delayLevel) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer(args.text("group") + "-" + form);
        producer.setNamesrvAddr(args.text("namesrv"));
        producer.setVipChannelEnabled(false);
        producer.setSendMsgTimeout(10_000);
        producer.start();
        try {
            for (int from = 0; from < bodies.size(); from += batchSize) {
                List<Message> part = new ArrayList<>();
                for (String body : bodies.subList(from, Math.min(bodies.size(), from + batchSize))) {
                    Message message = new Message(args.text("topic"), form, body.getBytes(StandardCharsets.UTF_8));
                    if (delayLevel > 0) message.setDelayTimeLevel(delayLevel);
                    part.add(message);
                }
                SendResult result = batchSize > 1 ? producer.send(part) : producer.send(part.get(0));
                Lines.print("type", "sent", "form", form, "count", part.size(), "status", result.getSendStatus(), "msgId", result.getMsgId());
            }
        } finally {
            Ends.shutdown(producer::shutdown);
        }
    }
}
