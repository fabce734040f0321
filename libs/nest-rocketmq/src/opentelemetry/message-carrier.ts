// W3C context in message properties: `traceparent`, `tracestate`, `baggage`. Pure.
import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api';

type Properties = Map<string, string>;

export const MESSAGE_SETTER: TextMapSetter<Properties> = {
  set: (properties, key, value) => void properties.set(key, value),
};

export const MESSAGE_GETTER: TextMapGetter<ReadonlyMap<string, string>> = {
  get: (properties, key) => properties.get(key),
  keys: (properties) => [...properties.keys()],
};
