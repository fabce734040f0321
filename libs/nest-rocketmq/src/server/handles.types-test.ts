// What the compiler must accept and refuse at @Handles: compiled by the type check, never run.
import { defineRequest, i32, str } from 'rocketmq-core/protocol';
import type { Held, HoldToken, Reply, ServedRequest } from 'rocketmq-core/remoting';
import { Handles } from './handles.decorator.js';
import { fail, reply } from './reply.js';

const ASK = defineRequest({
  code: 9001,
  name: 'ASK',
  family: 'test',
  servedBy: ['broker'],
  about: 'A row of this test.',
  request: { header: { topic: str() } },
  response: { header: { count: i32() } },
});
const OTHER = defineRequest({
  code: 9002,
  name: 'OTHER',
  family: 'test',
  servedBy: ['broker'],
  about: 'Another row of this test.',
  request: { header: { group: str() } },
});

export class GoodProcessor {
  @Handles(ASK)
  sync({ header }: ServedRequest<typeof ASK>): Reply<typeof ASK> {
    return header.topic === '' ? fail('SYSTEM_ERROR', 'empty') : reply({ count: 1 });
  }

  @Handles(ASK)
  async later(request: ServedRequest<typeof ASK>, hold: () => HoldToken<typeof ASK>): Promise<Reply<typeof ASK> | Held> {
    hold().reply({ code: 'SUCCESS', header: { count: request.header.topic.length } });
    return { held: true };
  }

  @Handles(ASK)
  withoutParameters(): Reply<typeof ASK> {
    return reply({ count: 2 });
  }

  @Handles(OTHER)
  @Handles(ASK)
  both(request: ServedRequest<typeof ASK> | ServedRequest<typeof OTHER>): Reply {
    return fail(3, request.row.name);
  }
}

export class BadProcessor {
  // @ts-expect-error the method takes the header of another row
  @Handles(ASK)
  wrongRequest(request: ServedRequest<typeof OTHER>): Reply<typeof ASK> {
    return fail('SYSTEM_ERROR', request.header.group);
  }

  // @ts-expect-error the answer is none
  @Handles(ASK)
  wrongReply(): string {
    return 'no';
  }

  // @ts-expect-error the answer lacks the row's mandatory field
  @Handles(ASK)
  wrongHeader(): { code: 'SUCCESS'; header: { total: number } } {
    return { code: 'SUCCESS', header: { total: 1 } };
  }
}
