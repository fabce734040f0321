// Which groups pull and which pop, by topic, as 401 says, and the file form (`config/messageRequestMode.json`, Apache's format).
// Must never decide for a retry topic: those are always pulled.
import { RETRY_PREFIX } from 'rocketmq-core/message';
import type { MessageRequestMode, SetMessageRequestMode } from 'rocketmq-core/protocol';

export interface MessageRequestModeFile {
  /** topic -> group -> mode. */
  messageRequestModeMap: Map<string, Map<string, SetMessageRequestMode>>;
}

export interface RequestModeDefaults {
  readonly defaultMessageRequestMode: MessageRequestMode;
  readonly defaultPopShareQueueNum: number;
}

export class MessageRequestModes {
  private modes = new Map<string, Map<string, SetMessageRequestMode>>();
  private readonly listeners: Array<() => void> = [];

  constructor(private readonly defaults: RequestModeDefaults) {}

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  set(mode: SetMessageRequestMode): void {
    const groups = this.modes.get(mode.topic) ?? new Map<string, SetMessageRequestMode>();
    this.modes.set(mode.topic, groups);
    groups.set(mode.consumerGroup, mode);
    for (const listener of this.listeners) listener();
  }

  /** What was set, else the default. */
  of(topic: string, consumerGroup: string): SetMessageRequestMode {
    const set = this.modes.get(topic)?.get(consumerGroup);
    if (set !== undefined) return set;
    const { defaultMessageRequestMode, defaultPopShareQueueNum } = this.defaults;
    const mode = topic.startsWith(RETRY_PREFIX) ? 'PULL' : defaultMessageRequestMode;
    return { topic, consumerGroup, mode, popShareQueueNum: mode === 'POP' ? defaultPopShareQueueNum : 0 };
  }

  toFile(): MessageRequestModeFile {
    return { messageRequestModeMap: this.modes };
  }

  load(file: MessageRequestModeFile): void {
    this.modes = new Map([...file.messageRequestModeMap].map(([topic, groups]) => [topic, new Map(groups)]));
  }
}
