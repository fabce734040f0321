import java.util.List;
import java.util.concurrent.Callable;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.TransactionSendResult;
import org.apache.rocketmq.spring.core.RocketMQLocalRequestCallback;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;

/** Sends every kind there is, once, then receives by hand what was asked for. The body begins with the kind. */
class SpringSends implements ApplicationRunner {
    private static final int LIMIT_MS = 20_000;
    private final RocketMQTemplate template;
    private final String out;
    private final String all;
    private final int pulls;

    SpringSends(
        RocketMQTemplate template, @Value("${peer.out}") String out, @Value("${peer.all}") String all, @Value("${peer.pulls}") int pulls) {
        this.template = template;
        this.out = out;
        this.all = all;
        this.pulls = pulls;
    }

    @Override
    public void run(ApplicationArguments args) throws Exception {
        payloads();
        callsOfOtherForms();
        inOrder();
        late();
        together();
        transactions();
        requests();
        for (int got = 0; got < pulls; ) {
            for (String text : template.receive(String.class, 1000)) {
                Lines.print("type", "pulled", "body", text);
                got++;
            }
        }
    }

    private void payloads() throws Exception {
        sent("text", () -> template.syncSend(out + ":text", "text ü"));
        sent("json", () -> template.syncSend(out + ":json", new SpringPeer.Order("o-1", 7)));
        sent("bytes", () -> template.syncSend(out, new byte[] {0, 1, (byte) 255}));
        sent("headers", () -> template.syncSend(out + ":tag", with("headers").setHeader("KEYS", "k1 k2").setHeader("x-user", "u1").build()));
        sent("collection", () -> template.syncSend(out, with("collection").setHeader("KEYS", List.of("p", "q")).build()));
        sent("prefixed", () -> template.syncSend(out, with("prefixed").setHeader("rocketmq_KEYS", "pk").build()));
        sent("flag", () -> template.syncSend(out, with("flag").setHeader("FLAG", "7").build()));
        sent("unwaited", () -> template.syncSend(out, with("unwaited").setHeader("WAIT_STORE_MSG_OK", "false").build()));
        sent("named", () -> template.syncSend(out, with("named").setHeader("TRANSACTION_ID", "mine").build()));
        sent("large", () -> template.syncSend(out, "large" + "0123456789".repeat(2000)));
        sent("sql-small", () -> template.syncSend(out + ":sql", with("sql-small").setHeader("amount", 50).build()));
        sent("sql-large", () -> template.syncSend(out + ":sql", with("sql-large").setHeader("amount", 150).build()));
        for (String each : List.of("each-1", "each-2")) sent(each, () -> template.syncSend(all, each));
        for (String each : List.of("pull-1", "pull-2")) sent(each, () -> template.syncSend(out + "-pull", each));
        for (String each : List.of("again", "dead")) sent(each, () -> template.syncSend(out + "-retry", each));
    }

    private void callsOfOtherForms() {
        template.sendOneWay(out, "oneway");
        template.convertAndSend(out, "converted");
        template.asyncSend(out, "async", callback("async"));
    }

    private void inOrder() throws Exception {
        for (int i = 0; i < 6; i++) {
            String text = "order-" + i;
            sent(text, () -> template.syncSendOrderly(out + "-order", text, "key-" + text.charAt(6) % 2));
        }
        template.asyncSendOrderly(out + "-order", "async-order", "key-0", callback("async-order"));
        template.sendOneWayOrderly(out + "-order", "oneway-order", "key-1");
    }

    private void late() throws Exception {
        sent("level", () -> template.syncSend(out, with("level").build(), LIMIT_MS, 1));
        sent("seconds", () -> template.syncSendDelayTimeSeconds(out, "seconds", 1));
        sent("millis", () -> template.syncSendDelayTimeMills(out, "millis", 1500));
        sent("moment", () -> template.syncSendDeliverTimeMills(out, "moment", System.currentTimeMillis() + 1000));
    }

    private void together() throws Exception {
        List<Message<?>> items = List.of(with("batch-1").setHeader("KEYS", "b1").build(), with("batch-2").setHeader("KEYS", "b2").build());
        sent("batch", () -> template.syncSend(out + ":batch", items));
        List<Message<?>> ordered = List.of(with("ordered-1").build(), with("ordered-2").build());
        sent("ordered-batch", () -> template.syncSendOrderly(out + ":batch", ordered, "key-0"));
        List<Message<?>> later = List.of(with("async-1").build(), with("async-2").build());
        template.asyncSend(out + ":batch", later, callback("async-batch"));
    }

    private void transactions() {
        for (String state : List.of("COMMIT", "ROLLBACK", "UNKNOWN")) {
            Message<String> message = with("transaction " + state).setHeader("KEYS", "t1").build();
            TransactionSendResult result = template.sendMessageInTransaction(out + ":tx", message, state);
            Lines.print("type", "sent", "kind", state, "status", result.getSendStatus().name(), "msgId", result.getMsgId());
        }
    }

    /** The synchronous form of this version gives up at once; both callbacks work. */
    private void requests() {
        template.sendAndReceive(out + "-ask:text", "tea", reply("text"), LIMIT_MS);
        template.sendAndReceive(out + "-ask:text", "hash", reply("hash"), "key-0", LIMIT_MS);
        template.sendAndReceive(out + "-ask:object", new SpringPeer.Order("o-2", 21), new RocketMQLocalRequestCallback<SpringPeer.Order>() {
            @Override
            public void onSuccess(SpringPeer.Order order) {
                Lines.print("type", "reply", "kind", "object", "id", order.id, "amount", order.amount);
            }

            @Override
            public void onException(Throwable error) {
                Lines.print("type", "reply", "kind", "object", "error", error.toString());
            }
        }, LIMIT_MS);
    }

    private static RocketMQLocalRequestCallback<String> reply(String kind) {
        return new RocketMQLocalRequestCallback<String>() {
            @Override
            public void onSuccess(String text) {
                Lines.print("type", "reply", "kind", kind, "body", text);
            }

            @Override
            public void onException(Throwable error) {
                Lines.print("type", "reply", "kind", kind, "error", error.toString());
            }
        };
    }

    private static MessageBuilder<String> with(String payload) {
        return MessageBuilder.withPayload(payload);
    }

    private static void sent(String kind, Callable<SendResult> send) throws Exception {
        print(kind, send.call());
    }

    private static void print(String kind, SendResult result) {
        Lines.print(
            "type", "sent", "kind", kind, "status", result.getSendStatus().name(), "msgId", result.getMsgId(),
            "queueId", result.getMessageQueue().getQueueId());
    }

    private static SendCallback callback(String kind) {
        return new SendCallback() {
            @Override
            public void onSuccess(SendResult result) {
                print(kind, result);
            }

            @Override
            public void onException(Throwable error) {
                Lines.print("type", "sent", "kind", kind, "status", error.toString());
            }
        };
    }
}
