// Reads and writes the KV configuration: codes 100, 101, 102, 219. Decodes and answers; the table decides.
import { Injectable } from '@nestjs/common';
import { fail, Handles, reply } from 'nest-rocketmq/server';
import { DELETE_KV_CONFIG, encodeKVTable, GET_KV_CONFIG, GET_KVLIST_BY_NAMESPACE, PUT_KV_CONFIG } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import { KvConfigTable, KvRefusedError } from '../kv-config/kv-config-table.js';

@Injectable()
export class KvConfigProcessor {
  constructor(private readonly kvConfig: KvConfigTable) {}

  @Handles(PUT_KV_CONFIG)
  async putKvConfig({ header }: ServedRequest<typeof PUT_KV_CONFIG>): Promise<Reply<typeof PUT_KV_CONFIG>> {
    try {
      await this.kvConfig.put(header.namespace, header.key, header.value);
    } catch (error) {
      if (!(error instanceof KvRefusedError)) throw error;
      return fail('SYSTEM_ERROR', error.message);
    }
    return reply();
  }

  @Handles(GET_KV_CONFIG)
  getKvConfig({ header }: ServedRequest<typeof GET_KV_CONFIG>): Reply<typeof GET_KV_CONFIG> {
    const { namespace, key } = header;
    const value = this.kvConfig.get(namespace, key);
    if (value !== undefined) return reply({ value });
    return fail('QUERY_NOT_FOUND', `No config item, Namespace: ${namespace} Key: ${key}`, { extFields: {} });
  }

  @Handles(DELETE_KV_CONFIG)
  async deleteKvConfig({ header }: ServedRequest<typeof DELETE_KV_CONFIG>): Promise<Reply<typeof DELETE_KV_CONFIG>> {
    await this.kvConfig.delete(header.namespace, header.key);
    return reply();
  }

  @Handles(GET_KVLIST_BY_NAMESPACE)
  getKvListByNamespace({ header }: ServedRequest<typeof GET_KVLIST_BY_NAMESPACE>): Reply<typeof GET_KVLIST_BY_NAMESPACE> {
    const items = this.kvConfig.namespace(header.namespace);
    if (items === undefined) return fail('QUERY_NOT_FOUND', `No config item, Namespace: ${header.namespace}`);
    return reply(undefined, { body: encodeKVTable({ table: new Map(items) }) });
  }
}
