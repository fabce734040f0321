import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.ConsumeMode;
import org.apache.rocketmq.spring.annotation.MessageModel;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.annotation.SelectorType;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQPushConsumerLifecycleListener;
import org.apache.rocketmq.spring.core.RocketMQReplyListener;

/** One listener per kind; each prints what it gets, under its name. */
final class SpringListeners {
    private SpringListeners() {
    }

    /** A new group begins at the first message and sees a new topic in a second. */
    interface Early extends RocketMQPushConsumerLifecycleListener {
        @Override
        default void prepareStart(DefaultMQPushConsumer consumer) {
            consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
            consumer.setPollNameServerInterval(1000);
        }
    }

    @RocketMQMessageListener(topic = "${peer.in}", consumerGroup = "${peer.group}-all")
    static class All implements RocketMQListener<MessageExt>, Early {
        @Override
        public void onMessage(MessageExt message) {
            Lines.print(Lines.of("message", message, "listener", "all"));
        }
    }

    @RocketMQMessageListener(topic = "${peer.in}", consumerGroup = "${peer.group}-text", selectorExpression = "text || late")
    static class Text implements RocketMQListener<String>, Early {
        @Override
        public void onMessage(String text) {
            Lines.print("type", "text", "body", text);
        }
    }

    @RocketMQMessageListener(topic = "${peer.in}", consumerGroup = "${peer.group}-orders", selectorExpression = "json")
    static class Orders implements RocketMQListener<SpringPeer.Order>, Early {
        @Override
        public void onMessage(SpringPeer.Order order) {
            Lines.print("type", "order", "id", order.id, "amount", order.amount);
        }
    }

    @RocketMQMessageListener(
        topic = "${peer.in}", consumerGroup = "${peer.group}-sql", selectorType = SelectorType.SQL92, selectorExpression = "amount > 100")
    static class Large implements RocketMQListener<MessageExt>, Early {
        @Override
        public void onMessage(MessageExt message) {
            Lines.print(Lines.of("message", message, "listener", "sql"));
        }
    }

    @RocketMQMessageListener(topic = "${peer.in}-order", consumerGroup = "${peer.group}-order", consumeMode = ConsumeMode.ORDERLY)
    static class InOrder implements RocketMQListener<MessageExt>, Early {
        @Override
        public void onMessage(MessageExt message) {
            Lines.print(Lines.of("message", message, "listener", "order"));
        }
    }

    @RocketMQMessageListener(topic = "${peer.all}", consumerGroup = "${peer.group}-each", messageModel = MessageModel.BROADCASTING)
    static class Everyone implements RocketMQListener<MessageExt>, Early {
        @Override
        public void onMessage(MessageExt message) {
            Lines.print(Lines.of("message", message, "listener", "each"));
        }
    }

    /** Fails once, or always when the body is "dead". */
    @RocketMQMessageListener(
        topic = "${peer.in}-retry", consumerGroup = "${peer.group}-retry", maxReconsumeTimes = 1, delayLevelWhenNextConsume = 1)
    static class Flaky implements RocketMQListener<MessageExt>, Early {
        @Override
        public void onMessage(MessageExt message) {
            Lines.print(Lines.of("message", message, "listener", "retry"));
            if (message.getReconsumeTimes() == 0 || new String(message.getBody()).equals("dead")) throw new IllegalStateException("on purpose");
        }
    }

    @RocketMQMessageListener(topic = "${peer.in}-ask", consumerGroup = "${peer.group}-ask", selectorExpression = "object")
    static class Prices implements RocketMQReplyListener<SpringPeer.Order, SpringPeer.Order>, Early {
        @Override
        public SpringPeer.Order onMessage(SpringPeer.Order order) {
            return new SpringPeer.Order(order.id, order.amount * 2);
        }
    }

    @RocketMQMessageListener(topic = "${peer.in}-ask", consumerGroup = "${peer.group}-ask-text", selectorExpression = "text")
    static class TextAnswers implements RocketMQReplyListener<String, String>, Early {
        @Override
        public String onMessage(String text) {
            return text + " costs 42";
        }
    }
}
