import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Apache's pull consumers: gets `count` messages as `mode` says, commits, and tells where the group stands. */
public final class Pull {
    private static final long LIMIT_MS = 60_000;

    private Pull() {
    }

    public static void main(String[] words) throws Exception {
        Args args = new Args(words, "namesrv", "topic", "group", "mode", "expression", "count");
        switch (args.text("mode")) {
            case "subscribe":
            case "assign":
                lite(args);
                break;
            case "pull":
                pull(args);
                break;
            default:
                throw new IllegalArgumentException("mode: " + args.text("mode"));
        }
        System.exit(0);
    }

    private static void lite(Args args) throws Exception {
        String topic = args.text("topic");
        DefaultLitePullConsumer consumer = new DefaultLitePullConsumer(args.text("group"));
        consumer.setNamesrvAddr(args.text("namesrv"));
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setAutoCommit(false);
        boolean assigns = args.text("mode").equals("assign");
        if (!assigns) consumer.subscribe(topic, args.text("expression", "*"));
        consumer.start();
        Collection<MessageQueue> queues = new TreeSet<>(consumer.fetchMessageQueues(topic));
        if (assigns) {
            consumer.assign(queues);
            for (MessageQueue queue : queues) {
                Lines.print("type", "before", "queueId", queue.getQueueId(), "committed", consumer.committed(queue),
                    "now", consumer.offsetForTimestamp(queue, System.currentTimeMillis() + 60_000));
                consumer.seekToBegin(queue);
            }
        }
        int left = args.number("count", 1);
        long deadline = System.currentTimeMillis() + LIMIT_MS;
        while (left > 0 && System.currentTimeMillis() < deadline) {
            List<MessageExt> messages = consumer.poll(500);
            for (MessageExt message : messages) Lines.print(Lines.of("message", message));
            left -= messages.size();
        }
        consumer.commitSync();
        for (MessageQueue queue : queues) Lines.print("type", "committed", "queueId", queue.getQueueId(), "offset", consumer.committed(queue));
        consumer.shutdown();
    }

    private static void pull(Args args) throws Exception {
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(args.text("group"));
        consumer.setNamesrvAddr(args.text("namesrv"));
        consumer.setBrokerSuspendMaxTimeMillis(1000);
        consumer.start();
        List<MessageQueue> queues = new ArrayList<>(consumer.fetchSubscribeMessageQueues(args.text("topic")));
        queues.sort(Comparator.naturalOrder());
        for (MessageQueue queue : queues) {
            long offset = Math.max(0, consumer.fetchConsumeOffset(queue, true));
            while (true) {
                PullResult result = consumer.pull(queue, args.text("expression", "*"), offset, 32);
                if (result.getPullStatus() == PullStatus.FOUND) {
                    for (MessageExt message : result.getMsgFoundList()) Lines.print(Lines.of("message", message));
                }
                offset = result.getNextBeginOffset();
                if (result.getPullStatus() == PullStatus.NO_NEW_MSG) break;
            }
            if (queue.getQueueId() == 0) Lines.print("type", "held", "status", consumer.pullBlockIfNotFound(queue, "*", offset, 1).getPullStatus().name());
            consumer.updateConsumeOffset(queue, offset);
            consumer.getOffsetStore().persist(queue);
            Lines.print("type", "bounds", "queueId", queue.getQueueId(), "min", consumer.minOffset(queue), "max", consumer.maxOffset(queue),
                "illegal", consumer.pull(queue, "*", offset + 100, 1).getPullStatus().name(),
                "committed", consumer.fetchConsumeOffset(queue, true));
        }
        consumer.shutdown();
    }
}
