import { unknownNames } from './known-names.js';

const KNOWN = ['selectorExpression', 'topic', 'tls'];

describe('unknownNames', () => {
  it('says what was probably meant, and all there is where nothing is near', () => {
    expect(unknownNames({ topic: 1, selectorExpresion: 1, Topc: 1, other: 1 }, KNOWN)).toEqual([
      { name: 'selectorExpresion', remedy: 'Did you mean selectorExpression?' },
      { name: 'Topc', remedy: 'Did you mean topic?' },
      { name: 'other', remedy: 'Known options: selectorExpression, topic, tls.' },
    ]);
  });
});
