import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.selector.SelectMessageQueueByHash;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * Sends messages and prints one line per result.
 * topic, namesrv, group, count, first, mode = sync | async | oneway | batch | queue | hash, tags = a,b (in turn), body and keys (# is the number),
 * size (bodies padded to it), properties = a:1,b:2, flag, delayLevel, delaySec, delayMs, deliverAt (clients of 5.x), recall = 1,3 (numbers taken back
 * when all are sent; clients of 5.3 on), queueId (mode queue), hashKeys = a,b (in turn; mode hash), batchSize, trace.
 */
public final class Produce {
    private Produce() {
    }

    public static void main(String[] words) throws Exception {
        Args args = new Args(words, "topic", "namesrv", "group", "count", "first", "mode", "tags", "body", "keys", "size", "properties", "flag",
            "delayLevel", "delaySec", "delayMs", "deliverAt", "recall", "queueId", "hashKeys", "batchSize", "vip", "trace");
        DefaultMQProducer producer = new DefaultMQProducer(args.text("group", "interop-producers"), Boolean.parseBoolean(args.text("trace", "false")), null);
        producer.setNamesrvAddr(args.text("namesrv"));
        producer.setVipChannelEnabled(Boolean.parseBoolean(args.text("vip", "false")));
        producer.setSendMsgTimeout(10_000);
        int status = 0;
        try {
            producer.start();
            List<Message> messages = messages(args);
            switch (args.text("mode", "sync")) {
                case "sync":
                    List<SendResult> results = new ArrayList<>();
                    for (Message message : messages) {
                        results.add(producer.send(message));
                        print(results.get(results.size() - 1), message);
                    }
                    for (String number : args.text("recall", "").split(",")) {
                        if (!number.isEmpty()) recall(producer, messages.get(0).getTopic(), results.get(Integer.parseInt(number) - args.number("first", 0)));
                    }
                    break;
                case "async":
                    async(producer, messages);
                    break;
                case "oneway":
                    for (Message message : messages) {
                        producer.sendOneway(message);
                        Lines.print("type", "oneway", "topic", message.getTopic());
                    }
                    break;
                case "batch":
                    batch(producer, messages, args.number("batchSize", messages.size()));
                    break;
                case "queue":
                    int queueId = args.number("queueId", 0);
                    for (Message message : messages) print(producer.send(message, (queues, each, id) -> queueOf(queues, (Integer) id), queueId), message);
                    break;
                case "hash":
                    String[] hashKeys = args.text("hashKeys").split(",");
                    for (int i = 0; i < messages.size(); i++) {
                        print(producer.send(messages.get(i), new SelectMessageQueueByHash(), hashKeys[i % hashKeys.length]), messages.get(i));
                    }
                    break;
                default:
                    throw new IllegalArgumentException("mode=" + args.text("mode"));
            }
            // Its shutdown gives the traces half a second, too little for the first one of a slow machine.
            if (args.has("trace")) TimeUnit.SECONDS.sleep(3);
        } catch (Throwable error) {
            Lines.print("type", "error", "error", error.toString());
            error.printStackTrace();
            status = 1;
        } finally {
            Ends.shutdown(producer::shutdown);
        }
        System.exit(status);
    }

    private static List<Message> messages(Args args) {
        String[] tags = args.text("tags", "").isEmpty() ? null : args.text("tags").split(",");
        int first = args.number("first", 0);
        List<Message> messages = new ArrayList<>();
        for (int i = first; i < first + args.number("count", 1); i++) {
            StringBuilder body = new StringBuilder(args.text("body", "m#").replace("#", Integer.toString(i)));
            while (body.length() < args.number("size", 0)) body.append('.');
            Message message = new Message(args.text("topic"), tags == null ? null : tags[i % tags.length], null,
                body.toString().getBytes(StandardCharsets.UTF_8));
            if (!args.text("keys", "").isEmpty()) message.setKeys(args.text("keys").replace("#", Integer.toString(i)));
            for (String pair : args.text("properties", "").split(",")) {
                if (!pair.isEmpty()) message.putUserProperty(pair.substring(0, pair.indexOf(':')), pair.substring(pair.indexOf(':') + 1));
            }
            message.setFlag(args.number("flag", 0));
            if (args.number("delayLevel", 0) > 0) message.setDelayTimeLevel(args.number("delayLevel", 0));
            // By property: a client of 4.x has no methods for them.
            if (args.has("delaySec")) MessageAccessor.putProperty(message, "TIMER_DELAY_SEC", args.text("delaySec"));
            if (args.has("delayMs")) MessageAccessor.putProperty(message, "TIMER_DELAY_MS", args.text("delayMs"));
            if (args.has("deliverAt")) MessageAccessor.putProperty(message, "TIMER_DELIVER_MS", args.text("deliverAt"));
            messages.add(message);
        }
        return messages;
    }

    /** By reflection: a client of 4.x cannot. */
    private static void recall(DefaultMQProducer producer, String topic, SendResult result) throws Exception {
        Object handle = SendResult.class.getMethod("getRecallHandle").invoke(result);
        Object msgId = DefaultMQProducer.class.getMethod("recallMessage", String.class, String.class).invoke(producer, topic, handle);
        Lines.print("type", "recalled", "msgId", msgId, "recallHandle", handle);
    }

    private static void async(DefaultMQProducer producer, List<Message> messages) throws Exception {
        CountDownLatch left = new CountDownLatch(messages.size());
        for (Message message : messages) {
            producer.send(message, new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    print(result, message);
                    left.countDown();
                }

                @Override
                public void onException(Throwable error) {
                    Lines.print("type", "error", "error", error.toString());
                    left.countDown();
                }
            });
        }
        if (!left.await(60, TimeUnit.SECONDS)) throw new IllegalStateException(left.getCount() + " answers missing");
    }

    private static void batch(DefaultMQProducer producer, List<Message> messages, int size) throws Exception {
        for (int from = 0; from < messages.size(); from += size) {
            List<Message> part = messages.subList(from, Math.min(messages.size(), from + size));
            print(producer.send(part), part.get(0));
        }
    }

    private static MessageQueue queueOf(List<MessageQueue> queues, int id) {
        for (MessageQueue queue : queues) {
            if (queue.getQueueId() == id) return queue;
        }
        throw new IllegalArgumentException("no queue " + id + " in " + queues);
    }

    private static void print(SendResult result, Message message) {
        Lines.print("type", "sent", "status", result.getSendStatus(), "msgId", result.getMsgId(), "offsetMsgId", result.getOffsetMsgId(),
            "brokerName", result.getMessageQueue().getBrokerName(), "queueId", result.getMessageQueue().getQueueId(),
            "queueOffset", result.getQueueOffset(), "regionId", result.getRegionId(), "body", new String(message.getBody(), StandardCharsets.UTF_8));
    }
}
