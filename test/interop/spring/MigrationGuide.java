import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.spring.annotation.ExtRocketMQTemplateConfiguration;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.annotation.RocketMQTransactionListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQLocalRequestCallback;
import org.apache.rocketmq.spring.core.RocketMQLocalTransactionListener;
import org.apache.rocketmq.spring.core.RocketMQLocalTransactionState;
import org.apache.rocketmq.spring.core.RocketMQPushConsumerLifecycleListener;
import org.apache.rocketmq.spring.core.RocketMQReplyListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.apache.rocketmq.spring.support.RocketMQHeaders;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.stereotype.Service;

/** The Java of docs/guides/spring-migration.md: compiled, so that the guide shows what exists; never run. */
final class MigrationGuide {
    private MigrationGuide() {
    }

    static class Order {
        String id;
        int amount;
    }

    @Service
    @RocketMQMessageListener(
        topic = "moved-orders", consumerGroup = "moved-billing", selectorExpression = "paid || shipped", consumeThreadNumber = 4)
    static class BillingListener implements RocketMQListener<Order>, RocketMQPushConsumerLifecycleListener {
        @Override
        public void onMessage(Order order) {
            System.out.println("billed " + order.id + " " + order.amount);
        }

        @Override
        public void prepareStart(DefaultMQPushConsumer consumer) {
            consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
            consumer.setPollNameServerInterval(1000);
        }
    }

    @Service
    @RocketMQMessageListener(topic = "moved-prices", consumerGroup = "moved-pricer")
    static class Pricer implements RocketMQReplyListener<Order, Order> {
        @Override
        public Order onMessage(Order order) {
            order.amount *= 2;
            return order;
        }
    }

    @RocketMQTransactionListener
    static class PayTransaction implements RocketMQLocalTransactionListener {
        private final Set<String> paid = ConcurrentHashMap.newKeySet();

        @Override
        public RocketMQLocalTransactionState executeLocalTransaction(Message message, Object orderId) {
            paid.add((String) orderId);
            return RocketMQLocalTransactionState.COMMIT;
        }

        @Override
        public RocketMQLocalTransactionState checkLocalTransaction(Message message) {
            Object orderId = message.getHeaders().get("order-id");
            return paid.contains(orderId) ? RocketMQLocalTransactionState.COMMIT : RocketMQLocalTransactionState.ROLLBACK;
        }
    }

    @ExtRocketMQTemplateConfiguration(nameServer = "127.0.0.1:9876", group = "moved-audit", sendMessageTimeout = 5000)
    static class AuditTemplate extends RocketMQTemplate {
    }

    @Service
    static class OrderService {
        private final RocketMQTemplate rocketMQTemplate;
        private final AuditTemplate auditTemplate;

        OrderService(RocketMQTemplate rocketMQTemplate, AuditTemplate auditTemplate) {
            this.rocketMQTemplate = rocketMQTemplate;
            this.auditTemplate = auditTemplate;
        }

        void place(Order order) {
            Message<Order> message = MessageBuilder.withPayload(order).setHeader(RocketMQHeaders.KEYS, order.id).build();
            SendResult result = rocketMQTemplate.syncSend("moved-orders:paid", message, 3000);
            System.out.println("sent " + result.getSendStatus());

            rocketMQTemplate.asyncSend("moved-orders:shipped", order, new SendCallback() {
                @Override
                public void onSuccess(SendResult sendResult) {
                    System.out.println("sent later " + sendResult.getSendStatus());
                }

                @Override
                public void onException(Throwable error) {
                    error.printStackTrace();
                }
            });
            rocketMQTemplate.syncSendOrderly("moved-orders:paid", order, "customer-1");
            rocketMQTemplate.syncSend("moved-orders:paid", message, 3000, 1);
            rocketMQTemplate.syncSendDelayTimeSeconds("moved-orders:paid", order, 1);
            rocketMQTemplate.sendOneWay("moved-orders:created", order);
            rocketMQTemplate.syncSend("moved-orders:created", List.of(message, message));

            auditTemplate.convertAndSend("moved-audits", order.id + " was placed");
        }

        void pay(Order order) {
            Message<Order> message = MessageBuilder.withPayload(order).setHeader("order-id", order.id).build();
            rocketMQTemplate.sendMessageInTransaction("moved-orders:paid", message, order.id);
        }

        void price(Order order) {
            rocketMQTemplate.sendAndReceive("moved-prices", order, new RocketMQLocalRequestCallback<Order>() {
                @Override
                public void onSuccess(Order answer) {
                    System.out.println("costs " + answer.amount);
                }

                @Override
                public void onException(Throwable error) {
                    error.printStackTrace();
                }
            }, 10_000);
        }
    }
}
