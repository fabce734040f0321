import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.rocketmq.spring.annotation.ExtRocketMQConsumerConfiguration;
import org.apache.rocketmq.spring.annotation.ExtRocketMQTemplateConfiguration;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.annotation.RocketMQTransactionListener;
import org.apache.rocketmq.spring.autoconfigure.RocketMQProperties;
import org.apache.rocketmq.spring.core.RocketMQTemplate;

/** Prints what rocketmq-spring offers: attributes of annotations with their defaults, properties, methods of the template. */
final class SpringSurface {
    private SpringSurface() {
    }

    static void print() {
        annotation(RocketMQMessageListener.class);
        annotation(RocketMQTransactionListener.class);
        annotation(ExtRocketMQTemplateConfiguration.class);
        annotation(ExtRocketMQConsumerConfiguration.class);
        fields("producer", RocketMQProperties.Producer.class);
        fields("pull-consumer", RocketMQProperties.PullConsumer.class);
        Set<String> methods = new TreeSet<>();
        for (Method method : RocketMQTemplate.class.getMethods()) {
            if (method.getDeclaringClass() != Object.class) methods.add(method.getName());
        }
        Lines.print("type", "methods", "names", methods);
    }

    private static void annotation(Class<? extends Annotation> type) {
        Map<String, Object> attributes = new TreeMap<>();
        for (Method attribute : type.getDeclaredMethods()) {
            Object value = attribute.getDefaultValue();
            attributes.put(attribute.getName(), value == null ? null : value.toString());
        }
        Lines.print("type", "annotation", "name", type.getSimpleName(), "attributes", attributes);
    }

    private static void fields(String prefix, Class<?> type) {
        Set<String> names = new TreeSet<>();
        for (Field field : type.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers())) names.add(field.getName());
        }
        Lines.print("type", "properties", "prefix", prefix, "names", names);
    }
}
