// From the store's word to the answer of a send [java SendMessageProcessor#handlePutMessageResult]. A table, nothing else.
import type { ResponseCodeName } from 'rocketmq-core/protocol';
import type { PutMessageStatus } from 'rocketmq-core/store';

export interface PutAnswer {
  readonly code: ResponseCodeName;
  /** The message is in the log: ids and offsets belong into the answer. */
  readonly stored: boolean;
}

export const PUT_ANSWERS = {
  PUT_OK: { code: 'SUCCESS', stored: true },
  FLUSH_DISK_TIMEOUT: { code: 'FLUSH_DISK_TIMEOUT', stored: true },
  SLAVE_NOT_AVAILABLE: { code: 'SLAVE_NOT_AVAILABLE', stored: true },
  FLUSH_SLAVE_TIMEOUT: { code: 'FLUSH_SLAVE_TIMEOUT', stored: true },
  SERVICE_NOT_AVAILABLE: { code: 'SERVICE_NOT_AVAILABLE', stored: false },
  MESSAGE_ILLEGAL: { code: 'MESSAGE_ILLEGAL', stored: false },
  PROPERTIES_SIZE_EXCEEDED: { code: 'MESSAGE_ILLEGAL', stored: false },
  CREATE_MAPPED_FILE_FAILED: { code: 'SYSTEM_ERROR', stored: false },
  OS_PAGE_CACHE_BUSY: { code: 'SYSTEM_BUSY', stored: false },
} as const satisfies Record<PutMessageStatus, PutAnswer>;
