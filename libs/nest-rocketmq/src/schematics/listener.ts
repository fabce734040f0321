// `nest generate --collection nest-rocketmq listener NAME`: a listener, the class of its messages and a test. Must never write what its own test
// does not pass.
import { type Element, type ElementOptions, locate, writeElement } from './element.js';
import type { Rule } from './tree.js';

export interface ListenerSchematicOptions extends ElementOptions {
  /** Default: the name. */
  topic?: string;
  /** Default: the name and `-listener`. */
  group?: string;
}

export function listener(options: ListenerSchematicOptions): Rule {
  return (tree, context) => {
    const element = locate(tree, options, 'listener');
    const symbol = `${element.className}Listener`;
    const topic = options.topic ?? element.name;
    const group = options.group ?? `${element.name}-listener`;
    const source = listenerSource(element, symbol, topic, group);
    return writeElement(tree, context, options, element, { symbol, source, spec: (path) => listenerSpec(element, symbol, path) });
  };
}

const listenerSource = (
  { className }: Element,
  symbol: string,
  topic: string,
  group: string,
): string => `import { Logger } from '@nestjs/common';
import { type MessageContext, type RocketMQListener, RocketMQMessageListener } from 'nest-rocketmq';

/** The payload of a message of ${topic}. Decorate the members with class-validator to have it checked. */
export class ${className}Message {
  id!: string;
}

@RocketMQMessageListener({ topic: '${topic}', consumerGroup: '${group}', messageType: ${className}Message })
export class ${symbol} implements RocketMQListener<${className}Message> {
  private readonly logger = new Logger(${symbol}.name);

  /** Returning consumes the message, throwing has it come again later. */
  async onMessage(message: ${className}Message, context: MessageContext): Promise<void> {
    this.logger.log(\`\${context.msgId}: \${message.id}\`);
  }
}
`;

const listenerSpec = ({ name, className }: Element, symbol: string, path: string): string => `import { Test } from '@nestjs/testing';
import type { MessageContext } from 'nest-rocketmq';
import { ${symbol}, ${className}Message } from '${path}';

describe('${symbol}', () => {
  let listener: ${symbol};

  beforeEach(async () => {
    const module = await Test.createTestingModule({ providers: [${symbol}] }).compile();
    listener = module.get(${symbol});
  });

  it('consumes a message', async () => {
    const message = Object.assign(new ${className}Message(), { id: '${name}-1' });
    const context = { msgId: 'message-1' } as MessageContext;
    await expect(listener.onMessage(message, context)).resolves.toBeUndefined();
  });
});
`;
