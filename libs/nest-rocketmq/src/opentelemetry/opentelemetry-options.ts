// What RocketMQOpenTelemetryModule.forRoot takes. Must never contain behaviour.
import type { TracerProvider } from '@opentelemetry/api';

export interface RocketMQOpenTelemetryOptions {
  /** Default: the global one. */
  tracerProvider?: TracerProvider | undefined;
  /** How the span of a delivery knows the span of its send. `parent` (default): one trace. `link`: a trace of its own for each delivery. */
  relation?: 'parent' | 'link' | undefined;
}
