import { parseArguments } from './arguments.js';

describe('parseArguments', () => {
  it.each([
    [[], undefined],
    [['--name-server', '10.0.0.1:9876'], '10.0.0.1:9876'],
    [['--name-server=a:1;b:2'], 'a:1;b:2'],
    [['-n', 'localhost:9876'], 'localhost:9876'],
  ])('reads %j', (args, nameServer) => {
    expect(parseArguments(args)).toEqual({ nameServer, servers: false, stories: [], list: false, help: false });
  });

  it('takes everything else as names of stories', () => {
    expect(parseArguments(['core/push', '-n', 'a:1', 'nest/retry'])).toMatchObject({
      nameServer: 'a:1',
      stories: ['core/push', 'nest/retry'],
    });
    expect(parseArguments(['-l'])).toMatchObject({ list: true, stories: [] });
  });

  it('takes servers of its own, or a name server', () => {
    expect(parseArguments(['--servers', 'shop'])).toMatchObject({ servers: true, nameServer: undefined, stories: ['shop'] });
    expect(parseArguments(['-s'])).toMatchObject({ servers: true });
  });

  it.each([
    [['--servers', '-n', 'a:1'], '--servers and --name-server exclude each other'],
    [['--name-server'], 'needs HOST:PORT, found nothing'],
    [['-n', 'nowhere'], 'needs HOST:PORT, found "nowhere"'],
    [['--nameserver', 'a:1'], 'unknown option "--nameserver"'],
  ])('refuses %j', (args, reason) => {
    expect(() => parseArguments(args)).toThrow(reason);
  });
});
