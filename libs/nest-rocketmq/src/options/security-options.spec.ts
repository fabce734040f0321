import { ProblemList } from './configuration-error.js';
import { checkSecurity, type RocketMQSecurityOptions, securitySettings } from './security-options.js';

const NOTHING = { accessKey: undefined, secretKey: undefined, securityToken: undefined, tls: undefined };

describe('securitySettings', () => {
  it('is nothing without options, and for blank ones', () => {
    const none = { ...NOTHING, namespace: undefined, namespaceV2: undefined };
    expect(securitySettings()).toEqual(none);
    expect(securitySettings({ accessKey: '', secretKey: '', tlsEnable: 'false', namespace: '' })).toEqual(none);
  });

  it('takes what a listener sets before what all listeners have', () => {
    const shared = {
      accessKey: 'all',
      secretKey: 'secret',
      securityToken: 'token',
      namespace: 'tenant',
      tlsEnable: true,
      tls: { ca: 'PEM' },
    };
    expect(securitySettings({ namespace: 'own', namespaceV2: 'v2' }, shared)).toEqual({
      accessKey: 'all',
      secretKey: 'secret',
      securityToken: 'token',
      tls: { ca: 'PEM' },
      namespace: 'own',
      namespaceV2: 'v2',
    });
    expect(securitySettings({ tlsEnable: false }, shared).tls).toBeUndefined();
    expect(securitySettings({ tlsEnable: 'true' }, {}).tls).toEqual({});
  });

  it('takes the unit of a listener before that of all', () => {
    const shared = { unitName: 'north', unitMode: true };
    expect(securitySettings({}, shared)).toMatchObject(shared);
    expect(securitySettings({ unitName: 'south', unitMode: false }, shared)).toMatchObject({ unitName: 'south', unitMode: false });
  });

  it('never pairs the key of one with the secret or token of the other', () => {
    const shared = { accessKey: 'all', secretKey: 'secret', securityToken: 'token' };
    expect(securitySettings({ accessKey: 'mine', secretKey: 'my secret' }, shared)).toMatchObject({
      accessKey: 'mine',
      secretKey: 'my secret',
      securityToken: undefined,
    });
  });
});

describe('checkSecurity', () => {
  it('refuses one half of the credentials, and what is neither on nor off', () => {
    const problemsOf = (options: RocketMQSecurityOptions): string[] => {
      const problems = new ProblemList('here');
      checkSecurity('producer.', options, problems);
      return problems.found.map(({ option, problem }) => `${option} ${problem}`);
    };
    expect(problemsOf({ accessKey: 'a', secretKey: 'b', tlsEnable: 'true', tls: {} })).toEqual([]);
    expect(problemsOf({ accessKey: 'a' })).toEqual(['producer.secretKey is missing beside its other half']);
    expect(problemsOf({ secretKey: 'b', accessKey: '' })).toEqual(['producer.accessKey is missing beside its other half']);
    expect(problemsOf({ tlsEnable: 'yes' })).toEqual(['producer.tlsEnable "yes" is no boolean']);
    expect(problemsOf({ unitMode: 'yes' as never, unitName: 7 as never })).toEqual([
      'producer.unitName is no text',
      'producer.unitMode "yes" is neither true nor false',
    ]);
    expect(problemsOf({ tls: {} })).toEqual(['producer.tls is given without tlsEnable']);
    expect(problemsOf({ securityToken: 't' })).toEqual(['producer.securityToken is given without accessKey and secretKey']);
    expect(problemsOf({ tlsEnable: true, tls: { ca: '/etc/ca.pem', cert: '-----BEGIN X', cacert: 'x' } as never })).toEqual([
      'producer.tls.cacert is unknown',
      'producer.tls.ca is no PEM text',
      'producer.tls.key is missing beside its other half',
    ]);
  });
});
