import { silentLogger } from '../../common/index.js';
import { BrokerReplyError } from '../../errors/index.js';
import { RouteCache, type RouteCacheParts } from './route-cache.js';

const ROUTE = {
  brokerDatas: [{ cluster: 'c', brokerName: 'a', brokerAddrs: { 0: '127.0.0.1:10911' } }],
  queueDatas: [{ brokerName: 'a', readQueueNums: 2, writeQueueNums: 2, perm: 6, topicSysFlag: 0 }],
};

describe('RouteCache', () => {
  it('keeps the route of a topic nobody knows any more, but does not say that it exists', async () => {
    let isKnown = true;
    const call = (): Promise<unknown> =>
      isKnown
        ? Promise.resolve({ body: Buffer.from(JSON.stringify(ROUTE)) })
        : Promise.reject(new BrokerReplyError('ns', 'GET_ROUTEINFO_BY_TOPIC', 17, 'TOPIC_NOT_EXIST', 'none'));
    const routes = new RouteCache({
      remoting: { call },
      nameServers: { addresses: ['ns'], ask: (question: (address: string) => unknown) => question('ns') },
      brokers: { update: () => undefined },
      logger: silentLogger,
      timeoutMs: 1,
    } as unknown as RouteCacheParts);
    const known = await routes.askExistingToPublish('orders');
    expect(known.publishQueues.map(({ queueId }) => queueId)).toEqual([0, 1]);
    isKnown = false;
    await expect(routes.askExistingToPublish('orders')).rejects.toMatchObject({ code: 'RMQ_NO_ROUTE' });
    expect(await routes.refresh('orders')).toBe(known);
  });
});
