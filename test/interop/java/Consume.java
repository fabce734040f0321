import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * A push consumer that prints every message and ends after `count` different ones, or after `limitMs`.
 * topic, namesrv, group, expression or sql, count, limitMs, failTimes (each message fails so often first), orderly, batchSize,
 * idleMs (after the last message it waits so long for ones too many), popInvisibleMs (the broker shares out the queues; where it says POP,
 * messages stay away for so long), hang (the listener never comes back), broadcasting, trace. Prints "started" when it has begun, "end" with its numbers at last.
 */
public final class Consume {
    private Consume() {
    }

    public static void main(String[] words) throws Exception {
        Args args = new Args(words, "topic", "namesrv", "group", "expression", "sql", "count", "limitMs", "failTimes", "orderly", "batchSize", "idleMs", "vip", "popInvisibleMs", "hang", "broadcasting", "trace");
        int failTimes = args.number("failTimes", 0);
        int popInvisibleMs = args.number("popInvisibleMs", 0);
        boolean hang = Boolean.parseBoolean(args.text("hang", "false"));
        CountDownLatch left = new CountDownLatch(args.number("count", 1));
        Set<String> done = ConcurrentHashMap.newKeySet();
        AtomicInteger seen = new AtomicInteger();
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(args.text("group"), Boolean.parseBoolean(args.text("trace", "false")), null);
        consumer.setNamesrvAddr(args.text("namesrv"));
        consumer.setVipChannelEnabled(Boolean.parseBoolean(args.text("vip", "false")));
        // The retry topic of a new group is seen in a second, not in thirty.
        consumer.setPollNameServerInterval(1000);
        // What the listener has answered counts before the offsets are told for the last time.
        consumer.setAwaitTerminationMillisWhenShutdown(10_000);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeMessageBatchMaxSize(args.number("batchSize", 1));
        if (Boolean.parseBoolean(args.text("broadcasting", "false"))) broadcast(consumer);
        if (popInvisibleMs > 0) leaveRebalanceToBroker(consumer, popInvisibleMs);
        String sql = args.text("sql", "");
        if (sql.isEmpty()) consumer.subscribe(args.text("topic"), args.text("expression", "*"));
        else consumer.subscribe(args.text("topic"), MessageSelector.bySql(sql));
        if (Boolean.parseBoolean(args.text("orderly", "false"))) {
            consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
                for (MessageExt message : messages) take(message, seen, done, left);
                return ConsumeOrderlyStatus.SUCCESS;
            });
        } else {
            consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
                Set<MessageExt> failed = new HashSet<>();
                if (hang) hangOn(messages);
                for (MessageExt message : messages) {
                    if (message.getReconsumeTimes() < failTimes) {
                        failed.add(message);
                        Lines.print(Lines.of("failed", message));
                    } else {
                        take(message, seen, done, left);
                    }
                }
                // The shortest delay level, so that a test need not wait for the third.
                context.setDelayLevelWhenNextConsume(popInvisibleMs > 0 ? 0 : 1);
                return failed.isEmpty() ? ConsumeConcurrentlyStatus.CONSUME_SUCCESS : ConsumeConcurrentlyStatus.RECONSUME_LATER;
            });
        }
        int status = 0;
        try {
            consumer.start();
            Lines.print("type", "started", "clientId", consumer.buildMQClientId());
            boolean complete = left.await(args.number("limitMs", 60_000), TimeUnit.MILLISECONDS);
            if (complete && args.number("idleMs", 0) > 0) TimeUnit.MILLISECONDS.sleep(args.number("idleMs", 0));
            status = complete ? 0 : 3;
        } catch (Throwable error) {
            Lines.print("type", "error", "error", error.toString());
            error.printStackTrace();
            status = 1;
        } finally {
            Ends.shutdown(consumer::shutdown);
        }
        Lines.print("type", "end", "seen", seen.get(), "missing", left.getCount());
        System.exit(status);
    }

    /** The model moved to another package after 4.9. */
    private static void broadcast(DefaultMQPushConsumer consumer) throws ReflectiveOperationException {
        Class<?> model = consumer.getMessageModel().getClass();
        consumer.getClass().getMethod("setMessageModel", model).invoke(consumer, model.getField("BROADCASTING").get(null));
    }

    /** The broker then says which queues, and whether to pull or to pop them; a 4.x client cannot. */
    private static void leaveRebalanceToBroker(DefaultMQPushConsumer consumer, int popInvisibleMs) throws ReflectiveOperationException {
        consumer.getClass().getMethod("setClientRebalance", boolean.class).invoke(consumer, false);
        consumer.getClass().getMethod("setPopInvisibleTime", long.class).invoke(consumer, (long) popInvisibleMs);
        // The first retry of a popped message, in seconds.
        Object inner = consumer.getDefaultMQPushConsumerImpl();
        java.lang.reflect.Method delays = inner.getClass().getDeclaredMethod("getPopDelayLevel");
        delays.setAccessible(true);
        ((int[]) delays.invoke(inner))[0] = 1;
    }

    /** A listener that never comes back. */
    private static void hangOn(java.util.List<MessageExt> messages) {
        for (MessageExt message : messages) Lines.print(Lines.of("held", message));
        while (true) {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException ignored) {
                // Nothing ends it but the end of the process.
            }
        }
    }

    private static void take(MessageExt message, AtomicInteger seen, Set<String> done, CountDownLatch left) {
        Lines.print(Lines.of("message", message));
        seen.incrementAndGet();
        if (done.add(message.getBrokerName() + "/" + message.getQueueId() + "/" + message.getQueueOffset() + "/" + message.getTopic() + "/" + message.getMsgId())) left.countDown();
    }
}
