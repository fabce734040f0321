import java.util.LinkedHashMap;
import java.util.Map;

/** The words `name=value` of a command line. A name nobody knows ends the program, so that a test cannot ask in vain. */
final class Args {
    private final Map<String, String> values = new LinkedHashMap<>();

    Args(String[] words, String... known) {
        var names = java.util.Set.of(known);
        for (String word : words) {
            int at = word.indexOf('=');
            if (at < 0 || !names.contains(word.substring(0, at))) throw new IllegalArgumentException("unknown argument: " + word);
            values.put(word.substring(0, at), word.substring(at + 1));
        }
    }

    String text(String name) {
        String value = values.get(name);
        if (value == null) throw new IllegalArgumentException("missing argument: " + name);
        return value;
    }

    String text(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    int number(String name, int otherwise) {
        String value = values.get(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }
}
