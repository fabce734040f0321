// Takes what brokers say of themselves: codes 103, 104, 322, 904. Decodes and answers; the rules are RouteInfoManager's.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles, reply } from 'nest-rocketmq/server';
import { crc32 } from 'rocketmq-core/common';
import {
  BROKER_HEARTBEAT,
  decodeDataVersion,
  decodeRegisterBrokerBody,
  encodeDataVersion,
  encodeKVTable,
  QUERY_DATA_VERSION,
  REGISTER_BROKER,
  type RegisterBrokerBody,
  UNREGISTER_BROKER,
} from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import { NAMESRV_SETTINGS } from '../config/namesrv.tokens.js';
import type { NamesrvConfig } from '../config/namesrv-config.js';
import { KvConfigTable, NAMESPACE_ORDER_TOPIC_CONFIG } from '../kv-config/kv-config-table.js';
import { RouteInfoManager, sameVersion } from '../route-info/route-info-manager.js';
import { RouteTables } from '../route-info/route-tables.js';

/** MQVersion ordinal of V3_0_11: older brokers send the topic table alone. [java DefaultRequestProcessor] */
const FULL_BODY_VERSION = 22;
/**
 * First byte of a compressed body; JSON never starts with it. A 5.5.0 broker with compressedRegister=true compresses and says that it does
 * not: Apache's name servers refuse it for good.
 */
const ZLIB_FIRST_BYTE = 0x78;

@Injectable()
export class BrokerProcessor {
  constructor(
    private readonly manager: RouteInfoManager,
    private readonly tables: RouteTables,
    private readonly kvConfig: KvConfigTable,
    @Inject(NAMESRV_SETTINGS) private readonly config: NamesrvConfig,
  ) {}

  @Handles(REGISTER_BROKER)
  registerBroker(request: ServedRequest<typeof REGISTER_BROKER>): Reply<typeof REGISTER_BROKER> {
    const { header, body } = request;
    // Java sends the CRC without its sign bit; 0 means not computed. [java DefaultRequestProcessor#checksum]
    if (header.bodyCrc32 && (crc32(body) & 0x7fffffff) !== header.bodyCrc32)
      return fail('SYSTEM_ERROR', 'crc32 not match', { extFields: {} });
    let decoded: RegisterBrokerBody;
    try {
      const compressed = header.compressed === true || body[0] === ZLIB_FIRST_BYTE;
      decoded = decodeRegisterBrokerBody(body, { compressed, topicsOnly: request.version < FULL_BODY_VERSION });
    } catch (error) {
      return fail('SYSTEM_ERROR', `Failed to decode RegisterBrokerBody: ${error instanceof Error ? error.message : 'malformed'}`);
    }
    const { topicConfigSerializeWrapper: wrapper, filterServerList } = decoded;
    const result = this.manager.register({
      clusterName: header.clusterName,
      brokerName: header.brokerName,
      brokerAddr: header.brokerAddr,
      brokerId: header.brokerId,
      haServerAddr: header.haServerAddr ?? '',
      enableActingMaster: header.enableActingMaster,
      zoneName: request.extFields.get('__ZONE_NAME'),
      heartbeatTimeoutMs: header.heartbeatTimeoutMillis,
      dataVersion: wrapper.dataVersion,
      topics: [...wrapper.topicConfigTable.values()],
      filterServers: filterServerList,
      connection: request.connection,
    });
    if (!result.registered) return fail('SYSTEM_ERROR', result.reason, { extFields: {} });
    const { masterAddr, haServerAddr } = result;
    const orderTopics = this.config.returnOrderTopicConfigToBroker ? this.kvConfig.namespace(NAMESPACE_ORDER_TOPIC_CONFIG) : undefined;
    return reply(
      { masterAddr, haServerAddr },
      { body: orderTopics === undefined ? undefined : encodeKVTable({ table: new Map(orderTopics) }) },
    );
  }

  @Handles(UNREGISTER_BROKER)
  unregisterBroker({ header }: ServedRequest<typeof UNREGISTER_BROKER>): Reply<typeof UNREGISTER_BROKER> {
    this.manager.unregister(header, 'the broker says goodbye');
    return reply();
  }

  @Handles(QUERY_DATA_VERSION)
  queryDataVersion({ header, body }: ServedRequest<typeof QUERY_DATA_VERSION>): Reply<typeof QUERY_DATA_VERSION> {
    const known = this.tables.brokerLive.get(header.clusterName, header.brokerAddr)?.dataVersion;
    const changed = known === undefined || !sameVersion(known, decodeDataVersion(body));
    if (!changed) this.manager.heartbeat(header.clusterName, header.brokerAddr);
    return reply({ changed }, { body: known === undefined ? undefined : encodeDataVersion(known) });
  }

  @Handles(BROKER_HEARTBEAT)
  brokerHeartbeat({ header }: ServedRequest<typeof BROKER_HEARTBEAT>): Reply<typeof BROKER_HEARTBEAT> {
    this.manager.heartbeat(header.clusterName, header.brokerAddr);
    return reply();
  }
}
