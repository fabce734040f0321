import { defineRequest } from 'rocketmq-core/protocol';
import type { Reply } from 'rocketmq-core/remoting';
import { Handles } from './handles.decorator.js';
import { collectHandlers, ProcessorWiringError } from './processor.explorer.js';
import { fail, reply } from './reply.js';

const row = (code: number, name: string) =>
  defineRequest({ code, name, family: 'test', servedBy: ['broker'], about: 'A row of this test.' });
const FIRST = row(9001, 'FIRST');
const SECOND = row(9002, 'SECOND');
const THIRD = row(9003, 'THIRD');

class Base {
  @Handles(FIRST)
  first(): Reply<typeof FIRST> {
    return reply();
  }
}

class Derived extends Base {
  readonly word = 'derived';

  @Handles(SECOND)
  second(): Reply<typeof SECOND> {
    return fail('SYSTEM_ERROR', this.word);
  }
}

class Rival {
  @Handles(SECOND)
  mine(): Reply<typeof SECOND> {
    return reply();
  }
}

class Plain {
  get explosive(): never {
    throw new Error('a getter was touched');
  }
}

describe('collectHandlers', () => {
  it('finds own and inherited handlers, bound to their instance, and touches nothing else', () => {
    const handlers = collectHandlers([new Plain(), new Derived(), null, 'text', Object.create(null)]);
    expect(handlers.map(({ row: { code }, where }) => [code, where])).toEqual([
      [9001, 'Derived#first'],
      [9002, 'Derived#second'],
    ]);
    expect((handlers[1]!.handler as () => Reply)()).toEqual({ code: 'SYSTEM_ERROR', remark: 'derived' });
  });

  it('does not write into the list of the base class', () => {
    expect(collectHandlers([new Base()])).toHaveLength(1);
  });

  it('refuses two handlers for one code and missing ones, listing the codes and places', () => {
    const wire = () => collectHandlers([new Derived(), new Rival()], [FIRST, THIRD]);
    expect(wire).toThrow(ProcessorWiringError);
    expect(wire).toThrow('code 9002 SECOND is handled twice, by Derived#second and Rival#mine; code 9003 THIRD has no handler');
    try {
      wire();
    } catch (error) {
      expect((error as ProcessorWiringError).codes).toEqual([9002, 9003]);
    }
  });

  it('takes one instance once, however many tokens lead to it', () => {
    const one = new Derived();
    expect(collectHandlers([one, one])).toHaveLength(2);
  });
});
