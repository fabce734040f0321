import org.apache.rocketmq.spring.annotation.RocketMQTransactionListener;
import org.apache.rocketmq.spring.core.RocketMQLocalTransactionListener;
import org.apache.rocketmq.spring.core.RocketMQLocalTransactionState;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.messaging.Message;

/**
 * An application of rocketmq-spring: it listens to what the other side sends (topics that begin with `peer.in`) and sends every kind of message
 * itself (`peer.out`); `peer.all` both sides write and read. It ends when it is ended. Arguments are Spring's: --rocketmq.name-server=..., --peer.in=...
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
    SpringPeer.Transactions.class, SpringSends.class, SpringListeners.All.class, SpringListeners.Text.class, SpringListeners.Orders.class,
    SpringListeners.Large.class, SpringListeners.InOrder.class, SpringListeners.Everyone.class, SpringListeners.Flaky.class,
    SpringListeners.Prices.class, SpringListeners.TextAnswers.class
})
public class SpringPeer {
    public static void main(String[] args) {
        SpringSurface.print();
        new SpringApplicationBuilder(SpringPeer.class).web(WebApplicationType.NONE).run(args);
        Lines.print("type", "ready");
    }

    /** The body says what becomes of the transaction. */
    @RocketMQTransactionListener
    static class Transactions implements RocketMQLocalTransactionListener {
        @Override
        public RocketMQLocalTransactionState executeLocalTransaction(Message message, Object arg) {
            print("execute", message, String.valueOf(arg));
            return RocketMQLocalTransactionState.valueOf(String.valueOf(arg));
        }

        @Override
        public RocketMQLocalTransactionState checkLocalTransaction(Message message) {
            print("check", message, null);
            return RocketMQLocalTransactionState.COMMIT;
        }

        private static void print(String step, Message<?> message, String arg) {
            Lines.print(
                "type", "transaction", "step", step, "arg", arg, "body", new String((byte[]) message.getPayload()),
                "headers", new java.util.TreeMap<>(message.getHeaders()));
        }
    }

    /** What travels as JSON. */
    public static class Order {
        public String id;
        public int amount;

        public Order() {
        }

        Order(String id, int amount) {
            this.id = id;
            this.amount = amount;
        }
    }
}
