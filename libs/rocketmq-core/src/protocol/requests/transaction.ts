// The end of a transaction: code 37 (its check, code 39, is asked of clients).
import { defineRequest } from '../define-request.js';
import { bool, i32, i64, str } from '../header-schema.js';
import { RPC_FIELDS } from './base-fields.js';

export const END_TRANSACTION = defineRequest({
  code: 37,
  name: 'END_TRANSACTION',
  family: 'transaction',
  servedBy: ['broker'],
  lane: 'endTransaction',
  mode: 'oneWay',
  action: 'PUB',
  java: 'EndTransactionRequestHeader',
  about: 'Commits or rolls back a half message.',
  request: {
    header: {
      topic: str({ optional: true, resource: 'TOPIC' }),
      producerGroup: str(),
      tranStateTableOffset: i64({ unit: 'queueOffset' }),
      commitLogOffset: i64({ unit: 'physicalOffset' }),
      commitOrRollback: i32({ about: '8 commit, 12 rollback, 0 unknown.' }),
      fromTransactionCheck: bool({ optional: true }),
      msgId: str(),
      transactionId: str({ optional: true }),
      ...RPC_FIELDS,
    },
  },
  response: { codes: ['SUCCESS', 'SYSTEM_ERROR', 'SLAVE_NOT_AVAILABLE', 'ILLEGAL_OPERATION'] },
});
