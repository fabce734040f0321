import { Printer } from '../../console/printer.js';
import { Audit } from './audit.js';
import type { Reports } from './desk.js';
import { idsOf, PLAN } from './plan.js';

const RUN = 'r1';

/** Writable all the way down: each test spoils one entry. */
type Books = { -readonly [K in keyof Reports]: Reports[K] };

function booksThatAddUp(): Books {
  const all = PLAN.flatMap((planned) => idsOf(RUN, planned).map((id) => ({ ...planned, id })));
  const placed = all.filter(({ ends }) => ends !== undefined);
  const idsOfKind = (wanted: string): string[] => all.filter(({ kind }) => kind === wanted).map(({ id }) => id);
  return {
    orders: {
      orders: placed.map(({ id, ends, reason }) => ({ id, state: ends!, reason })),
      checked: idsOfKind('unsure'),
      deadLetters: idsOfKind('poison'),
    },
    stock: {
      articles: [{ article: `${RUN}-tea`, delivered: 100, onShelf: 76, reserved: 0, shipped: 24 }],
      steps: Object.fromEntries(all.map(({ id, steps }) => [id, [...steps]])),
    },
    payments: {
      charged: all.filter(({ ends }) => ends === 'paid').map(({ id }) => id),
      timedOut: all.filter(({ steps }) => steps[0] === 'reserved').map(({ id }) => id),
      duplicates: idsOfKind('told-twice').length,
    },
    notifications: {
      mails: placed.flatMap(({ id, ends }) => [`${id} placed`, `${id} ${ends}`]),
      failedAttempts: idsOfKind('forgotten').length,
    },
  };
}

function failuresOf(books: Books, deadLetters = books.orders.deadLetters): string[] {
  const lines: string[] = [];
  new Audit(RUN, books).check(new Printer((line) => lines.push(line)), deadLetters);
  return lines.filter((line) => line.includes('FAIL')).map((line) => line.trim());
}

describe("the audit of the shop's books", () => {
  it('holds when they add up, and says so at the end only', () => {
    const books = booksThatAddUp();
    expect(failuresOf(books)).toEqual([]);
    expect(new Audit(RUN, books).isOver()).toBe(true);
    books.orders.orders[0]!.state = 'placed';
    expect(new Audit(RUN, books).isOver()).toBe(false);
  });

  it.each<[string, (books: Books) => unknown, RegExp]>([
    ['an order that never ended', ({ orders }) => (orders.orders[0]!.state = 'placed'), /placed 20 = paid 11 \+ cancelled 8/],
    [
      'a refused order that was placed',
      ({ orders }) => orders.orders.push({ id: `${RUN}-refused-1`, state: 'paid', reason: '' }),
      /refused/,
    ],
    ['an order that was lost', ({ orders }) => orders.orders.pop(), /every order but the refused/],
    ['an order cancelled for another reason', ({ orders }) => (orders.orders.at(-1)!.reason = 'a whim'), /r1-poison-2 cancelled a whim/],
    ['a second charge', ({ payments }) => payments.charged.push(payments.charged[0]!), /charged, once/],
    ['a bill without an end', ({ payments }) => payments.timedOut.pop(), /time to pay/],
    ['a second mail in the place of another', ({ notifications: { mails } }) => (mails[0] = mails[1]!), /none twice/],
    ['a whole batch sent again', ({ notifications }) => notifications.failedAttempts++, /only the mails that failed/],
    ['goods that left twice', ({ stock }) => stock.articles[0]!.shipped++, /r1-tea/],
    ['steps in the wrong order', ({ stock }) => stock.steps[`${RUN}-plain-1`]!.reverse(), /r1-plain-1/],
    ['a transaction nobody asked about', ({ orders }) => orders.checked.pop(), /asked about/],
  ])('does not hold with %s', (_what, spoil, failure) => {
    const books = booksThatAddUp();
    spoil(books);
    expect(failuresOf(books).join('\n')).toMatch(failure);
  });

  it('does not hold with a dead letter too many, or too few', () => {
    const books = booksThatAddUp();
    expect(failuresOf(books, [...books.orders.deadLetters, `${RUN}-plain-1`])).toHaveLength(1);
    expect(failuresOf(books, [])).toHaveLength(1);
    books.orders.deadLetters.pop();
    expect(
      failuresOf(
        books,
        idsOf(
          RUN,
          PLAN.find(({ kind }) => kind === 'poison')!,
        ),
      ),
    ).toEqual([expect.stringContaining('heard of each')]);
  });
});
