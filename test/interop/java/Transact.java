import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.producer.TransactionSendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Sends messages in transactions and answers checks. Bodies are "NUMBER ANSWER CHECK": what the local transaction says, and what a check of
 * any member is told (commit, rollback or unknown).
 * topic, namesrv, group, count, first, script = ANSWER/CHECK,... (in turn), checks (ends when so many different messages had a final check).
 */
public final class Transact {
    private Transact() {
    }

    public static void main(String[] words) throws Exception {
        Args args = new Args(words, "topic", "namesrv", "group", "count", "first", "script", "checks", "limitMs");
        Set<String> decided = ConcurrentHashMap.newKeySet();
        TransactionMQProducer producer = new TransactionMQProducer(args.text("group"));
        producer.setNamesrvAddr(args.text("namesrv"));
        producer.setVipChannelEnabled(false);
        producer.setSendMsgTimeout(10_000);
        producer.setHeartbeatBrokerInterval(1000);
        producer.setTransactionListener(new TransactionListener() {
            @Override
            public LocalTransactionState executeLocalTransaction(Message message, Object arg) {
                return state(text(message).split(" ")[1]);
            }

            @Override
            public LocalTransactionState checkLocalTransaction(MessageExt message) {
                LocalTransactionState state = state(text(message).split(" ")[2]);
                Lines.print(Lines.of("check", message, "transactionId", message.getTransactionId(), "state", state));
                if (state != LocalTransactionState.UNKNOW) decided.add(text(message));
                return state;
            }
        });
        int status = 0;
        try {
            producer.start();
            // The broker knows this member from its first send on.
            producer.send(new Message(args.text("topic") + "-hello", "hello".getBytes(StandardCharsets.UTF_8)));
            String[] script = args.text("script", "commit/unknown").split(",");
            int first = args.number("first", 0);
            for (int i = first; i < first + args.number("count", 0); i++) {
                String body = i + " " + script[i % script.length].replace('/', ' ');
                Message message = new Message(args.text("topic"), "tag", "k" + i, body.getBytes(StandardCharsets.UTF_8));
                message.putUserProperty("number", Integer.toString(i));
                TransactionSendResult result = producer.sendMessageInTransaction(message, null);
                Lines.print("type", "sent", "status", result.getSendStatus(), "state", result.getLocalTransactionState(), "msgId", result.getMsgId(),
                    "transactionId", result.getTransactionId(), "queueOffset", result.getQueueOffset(), "body", body);
            }
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(args.number("limitMs", 60_000));
            while (decided.size() < args.number("checks", 0)) {
                if (System.nanoTime() > until) throw new IllegalStateException("checks decided: " + decided);
                Thread.sleep(20);
            }
            // What the last check was told leaves one-way.
            Thread.sleep(300);
        } catch (Throwable error) {
            Lines.print("type", "error", "error", error.toString());
            error.printStackTrace();
            status = 1;
        } finally {
            Ends.shutdown(producer::shutdown);
        }
        System.exit(status);
    }

    private static String text(Message message) {
        return new String(message.getBody(), StandardCharsets.UTF_8);
    }

    private static LocalTransactionState state(String word) {
        if (word.equals("commit")) return LocalTransactionState.COMMIT_MESSAGE;
        return word.equals("rollback") ? LocalTransactionState.ROLLBACK_MESSAGE : LocalTransactionState.UNKNOW;
    }
}
