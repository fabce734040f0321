import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Requests and replies. mode = serve | request; topic, namesrv, group, count, limitMs.
 * serve: answers every request with "re: " and its body, ends after count of them; a body that begins with "silent" gets no answer.
 * request: asks count times, one after the other, for bodies made of `body` (# is the number), each within timeoutMs; prints "reply" or "failed".
 */
public final class Converse {
    private Converse() {
    }

    public static void main(String[] words) throws Exception {
        Args args = new Args(words, "mode", "topic", "namesrv", "group", "count", "limitMs", "body", "timeoutMs");
        DefaultMQProducer producer = new DefaultMQProducer(args.text("group") + "-producer");
        producer.setNamesrvAddr(args.text("namesrv"));
        producer.setVipChannelEnabled(false);
        producer.setSendMsgTimeout(10_000);
        int status = 0;
        try {
            producer.start();
            if (args.text("mode").equals("serve")) status = serve(args, producer);
            else request(args, producer);
        } catch (Throwable error) {
            Lines.print("type", "error", "error", error.toString());
            error.printStackTrace();
            status = 1;
        } finally {
            Ends.shutdown(producer::shutdown);
        }
        System.exit(status);
    }

    private static void request(Args args, DefaultMQProducer producer) throws Exception {
        for (int i = 0; i < args.number("count", 1); i++) {
            String body = args.text("body", "q#").replace("#", Integer.toString(i));
            Message message = new Message(args.text("topic"), "ask", "k" + i, body.getBytes(StandardCharsets.UTF_8));
            try {
                Message reply = producer.request(message, args.number("timeoutMs", 20_000));
                Lines.print("type", "reply", "asked", body, "body", new String(reply.getBody(), StandardCharsets.UTF_8), "topic", reply.getTopic(),
                    "properties", new java.util.TreeMap<>(reply.getProperties()));
            } catch (Exception error) {
                Lines.print("type", "failed", "asked", body, "error", error.toString());
            }
        }
    }

    private static int serve(Args args, DefaultMQProducer producer) throws Exception {
        CountDownLatch left = new CountDownLatch(args.number("count", 1));
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(args.text("group"));
        consumer.setNamesrvAddr(args.text("namesrv"));
        consumer.setVipChannelEnabled(false);
        consumer.setPollNameServerInterval(1000);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(args.text("topic"), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                Lines.print(Lines.of("request", message));
                String body = new String(message.getBody(), StandardCharsets.UTF_8);
                try {
                    if (!body.startsWith("silent")) {
                        Message reply = MessageUtil.createReplyMessage(message, ("re: " + body).getBytes(StandardCharsets.UTF_8));
                        Lines.print("type", "answered", "asked", body, "status", producer.send(reply, 10_000).getSendStatus());
                    }
                } catch (Exception error) {
                    Lines.print("type", "unanswered", "asked", body, "error", error.toString());
                }
                left.countDown();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Lines.print("type", "started");
        boolean complete = left.await(args.number("limitMs", 60_000), TimeUnit.MILLISECONDS);
        Ends.shutdown(consumer::shutdown);
        return complete ? 0 : 3;
    }
}
