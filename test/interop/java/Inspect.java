import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * Prints what a cluster tells about itself. what = route | cluster | topics | message | offsets
 * namesrv; topic (route, message, offsets); id (message); group (offsets).
 */
public final class Inspect {
    private Inspect() {
    }

    public static void main(String[] words) throws Exception {
        Args args = new Args(words, "what", "namesrv", "topic", "id", "group");
        int status = 0;
        try {
            if (args.text("what").equals("offsets")) offsets(args);
            else admin(args);
        } catch (Throwable error) {
            Lines.print("type", "error", "error", error.toString());
            error.printStackTrace();
            status = 1;
        }
        System.exit(status);
    }

    private static void admin(Args args) throws Exception {
        DefaultMQAdminExt admin = new DefaultMQAdminExt();
        admin.setNamesrvAddr(args.text("namesrv"));
        admin.setInstanceName("inspect" + System.nanoTime());
        admin.start();
        try {
            switch (args.text("what")) {
                case "route":
                    route(admin, args.text("topic"));
                    break;
                case "cluster":
                    cluster(admin);
                    break;
                case "topics":
                    Lines.print("type", "topics", "topics", new TreeSet<>(admin.fetchAllTopicList().getTopicList()));
                    break;
                case "message":
                    var message = admin.viewMessage(args.text("topic"), args.text("id"));
                    Lines.print(Lines.of("message", message));
                    break;
                default:
                    throw new IllegalArgumentException("what=" + args.text("what"));
            }
        } finally {
            Ends.shutdown(admin::shutdown);
        }
    }

    private static void route(DefaultMQAdminExt admin, String topic) throws Exception {
        var route = admin.examineTopicRouteInfo(topic);
        List<Object> queues = new ArrayList<>();
        for (var queue : route.getQueueDatas()) {
            queues.add(new TreeMap<>(Map.of("brokerName", queue.getBrokerName(), "read", queue.getReadQueueNums(), "write", queue.getWriteQueueNums(),
                "perm", queue.getPerm(), "sysFlag", queue.getTopicSysFlag())));
        }
        List<Object> brokers = new ArrayList<>();
        for (var broker : route.getBrokerDatas()) {
            brokers.add(new TreeMap<>(Map.of("cluster", broker.getCluster(), "brokerName", broker.getBrokerName(), "addrs",
                new TreeMap<>(broker.getBrokerAddrs()))));
        }
        Lines.print("type", "route", "queues", queues, "brokers", brokers);
    }

    private static void cluster(DefaultMQAdminExt admin) throws Exception {
        var info = admin.examineBrokerClusterInfo();
        Map<String, Object> brokers = new TreeMap<>();
        info.getBrokerAddrTable().forEach((name, broker) -> brokers.put(name, new TreeMap<>(broker.getBrokerAddrs())));
        Map<String, Object> clusters = new TreeMap<>();
        info.getClusterAddrTable().forEach((name, names) -> clusters.put(name, new TreeSet<>(names)));
        Lines.print("type", "cluster", "brokers", brokers, "clusters", clusters);
    }

    private static void offsets(Args args) throws Exception {
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(args.text("group"));
        consumer.setNamesrvAddr(args.text("namesrv"));
        consumer.setVipChannelEnabled(false);
        consumer.start();
        try {
            for (MessageQueue queue : new TreeSet<>(consumer.fetchSubscribeMessageQueues(args.text("topic")))) {
                Lines.print("type", "offset", "brokerName", queue.getBrokerName(), "queueId", queue.getQueueId(),
                    "committed", consumer.fetchConsumeOffset(queue, true), "min", consumer.minOffset(queue), "max", consumer.maxOffset(queue));
            }
        } finally {
            Ends.shutdown(consumer::shutdown);
        }
    }
}
